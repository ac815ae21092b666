using System.CommandLine;
using OpcPortal.Cli.Commands;
using OpcPortal.Cli.Connecting;

namespace OpcPortal.Cli;

/// <summary>The commands of <c>opcportal</c>.</summary>
internal static class CommandLine
{
    public static Task<int> RunAsync(CliContext context, IReadOnlyList<string> arguments, CancellationToken cancellation = default)
    {
        var options = new ConnectionOptions(context);
        var root = new RootCommand($"Looks into OPC UA servers and works with them. {ExitCodes.Help}")
        {
            EndpointsCommand.Create(context, options),
            BrowseCommand.Create(context, options),
            ReadCommand.Create(context, options),
            WriteCommand.Create(context, options),
            WatchCommand.Create(context, options),
            CallCommand.Create(context, options),
            EventsCommand.Create(context, options),
            CertificateCommand.Create(context, options),
            AuditCommand.Create(context, options),
            AgreementCommand.Create(context, options),
            ControlCommand.Create(context, options),
            HistoryCommand.Create(context, options),
            ExportCommand.Create(context, options),
            BackupCommand.Create(context, options),
        };
        options.AddTo(root);
        var configuration = new InvocationConfiguration
        {
            Output = context.Output.Profile.Out.Writer,
            Error = context.Error.Profile.Out.Writer,
            EnableDefaultExceptionHandler = false,
        };
        return root.Parse(arguments).InvokeAsync(configuration, cancellation);
    }

    /// <summary>Runs a command; a failure becomes one line, the next step and an exit code.</summary>
    public static void Run(this Command command, CliContext context, ConnectionOptions options, Func<ParseResult, ConnectionSettings, CancellationToken, Task<int>> action) =>
        command.SetAction(async (parsed, cancellation) =>
        {
            ConnectionSettings? settings = null;
            try
            {
                settings = options.Read(parsed);
                return await action(parsed, settings, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return ExitCodes.Interrupted;
            }
            catch (Exception failed)
            {
                var told = Failures.Explain(failed, settings);
                Failures.Tell(context, told);
                return told.ExitCode;
            }
        });
}
