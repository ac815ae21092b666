using System.CommandLine;
using OpcPortal.Cli.Connecting;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal audit export</c>: the rows of a server's log into a file, which <c>audit verify</c> checks anywhere. For the Security Manager.</summary>
internal static class AuditExportCommand
{
    private const string LogPath = "/Objects/AuditLog";

    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var file = new Option<string>("--out", "-o") { Description = "The file: a row a line, as JSON. Its anchors go into FILE.anchors.", Required = true };
        var classes = new Option<string[]>("--class") { Description = "Security or Change, or both.", DefaultValueFactory = _ => ["Security", "Change"], AllowMultipleArgumentsPerToken = true };
        classes.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, nameof(EvidenceClass.Security), nameof(EvidenceClass.Change));
        var after = new Option<long>("--after") { Description = "Rows with a higher sequence number alone, to go on where an export ended." };
        var command = new Command("export", "Writes the log of a server into a file; wants the Security Manager over an encrypted channel.") { file, classes, after };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            EvidenceClass[] wanted = [.. (parsed.GetValue(classes) ?? []).Select(name => EvidenceText.TryClass(name, out var @class) ? @class : throw new CliException(ExitCodes.Usage, $"There is no class {name}.")).Distinct()];
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var (anchors, rows) = await WriteAsync(session, path, wanted, parsed.GetValue(after), cancellation);
            await File.WriteAllLinesAsync(path + ".anchors", anchors.Select(anchor => anchor.ToString()), cancellation);
            context.Note($"{rows} rows in {path}; check them: opcportal audit verify {path}");
            return ExitCodes.Done;
        });
        return command;
    }

    // The anchors first: what they name is in the file then, whatever is recorded meanwhile.
    private static async Task<(List<EvidenceAnchor> Anchors, long Rows)> WriteAsync(UaSession session, string path, EvidenceClass[] classes, long after, CancellationToken cancellation)
    {
        var log = await NodeAddress.ResolveAsync(session, LogPath, cancellation);
        var read = await NodeAddress.FollowAsync(session, log, "ReadRows", cancellation);
        var anchors = await AnchorsAsync(session, log, cancellation);
        var rows = 0L;
        await using var stream = new FileStream(path, FileMode.Create, FileAccess.Write);
        await using var writer = new StreamWriter(stream);
        foreach (var @class in classes)
        {
            for (long? from = after; from is not null;)
            {
                var result = await session.CallAsync(log, read, [@class.ToString(), from.Value, 0u], cancellation);
                foreach (var line in result.OutputArguments?[0].AsArray<string>() ?? [])
                {
                    await writer.WriteLineAsync(line.AsMemory(), cancellation);
                    rows++;
                }

                from = result.OutputArguments?[1].AsInt64() is var next and > 0 ? next : null;
            }
        }

        return ([.. anchors.Where(anchor => classes.Contains(anchor.Class) && anchor.Sequence > after)], rows);
    }

    private static async Task<List<EvidenceAnchor>> AnchorsAsync(UaSession session, NodeId log, CancellationToken cancellation)
    {
        var method = await NodeAddress.FollowAsync(session, log, "ReadAnchors", cancellation);
        var result = await session.CallAsync(log, method, [], cancellation);
        var anchors = new List<EvidenceAnchor>();
        foreach (var text in result.OutputArguments?[0].AsArray<string>() ?? [])
            if (EvidenceAnchor.TryParse(text, out var anchor)) anchors.Add(anchor);
        return anchors;
    }
}
