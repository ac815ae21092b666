namespace OpcPortal.Ua.Client.Tests;

/// <summary>The past of Variables and notifiers, as a server gives it page by page. Part 4 5.11.3, 5.11.5.</summary>
public sealed class HistoryTests : IAsyncDisposable
{
    private static readonly NodeId Meter = new("meter", 1);
    private static readonly DateTime Noon = new(2026, 3, 4, 12, 0, 0, DateTimeKind.Utc);

    private readonly ScriptedSessions _sessions = new(new ScriptedServer());
    private readonly List<HistoryReadRequest> _reads = [];
    private readonly List<HistoryUpdateDetails> _updates = [];
    private UaSession? _session;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<UaSession> ConnectAsync()
    {
        var client = new UaClient(new UaClientOptions { Connector = _sessions.Server.ConnectAsync, KeepAliveInterval = TimeSpan.FromHours(1) });
        return _session = await client.ConnectAsync(ScriptedServer.Url.OriginalString, EndpointChoice.Unprotected, cancellation: Token);
    }

    public async ValueTask DisposeAsync()
    {
        _sessions.Server.Cut();
        if (_session is not null) await _session.DisposeAsync();
    }

    // The number of a page is the name of its continuation point.
    private void Give(params HistoryReadResult[] pages) => _sessions.Server.On<HistoryReadRequest>(request =>
    {
        lock (_reads) _reads.Add(request);
        if (request.ReleaseContinuationPoints) return new HistoryReadResponse { Results = [new HistoryReadResult()] };
        var point = request.NodesToRead![0].ContinuationPoint;
        var number = point.IsNull ? 0 : point.Span[0];
        var page = pages[number];
        if (number + 1 < pages.Length) page.ContinuationPoint = new ByteString([(byte)(number + 1)]);
        return new HistoryReadResponse { Results = [page] };
    });

    private static HistoryReadResult Page(IStructure data, StatusCode status = default) => new() { StatusCode = status, HistoryData = new ExtensionObject(data) };

    private static HistoryReadResult Values(params double[] values) => Page(new HistoryData { DataValues = [.. values.Select((v, i) => new DataValue(v, default, Noon.AddMinutes(i)))] });

    private static double[] Numbers(IEnumerable<DataValue> values) => [.. values.Select(v => v.Value.AsDouble())];

    private static T DetailsOf<T>(HistoryReadRequest request) where T : HistoryReadDetails => Assert.IsType<T>(request.HistoryReadDetails!.Structure);

    [Fact]
    public async Task A_history_is_read_to_its_end_over_all_pages_also_empty_ones()
    {
        var session = await ConnectAsync();
        Give(Values(1, 2), Values(), new HistoryReadResult(), Values(3));
        var range = HistoryRange.Between(Noon, Noon.AddHours(1)) with { Count = 2 };
        var values = await session.ReadHistoryAsync(Meter, range, returnBounds: true, Token).ToListAsync(Token);
        Assert.Equal([1, 2, 3], Numbers(values));
        var details = DetailsOf<ReadRawModifiedDetails>(_reads[0]);
        Assert.Equal((Noon, Noon.AddHours(1), 2u, true, false), (details.StartTime, details.EndTime, details.NumValuesPerNode, details.ReturnBounds, details.IsReadModified));
        // Part 11 6.3: the parameters stay the same.
        Assert.All(_reads, r => Assert.Equal(new ExtensionObject(details), r.HistoryReadDetails));
        Assert.Equal((4, TimestampsToReturn.Both, Meter), (_reads.Count, _reads[3].TimestampsToReturn, _reads[3].NodesToRead![0].NodeId));
        Assert.DoesNotContain(_reads, r => r.ReleaseContinuationPoints);
    }

    // Part 11 6.5.3.1: a time that is not given is the least one.
    [Fact]
    public async Task A_number_of_values_is_asked_for_from_one_time_on()
    {
        var session = await ConnectAsync();
        Give(Values(1));
        await session.ReadHistoryAsync(Meter, HistoryRange.From(Noon, 5), cancellation: Token).ToListAsync(Token);
        await session.ReadHistoryAsync(Meter, HistoryRange.Before(Noon, 6), cancellation: Token).ToListAsync(Token);
        var (from, before) = (DetailsOf<ReadRawModifiedDetails>(_reads[0]), DetailsOf<ReadRawModifiedDetails>(_reads[1]));
        Assert.Equal((Noon, DateTime.MinValue, 5u), (from.StartTime, from.EndTime, from.NumValuesPerNode));
        Assert.Equal((DateTime.MinValue, Noon, 6u), (before.StartTime, before.EndTime, before.NumValuesPerNode));
    }

