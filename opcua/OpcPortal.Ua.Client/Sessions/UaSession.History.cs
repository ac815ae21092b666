using System.Runtime.CompilerServices;

namespace OpcPortal.Ua.Client;

// The past of Variables and notifiers. Part 4 5.11.3, 5.11.5, Part 11 6.
public sealed partial class UaSession
{
    // Changes in one call: what servers take as a rule.
    private const int ChangesPerCall = 1000;

    /// <summary>The values of a variable over time, to the last, however many calls that takes; structures of any DataType decoded.</summary>
    /// <param name="returnBounds">Also the values at the ends of the range or, where there is none, those next to it; one that the server does not find has the status BadBoundNotFound.</param>
    /// <exception cref="UaException">The history cannot be read.</exception>
    public async IAsyncEnumerable<DataValue> ReadHistoryAsync(NodeId node, HistoryRange range, bool returnBounds = false, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(range);
        var details = new ReadRawModifiedDetails { StartTime = range.WireStart, EndTime = range.WireEnd, NumValuesPerNode = range.Count, ReturnBounds = returnBounds };
        await foreach (var value in ReadHistoryValuesAsync(node, details, cancellation).ConfigureAwait(false)) yield return value;
    }

    /// <summary>The values that were changed, inserted or deleted, each with what was done to it; those of one time oldest change first.</summary>
    /// <inheritdoc cref="ReadHistoryAsync"/>
    public async IAsyncEnumerable<ModifiedHistoryValue> ReadModifiedHistoryAsync(NodeId node, HistoryRange range, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(range);
        var details = new ReadRawModifiedDetails { IsReadModified = true, StartTime = range.WireStart, EndTime = range.WireEnd, NumValuesPerNode = range.Count };
        await foreach (var page in ReadHistoryPagesAsync(node, details, cancellation).ConfigureAwait(false))
        {
            if (page is not HistoryModifiedData data || data.DataValues?.Length != data.ModificationInfos?.Length) throw Unexpected(node, page);
            for (var i = 0; i < data.DataValues?.Length; i++) yield return new(await DecodeAsync(data.DataValues[i], cancellation).ConfigureAwait(false), data.ModificationInfos![i]);
        }
    }

    /// <summary>An aggregate of a variable for each interval of a stretch of time. Part 11 6.5.4, Part 13.</summary>
    /// <param name="aggregate">Such as ObjectIds.AggregateFunction_Average.</param>
    /// <param name="interval">The length of an interval; zero: one over the whole.</param>
    /// <param name="configuration">How quality is judged; null: as the server has it configured.</param>
    /// <inheritdoc cref="ReadHistoryAsync"/>
    public IAsyncEnumerable<DataValue> ReadProcessedHistoryAsync(
        NodeId node, NodeId aggregate, DateTime start, DateTime end, TimeSpan interval, AggregateConfiguration? configuration = null, CancellationToken cancellation = default) =>
        ReadHistoryValuesAsync(
            node,
            new ReadProcessedDetails
            {
                StartTime = start,
                EndTime = end,
                ProcessingInterval = interval.TotalMilliseconds,
                AggregateType = [aggregate],
                AggregateConfiguration = configuration ?? new AggregateConfiguration { UseServerCapabilitiesDefaults = true },
            },
            cancellation);

    /// <summary>The values of a variable at given times, interpolated where there is none. Part 11 6.5.5.</summary>
    /// <param name="times">UTC; the values come in their order.</param>
    /// <inheritdoc cref="ReadHistoryAsync"/>
    public IAsyncEnumerable<DataValue> ReadHistoryAtAsync(NodeId node, IReadOnlyList<DateTime> times, bool useSimpleBounds = false, CancellationToken cancellation = default) =>
        ReadHistoryValuesAsync(node, new ReadAtTimeDetails { ReqTimes = [.. times], UseSimpleBounds = useSimpleBounds }, cancellation);

