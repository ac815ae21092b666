namespace OpcPortal.Ua.Server;

/// <summary>What a HistoryRead request asks for, checked as a whole: how the read of each of its nodes begins or goes on. Part 11 6.5.</summary>
internal sealed class HistoryReadPlan
{
    private readonly HistoryReadRequest _request;
    private readonly IEventArchive? _archive;
    private readonly IEventFilterCompiler _filters;
    private readonly HistoryReadDetails? _details;
    private readonly TimeDomain _domain;

    /// <exception cref="ServiceException">The request as a whole cannot be served.</exception>
    public HistoryReadPlan(HistoryReadRequest request, IEventArchive? archive, IEventFilterCompiler filters, OperationLimits limits)
    {
        _request = request;
        _archive = archive;
        _filters = filters;
        var isOfEvents = request.HistoryReadDetails?.Structure is ReadEventDetails;
        OperationLimits.Check(request.NodesToRead, isOfEvents ? limits.MaxNodesPerHistoryReadEvents : limits.MaxNodesPerHistoryReadData);
        // Part 11 4.5: of events the filter says which times are given.
        if (!isOfEvents) CheckTimestamps(request.TimestampsToReturn);
        _details = DetailsOf(request);
        // Who only goes on is not asked again for what was judged when it began: the aggregates may be those of all nodes that were asked for first.
        if (Array.Exists(request.NodesToRead!, static n => n.ContinuationPoint.IsNullOrEmpty)) _domain = CheckDetails(request.NodesToRead!.Length);
    }

    /// <summary>The read of a node: a new one, or where a continuation point is given, that which it stands for.</summary>
    /// <param name="begun">What the continuation point of the item stands for; null where it stands for nothing.</param>
    /// <exception cref="ServiceException">The status of the node's result.</exception>
    public HistoryReading Find(HistoryReadValueId item, int index, HistoryReading? begun)
    {
        if (item.ContinuationPoint.IsNullOrEmpty) return Begin(item, index);
        // Part 11 6.3 (1.05): the parameters of the first call hold; what asks for something else altogether is told so.
        var isOfAnother = begun is null || begun.NodeId != item.NodeId || (_details is not null && _details.GetType() != begun.Details.GetType());
        return isOfAnother ? throw new ServiceException(StatusCodes.BadContinuationPointInvalid) : begun!;
    }

    // Part 11 6.3 (1.04): who goes on need not repeat them.
    private static HistoryReadDetails? DetailsOf(HistoryReadRequest request)
    {
        if (request.HistoryReadDetails is null && Array.TrueForAll(request.NodesToRead!, static n => !n.ContinuationPoint.IsNullOrEmpty)) return null;
        return request.HistoryReadDetails switch
        {
            { Structure: ReadRawModifiedDetails or ReadProcessedDetails or ReadAtTimeDetails or ReadAnnotationDataDetails or ReadEventDetails } known => (HistoryReadDetails)known.Structure,
            { Structure: null, TypeId.IsNull: false } => throw new ServiceException(StatusCodes.BadHistoryOperationUnsupported),
            _ => throw new ServiceException(StatusCodes.BadHistoryOperationInvalid),
        };
    }

    // Part 4 5.11.3.2: values are always given with a time.
    private static void CheckTimestamps(TimestampsToReturn wanted)
    {
        if (wanted is < TimestampsToReturn.Source or >= TimestampsToReturn.Neither) throw new ServiceException(StatusCodes.BadTimestampsToReturnInvalid);
    }

    private TimeDomain CheckDetails(int nodes)
    {
        switch (_details)
        {
            // Part 11 6.5.3.3.
            case ReadRawModifiedDetails { IsReadModified: true, ReturnBounds: true }:
                throw new ServiceException(StatusCodes.BadInvalidArgument);
            case ReadRawModifiedDetails raw:
                return TimeDomain.Of(raw.StartTime, raw.EndTime, raw.NumValuesPerNode);
            // Events are evidence: none is ever modified.
            case ReadEventDetails2 { ReadModified: true }:
                throw new ServiceException(StatusCodes.BadHistoryOperationUnsupported);
            case ReadEventDetails events:
                return TimeDomain.Of(events.StartTime, events.EndTime, events.NumValuesPerNode);
            case ReadProcessedDetails processed:
                ProcessedHistory.Check(processed, nodes);
                break;
            case ReadAtTimeDetails atTime:
                AtTimeHistory.Check(atTime);
                break;
            case ReadAnnotationDataDetails annotations:
                OperationLimits.Check(annotations.ReqTimes, AnnotationReading.MaxTimes);
                break;
        }

        return default;
    }

    private HistoryReading Begin(HistoryReadValueId item, int index)
    {
        var timestamps = _request.TimestampsToReturn;
        return _details switch
        {
            ReadRawModifiedDetails { IsReadModified: true } => new ModifiedReading(item, timestamps, _domain) { Details = _details },
            ReadRawModifiedDetails raw => new RawReading(item, timestamps, _domain, raw.ReturnBounds) { Details = _details },
            ReadProcessedDetails processed => new CalculatedReading(item, timestamps, Processed(processed, index)) { Details = _details },
            ReadAtTimeDetails atTime => new CalculatedReading(item, timestamps, AtTime(atTime)) { Details = _details },
            ReadAnnotationDataDetails annotations => new AnnotationReading(item, timestamps, annotations.ReqTimes!) { Details = _details },
            ReadEventDetails events => new EventReading(item, _domain, events.Filter, _archive, _filters) { Details = _details },
            _ => throw new ServiceException(StatusCodes.BadHistoryOperationUnsupported),
        };
    }

    /// <summary>Bytes of memory that details take: times may be many, filters large.</summary>
    public static long SizeOf(HistoryReadDetails details)
    {
        const int Plain = 256;
        // Decoded, an operand takes some times what it takes on the wire.
        const int Decoded = 8;
        return Plain + details switch
        {
            ReadAtTimeDetails atTime => sizeof(long) * (atTime.ReqTimes?.Length ?? 0),
            ReadAnnotationDataDetails annotations => sizeof(long) * (annotations.ReqTimes?.Length ?? 0),
            ReadProcessedDetails processed => Plain * (processed.AggregateType?.Length ?? 0),
            ReadEventDetails events => Decoded * BinaryEncoder.ToBytes(events.Filter).Length,
            _ => 0,
        };
    }

    private static CalculatedReading.Starter Processed(ReadProcessedDetails details, int index) =>
        (HistoryTraits traits, out HistoryCalculation? calculation) => ProcessedHistory.TryStart(details, index, traits, out calculation);

    private static CalculatedReading.Starter AtTime(ReadAtTimeDetails details) =>
        (HistoryTraits traits, out HistoryCalculation? calculation) => AtTimeHistory.TryStart(details, traits, out calculation);
}
