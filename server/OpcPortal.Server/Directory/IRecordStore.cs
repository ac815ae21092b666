namespace OpcPortal.Server;

/// <summary>One version of a record of the directory, as it is stored: never changed, never deleted.</summary>
/// <param name="Kind">Which table, such as <c>entity</c>.</param>
/// <param name="Id">Which record of it.</param>
/// <param name="Version">1, and one more with each change.</param>
/// <param name="RecordedAt">When, by the server's clock, UTC; never earlier than that of a version stored before.</param>
/// <param name="Author">Who changed it, for evidence.</param>
/// <param name="Body">JSON; null: removed.</param>
public sealed record StoredRecord(string Kind, string Id, int Version, DateTime RecordedAt, string Author, string? Body);

/// <summary>Keeps versions of records. SQLite by default, PostgreSQL by connection string; both behave alike.</summary>
public interface IRecordStore : IAsyncDisposable
{
    /// <summary>The newest version of each record, or the newest that was recorded at or before an instant.</summary>
    IAsyncEnumerable<StoredRecord> LoadAsync(DateTime? asOf, CancellationToken cancellation);

    /// <summary>Stores all of these or none, durably: when it returns they survive a crash.</summary>
    /// <exception cref="RecordConflictException">A version is there already: somebody else changed the record meanwhile.</exception>
    Task AppendAsync(IReadOnlyList<StoredRecord> records, CancellationToken cancellation);
}

/// <summary>A record was changed by somebody else meanwhile.</summary>
public sealed class RecordConflictException(string kind, string id) : Exception($"The {kind} {id} was changed meanwhile.");
