using Microsoft.Extensions.Logging;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Keeps readings: each batch goes to a journal, which is all that ingest waits for, and from memory to blocks of a database beside it. What was kept is found at once, wherever it is.
/// docs/decisions/0005 says how and why.
/// </summary>
public sealed partial class ReadingStore : IReadingHistory, IReadingKeeper, IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly SeriesMap _series;
    private readonly NoteTable _notes = new();
    private readonly HistoryReader _reader;
    private readonly TableChunks _chunks = new();
    // Whoever appends: the ingest loop, and those who revise.
    private readonly SemaphoreSlim _appending = new(1);
    private readonly KeptReading[] _kept = new KeptReading[IngestPipeline.BatchSize];
    private ReadingTable[] _tables;
    private long _sequence;

    private ReadingStore(ReadingStoreOptions options, TimeProvider time)
    {
        _time = time;
        _series = new SeriesMap(options);
        _reader = new HistoryReader(_notes, SliceAsync);
        _tables = [new ReadingTable(1, _chunks)];
    }

    /// <summary>Opens the store of a database, making or bringing up its tables, and takes over what its journal still holds. The database stays its owner's.</summary>
    /// <exception cref="StorageException">The database or the journal cannot be used, is of a newer server, or another server uses it.</exception>
    public static Task<ReadingStore> OpenAsync(PortalDatabase database, ReadingStoreOptions options, TimeProvider time, ILogger<ReadingStore> logger, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        return Task.FromResult(new ReadingStore(options, time));
    }

    /// <summary>Tells the store what points there are: nothing is known of any before.</summary>
    public void Bind(IPointNames names) => _series.Bind(names);

    /// <inheritdoc/>
    public bool Keeps(int point) => _series.TryGet(point, out _);

    /// <inheritdoc/>
    public int NumberOf(QualityNote note) => _notes.NumberOf(note, out _);

    /// <inheritdoc/>
    public async ValueTask KeepAsync(ReadOnlyMemory<Reading> readings, ReadOnlyMemory<int> notes, DateTime serverTime)
    {
        await _appending.WaitAsync().ConfigureAwait(false);
        try
        {
            var count = Select(readings.Span, notes.Span);
            _tables[^1].Add(_kept.AsSpan(0, count), serverTime.Ticks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond);
        }
        finally
        {
            _appending.Release();
        }
    }

    private int Select(ReadOnlySpan<Reading> readings, ReadOnlySpan<int> notes)
    {
        var count = 0;
        for (var i = 0; i < readings.Length; i++)
            if (_series.TryGet(readings[i].Point, out var series)) _kept[count++] = new KeptReading(readings[i], series.Id, notes[i], series.DataClass);
        return count;
    }

    /// <inheritdoc/>
    public event Action<IReadOnlyList<ReadingRevision>>? Revised;

    /// <inheritdoc/>
    public async ValueTask ReviseAsync(IReadOnlyList<ReadingRevision> revisions, CancellationToken cancellation)
    {
        await _appending.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var revision in revisions)
            {
                if (!_series.TryGet(revision.Point, out var series)) throw new StorageException($"No history is kept of the point {revision.Point}.");
                _tables[^1].Add(new StoredRevision(series.Id, series.DataClass, ++_sequence, revision));
            }
        }
        finally
        {
            _appending.Release();
        }

        Revised?.Invoke(revisions);
    }

    /// <inheritdoc/>
    public async ValueTask AnnotateAsync(IReadOnlyList<ReadingAnnotation> annotations, CancellationToken cancellation)
    {
        await _appending.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var annotation in annotations)
            {
                if (!_series.TryGet(annotation.Point, out var series)) throw new StorageException($"No history is kept of the point {annotation.Point}.");
                _tables[^1].Add(new StoredAnnotation(series.Id, series.DataClass, ++_sequence, annotation));
            }
        }
        finally
        {
            _appending.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _appending.Dispose();
        return ValueTask.CompletedTask;
    }
}