    [Fact]
    public async Task Who_stops_early_releases_the_continuation_point()
    {
        var session = await ConnectAsync();
        Give(Values(1, 2), Values(3));
        await foreach (var value in session.ReadHistoryAsync(Meter, HistoryRange.Between(Noon, Noon.AddHours(1)), cancellation: Token))
        {
            Assert.Equal(1.0, value.Value.AsDouble());
            break;
        }

        Assert.Equal((true, new ByteString([1])), (_reads[^1].ReleaseContinuationPoints, _reads[^1].NodesToRead![0].ContinuationPoint));
    }

    [Fact]
    public async Task What_the_server_refuses_is_thrown_after_the_values_that_it_gave()
    {
        var session = await ConnectAsync();
        Give(Values(1), new HistoryReadResult { StatusCode = StatusCodes.BadUserAccessDenied });
        var seen = new List<DataValue>();
        var refused = await Assert.ThrowsAsync<UaException>(async () =>
        {
            await foreach (var value in session.ReadHistoryAsync(Meter, HistoryRange.Between(Noon, Noon.AddHours(1)), cancellation: Token)) seen.Add(value);
        });
        Assert.Equal((StatusCodes.BadUserAccessDenied, 1), (refused.Status.Code, seen.Count));
    }

    [Fact]
    public async Task Data_of_another_kind_than_was_asked_for_is_no_answer()
    {
        var session = await ConnectAsync();
        foreach (var wrong in (IStructure[])[new HistoryEvent(), new Range(), new HistoryModifiedData { DataValues = [default], ModificationInfos = [] }])
        {
            Give(Page(wrong));
            var thrown = await Assert.ThrowsAsync<UaException>(async () => await session.ReadModifiedHistoryAsync(Meter, HistoryRange.From(Noon, 1), Token).ToListAsync(Token));
            Assert.Equal(StatusCodes.BadUnknownResponse, thrown.Status.Code);
        }

        _sessions.Server.On<HistoryReadRequest>(_ => new HistoryReadResponse { Results = [] });
        await Assert.ThrowsAsync<UaException>(async () => await session.ReadHistoryAsync(Meter, HistoryRange.From(Noon, 1), cancellation: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Modified_values_come_with_what_was_done_to_them()
    {
        var session = await ConnectAsync();
        Give(Page(new HistoryModifiedData { DataValues = [new DataValue(1.0, default, Noon)], ModificationInfos = [new ModificationInfo { UpdateType = HistoryUpdateType.Replace, UserName = "ann", ModificationTime = Noon.AddDays(1) }] }));
        var modified = Assert.Single(await session.ReadModifiedHistoryAsync(Meter, HistoryRange.From(Noon, 1), Token).ToListAsync(Token));
        Assert.Equal((1.0, HistoryUpdateType.Replace, "ann", Noon.AddDays(1)), (modified.Value.Value.AsDouble(), modified.Modification.UpdateType, modified.Modification.UserName, modified.Modification.ModificationTime));
        Assert.True(DetailsOf<ReadRawModifiedDetails>(_reads[0]).IsReadModified);
    }

    [Fact]
    public async Task Aggregates_values_at_times_and_annotations_are_asked_for_as_the_standard_has_it()
    {
        var session = await ConnectAsync();
        Give(Values(1));
        NodeId average = ObjectIds.AggregateFunction_Average;
        await session.ReadProcessedHistoryAsync(Meter, average, Noon, Noon.AddHours(1), TimeSpan.FromMinutes(15), cancellation: Token).ToListAsync(Token);
        await session.ReadHistoryAtAsync(Meter, [Noon, Noon.AddMinutes(1)], useSimpleBounds: true, Token).ToListAsync(Token);
        Give(Page(new HistoryData { DataValues = [new DataValue(Variant.From(new Annotation { Message = "by hand" }), default, Noon)] }));
        var noted = Assert.Single(await session.ReadAnnotationsAsync(Meter, [Noon], Token).ToListAsync(Token));
        Assert.Equal((Noon, "by hand"), (noted.Time, noted.Annotation.Message));
        var processed = DetailsOf<ReadProcessedDetails>(_reads[0]);
        Assert.Equal((900_000.0, average, true), (processed.ProcessingInterval, Assert.Single(processed.AggregateType!), processed.AggregateConfiguration.UseServerCapabilitiesDefaults));
        var atTime = DetailsOf<ReadAtTimeDetails>(_reads[1]);
        Assert.Equal((2, true), (atTime.ReqTimes!.Length, atTime.UseSimpleBounds));
        Assert.Equal([Noon], DetailsOf<ReadAnnotationDataDetails>(_reads[2]).ReqTimes!);
    }

    [Fact]
    public async Task Past_events_are_the_fields_that_the_filter_selects()
    {
        var session = await ConnectAsync();
        Give(Page(new HistoryEvent { Events = [new HistoryEventFieldList { EventFields = ["a", 1] }] }), Page(new HistoryEvent { Events = [new HistoryEventFieldList { EventFields = ["b", 2] }] }));
        var events = await session.ReadEventHistoryAsync(ObjectIds.Server, HistoryRange.Between(Noon, Noon.AddHours(1)), EventFields.Filter("Message", "Severity"), Token).ToListAsync(Token);
        Assert.Equal(["a", "b"], events.Select(e => e[0].AsString()));
        Assert.Equal(2, DetailsOf<ReadEventDetails>(_reads[0]).Filter.SelectClauses!.Length);
    }

    private void Take(Func<HistoryUpdateDetails, HistoryUpdateResult> answer) => _sessions.Server.On<HistoryUpdateRequest>(request =>
    {
        var details = (HistoryUpdateDetails)request.HistoryUpdateDetails![0]!.Structure!;
        _updates.Add(details);
        return new HistoryUpdateResponse { Results = [answer(details)] };
    });

    // What servers take in one call is bounded.
    [Fact]
    public async Task Many_changes_go_in_parts_and_each_has_its_status()
    {
        var session = await ConnectAsync();
        Take(details => new HistoryUpdateResult { OperationResults = [.. ((UpdateDataDetails)details).UpdateValues!.Select(v => new StatusCode(v.Value.AsInt32() % 2 == 0 ? StatusCodes.GoodEntryInserted : StatusCodes.BadEntryExists))] });
        DataValue[] values = [.. Enumerable.Range(0, 2500).Select(i => new DataValue(i, default, Noon.AddSeconds(i)))];
        var results = await session.UpdateHistoryAsync(Meter, PerformUpdateType.Insert, values, Token);
        Assert.Equal(Enumerable.Range(0, 2500).Select(i => i % 2 == 0 ? StatusCodes.GoodEntryInserted : StatusCodes.BadEntryExists), results.Select(r => r.Code));
        Assert.Equal([1000, 1000, 500], _updates.Select(u => ((UpdateDataDetails)u).UpdateValues!.Length));
        Assert.All(_updates, u => Assert.Equal((Meter, PerformUpdateType.Insert), (((UpdateDataDetails)u).NodeId, ((UpdateDataDetails)u).PerformInsertReplace)));
    }

    [Fact]
    public async Task Annotations_are_written_as_structures_of_the_time_of_their_value()
    {
        var session = await ConnectAsync();
        Take(_ => new HistoryUpdateResult { OperationResults = [StatusCodes.GoodEntryInserted] });
        await session.AnnotateHistoryAsync(Meter, PerformUpdateType.Insert, [new(Noon, new Annotation { Message = "storm" })], Token);
        var value = Assert.Single(Assert.IsType<UpdateStructureDataDetails>(_updates[0]).UpdateValues!);
        Assert.Equal((Noon, "storm"), (value.SourceTimestamp, value.Value.AsStructure<Annotation>()!.Message));
    }

    [Fact]
    public async Task Deletions_say_whether_there_was_something()
    {
        var session = await ConnectAsync();
        Take(details => details is DeleteAtTimeDetails ? new HistoryUpdateResult { OperationResults = [StatusCodes.Good, StatusCodes.BadNoEntryExists] } : new HistoryUpdateResult { StatusCode = StatusCodes.BadNoData });
        Assert.Equal(["Good", "BadNoEntryExists"], (await session.DeleteHistoryAtAsync(Meter, [Noon, Noon.AddHours(1)], Token)).Select(s => s.ToString()));
        Assert.Equal("BadNoData", (await session.DeleteHistoryAsync(Meter, Noon, Noon.AddHours(1), cancellation: Token)).ToString());
        Take(_ => new HistoryUpdateResult { StatusCode = StatusCodes.BadUserAccessDenied });
        await Assert.ThrowsAsync<UaException>(() => session.DeleteHistoryAsync(Meter, Noon, Noon.AddHours(1), cancellation: Token));
        await Assert.ThrowsAsync<UaException>(() => session.UpdateHistoryAsync(Meter, PerformUpdateType.Insert, [new DataValue(1)], Token));
        // Fewer results than changes say nothing of any.
        Take(_ => new HistoryUpdateResult { OperationResults = [] });
        await Assert.ThrowsAsync<UaException>(() => session.UpdateHistoryAsync(Meter, PerformUpdateType.Insert, [new DataValue(1)], Token));
    }
}
