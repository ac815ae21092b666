namespace OpcPortal.Ua.Server.Tests.Aggregates;

/// <summary>The values of given times. Part 11 6.5.5.2; the numbers are those of Interpolative in Part 13 Annex A.</summary>
public sealed class AtTimeTests
{
    private static DateTime At(double seconds) => Part13Examples.Noon.AddSeconds(seconds);

    private static async Task<List<DataValue>> ReadAsync(INodeHistory history, bool simple, int limit, params DateTime[] times)
    {
        Assert.Equal(StatusCodes.Good, AtTimeHistory.TryStart(new ReadAtTimeDetails { ReqTimes = times, UseSimpleBounds = simple }, history.Traits, out var calculation).Code);
        var values = new List<DataValue>();
        while (calculation!.HasMore) values.AddRange(await calculation.NextAsync(history, limit, TestContext.Current.CancellationToken));
        return values;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task Times_give_what_Interpolative_gives_there(int limit)
    {
        foreach (var example in Part13Examples.All.Where(static example => example.Aggregate == "Interpolative"))
        {
            var historian = Part13Examples.HistorianOf(example.Historian);
            // What was stored comes as it is, also where Interpolative could not use it.
            var rows = example.Rows.Where(row => !historian.Values.Any(stored => stored.SourceTimestamp == row.Time && !stored.StatusCode.IsGood)).ToArray();
            var values = await ReadAsync(historian.History(limit), simple: false, limit, Array.ConvertAll(rows, static row => row.Time));
            Assert.Equal(rows.Select(static row => (row.Time, row.Status)), values.Select(static value => (value.SourceTimestamp, value.StatusCode)));
            foreach (var (row, value) in rows.Zip(values)) Assert.Equal(row.Value.TryGetNumber(out var wanted) ? wanted : double.NaN, value.Value.TryGetNumber(out var found) ? found : double.NaN, 2);
        }
    }

    [Fact]
    public async Task Values_come_in_the_order_of_the_times_asked_for_twice_where_asked_twice()
    {
        var history = Part13Examples.HistorianOf(1).History();
        var values = await ReadAsync(history, simple: false, limit: 100, At(55), At(15), At(55), At(20), At(20));
        Assert.Equal([55.0, 15.0, 55.0, 20.0, 20.0], values.Select(static value => value.Value.AsDouble()));
        Assert.Equal([AggregateBits.Interpolated, AggregateBits.Interpolated, AggregateBits.Interpolated, AggregateBits.Raw, AggregateBits.Raw], values.Select(static value => value.StatusCode.AggregateBits));
    }

    [Fact]
    public async Task A_value_that_was_stored_comes_as_it_was_also_a_bad_one()
    {
        var stored = new DataValue(default, StatusCodes.BadSensorFailure, At(40), At(41));
        var history = new ListedHistory([new DataValue(1.0, default, At(0), At(1)), stored, new DataValue(3.0, default, At(80), At(81))]);
        foreach (var simple in new[] { false, true })
        {
            var values = await ReadAsync(history, simple, limit: 10, At(40), At(40), At(80));
            Assert.Equal([stored, stored, new DataValue(3.0, default, At(80), At(81))], values);
        }

        // Beside it the nearest that can be used count, or the very neighbours.
        var beside = await ReadAsync(history, simple: false, limit: 10, At(60));
        Assert.Equal((2.5, StatusCodes.UncertainDataSubNormal), (beside[0].Value.AsDouble(), beside[0].StatusCode.CodeBits));
        Assert.Equal(StatusCodes.BadNoData, (await ReadAsync(history, simple: true, limit: 10, At(60)))[0].StatusCode.Code);
        Assert.Equal((1.0, StatusCodes.UncertainDataSubNormal), await Simple(history, At(20)));
    }

    [Fact]
    public async Task Before_the_first_value_and_simply_after_the_last_there_is_none()
    {
        var history = Part13Examples.HistorianOf(1).History();
        Assert.Equal(StatusCodes.BadNoData, (await ReadAsync(history, simple: false, limit: 10, At(9)))[0].StatusCode.Code);
        Assert.Equal(StatusCodes.BadNoData, (await ReadAsync(history, simple: true, limit: 10, At(91)))[0].StatusCode.Code);
        var extrapolated = (await ReadAsync(history, simple: false, limit: 10, At(91)))[0];
        Assert.Equal((90.0, StatusCodes.UncertainDataSubNormal, AggregateBits.Interpolated), (extrapolated.Value.AsDouble(), extrapolated.StatusCode.CodeBits, extrapolated.StatusCode.AggregateBits));
        var ends = await ReadAsync(history, simple: false, limit: 10, DateTime.MinValue, DateTime.MaxValue);
        Assert.Equal([StatusCodes.BadNoData, StatusCodes.UncertainDataSubNormal], ends.Select(static value => value.StatusCode.CodeBits));
    }

    [Fact]
    public async Task An_empty_history_has_no_value_at_any_time() =>
        Assert.Equal([StatusCodes.BadNoData, StatusCodes.BadNoData], (await ReadAsync(new ListedHistory([]), simple: false, limit: 10, At(1), At(2))).Select(static value => value.StatusCode.Code));

    [Fact]
    public void No_times_and_too_many_are_refused()
    {
        Assert.Equal(StatusCodes.BadNothingToDo, Assert.Throws<ServiceException>(static () => AtTimeHistory.Check(new ReadAtTimeDetails())).Status.Code);
        AtTimeHistory.Check(new ReadAtTimeDetails { ReqTimes = new DateTime[AtTimeHistory.MaxTimes] });
        Assert.Equal(StatusCodes.BadTooManyOperations, Assert.Throws<ServiceException>(static () => AtTimeHistory.Check(new ReadAtTimeDetails { ReqTimes = new DateTime[AtTimeHistory.MaxTimes + 1] })).Status.Code);
    }

    [Fact]
    public async Task Times_close_together_share_what_is_read_and_times_far_apart_read_little()
    {
        var values = Enumerable.Range(0, 100_000).Select(static i => new DataValue((double)i, default, At(i), At(i))).ToArray();
        var close = new ListedHistory(values);
        await ReadAsync(close, simple: false, limit: 1_000, [.. Enumerable.Range(0, 1_000).Select(static i => At(5_000 + (i * 0.5)))]);
        Assert.InRange(close.Given, 500, 5_000);
        Assert.All(close.Stretches, static walk => Assert.True(walk.IsForward && walk.From >= At(5_000) && walk.To <= At(5_500)));
        var far = new ListedHistory(values);
        await ReadAsync(far, simple: false, limit: 1_000, [.. Enumerable.Range(0, 50).Select(static i => At((i * 1_999) + 0.5))]);
        Assert.InRange(far.Given, 100, 50 * 20);
    }

    private static async Task<(double Value, uint Status)> Simple(INodeHistory history, DateTime time)
    {
        var value = (await ReadAsync(history, simple: true, limit: 10, time))[0];
        return (value.Value.AsDouble(), value.StatusCode.CodeBits);
    }
}
