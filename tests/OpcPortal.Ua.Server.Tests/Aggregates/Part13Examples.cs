using System.Globalization;

namespace OpcPortal.Ua.Server.Tests.Aggregates;

/// <summary>The worked examples of Part 13 Annex A: five historians, and what each aggregate gives of them. The form is told at the head of part13-examples.txt.</summary>
internal static class Part13Examples
{
    public static readonly DateTime Noon = new(2024, 1, 2, 12, 0, 0, DateTimeKind.Utc);

    /// <summary>All examples end here, or within an interval that ends later.</summary>
    public static readonly DateTime End = Noon.AddSeconds(100);

    private static readonly Lazy<(Dictionary<int, Historian> Historians, List<Example> Examples)> File = new(Load);

    public static IReadOnlyList<Example> All => File.Value.Examples;

    public static Historian HistorianOf(int number) => File.Value.Historians[number];

    public static NodeId AggregateOf(string name) =>
        (uint)(typeof(ObjectIds).GetField("AggregateFunction_" + name)?.GetRawConstantValue() ?? throw new FormatException($"{name} is no aggregate."));

    private static (Dictionary<int, Historian> Historians, List<Example> Examples) Load()
    {
        using var stream = typeof(Part13Examples).Assembly.GetManifestResourceStream("part13-examples.txt")!;
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => line[0] != '#').ToArray();
        var historians = new Dictionary<int, Historian>();
        var examples = new List<Example>();
        foreach (var pair in lines.Chunk(2))
        {
            var head = pair[0].Split(' ');
            var rows = Array.ConvertAll(pair[1].Trim().Split(" | "), RowOf);
            if (head[0] == "historian") historians.Add(int.Parse(head[1], CultureInfo.InvariantCulture), Historian.Of(head[2..], rows));
            else examples.Add(new Example(head[0], int.Parse(head[1], CultureInfo.InvariantCulture), int.Parse(head[2], CultureInfo.InvariantCulture), rows));
        }

        return (historians, examples);
    }

    private static ExampleRow RowOf(string text)
    {
        var parts = text.Split(' ');
        var time = Noon + TimeSpan.ParseExact(parts[0], [@"m\:ss", @"m\:ss\.fff"], CultureInfo.InvariantCulture);
        var bits = AggregateBits.Raw;
        foreach (var letter in parts[2][1..])
        {
            bits |= letter switch
            {
                'c' => AggregateBits.Calculated,
                'i' => AggregateBits.Interpolated,
                'p' => AggregateBits.Partial,
                'm' => AggregateBits.MultiValue,
                _ => throw new FormatException(text),
            };
        }

        return new ExampleRow(time, ValueOf(parts[1]), StatusOf(parts[2][0]).WithAggregateBits(bits));
    }

    private static Variant ValueOf(string text) => text switch
    {
        "-" => Variant.Null,
        "true" => true,
        "false" => false,
        [>= 'A' and <= 'Z'] => StatusOf(text[0]),
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static StatusCode StatusOf(char letter) => letter switch
    {
        'G' => StatusCodes.Good,
        'S' => StatusCodes.UncertainDataSubNormal,
        'U' => StatusCodes.Uncertain,
        'N' => StatusCodes.BadNoData,
        'B' => StatusCodes.Bad,
        _ => throw new FormatException($"{letter} is no status."),
    };
}

internal sealed record ExampleRow(DateTime Time, Variant Value, StatusCode Status);

internal sealed record Example(string Aggregate, int Historian, int IntervalMilliseconds, ExampleRow[] Rows)
{
    public override string ToString() => $"{Aggregate} of historian {Historian} by {IntervalMilliseconds} ms";
}

internal sealed record Historian(HistoryTraits Traits, DataValue[] Values)
{
    public static Historian Of(string[] settings, ExampleRow[] rows)
    {
        var configuration = settings.Select(static setting => setting.Split('=')).ToDictionary(static pair => pair[0], static pair => pair[1]);
        var traits = new HistoryTraits
        {
            IsStepped = bool.Parse(configuration["stepped"]),
            Aggregates = new AggregateConfiguration
            {
                TreatUncertainAsBad = bool.Parse(configuration["treatUncertainAsBad"]),
                PercentDataBad = byte.Parse(configuration["percentBad"], CultureInfo.InvariantCulture),
                PercentDataGood = byte.Parse(configuration["percentGood"], CultureInfo.InvariantCulture),
                UseSlopedExtrapolation = bool.Parse(configuration["slopedExtrapolation"]),
            },
        };
        return new Historian(traits, Array.ConvertAll(rows, static row => new DataValue(row.Value, row.Status, row.Time, row.Time)));
    }

    /// <summary>The history, with one annotation for each value: that is what the examples count, whatever the notes of the raw tables say.</summary>
    public ListedHistory History(int pageSize = int.MaxValue) => new(Values, pageSize)
    {
        Traits = Traits,
        Annotations = Array.ConvertAll(Values, static value => new NodeAnnotation(value.SourceTimestamp, new Annotation())),
    };
}
