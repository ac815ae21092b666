namespace OpcPortal.Ua.Server.Tests.Aggregates;

/// <summary>Which intervals a processed read has, what is refused, and what becomes of values that cannot be calculated with. Part 11 6.5.4, Part 13 5.4.2.</summary>
public sealed class ProcessedHistoryTests
{
    private static readonly AggregateConfiguration Defaults = new() { UseServerCapabilitiesDefaults = true };

    private static DateTime At(double seconds) => Part13Examples.Noon.AddSeconds(seconds);

    private static DataValue Value(double seconds, Variant value, StatusCode status = default) => new(value, status, At(seconds), At(seconds));

    private static ReadProcessedDetails Details(double start, double end, double interval, uint aggregate, AggregateConfiguration? configuration = null) => new()
    {
        StartTime = At(start),
        EndTime = At(end),
        ProcessingInterval = interval * 1_000,
        AggregateType = [aggregate],
        AggregateConfiguration = configuration ?? Defaults,
    };

    private static StatusCode Try(ReadProcessedDetails details) => ProcessedHistory.TryStart(details, 0, new HistoryTraits(), out _);

    private static async Task<List<DataValue>> ReadAsync(INodeHistory history, ReadProcessedDetails details, int limit = int.MaxValue)
    {
        Assert.Equal(StatusCodes.Good, ProcessedHistory.TryStart(details, 0, history.Traits, out var calculation).Code);
        var values = new List<DataValue>();
        while (calculation!.HasMore) values.AddRange(await calculation.NextAsync(history, limit, TestContext.Current.CancellationToken));
        return values;
    }

    private static ListedHistory Seconds(int count, Func<int, Variant> value) => new([.. Enumerable.Range(0, count).Select(i => Value(i, value(i)))]);

    // Part 13 Table 12.
    [Theory]
    [InlineData(0, 60, 20, new[] { 0.0, 20, 40 })]
    [InlineData(0, 50, 20, new[] { 0.0, 20, 40 })]
    [InlineData(0, 60, 0, new[] { 0.0 })]
    [InlineData(0, 60, 60, new[] { 0.0 })]
    [InlineData(0, 60, 1e300, new[] { 0.0 })]
    [InlineData(60, 0, 20, new[] { 60.0, 40, 20 })]
    [InlineData(60, 10, 20, new[] { 60.0, 40, 20 })]
    [InlineData(60, 0, 0, new[] { 60.0 })]
    public async Task The_range_is_cut_from_its_start_and_the_rest_is_the_last_interval(double start, double end, double interval, double[] starts)
    {
        foreach (var limit in new[] { 1, 2, 100 })
        {
            var values = await ReadAsync(Seconds(100, static i => (double)i), Details(start, end, interval, ObjectIds.AggregateFunction_Count), limit);
            Assert.Equal(starts.Select(At), values.Select(static value => value.SourceTimestamp));
            Assert.Equal(Math.Abs(end - start), values.Sum(static value => value.Value.AsInt32()));
        }
    }

    // Part 13 5.4.2.2: the start is in, the end is out, whichever of them is later.
    [Fact]
    public async Task Time_that_runs_backward_counts_its_later_edge_and_not_its_earlier_one()
    {
        var history = Seconds(61, static i => (double)i);
        var forward = await ReadAsync(history, Details(0, 60, 30, ObjectIds.AggregateFunction_Average));
        Assert.Equal([14.5, 44.5], forward.Select(static value => value.Value.AsDouble()));
        var backward = await ReadAsync(history, Details(60, 0, 30, ObjectIds.AggregateFunction_Average));
        Assert.Equal([45.5, 15.5], backward.Select(static value => value.Value.AsDouble()));
        Assert.Equal([60.0, 30.0], (await ReadAsync(history, Details(60, 0, 30, ObjectIds.AggregateFunction_Start))).Select(static value => value.Value.AsDouble()));
        Assert.Equal([31.0, 1.0], (await ReadAsync(history, Details(60, 0, 30, ObjectIds.AggregateFunction_End))).Select(static value => value.Value.AsDouble()));
        Assert.Equal([-30.0, -30.0], (await ReadAsync(history, Details(60, 0, 30, ObjectIds.AggregateFunction_DeltaBounds))).Select(static value => value.Value.AsDouble()));
        var last = (await ReadAsync(history, Details(60, 0, 30, ObjectIds.AggregateFunction_MinimumActualTime2)))[1];
        // Part 13 3.1.3: the end is not in the interval, its value stands just before it, as time runs.
        Assert.Equal((At(0.001), 0.0, AggregateBits.Interpolated), (last.SourceTimestamp, last.Value.AsDouble(), last.StatusCode.AggregateBits));
    }

