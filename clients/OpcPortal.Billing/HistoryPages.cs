using System.Runtime.CompilerServices;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Billing;

/// <summary>The raw history of a node, page by page. Part 11 6.5.3.</summary>
internal static class HistoryPages
{
    /// <param name="from">Later than <paramref name="to"/>: back in time.</param>
    /// <exception cref="BillingExportException">The history cannot be read.</exception>
    public static async IAsyncEnumerable<DataValue> ReadAsync(UaSession session, NodeId node, DateTime from, DateTime to, uint pageSize, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var details = new ExtensionObject(new ReadRawModifiedDetails { StartTime = from, EndTime = to, NumValuesPerNode = pageSize });
        var point = default(ByteString);
        try
        {
            do
            {
                var result = await PageAsync(session, details, node, point, release: false, cancellation).ConfigureAwait(false);
                point = result.ContinuationPoint;
                if (result.StatusCode.IsBad) throw new BillingExportException($"The history of {node} cannot be read: {result.StatusCode}.");
                foreach (var value in (result.HistoryData?.Structure as HistoryData)?.DataValues ?? []) yield return value;
            }
            while (!point.IsNullOrEmpty);
        }
        finally
        {
            // Whoever has enough leaves nothing behind at the server.
            if (!point.IsNullOrEmpty && session.State == SessionState.Connected) await PageAsync(session, details, node, point, release: true, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<HistoryReadResult> PageAsync(UaSession session, ExtensionObject details, NodeId node, ByteString point, bool release, CancellationToken cancellation)
    {
        var request = new HistoryReadRequest
        {
            HistoryReadDetails = details,
            TimestampsToReturn = TimestampsToReturn.Source,
            ReleaseContinuationPoints = release,
            NodesToRead = [new HistoryReadValueId { NodeId = node, ContinuationPoint = point }],
        };
        var response = await session.InvokeAsync<HistoryReadResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        return release ? new HistoryReadResult() : response.Results is [var result] ? result : throw new BillingExportException("The server's answer to HistoryRead has no result.");
    }
}
