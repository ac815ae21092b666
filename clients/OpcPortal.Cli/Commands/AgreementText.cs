using OpcPortal.Cli.Values;
using OpcPortal.Models;
using OpcPortal.Ua;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary>Agreements for people.</summary>
internal static class AgreementText
{
    private static readonly string[] Counts = ["Gained", "Lost", "Widened", "Narrowed"];

    public static void ShowTable(CliContext context, IReadOnlyList<Agreement> agreements)
    {
        if (agreements.Count == 0)
        {
            context.WriteLine("There are none.");
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("Agreement", "Status", "From", "To", "Purpose", "Operations", "Until");
        foreach (var agreement in agreements.OrderBy(agreement => agreement.Id, StringComparer.Ordinal))
        {
            var terms = agreement.Terms;
            table.AddRow(
                new Text(agreement.Id), new Text(Status(agreement), new Style(Color(agreement.Status))), new Text(terms.Grantor), new Text(terms.Grantee), new Text(terms.Purpose),
                new Text(terms.Operations.ToString()), new Text(Until(terms)));
        }

        context.Output.Write(table);
    }

    public static void Show(CliContext context, Agreement agreement, string? flaw)
    {
        var terms = agreement.Terms;
        var grid = new Grid().AddColumns(2);
        foreach (var (name, value) in Rows(agreement, terms)) grid.AddRow(new Text(name, new Style(Spectre.Console.Color.Grey)), new Text(value));
        context.Output.Write(grid);
        foreach (var act in agreement.Acts)
            context.Output.WriteLine($"{ValueText.Format((object)act.At)}  {act.Act} by {act.Party}, signed by {act.Signer}{(act.Reason is { } reason ? $": {reason}" : "")}");
        context.Output.MarkupLine(flaw is null ? "[green]All signatures hold.[/]" : $"[red]{Markup.Escape(flaw)}[/]");
    }

    public static string Json(string[] nodes, IReadOnlyList<StatusCode> statuses) => ValueJson.Document(json =>
    {
        json.WriteStartArray();
        foreach (var (node, status) in nodes.Zip(statuses))
        {
            json.WriteStartObject();
            json.WriteString("node", node);
            json.WriteString("status", status.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static void Show(CliContext context, Explanation told)
    {
        context.Output.MarkupLine(told.IsAllowed ? "[green]allowed[/]" : "[red]refused[/]");
        context.WriteLine(told.Text);
        if (told.Until > DateTime.MinValue && told.Until < DateTime.MaxValue) context.WriteLine($"This may change at {ValueText.Format((object)told.Until)}.");
    }

    public static string Json(Explanation told) => ValueJson.Document(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("allowed", told.IsAllowed);
        json.WriteString("explanation", told.Text);
        json.WriteString("until", told.Until);
        json.WriteEndObject();
    });

    public static void Show(CliContext context, DryRun run)
    {
        context.WriteLine($"{run.Replayed} accesses were replayed.");
        if (run.Differences.Count == 0) context.WriteLine("All of them would be answered as they were.");
        foreach (var difference in run.Differences)
            context.WriteLine($"{difference["Entity"].AsString()}: {string.Join(", ", Counts.Select(count => $"{count.ToLowerInvariant()} {difference[count].ToObject()}"))}");
        if (run.Examples.Length > 0) context.WriteLine(run.Examples.TrimEnd());
    }

    public static string Json(DryRun run) => ValueJson.Document(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("replayed", run.Replayed);
        json.WritePropertyName("differences");
        ValueJson.Write(json, run.Differences.ToArray());
        json.WriteString("examples", run.Examples);
        json.WriteEndObject();
    });

    private static IEnumerable<(string Name, string Value)> Rows(Agreement agreement, AgreementTerms terms)
    {
        yield return ("Agreement", $"{agreement.Id}, revision {agreement.Revision}");
        yield return ("Status", Status(agreement));
        yield return ("From", terms.Grantor);
        yield return ("To", string.Join(", ", ((string?[])[terms.Grantee, terms.GranteeApplication, terms.GranteeIndividual]).OfType<string>()));
        yield return ("Purpose", terms.Purpose);
        foreach (var (name, list) in Scope(terms.Scope))
            if (list.Count > 0) yield return (name, string.Join(", ", list));
        yield return ("Operations", terms.Operations.ToString());
        if (terms.Conditions.MinimumQuality != QualityLevel.Any) yield return ("Quality", $"{terms.Conditions.MinimumQuality} or better");
        if (terms.Conditions.HistoryDepth is { } depth) yield return ("History", $"{depth.TotalDays:0.#} days back");
        if (terms.Conditions.Floor is { } floor) yield return ("Sums alone", $"of {floor.MinCustomers} customers at least, none above {floor.MaxShare:P0}");
        foreach (var window in terms.Conditions.Windows) yield return ("Hours", $"{Days(window.Days)} {window.From:hh\\:mm} to {window.Until:hh\\:mm} UTC");
        if (terms.BasedOn is { } basis) yield return ("Based on", basis);
        yield return ("Until", Until(terms));
        if (agreement.Renewal is { } renewal) yield return ("New terms wait", $"{renewal.Operations}, until {Until(renewal)}");
    }

    private static (string Name, IReadOnlyList<string> List)[] Scope(AccessScope scope) =>
    [
        ("Customers", scope.Customers), ("Customer classes", scope.CustomerClasses), ("Portals", scope.Portals), ("Device types", scope.DeviceTypes), ("Data classes", scope.DataClasses),
        ("Function groups", scope.FunctionGroups), ("Points", scope.Points),
    ];

    private static string Status(Agreement agreement) => agreement.SuspendedBy is { } party ? $"{agreement.Status} by {party}" : agreement.Status.ToString();

    private static string Until(AgreementTerms terms) => terms.Period.Until == DateTime.MaxValue ? "ended by a party" : ValueText.Format((object)terms.Period.Until);

    private static string Days(byte days) => string.Join(' ', Enum.GetValues<DayOfWeek>().Where(day => (days >> (int)day & 1) != 0).Select(day => day.ToString()[..3]));

    private static Color Color(AgreementStatus status) => status switch
    {
        AgreementStatus.Active => Spectre.Console.Color.Green,
        AgreementStatus.Proposed or AgreementStatus.Suspended => Spectre.Console.Color.Yellow,
        _ => Spectre.Console.Color.Grey,
    };
}
