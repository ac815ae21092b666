using System.Globalization;
using OpcPortal.Cli.Values;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using Spectre.Console;

namespace OpcPortal.Cli.Commands;

/// <summary>A value of the past, and what belongs to it.</summary>
internal sealed record HistoryRow(DataValue Value)
{
    public IReadOnlyList<(string Name, string Text)> Fields { get; init; } = [];
    public IReadOnlyList<ChainLink> Chain { get; init; } = [];
}

/// <summary>How the past is shown.</summary>
internal enum HistoryForm
{
    Table,
    Csv,
    Json,
}

/// <summary>Shows values of the past: a table with the course of the values below it, lines with commas as they come, or a JSON document.</summary>
internal sealed class HistoryOutput(CliContext context, VariableType type, HistoryForm form)
{
    private readonly List<HistoryRow> _rows = [];
    private bool _hasHead;

    public void Add(HistoryRow row)
    {
        // Lines go out at once: a year of them need not fit into memory.
        if (form == HistoryForm.Csv) WriteCsv(row);
        else _rows.Add(row);
    }

    public void Complete()
    {
        if (form == HistoryForm.Json) context.WriteLine(Json());
        if (form == HistoryForm.Table) Show();
    }

    private void Show()
    {
        if (_rows.Count == 0)
        {
            context.Output.WriteLine("There is nothing.");
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn("Source time").NoWrap()).AddColumn(new TableColumn("Value").RightAligned()).AddColumn("Status");
        foreach (var (name, _) in _rows[0].Fields) table.AddColumn(name);
        var hasChain = _rows.Any(row => row.Chain.Count > 0);
        if (hasChain) table.AddColumn("Quality");
        foreach (var row in _rows) AddTo(table, row, hasChain);
        context.Output.Write(table);
        ShowCourse();
    }

    private void AddTo(Table table, HistoryRow row, bool hasChain)
    {
        var cells = new List<Text> { new(ValueText.Format(row.Value.SourceTimestamp)), new(TextOf(row.Value)), ReadCommand.StatusText(row.Value.StatusCode) };
        cells.AddRange(row.Fields.Select(field => new Text(field.Text)));
        if (hasChain) cells.Add(new Text(string.Join('\n', row.Chain.Select(Line))));
        table.AddRow(cells);
    }

    private static string Line(ChainLink link) =>
        string.Join(' ', new[] { link.Code, link.Meaning, link.Reason.Length == 0 ? "" : $"({link.Reason})", link.By.Length == 0 ? "" : $"by {link.By}" }.Where(part => part.Length > 0));

    private string TextOf(in DataValue value) => value.Value.IsNull ? "" : ValueText.Format(value.Value, type.DataType?.Enumeration, type.Unit);

    // Each bar the mean of a part, so that a day of quarter hours fits into a line.
    private void ShowCourse()
    {
        double[] numbers = [.. _rows.Where(row => !row.Value.StatusCode.IsBad).Select(row => row.Value.Value.TryGetNumber(out var number) ? number : double.NaN).Where(double.IsFinite)];
        if (numbers.Length < 2) return;
        var course = new Sparkline();
        foreach (var part in numbers.Chunk((numbers.Length + Sparkline.Width - 1) / Sparkline.Width)) course.Add(part.Average());
        context.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{course}  {_rows.Count} values, {numbers.Min():0.###} to {numbers.Max():0.###}, mean {numbers.Average():0.###} {type.Unit}").TrimEnd());
    }

    private void WriteCsv(HistoryRow row)
    {
        if (!_hasHead) context.WriteLine(string.Join(',', (string[])["time", "value", "status", .. row.Fields.Select(field => field.Name.ToLowerInvariant()), "quality"]));
        _hasHead = true;
        var value = row.Value.Value.IsNull ? "" : ValueText.Format(row.Value.Value.ToObject());
        context.WriteLine(string.Join(',', (string[])[ValueText.Format((object)row.Value.SourceTimestamp), Quoted(value), row.Value.StatusCode.ToString(), .. row.Fields.Select(field => Quoted(field.Text)), Quoted(string.Join(" < ", row.Chain.Select(link => link.Code)))]));
    }

    // RFC 4180.
    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private string Json() => ValueJson.Document(json =>
    {
        json.WriteStartArray();
        foreach (var row in _rows)
        {
            json.WriteStartObject();
            ValueJson.WriteMembers(json, row.Value);
            foreach (var (name, text) in row.Fields) json.WriteString(char.ToLowerInvariant(name[0]) + name[1..], text);
            if (row.Chain.Count > 0)
            {
                json.WriteStartArray("chain");
                foreach (var link in row.Chain)
                {
                    json.WriteStartObject();
                    json.WriteString("code", link.Code);
                    json.WriteString("meaning", link.Meaning);
                    json.WriteString("at", ValueText.Format((object)link.At));
                    json.WriteString("by", link.By);
                    json.WriteString("reason", link.Reason);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
