using System.Globalization;

namespace OpcPortal.Ua.Server.Tests.Aggregates;

/// <summary>
/// Every case of the worked examples of Part 13 Annex A. Where they and the text differ, the examples are followed:
/// <list type="bullet">
/// <item>Total of a stepped variable is made of steps; 5.4.3.8 would have lines, as TimeAverage has.</item>
/// <item>Average is never Partial; 5.4.3.5 would set the bit sometimes.</item>
/// <item>Minimum, Maximum and Range leave uncertain values out without a word where they are not treated as bad; 5.4.3.10 would make a result uncertain that one of them exceeds.</item>
/// <item>Count and NumberOfTransitions take an uncertain value for neither good nor bad where it is not treated as bad; 5.4.3.2 would have it good.</item>
/// <item>A bad Count or NumberOfTransitions has no Calculated bit; 5.4.3.21 would set it always.</item>
/// <item>TimeAverage and Total give Bad_NoData for intervals after the last value; 5.4.3.6 and 5.4.3.8 would extrapolate.</item>
/// <item>MinimumActualTime and MaximumActualTime never have the Calculated bit; 5.4.3.12 would set it with an uncertain status.</item>
/// <item>Where PercentDataGood is 100 less PercentDataBad, no share of bad data makes a result bad: "the result of the PercentDataGood calculation is used" (4.2.1.2).</item>
/// </list>
/// </summary>
public sealed class Part13ExampleTests
{
    // The examples are given to three decimals.
    private const double Tolerance = 0.001;

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Part13Examples.All.Count)];

    [Fact]
    public void No_example_and_no_aggregate_is_left_out()
    {
        Assert.Equal(159, Part13Examples.All.Count);
        Assert.Equal(1393, Part13Examples.All.Sum(static example => example.Rows.Length));
        var shown = Part13Examples.All.Select(static example => Part13Examples.AggregateOf(example.Aggregate)).ToHashSet();
        Assert.Equal(37, shown.Count);
        Assert.Equal(shown, AggregateCatalog.Supported.ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_example_gives_what_the_standard_says(int number)
    {
        var example = Part13Examples.All[number];
        var results = await ReadAsync(example, pageSize: int.MaxValue, limit: int.MaxValue);
        Check(example, results);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_example_gives_the_same_in_small_pages(int number)
    {
        var example = Part13Examples.All[number];
        Check(example, await ReadAsync(example, pageSize: 1, limit: 1));
        Check(example, await ReadAsync(example, pageSize: 2, limit: 3));
    }

    private static async Task<List<DataValue>> ReadAsync(Example example, int pageSize, int limit)
    {
        var history = Part13Examples.HistorianOf(example.Historian).History(pageSize);
        var details = new ReadProcessedDetails
        {
            StartTime = Part13Examples.Noon,
            EndTime = Part13Examples.End,
            ProcessingInterval = example.IntervalMilliseconds,
            AggregateType = [Part13Examples.AggregateOf(example.Aggregate)],
            AggregateConfiguration = new AggregateConfiguration { UseServerCapabilitiesDefaults = true },
        };
        Assert.Equal((StatusCode)StatusCodes.Good, ProcessedHistory.TryStart(details, 0, history.Traits, out var calculation));
        var results = new List<DataValue>();
        while (calculation!.HasMore) results.AddRange(await calculation.NextAsync(history, limit, TestContext.Current.CancellationToken));
        return results;
    }

    private static void Check(Example example, List<DataValue> results)
    {
        Assert.Equal(example.Rows.Length, results.Count);
        var wrong = example.Rows.Zip(results).Where(static pair => !IsSame(pair.First, pair.Second)).Select(static pair => $"expected {Describe(pair.First)}, was {Describe(pair.Second)}").ToList();
        Assert.True(wrong.Count == 0, $"{example}: {string.Join("; ", wrong)}");
    }

    private static bool IsSame(ExampleRow expected, DataValue actual)
    {
        if (expected.Time != actual.SourceTimestamp || expected.Status != actual.StatusCode || expected.Value.IsNull != actual.Value.IsNull) return false;
        if (!expected.Value.TryGetNumber(out var wanted)) return expected.Value == actual.Value;
        return actual.Value.TryGetNumber(out var found) && Math.Abs(wanted - found) <= Tolerance;
    }

    private static string Describe(ExampleRow row) => Describe(new DataValue(row.Value, row.Status, row.Time));

    private static string Describe(DataValue value) => string.Create(
        CultureInfo.InvariantCulture, $"{value.SourceTimestamp:mm:ss.fff} {value.Value} {new StatusCode(value.StatusCode.CodeBits)} [{value.StatusCode.AggregateBits}]");
}