    /// <summary>What people noted of the values of given times. Part 11 6.5.6.</summary>
    /// <param name="node">The variable that has Annotations.</param>
    /// <param name="times">UTC.</param>
    /// <inheritdoc cref="ReadHistoryAsync"/>
    public async IAsyncEnumerable<HistoryAnnotation> ReadAnnotationsAsync(NodeId node, IReadOnlyList<DateTime> times, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var value in ReadHistoryValuesAsync(node, new ReadAnnotationDataDetails { ReqTimes = [.. times] }, cancellation).ConfigureAwait(false))
            if (value.Value.Type == BuiltInType.ExtensionObject && value.Value.AsStructure<Annotation>() is { } annotation) yield return new(value.SourceTimestamp, annotation);
    }

    /// <summary>The events of a notifier that were reported in a stretch of time, as far as the user may have them: the fields that the filter selects. Part 11 6.5.2.</summary>
    /// <param name="notifier">Such as the Server object.</param>
    /// <param name="filter">See <see cref="EventFields"/>.</param>
    /// <exception cref="UaException">The events cannot be read.</exception>
    public async IAsyncEnumerable<Variant[]> ReadEventHistoryAsync(NodeId notifier, HistoryRange range, EventFilter filter, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(range);
        var details = new ReadEventDetails { StartTime = range.WireStart, EndTime = range.WireEnd, NumValuesPerNode = range.Count, Filter = filter };
        await foreach (var page in ReadHistoryPagesAsync(notifier, details, cancellation).ConfigureAwait(false))
        {
            if (page is not HistoryEvent events) throw Unexpected(notifier, page);
            foreach (var occurrence in events.Events ?? []) yield return occurrence.EventFields ?? [];
        }
    }

    /// <summary>Inserts values, replaces them or, with Update, does whichever is needed; each result says what became of a value. Part 11 6.9.2.</summary>
    /// <exception cref="UaException">The history cannot be changed.</exception>
    public Task<StatusCode[]> UpdateHistoryAsync(NodeId node, PerformUpdateType kind, IReadOnlyList<DataValue> values, CancellationToken cancellation = default) =>
        ChangeHistoryAsync(node, values, part => new UpdateDataDetails { NodeId = node, PerformInsertReplace = kind, UpdateValues = part }, cancellation);

    /// <summary>Inserts, replaces, updates or removes what is noted of values; each result says what became of it. Part 11 6.9.3.</summary>
    /// <inheritdoc cref="UpdateHistoryAsync"/>
    public Task<StatusCode[]> AnnotateHistoryAsync(NodeId node, PerformUpdateType kind, IReadOnlyList<HistoryAnnotation> annotations, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(annotations);
        DataValue[] values = [.. annotations.Select(static noted => new DataValue(Variant.From(noted.Annotation), StatusCodes.Good, noted.Time))];
        return ChangeHistoryAsync(node, values, part => new UpdateStructureDataDetails { NodeId = node, PerformInsertReplace = kind, UpdateValues = part }, cancellation);
    }

    /// <summary>Deletes the values of given times; each result says whether there was one. Part 11 6.9.6.</summary>
    /// <inheritdoc cref="UpdateHistoryAsync"/>
    public Task<StatusCode[]> DeleteHistoryAtAsync(NodeId node, IReadOnlyList<DateTime> times, CancellationToken cancellation = default) =>
        ChangeHistoryAsync(node, times, part => new DeleteAtTimeDetails { NodeId = node, ReqTimes = part }, cancellation);

    /// <summary>Deletes the values of a stretch of time. Part 11 6.9.5.</summary>
    /// <param name="start">UTC, included.</param>
    /// <param name="end">UTC, excluded; the same as <paramref name="start"/>: the value of that time.</param>
    /// <param name="modified">What is kept as modified instead.</param>
    /// <returns>Good, or BadNoData where there was none.</returns>
    /// <inheritdoc cref="UpdateHistoryAsync"/>
    public async Task<StatusCode> DeleteHistoryAsync(NodeId node, DateTime start, DateTime end, bool modified = false, CancellationToken cancellation = default)
    {
        var details = new DeleteRawModifiedDetails { NodeId = node, StartTime = start, EndTime = end, IsDeleteModified = modified };
        var result = await ChangeHistoryAsync(details, cancellation).ConfigureAwait(false);
        if (result.StatusCode.IsBad && result.StatusCode.CodeBits != StatusCodes.BadNoData) throw Unchanged(node, result.StatusCode);
        return result.StatusCode;
    }

    private async IAsyncEnumerable<DataValue> ReadHistoryValuesAsync(NodeId node, HistoryReadDetails details, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var page in ReadHistoryPagesAsync(node, details, cancellation).ConfigureAwait(false))
        {
            if (page is not HistoryData data) throw Unexpected(node, page);
            foreach (var value in data.DataValues ?? []) yield return await DecodeAsync(value, cancellation).ConfigureAwait(false);
        }
    }

    private async ValueTask<DataValue> DecodeAsync(DataValue value, CancellationToken cancellation) =>
        TypeLoader.IsOpaque(value.Value) ? value with { Value = await Types.DecodeAsync(value.Value, cancellation).ConfigureAwait(false) } : value;

    private async IAsyncEnumerable<IStructure> ReadHistoryPagesAsync(NodeId node, HistoryReadDetails details, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var point = default(ByteString);
        try
        {
            do
            {
                var taken = point;
                point = default;
                var result = await ReadHistoryPageAsync(node, details, taken, release: false, cancellation).ConfigureAwait(false);
                if (result.StatusCode.IsBad) throw new UaException(result.StatusCode, $"The history of {node} cannot be read: {result.StatusCode}.");
                point = result.ContinuationPoint;
                // Part 11 6.3: a page may be empty, and have a next.
                if (result.HistoryData?.Structure is { } page) yield return page;
                else if (result.HistoryData is not null) throw Unexpected(node, null);
            }
            while (!point.IsNullOrEmpty);
        }
        finally
        {
            // Whoever stops early leaves nothing behind at the server.
            if (!point.IsNullOrEmpty && Channel.IsOpen) await ReadHistoryPageAsync(node, details, point, release: true, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<HistoryReadResult> ReadHistoryPageAsync(NodeId node, HistoryReadDetails details, ByteString point, bool release, CancellationToken cancellation)
    {
        var request = new HistoryReadRequest
        {
            HistoryReadDetails = new ExtensionObject(details),
            TimestampsToReturn = TimestampsToReturn.Both,
            ReleaseContinuationPoints = release,
            NodesToRead = [new HistoryReadValueId { NodeId = node, ContinuationPoint = point }],
        };
        var response = await InvokeAsync<HistoryReadResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        // Some servers answer a release with results, others without.
        return release ? new HistoryReadResult() : Expect(response.Results, 1)[0];
    }

    private async Task<StatusCode[]> ChangeHistoryAsync<T>(NodeId node, IReadOnlyList<T> items, Func<T[], HistoryUpdateDetails> details, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(items);
        var results = new StatusCode[items.Count];
        var done = 0;
        foreach (var part in items.Chunk(ChangesPerCall))
        {
            var result = await ChangeHistoryAsync(details(part), cancellation).ConfigureAwait(false);
            if (result.StatusCode.IsBad) throw Unchanged(node, result.StatusCode);
            Expect(result.OperationResults, part.Length).CopyTo(results, done);
            done += part.Length;
        }

        return results;
    }

    private async Task<HistoryUpdateResult> ChangeHistoryAsync(HistoryUpdateDetails details, CancellationToken cancellation)
    {
        var response = await InvokeAsync<HistoryUpdateResponse>(new HistoryUpdateRequest { HistoryUpdateDetails = [new ExtensionObject((IStructure)details)] }, cancellation: cancellation).ConfigureAwait(false);
        return Expect(response.Results, 1)[0];
    }

    private static UaException Unchanged(NodeId node, StatusCode status) => new(status, $"The history of {node} cannot be changed: {status}.");

    private static UaException Unexpected(NodeId node, IStructure? page) => new(StatusCodes.BadUnknownResponse, $"The server gives {page?.GetType().Name ?? "something unknown"} as the history of {node}.");
}
