using System.CommandLine;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Evidence;
using OpcPortal.Cli.Values;
using OpcPortal.Models;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal audit verify</c>: checks the chains of a file, without any server.</summary>
internal static class AuditVerifyCommand
{
    private const string AnchorSuffix = ".anchors";

    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var file = new Argument<string>("file") { Description = "A SQLite database of a portal server, or a file that 'audit export' wrote." };
        var anchorFile = new Option<string?>("--anchors") { Description = "File of anchors; without it FILE.anchors, where there is one." };
        var anchors = new Option<string[]>("--anchor") { Description = "An anchor as the server's process log has it: class:sequence:hash.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("verify", "Tells whether rows were changed, removed, inserted or cut off, and which is the first.") { file, anchorFile, anchors };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            if (!File.Exists(path)) throw new CliException(ExitCodes.Usage, $"There is no file {path}.");
            var known = Anchors(parsed.GetValue(anchorFile), path, parsed.GetValue(anchors) ?? []);
            var verifiers = await VerifyAsync(path, known, cancellation);
            var faults = verifiers.Select(verifier => verifier.Value.Complete()).OfType<EvidenceFault>().ToArray();
            if (settings.Json) context.WriteLine(Json(verifiers, known));
            else Show(context, verifiers, known);
            return faults.Length == 0 ? ExitCodes.Done : ExitCodes.NotWhole;
        });
        return command;
    }

    private static async Task<SortedDictionary<EvidenceClass, EvidenceVerifier>> VerifyAsync(string file, IReadOnlyList<EvidenceAnchor> anchors, CancellationToken cancellation)
    {
        var verifiers = new SortedDictionary<EvidenceClass, EvidenceVerifier>();
        await foreach (var row in EvidenceFile.ReadAsync(file, cancellation))
        {
            if (!verifiers.TryGetValue(row.Class, out var verifier)) verifiers[row.Class] = verifier = new EvidenceVerifier(row.Class, anchors);
            verifier.Add(row);
        }

        // A class that an anchor knows and of which nothing is left was cut off whole. An export may leave classes out: its anchors do too.
        foreach (var anchor in anchors)
            if (anchor.Sequence > 0 && !verifiers.ContainsKey(anchor.Class)) verifiers[anchor.Class] = new EvidenceVerifier(anchor.Class, anchors);
        return verifiers;
    }

    private static List<EvidenceAnchor> Anchors(string? file, string beside, string[] texts)
    {
        if (file is null && File.Exists(beside + AnchorSuffix)) file = beside + AnchorSuffix;
        var lines = file is null ? texts : [.. File.ReadLines(file).Where(line => line.Length > 0), .. texts];
        var anchors = new List<EvidenceAnchor>();
        foreach (var line in lines)
            anchors.Add(EvidenceAnchor.TryParse(line, out var anchor) ? anchor : throw new CliException(ExitCodes.Usage, $"'{line}' is no anchor.", "An anchor is written class:sequence:hash, as the server's process log has it."));
        return anchors;
    }

    private static void Show(CliContext context, SortedDictionary<EvidenceClass, EvidenceVerifier> verifiers, List<EvidenceAnchor> anchors)
    {
        if (verifiers.Count == 0) context.Output.WriteLine("There are no rows.");
        foreach (var (@class, verifier) in verifiers)
        {
            if (verifier.Complete() is { } fault) context.Output.MarkupLine($"[red]NOT WHOLE[/] {Markup.Escape(fault.Reason)} {verifier.Count} rows before it are right.");
            else context.Output.MarkupLine($"[green]whole[/] {@class}: {verifier.Count} rows, {verifier.First} to {verifier.Last.Sequence}");
            if (verifier.LostRows > 0) context.Output.MarkupLine($"[yellow]lost[/] {@class}: {verifier.LostRows} rows say that events could not be recorded.");
        }

        if (anchors.Count == 0) context.Note("No anchors: that the newest rows were cut off would not show. Give --anchors FILE, or --anchor with one from the server's process log.");
    }

    private static string Json(SortedDictionary<EvidenceClass, EvidenceVerifier> verifiers, List<EvidenceAnchor> anchors) => ValueJson.Document(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("anchors", anchors.Count);
        json.WriteStartArray("classes");
        foreach (var (@class, verifier) in verifiers)
        {
            json.WriteStartObject();
            json.WriteString("class", @class.ToString());
            json.WriteNumber("rows", verifier.Count);
            json.WriteNumber("first", verifier.First);
            json.WriteString("last", verifier.Last.ToString());
            json.WriteNumber("lostRows", verifier.LostRows);
            if (verifier.Complete() is { } fault)
            {
                json.WriteNumber("faultAt", fault.Sequence);
                json.WriteString("flaw", fault.Flaw.ToString());
                json.WriteString("reason", fault.Reason);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
