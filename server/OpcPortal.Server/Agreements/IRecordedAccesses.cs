using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What was asked for lately, granted or refused: what a dry run replays.</summary>
public interface IRecordedAccesses
{
    /// <summary>The accesses that are on record, each with how often it was; targets by the numbers of this server as it runs.</summary>
    IAsyncEnumerable<RecordedAccess> ReadAsync(CancellationToken cancellation);
}