    [Fact]
    public void Ranges_and_intervals_that_make_no_sense_are_refused()
    {
        Assert.Equal(StatusCodes.Good, Try(Details(0, 60, 20, ObjectIds.AggregateFunction_Average)).Code);
        Assert.Equal(StatusCodes.BadInvalidArgument, Try(Details(60, 60, 20, ObjectIds.AggregateFunction_Average)).Code);
        Assert.Equal(StatusCodes.BadInvalidArgument, Try(Details(0, 60, -1, ObjectIds.AggregateFunction_Average)).Code);
        Assert.Equal(StatusCodes.BadInvalidArgument, Try(Details(0, 60, double.NaN, ObjectIds.AggregateFunction_Average)).Code);
        Assert.Equal(StatusCodes.BadAggregateNotSupported, Try(Details(0, 60, 20, ObjectIds.Server)).Code);
        Assert.Equal(StatusCodes.Good, Try(Details(0, ProcessedHistory.MaxIntervals, 1, ObjectIds.AggregateFunction_Average)).Code);
        Assert.Equal(StatusCodes.BadTooManyOperations, Try(Details(0, ProcessedHistory.MaxIntervals + 1, 1, ObjectIds.AggregateFunction_Average)).Code);
    }

    [Fact]
    public void A_request_names_one_aggregate_for_each_node_and_both_times()
    {
        ProcessedHistory.Check(Details(0, 60, 20, ObjectIds.AggregateFunction_Average), 1);
        Assert.Equal(StatusCodes.BadAggregateListMismatch, Refusal(static () => ProcessedHistory.Check(Details(0, 60, 20, ObjectIds.AggregateFunction_Average), 2)));
        Assert.Equal(StatusCodes.BadAggregateListMismatch, Refusal(static () => ProcessedHistory.Check(new ReadProcessedDetails { StartTime = At(0), EndTime = At(1) }, 1)));
        Assert.Equal(StatusCodes.BadInvalidTimestampArgument, Refusal(static () => ProcessedHistory.Check(new ReadProcessedDetails { EndTime = At(1), AggregateType = [1u] }, 1)));
    }

    private static uint Refusal(Action action) => Assert.Throws<ServiceException>(action).Status.Code;

    // Part 13 4.2.1.2: PercentDataGood is at least 100 less PercentDataBad, and neither is above 100.
    [Theory]
    [InlineData(100, 100, StatusCodes.Good)]
    [InlineData(80, 20, StatusCodes.Good)]
    [InlineData(80, 19, StatusCodes.BadAggregateInvalidInputs)]
    [InlineData(101, 100, StatusCodes.BadAggregateInvalidInputs)]
    [InlineData(100, 101, StatusCodes.BadAggregateInvalidInputs)]
    public void Percentages_must_go_together(byte bad, byte good, uint expected) =>
        Assert.Equal(expected, Try(Details(0, 60, 20, ObjectIds.AggregateFunction_Average, new AggregateConfiguration { PercentDataBad = bad, PercentDataGood = good })).Code);

