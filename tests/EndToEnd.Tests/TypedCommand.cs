using System.Text;
using OpcPortal.Cli;
using Spectre.Console;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>A command of <c>opcportal</c> as somebody types it.</summary>
internal static class TypedCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Runs it to its end; <c>watch</c> until it has shown a good value.</summary>
    /// <param name="pki">Where <c>--pki</c> does not say otherwise.</param>
    public static async Task<(int Code, string Output)> RunAsync(string[] arguments, string url, string pki, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        enough.CancelAfter(Patience);
        using var output = new Listening(arguments[0] == "watch" ? enough : null);
        using var errors = new StringWriter();
        var context = new CliContext
        {
            Output = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }),
            Error = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(errors) }),
            Environment = name => name switch
            {
                "OPCPORTAL_URL" => url,
                "OPCPORTAL_PKI" => pki,
                _ => null,
            },
        };
        var code = await CommandLine.RunAsync(context, arguments, enough.Token);
        return (code, output + Environment.NewLine + errors);
    }

    /// <summary>Ends a command that goes on for ever, when it has shown a good value.</summary>
    private sealed class Listening(CancellationTokenSource? enough) : StringWriter
    {
        public override void Write(char value) => Look(() => base.Write(value));

        public override void Write(string? value) => Look(() => base.Write(value));

        public override void WriteLine(string? value) => Look(() => base.WriteLine(value));

        public override Encoding Encoding => Encoding.UTF8;

        private void Look(Action write)
        {
            lock (this)
            {
                write();
                if (enough is not null && ToString().Contains("Good", StringComparison.Ordinal)) enough.Cancel();
            }
        }
    }
}
