using System.CommandLine;
using System.Globalization;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal backup</c>: has a portal server back itself up, and waits until the backup is whole. For the System Manager.</summary>
internal static class BackupCommand
{
    private const string AdministrationPath = "/Objects/Administration";

    // BackupStateEnumeration of the portal's model.
    private const int Running = 1, Done = 2;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var command = new Command("backup", "Backs a portal server up into its folder of backups, while it runs; wants the System Manager over an encrypted channel.");
        command.Run(context, options, async (_, settings, cancellation) =>
        {
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var administration = await NodeAddress.ResolveAsync(session, AdministrationPath, cancellation);
            var start = await NodeAddress.FollowAsync(session, administration, "StartBackup", cancellation);
            var status = await NodeAddress.FollowAsync(session, administration, "BackupStatus", cancellation);
            var result = await session.CallAsync(administration, start, [], cancellation);
            var file = result.OutputArguments?[0].ToObject() as string ?? "";
            var last = context.IsLive && !settings.Json
                ? await context.Error.Status().StartAsync("Backing up ...", shown => WaitAsync(context, session, status, file, now => shown.Status(Markup.Escape(Text(now))), cancellation))
                : await WaitAsync(context, session, status, file, _ => { }, cancellation);
            return Show(context, settings, last);
        });
        return command;
    }

    private static async Task<Dictionary<string, object?>> WaitAsync(CliContext context, UaSession session, NodeId status, string file, Action<Dictionary<string, object?>> show, CancellationToken cancellation)
    {
        while (true)
        {
            var value = await session.ReadValueAsync(status, cancellation);
            if (value.StatusCode.IsBad) throw new UaException(value.StatusCode, $"How far the backup is cannot be read: {value.StatusCode}.");
            var decoded = await session.Types.DecodeAsync(value.Value, cancellation);
            var fields = (decoded.AsStructure<StructureValue>() is { } structure ? StructureFields.Of(structure) : []).ToDictionary(field => field.Name, field => field.Value);
            // A backup that began after ours ended is another's: ours was whole then, and its name is known.
            if (fields.GetValueOrDefault("State") is not Running || (string?)fields["File"] != file) return fields;
            show(fields);
            await Task.Delay(Look, context.Time, cancellation);
        }
    }

    private static string Text(Dictionary<string, object?> status) => string.Create(CultureInfo.InvariantCulture, $"{status["File"]}: {status["Rows"]:N0} rows, {status["Part"]}");

    private static int Show(CliContext context, ConnectionSettings settings, Dictionary<string, object?> status)
    {
        if (settings.Json) context.WriteLine(ValueJson.Document(json =>
        {
            json.WriteStartObject();
            foreach (var (name, value) in status)
            {
                json.WritePropertyName(name);
                ValueJson.Write(json, value);
            }

            json.WriteEndObject();
        }));
        if (status.GetValueOrDefault("State") is not Done) throw new CliException(ExitCodes.Refused, $"The backup failed: {status.GetValueOrDefault("Reason")}", "The server's log says more.");
        if (settings.Json) return ExitCodes.Done;
        context.Output.MarkupLine($"[green]whole[/] {Markup.Escape((string)status["File"]!)}");
        context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rows    {status["Rows"]:N0}"));
        context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bytes   {status["Bytes"]:N0}"));
        context.WriteLine($"sha256  {status["Hash"]}");
        return ExitCodes.Done;
    }
}
