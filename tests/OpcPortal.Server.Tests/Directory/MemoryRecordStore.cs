using System.Runtime.CompilerServices;

namespace OpcPortal.Server.Tests;

/// <summary>A store that forgets with the test, and can be made to fail.</summary>
internal sealed class MemoryRecordStore : IRecordStore
{
    private readonly List<StoredRecord> _records = [];

    public IReadOnlyList<StoredRecord> Records => _records;

    /// <summary>Thrown by the next append, which stores nothing.</summary>
    public Exception? NextFailure { get; set; }

    /// <summary>Thrown by the next append although it has stored all: as where a connection breaks with the commit.</summary>
    public Exception? NextLateFailure { get; set; }

    public async IAsyncEnumerable<StoredRecord> LoadAsync(DateTime? asOf, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        foreach (var group in _records.Where(record => record.RecordedAt <= (asOf ?? DateTime.MaxValue)).GroupBy(record => (record.Kind, record.Id)).OrderBy(group => group.Key.Kind, StringComparer.Ordinal))
            yield return group.MaxBy(record => record.Version)!;
    }

    public Task AppendAsync(IReadOnlyList<StoredRecord> records, CancellationToken cancellation)
    {
        if (NextFailure is { } failure)
        {
            NextFailure = null;
            throw failure;
        }

        foreach (var record in records)
            if (_records.Any(known => known.Kind == record.Kind && known.Id == record.Id && known.Version == record.Version)) throw new RecordConflictException(record.Kind, record.Id);
        _records.AddRange(records);
        if (NextLateFailure is not { } late) return Task.CompletedTask;
        NextLateFailure = null;
        throw late;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
