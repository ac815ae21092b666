using OpcPortal.Ua.Server.Tests.Services;
using static OpcPortal.Ua.Server.Tests.History.HistoryWorld;
using static OpcPortal.Ua.Server.Tests.History.MemoryHistory;

namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>HistoryRead of processed values and of those at given times, as a service. Part 11 6.5.4, 6.5.5.</summary>
public sealed class ProcessedReadTests
{
    private readonly HistoryWorld _world = new(new OperationLimits { MaxHistoryValuesPerNode = 10 });

    private static ReadProcessedDetails Details(int minutes, double intervalMinutes, params NodeId[] aggregates) => new()
    {
        StartTime = At(5, 0),
        EndTime = At(5, 0).AddMinutes(minutes),
        ProcessingInterval = intervalMinutes * 60_000,
        AggregateType = aggregates,
        AggregateConfiguration = new AggregateConfiguration { UseServerCapabilitiesDefaults = true },
    };

    // A value each minute, that many of it.
    private static MemoryHistory Minutes(int count, HistoryTraits? traits = null)
    {
        var history = new MemoryHistory { Traits = traits ?? new HistoryTraits() };
        for (var i = 0; i < count; i++) history.Add(At(5, 0).AddMinutes(i), (double)i);
        return history;
    }

    private static HistoryReadValueId Item(NodeId node) => new() { NodeId = node };

    [Fact]
    public async Task Each_node_has_its_own_aggregate_and_one_node_may_be_asked_for_several()
    {
        var first = _world.Variable("first", Minutes(20));
        var second = _world.Variable("second", Minutes(5));
        NodeId[] aggregates = [ObjectIds.AggregateFunction_Average, ObjectIds.AggregateFunction_Count, ObjectIds.AggregateFunction_Count, ObjectIds.AggregateFunction_Average];
        var results = await _world.Read([Item(first), Item(first), Item(second), Item(new NodeId("nobody", 1))], Details(10, 0, aggregates));
        Assert.Equal(4.5, Assert.Single(Values(results[0])).Value.AsDouble());
        Assert.Equal(10, Assert.Single(Values(results[1])).Value.AsInt32());
        Assert.Equal(5, Assert.Single(Values(results[2])).Value.AsInt32());
        Assert.Equal(StatusCodes.BadNodeIdUnknown, results[3].StatusCode.Code);
    }

    [Fact]
    public async Task An_aggregate_that_is_none_fails_its_node_alone()
    {
        var node = _world.Variable("meter", Minutes(20));
        var results = await _world.Read([Item(node), Item(node)], Details(10, 5, ObjectIds.Server, ObjectIds.AggregateFunction_Average));
        Assert.Equal(StatusCodes.BadAggregateNotSupported, results[0].StatusCode.Code);
        Assert.Equal([2.0, 7.0], Values(results[1]).Select(static value => value.Value.AsDouble()));
    }

    [Fact]
    public async Task A_list_of_aggregates_that_does_not_match_the_nodes_fails_the_request()
    {
        var node = _world.Variable("meter", Minutes(20));
        var fault = await Assert.ThrowsAsync<ServiceException>(() => _world.Read([Item(node), Item(node)], Details(10, 5, ObjectIds.AggregateFunction_Average)));
        Assert.Equal(StatusCodes.BadAggregateListMismatch, fault.Status.Code);
    }

    [Fact]
    public async Task More_intervals_than_a_result_holds_come_page_after_page()
    {
        var node = _world.Variable("meter", Minutes(60));
        var pages = await _world.ReadAll(node, Details(50, 2, ObjectIds.AggregateFunction_Average));
        Assert.Equal([10, 10, 5], pages.Select(static page => Values(page).Length));
        Assert.Equal(Enumerable.Range(0, 25).Select(static i => (i * 2) + 0.5), pages.SelectMany(Values).Select(static value => value.Value.AsDouble()));
    }

    [Fact]
    public async Task The_nodes_own_configuration_is_used_where_the_client_leaves_it_to_the_server()
    {
        var stepped = _world.Variable("stepped", Minutes(20, new HistoryTraits { IsStepped = true }));
        var sloped = _world.Variable("sloped", Minutes(20));
        var results = await _world.Read([Item(stepped), Item(sloped)], Details(10, 0, ObjectIds.AggregateFunction_TimeAverage2, ObjectIds.AggregateFunction_TimeAverage2));
        Assert.Equal([4.5, 5.0], results.Select(static result => Values(result)[0].Value.AsDouble()));
    }

    [Fact]
    public async Task Values_at_times_come_in_their_order_page_after_page()
    {
        var node = _world.Variable("meter", Minutes(60));
        var times = Enumerable.Range(0, 25).Select(static i => At(5, 0).AddSeconds(i * 97 % 50 * 30)).ToArray();
        var pages = await _world.ReadAll(node, new ReadAtTimeDetails { ReqTimes = times });
        Assert.Equal([10, 10, 5], pages.Select(static page => Values(page).Length));
        var values = pages.SelectMany(Values).ToArray();
        Assert.Equal(times, values.Select(static value => value.SourceTimestamp));
        Assert.Equal(times.Select(static time => (time - At(5, 0)).TotalMinutes), values.Select(static value => value.Value.AsDouble()));
        Assert.All(values, static value => Assert.Equal(value.SourceTimestamp.Second == 0 ? AggregateBits.Raw : AggregateBits.Interpolated, value.StatusCode.AggregateBits));
    }
}
