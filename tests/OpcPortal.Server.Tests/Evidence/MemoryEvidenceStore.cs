using System.Runtime.CompilerServices;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>A store that fails when the test says so. What a process that ends leaves behind is <see cref="Rows"/>.</summary>
internal sealed class MemoryEvidenceStore : IEvidenceStore
{
    private readonly Lock _gate = new();
    private readonly List<EvidenceRow> _rows = [];
    private readonly Dictionary<string, DateTime> _seen = [];

    /// <summary>Asked before rows are stored; throws where storing is to fail.</summary>
    public Func<IReadOnlyList<EvidenceRow>, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Asked after rows were stored; throws where the answer is to be lost.</summary>
    public Action<IReadOnlyList<EvidenceRow>> After { get; set; } = _ => { };

    public IReadOnlyList<EvidenceRow> Rows
    {
        get { lock (_gate) return [.. _rows]; }
    }

    public IEnumerable<EvidenceRow> Of(EvidenceClass @class) => Rows.Where(row => row.Class == @class);

    public Task<EvidenceAnchor> HeadAsync(EvidenceClass @class, CancellationToken cancellation) =>
        Task.FromResult(Of(@class).LastOrDefault() is { } last ? last.Anchor : EvidenceAnchor.Start(@class));

    public async Task AppendAsync(IReadOnlyList<EvidenceRow> rows, IReadOnlyCollection<SeenIdentity> seen, CancellationToken cancellation)
    {
        await Before(rows);
        lock (_gate)
        {
            foreach (var row in rows)
            {
                if (_rows.Exists(other => other.Class == row.Class && other.Sequence == row.Sequence)) throw new StorageException("The row is there already.");
                _rows.Add(row);
                if (EvidenceCheckpoint.TryRead(row, out var checkpoint)) _rows.RemoveAll(old => old.Class == row.Class && old.Sequence <= checkpoint.Through);
            }

            foreach (var (identity, at) in seen) _seen[identity] = at;
        }

        After(rows);
    }

    public async IAsyncEnumerable<EvidenceRow> ReadAsync(EvidenceQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        var found = Of(query.Class).Where(row => row.Sequence > query.After && (query.Kind is null || row.Kind == query.Kind) && (query.Party is null || row.Party == query.Party)
            && (query.From is null || row.Time >= query.From) && (query.Until is null || row.Time < query.Until));
        foreach (var row in found.Take(query.Limit)) yield return row;
    }

    public Task<EvidenceCheckpoint?> FindExpiredAsync(EvidenceClass @class, DateTime before, int limit, CancellationToken cancellation)
    {
        var last = Of(@class).Take(limit).TakeWhile(row => row.Time < before).LastOrDefault();
        return Task.FromResult<EvidenceCheckpoint?>(last is null ? null : new(last.Sequence, last.Hash));
    }

    public Task<IReadOnlyDictionary<string, DateTime>> SeenAsync(CancellationToken cancellation)
    {
        lock (_gate) return Task.FromResult<IReadOnlyDictionary<string, DateTime>>(new Dictionary<string, DateTime>(_seen));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>What the process log was told.</summary>
internal sealed class Told<T> : Microsoft.Extensions.Logging.ILogger<T>
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<(Microsoft.Extensions.Logging.LogLevel Level, string Text)> _lines = new();

    public IEnumerable<string> Of(Microsoft.Extensions.Logging.LogLevel level) => _lines.Where(line => line.Level == level).Select(line => line.Text);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

    public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, formatter(state, exception)));
}