    [Theory]
    [InlineData(30, 90, StatusCodes.Bad)]
    [InlineData(31, 90, StatusCodes.UncertainDataSubNormal)]
    [InlineData(31, 70, StatusCodes.Good)]
    public async Task The_shares_of_good_and_bad_time_decide_the_status(byte bad, byte good, uint expected)
    {
        var traits = new HistoryTraits { IsStepped = true };
        var history = new ListedHistory([Value(0, 5.0), Value(70, default, StatusCodes.Bad), Value(100, 5.0)]) { Traits = traits };
        var configuration = new AggregateConfiguration { PercentDataBad = bad, PercentDataGood = good };
        var result = Assert.Single(await ReadAsync(history, Details(0, 100, 100, ObjectIds.AggregateFunction_TimeAverage2, configuration)));
        Assert.Equal(expected, result.StatusCode.CodeBits);
        Assert.Equal(expected == StatusCodes.Bad, result.Value.IsNull);
    }

    [Fact]
    public async Task The_nodes_own_configuration_counts_where_the_client_leaves_it_to_the_server()
    {
        var traits = new HistoryTraits { Aggregates = new AggregateConfiguration { TreatUncertainAsBad = false, PercentDataBad = 100, PercentDataGood = 100 } };
        DataValue[] values = [Value(0, 5.0), Value(5, 7.0, StatusCodes.Uncertain), Value(10, 5.0)];
        async Task<double> Greatest(AggregateConfiguration configuration) =>
            (await ReadAsync(new ListedHistory(values) { Traits = traits }, Details(0, 10, 0, ObjectIds.AggregateFunction_Maximum2, configuration)))[0].Value.AsDouble();

        Assert.Equal(7, await Greatest(Defaults));
        Assert.Equal(5, await Greatest(new AggregateConfiguration { TreatUncertainAsBad = true, PercentDataBad = 100, PercentDataGood = 0 }));
    }

    // Part 13 5.4.2.3.
    [Fact]
    public async Task Values_that_are_no_numbers_have_no_sums_but_can_be_counted()
    {
        var history = Seconds(30, static i => i % 2 == 0 ? "on" : "off");
        foreach (var aggregate in new[]
        {
            ObjectIds.AggregateFunction_Average, ObjectIds.AggregateFunction_TimeAverage, ObjectIds.AggregateFunction_Total2, ObjectIds.AggregateFunction_Minimum,
            ObjectIds.AggregateFunction_Range2, ObjectIds.AggregateFunction_VarianceSample, ObjectIds.AggregateFunction_Delta, ObjectIds.AggregateFunction_DeltaBounds,
            ObjectIds.AggregateFunction_DurationInStateZero, ObjectIds.AggregateFunction_NumberOfTransitions,
        }) Assert.Equal(StatusCodes.BadAggregateInvalidInputs, (await ReadAsync(history, Details(0, 20, 0, aggregate)))[0].StatusCode.Code);
        Assert.Equal(20, (await ReadAsync(history, Details(0, 20, 0, ObjectIds.AggregateFunction_Count)))[0].Value.AsInt32());
        Assert.Equal("on", (await ReadAsync(history, Details(0, 20, 0, ObjectIds.AggregateFunction_Start)))[0].Value.AsString());
        Assert.Equal("off", (await ReadAsync(history, Details(0, 20, 0, ObjectIds.AggregateFunction_End)))[0].Value.AsString());
        Assert.Equal(100.0, (await ReadAsync(history, Details(0, 20, 0, ObjectIds.AggregateFunction_PercentGood)))[0].Value.AsDouble());
    }

