using System.CommandLine;
using System.Globalization;
using OpcPortal.Billing;
using OpcPortal.Cli.Connecting;
using OpcPortal.Cli.Values;
using OpcPortal.Models;
using OpcPortal.Ua;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary><c>opcportal export</c>: what is to be billed, into files; refused whole where anything is missing or not billing-grade.</summary>
internal static class ExportCommand
{
    // Lines on a screen: the rest is counted, and all of them are in the JSON.
    private const int ShownFlaws = 50;

    public static Command Create(CliContext context, ConnectionOptions options)
    {
        var nodes = new Argument<string[]>("nodes") { Description = "Portals, meters, points, or folders of them.", Arity = ArgumentArity.OneOrMore };
        var from = new Option<string>("--from") { Description = "The first day: 2026-11-01, today, yesterday, or -4d.", Required = true };
        var to = new Option<string?>("--to") { Description = "The last day, included; without it one day." };
        var zone = new Option<string>("--zone") { Description = "Where days begin at midnight, such as Europe/Berlin.", DefaultValueFactory = _ => "UTC" };
        var files = new Option<string[]>("--out", "-o") { Description = "The file, by its ending: .csv, .parquet, or .xml for Green Button (ESPI). Several may be given.", Required = true, AllowMultipleArgumentsPerToken = true };
        var registers = new Option<bool>("--registers") { Description = "Registers at each midnight beside the intervals." };
        var command = new Command("export", "Exports readings to be billed: validated, or estimated under the owner's rules. Anything else is named, and no file is written.") { nodes, from, to, zone, files, registers };
        command.Run(context, options, async (parsed, settings, cancellation) =>
        {
            var period = PeriodOf(context, parsed.GetRequiredValue(from), parsed.GetValue(to), parsed.GetRequiredValue(zone));
            (string, BillingFormat)[] targets = [.. parsed.GetRequiredValue(files).Select(file => (file, BillingWriters.FormatOf(file) ?? throw new CliException(ExitCodes.Usage, $"What form is {file} to have?", "Its ending says so: .csv, .parquet or .xml")))];
            await using var session = await Connector.ConnectAsync(context, settings, cancellation);
            var roots = new List<NodeId>();
            foreach (var node in parsed.GetRequiredValue(nodes)) roots.Add(await NodeAddress.ResolveAsync(session, node, cancellation));
            var points = await new BillingPoints(session).FindAsync(roots, parsed.GetValue(registers), cancellation);
            var exporter = new BillingExporter(session, context.Time);
            var result = await WithProgressAsync(context, settings, progress => exporter.ExportAsync(points, period, targets, progress, cancellation));
            if (settings.Json) context.WriteLine(Json(result, period));
            else Show(context, result, period, targets);
            return result.IsDone ? ExitCodes.Done : ExitCodes.NotBillable;
        });
        return command;
    }

    private static BillingPeriod PeriodOf(CliContext context, string from, string? to, string zone)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)) throw new CliException(ExitCodes.Usage, $"There is no time zone {zone}.", "Give one such as Europe/Berlin or America/New_York.");
        var here = TimeZoneInfo.ConvertTimeFromUtc(context.Time.GetUtcNow().UtcDateTime, found);
        var (first, last) = (TimeParser.Day(from, here), TimeParser.Day(to ?? from, here));
        if (last < first) throw new CliException(ExitCodes.Usage, $"{to} is before {from}.");
        return new BillingPeriod(first, last, found);
    }

    private static Task<BillingResult> WithProgressAsync(CliContext context, ConnectionSettings settings, Func<IProgress<BillingProgress>?, Task<BillingResult>> export)
    {
        if (!context.IsLive || settings.Json) return export(null);
        var progress = context.Error.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
        return progress.StartAsync(shown => export(new Bar(shown.AddTask("Exporting"))));
    }

    private sealed class Bar(ProgressTask task) : IProgress<BillingProgress>
    {
        public void Report(BillingProgress value)
        {
            task.MaxValue = value.Of;
            task.Value = value.Done;
            task.Description = Markup.Escape(value.Channel.Meter);
        }
    }

    private static void Show(CliContext context, BillingResult result, BillingPeriod period, (string Path, BillingFormat Format)[] files)
    {
        if (result.IsDone)
        {
            context.Output.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"[green]exported[/] {result.Readings:N0} readings of {result.Channels} points, {period.First:yyyy-MM-dd} to {period.Last:yyyy-MM-dd} {Markup.Escape(period.Zone.Id)}"));
            foreach (var (path, _) in files) context.WriteLine(Path.GetFullPath(path));
            return;
        }

        context.Output.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"[red]not billing-grade[/] {result.FlawCount} flaws; nothing was written"));
        foreach (var flaw in result.Flaws.Take(ShownFlaws)) context.WriteLine($"{flaw.Channel.Meter}/{flaw.Channel.Point}  {LocalOf(flaw.From, period)} to {LocalOf(flaw.To, period)}  {flaw.Reason}");
        if (result.FlawCount > ShownFlaws) context.Note($"{result.FlawCount - ShownFlaws} more: --json has them.");
    }

    private static string LocalOf(DateTime utc, BillingPeriod period) => TimeZoneInfo.ConvertTime(new DateTimeOffset(utc, TimeSpan.Zero), period.Zone).ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);

    private static string Json(BillingResult result, BillingPeriod period) => ValueJson.Document(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("exported", result.IsDone);
        json.WriteString("from", ValueText.Format((object)period.Start));
        json.WriteString("to", ValueText.Format((object)period.End));
        json.WriteNumber("points", result.Channels);
        json.WriteNumber("readings", result.Readings);
        json.WriteNumber("flawCount", result.FlawCount);
        json.WriteStartArray("flaws");
        foreach (var flaw in result.Flaws)
        {
            json.WriteStartObject();
            json.WriteString("point", $"{flaw.Channel.Meter}/{flaw.Channel.Point}");
            json.WriteString("from", ValueText.Format((object)flaw.From));
            json.WriteString("to", ValueText.Format((object)flaw.To));
            json.WriteString("code", flaw.Code?.ToString());
            json.WriteString("reason", flaw.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
