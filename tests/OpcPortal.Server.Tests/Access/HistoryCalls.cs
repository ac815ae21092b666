using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>What the tests of history ask of a server, in a line each.</summary>
internal static class HistoryCalls
{
    /// <summary>All values of a stretch, over as many pages as they take; and the status of the last.</summary>
    public static async Task<(string Status, DataValue[] Values)> HistoryAsync(this WireClient client, NodeId node, DateTime from, DateTime to, uint perPage = 0)
    {
        var (status, values, _) = await PagesAsync(client, node, new ReadRawModifiedDetails { StartTime = from, EndTime = to, NumValuesPerNode = perPage });
        return (status, values);
    }

    /// <summary>The values alone, as text.</summary>
    public static async Task<string> ValuesAsync(this WireClient client, NodeId node, DateTime from, DateTime to, uint perPage = 0)
    {
        var (status, values) = await client.HistoryAsync(node, from, to, perPage);
        return values.Length == 0 ? status : string.Join(' ', values.Select(value => value.Value.ToString()));
    }

    public static Task<(string Status, DataValue[] Values, ModificationInfo[] Modifications)> ModifiedAsync(this WireClient client, NodeId node, DateTime from, DateTime to, uint perPage = 0) =>
        PagesAsync(client, node, new ReadRawModifiedDetails { StartTime = from, EndTime = to, NumValuesPerNode = perPage, IsReadModified = true });

    public static async Task<Annotation[]> AnnotationsAsync(this WireClient client, NodeId node, params DateTime[] times)
    {
        var (_, values, _) = await PagesAsync(client, node, new ReadAnnotationDataDetails { ReqTimes = times });
        return [.. values.Select(value => (Annotation)value.Value.AsExtensionObject()!.Structure!)];
    }

    private static async Task<(string Status, DataValue[] Values, ModificationInfo[] Modifications)> PagesAsync(WireClient client, NodeId node, HistoryReadDetails details)
    {
        var values = new List<DataValue>();
        var modifications = new List<ModificationInfo>();
        var place = default(ByteString);
        while (true)
        {
            var response = await client.CallAsync<HistoryReadResponse>(new HistoryReadRequest
            {
                HistoryReadDetails = ExtensionObject.From(details),
                TimestampsToReturn = TimestampsToReturn.Both,
                NodesToRead = [new HistoryReadValueId { NodeId = node, ContinuationPoint = place }],
            });
            var result = response.Results![0];
            if (result.HistoryData?.Structure is HistoryData data) values.AddRange(data.DataValues ?? []);
            if (result.HistoryData?.Structure is HistoryModifiedData modified) modifications.AddRange(modified.ModificationInfos ?? []);
            place = result.ContinuationPoint;
            if (place.IsNullOrEmpty) return (result.StatusCode.ToString(), [.. values], [.. modifications]);
        }
    }

    /// <summary>Inserts, replaces or updates values.</summary>
    /// <returns>The results of the values; where there are none, that of the node.</returns>
    public static Task<string> UpdateAsync(this WireClient client, NodeId node, PerformUpdateType kind, params (DateTime At, Variant Value)[] values) => ChangeAsync(client, new UpdateDataDetails
    {
        NodeId = node,
        PerformInsertReplace = kind,
        UpdateValues = [.. values.Select(value => new DataValue(value.Value, StatusCodes.Good, value.At))],
    });

    public static Task<string> AnnotateAsync(this WireClient client, NodeId node, PerformUpdateType kind, params (DateTime At, string? Text)[] notes) => ChangeAsync(client, new UpdateStructureDataDetails
    {
        NodeId = node,
        PerformInsertReplace = kind,
        UpdateValues = [.. notes.Select(note => new DataValue(Variant.From(new Annotation { Message = note.Text }), StatusCodes.Good, note.At))],
    });

    public static Task<string> DeleteAsync(this WireClient client, NodeId node, DateTime from, DateTime to, bool modified = false) =>
        ChangeAsync(client, new DeleteRawModifiedDetails { NodeId = node, StartTime = from, EndTime = to, IsDeleteModified = modified });

    public static Task<string> DeleteAtAsync(this WireClient client, NodeId node, params DateTime[] times) => ChangeAsync(client, new DeleteAtTimeDetails { NodeId = node, ReqTimes = times });

    private static async Task<string> ChangeAsync(WireClient client, HistoryUpdateDetails details)
    {
        var response = await client.CallAsync<HistoryUpdateResponse>(new HistoryUpdateRequest { HistoryUpdateDetails = [ExtensionObject.From(details)!] });
        var result = response.Results![0];
        return result.OperationResults is { Length: > 0 } each ? string.Join(' ', each) : result.StatusCode.ToString();
    }
}
