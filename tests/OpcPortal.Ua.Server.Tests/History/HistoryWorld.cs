using OpcPortal.Ua.Server.Tests.Services;

namespace OpcPortal.Ua.Server.Tests.History;

/// <summary>A world with Variables that have a history, and the requests about it.</summary>
internal sealed class HistoryWorld(OperationLimits? operations = null, IEventArchive? archive = null)
{
    public const AccessLevelExType Historical = AccessLevelExType.CurrentRead | AccessLevelExType.HistoryRead | AccessLevelExType.HistoryWrite;

    public NodeWorld Nodes { get; } = new(operations, archive);

    public NodeId Variable(string name, INodeHistory history, uint dataType = DataTypeIds.Double, AccessLevelExType level = Historical, NodeSets.RolePermission[]? permissions = null, int rank = -1)
    {
        var node = Nodes.Variable(name, default, dataType, rank, level: level, permissions: permissions);
        Nodes.Nodes.BindHistory(node, _ => history);
        return node;
    }

    public async Task<HistoryReadResult> Read(
        NodeId node, HistoryReadDetails? details, ByteString point = default, Session? session = null, TimestampsToReturn timestamps = TimestampsToReturn.Both, string? range = null, QualifiedName encoding = default) =>
        (await Read([new HistoryReadValueId { NodeId = node, ContinuationPoint = point, IndexRange = range, DataEncoding = encoding }], details, session, timestamps))[0];

    public async Task<HistoryReadResult[]> Read(
        HistoryReadValueId[] nodes, HistoryReadDetails? details, Session? session = null, TimestampsToReturn timestamps = TimestampsToReturn.Both, bool release = false, CancellationToken cancellation = default)
    {
        var request = new HistoryReadRequest { HistoryReadDetails = ExtensionObject.From(details), NodesToRead = nodes, TimestampsToReturn = timestamps, ReleaseContinuationPoints = release };
        return (await Nodes.Send<HistoryReadResponse>(request, session, cancellation)).Results!;
    }

    /// <summary>All pages of a read; no more than a test can mean.</summary>
    public async Task<List<HistoryReadResult>> ReadAll(NodeId node, HistoryReadDetails details)
    {
        var pages = new List<HistoryReadResult> { await Read(node, details) };
        while (!pages[^1].ContinuationPoint.IsNull && pages.Count < 1000) pages.Add(await Read(node, details, pages[^1].ContinuationPoint));
        return pages;
    }

    public async Task<HistoryUpdateResult> Update(HistoryUpdateDetails details, Session? session = null) => (await Update([details], session))[0];

    public async Task<HistoryUpdateResult[]> Update(HistoryUpdateDetails[] details, Session? session = null) =>
        (await Nodes.Send<HistoryUpdateResponse>(new HistoryUpdateRequest { HistoryUpdateDetails = Array.ConvertAll(details, ExtensionObject.From) }, session)).Results!;

    public static DataValue[] Values(HistoryReadResult result) => ((HistoryData)result.HistoryData!.Structure!).DataValues ?? [];

    public static ReadRawModifiedDetails Raw(DateTime start, DateTime end, uint count = 0, bool bounds = false) =>
        new() { StartTime = start, EndTime = end, NumValuesPerNode = count, ReturnBounds = bounds };

    public static ReadRawModifiedDetails Modified(DateTime start, DateTime end, uint count = 0) =>
        new() { IsReadModified = true, StartTime = start, EndTime = end, NumValuesPerNode = count };
}