    [Fact]
    public async Task Results_have_the_type_of_the_values_where_the_standard_says_so()
    {
        var history = Seconds(30, static i => (ushort)(30 - i));
        async Task<Variant> Of(uint aggregate) => (await ReadAsync(history, Details(0, 10, 0, aggregate)))[0].Value;

        Assert.Equal(new Variant((ushort)21), await Of(ObjectIds.AggregateFunction_Minimum));
        Assert.Equal(new Variant((ushort)20), await Of(ObjectIds.AggregateFunction_Minimum2));
        Assert.Equal(new Variant((ushort)9), await Of(ObjectIds.AggregateFunction_Range));
        Assert.Equal(25.5, await Of(ObjectIds.AggregateFunction_Average));
        Assert.Equal(10, await Of(ObjectIds.AggregateFunction_Count));
        // What an unsigned type would hide.
        Assert.Equal(-9.0, await Of(ObjectIds.AggregateFunction_Delta));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task A_value_that_is_no_finite_number_counts_as_bad(double odd)
    {
        var history = new ListedHistory([Value(0, 1.0), Value(5, odd), Value(10, 3.0), Value(20, 3.0)]);
        var average = (await ReadAsync(history, Details(0, 20, 0, ObjectIds.AggregateFunction_Average)))[0];
        Assert.Equal((2.0, StatusCodes.UncertainDataSubNormal), (average.Value.AsDouble(), average.StatusCode.CodeBits));
        Assert.Equal(5_000.0, (await ReadAsync(history, Details(0, 20, 0, ObjectIds.AggregateFunction_DurationBad)))[0].Value.AsDouble());
    }

    [Fact]
    public async Task An_interval_without_values_inside_the_data_counts_none_and_is_no_gap_of_the_lines()
    {
        var history = new ListedHistory([Value(0, 0.0), Value(100, 100.0)]);
        Assert.Equal([1, 0, 0, 0], (await ReadAsync(history, Details(0, 80, 20, ObjectIds.AggregateFunction_Count))).Select(static value => value.Value.AsInt32()));
        Assert.Equal([10.0, 30, 50, 70], (await ReadAsync(history, Details(0, 80, 20, ObjectIds.AggregateFunction_TimeAverage))).Select(static value => value.Value.AsDouble()));
        Assert.Equal([StatusCodes.Good, StatusCodes.BadNoData], (await ReadAsync(history, Details(0, 40, 20, ObjectIds.AggregateFunction_Average))).Select(static value => value.StatusCode.CodeBits));
    }

    [Fact]
    public async Task A_long_interval_is_read_in_pages_and_no_value_twice()
    {
        var history = Seconds(200_000, static i => i % 100);
        await ReadAsync(history, Details(0, 200_000, 0, ObjectIds.AggregateFunction_TimeAverage2));
        Assert.InRange(history.Given, 199_999, 200_100);
        Assert.InRange(history.LargestPage, 1, 10_000);
    }

    // Who keeps account of what was read sees the range that was asked for, and single values as its bounds.
    [Theory]
    [InlineData(ObjectIds.AggregateFunction_Average)]
    [InlineData(ObjectIds.AggregateFunction_TimeAverage)]
    [InlineData(ObjectIds.AggregateFunction_Total2)]
    public async Task No_more_than_the_range_is_walked_through(uint aggregate)
    {
        var configuration = new AggregateConfiguration { PercentDataBad = 100, PercentDataGood = 100, UseSlopedExtrapolation = true };
        foreach (var (start, end) in new[] { (100, 200), (200, 100) })
        {
            var history = Seconds(1_000, static i => i);
            await ReadAsync(history, Details(start, end, 20, aggregate, configuration));
            Assert.NotEmpty(history.Stretches);
            Assert.All(history.Stretches, static walk => Assert.True(walk.IsForward && walk.From >= At(100) && walk.To <= At(200).AddTicks(1)));
        }
    }

    [Fact]
    public async Task A_read_that_nobody_waits_for_stops()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        Assert.Equal(StatusCodes.Good, ProcessedHistory.TryStart(Details(0, 60, 20, ObjectIds.AggregateFunction_Average), 0, new HistoryTraits(), out var calculation).Code);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await calculation!.NextAsync(Seconds(60, static i => i), 10, stopped.Token));
    }
}
