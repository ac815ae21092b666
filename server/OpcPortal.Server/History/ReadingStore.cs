using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Keeps readings: each batch goes to a journal, which is all that ingest waits for, and from memory to blocks of a database beside it. What was kept is found at once, wherever it is.
/// docs/decisions/0005 says how and why.
/// </summary>
public sealed partial class ReadingStore : IReadingHistory, IReadingKeeper, IAsyncDisposable
{
    /// <summary>A reading that comes in so long after its time is late: who has to do with that looks at it apart.</summary>
    internal static readonly TimeSpan LateBy = TimeSpan.FromHours(1);

    private readonly ReadingStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IAsyncDisposable _taken;
    private readonly ReadingJournal _journal;
    private readonly BlockDatabase _blocks;
    private readonly SeriesMap _series;
    private readonly NoteTable _notes;
    private readonly HistoryReader _reader;
    private readonly TableChunks _chunks = new();
    // Whoever appends: the ingest loop, and those who revise.
    private readonly SemaphoreSlim _appending = new(1);
    private readonly StoredBytesWriter _frame = new();
    private readonly KeptReading[] _kept = new KeptReading[IngestPipeline.BatchSize];
    private readonly List<int> _namedPoints = [];
    private readonly List<NamedSeries> _names = [];
    private readonly Lock _notesGate = new();
    private readonly List<NumberedNote> _newNotes = [];
    private readonly LostReadings _lost = new();
    private readonly Dictionary<long, HashSet<DateTime>> _recoveredDays = [];
    private long _sequence;
    private long _keptCount;
    private long _notKeptCount;

    private ReadingStore(StoreParts parts)
    {
        (_options, _time, _logger, _taken, _journal, _blocks, _notes) = (parts.Options, parts.Time, parts.Logger, parts.Taken, parts.Journal, parts.Blocks, parts.Notes);
        _series = new SeriesMap(_options);
        _reader = new HistoryReader(_notes, SliceAsync);
        _writer = new BlockWriter(_blocks);
        _upkeep = new BlockUpkeep(_blocks, _options, _time);
        _blocks.Collided = (one, other) => LogCollided(_logger, one, other);
        _sequence = _blocks.Sequence;
    }

    /// <summary>Opens the store of a database, making or bringing up its tables, and takes over what its journal still holds. The database stays its owner's.</summary>
    /// <exception cref="StorageException">The database or the journal cannot be used, is of a newer server, or another server uses it.</exception>
    public static Task<ReadingStore> OpenAsync(PortalDatabase database, ReadingStoreOptions options, TimeProvider time, ILogger<ReadingStore> logger, CancellationToken cancellation = default) =>
        OpenAsync(database, options, time, logger, static path => new JournalFile(path), cancellation);

    internal static async Task<ReadingStore> OpenAsync(PortalDatabase database, ReadingStoreOptions options, TimeProvider time, ILogger<ReadingStore> logger, JournalFileFactory files, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        var taken = await database.TakeAsync("readings", cancellation).ConfigureAwait(false);
        ReadingJournal? journal = null;
        try
        {
            journal = ReadingJournal.Open(options, files);
            var notes = new NoteTable();
            var blocks = await BlockDatabase.OpenAsync(database, notes, cancellation).ConfigureAwait(false);
            var store = new ReadingStore(new StoreParts(options, time, logger, taken, journal, blocks, notes));
            store.Recover();
            store.Start();
            return store;
        }
        catch
        {
            journal?.Dispose();
            await taken.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Tells the store what points there are: nothing is known of any before.</summary>
    public void Bind(IPointNames names) => _series.Bind(names);

    /// <summary>What became of readings since the start, and what waits.</summary>
    public HistoryCounts Counts => new(Interlocked.Read(ref _keptCount), Interlocked.Read(ref _notKeptCount), _writer.Repeated, Tables.Sum(static table => (long)table.Weight), _journal.Bytes);

    /// <inheritdoc/>
    public bool Keeps(int point) => _series.TryGet(point, out _);

    /// <inheritdoc/>
    public event Action<IReadOnlyList<ReadingRevision>>? Revised;

    /// <summary>What a number of <see cref="NumberOf"/> stands for.</summary>
    public QualityNote NoteOf(int number) => _notes[number];

    /// <inheritdoc/>
    public int NumberOf(QualityNote note)
    {
        lock (_notesGate)
        {
            var number = _notes.NumberOf(note, out var isNew);
            if (isNew) _newNotes.Add(new NumberedNote(number, _notes[number]));
            return number;
        }
    }

    /// <inheritdoc/>
    public async ValueTask KeepAsync(ReadOnlyMemory<Reading> readings, ReadOnlyMemory<int> notes, DateTime serverTime)
    {
        await _appending.WaitAsync().ConfigureAwait(false);
        try
        {
            for (var at = 0; at < readings.Length; at += _kept.Length)
            {
                var length = Math.Min(_kept.Length, readings.Length - at);
                Keep(readings.Span.Slice(at, length), notes.Span.Slice(at, length), serverTime.Ticks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond);
            }
        }
        finally
        {
            _appending.Release();
        }
    }

    private void Keep(ReadOnlySpan<Reading> readings, ReadOnlySpan<int> notes, long serverTicks)
    {
        var kept = _kept.AsSpan(0, Select(readings, notes));
        if (kept.IsEmpty) return;
        JournalFrame.Begin(_frame);
        foreach (var name in _names) JournalItems.Write(_frame, name);
        var newNotes = TakeNewNotes();
        foreach (var note in newNotes) JournalItems.Write(_frame, note);
        JournalItems.Write(_frame, kept, serverTicks);
        try
        {
            Append();
        }
        catch (StorageException)
        {
            foreach (var point in _namedPoints) _series.Unname(point);
            lock (_notesGate) _newNotes.InsertRange(0, newNotes);
            _lost.Add(kept);
            Interlocked.Add(ref _notKeptCount, kept.Length);
            throw;
        }

        var table = Active;
        table.Names.AddRange(_names);
        table.Notes.AddRange(newNotes);
        table.Add(kept, serverTicks);
        Interlocked.Add(ref _keptCount, kept.Length);
        kept.Clear(); // Texts are not kept alive.
        TellLost();
        RotateIfFull();
    }

    private int Select(ReadOnlySpan<Reading> readings, ReadOnlySpan<int> notes)
    {
        _namedPoints.Clear();
        _names.Clear();
        var count = 0;
        for (var i = 0; i < readings.Length; i++)
        {
            if (!_series.TryGet(readings[i].Point, out var series)) continue;
            _kept[count++] = new KeptReading(readings[i], series.Id, notes[i], series.DataClass);
            NamePoint(readings[i].Point, series);
        }

        return count;
    }

    private void NamePoint(int point, PointSeries series)
    {
        if (_series.Name(point) is not { } name) return;
        _namedPoints.Add(point);
        _names.Add(new NamedSeries(series.Id, series.DataClass, name));
    }

    private NumberedNote[] TakeNewNotes()
    {
        lock (_notesGate)
        {
            if (_newNotes.Count == 0) return [];
            NumberedNote[] taken = [.. _newNotes];
            _newNotes.Clear();
            return taken;
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReviseAsync(IReadOnlyList<ReadingRevision> revisions, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(revisions);
        if (revisions.Count == 0) return;
        await _appending.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Revise(revisions);
        }
        finally
        {
            _appending.Release();
        }

        Revised?.Invoke(revisions);
    }

    private void Revise(IReadOnlyList<ReadingRevision> revisions)
    {
        var sequence = _sequence;
        var stored = new StoredRevision[revisions.Count];
        for (var i = 0; i < stored.Length; i++)
        {
            var series = SeriesOf(revisions[i].Point);
            stored[i] = new StoredRevision(series.Id, series.DataClass, ++sequence, revisions[i]);
        }

        AppendNamed(revisions.Select(static revision => revision.Point), () =>
        {
            foreach (var revision in stored) JournalItems.Write(_frame, revision);
        });
        _sequence = sequence;
        foreach (var revision in stored) Active.Add(revision);
        RotateIfFull();
    }

    /// <inheritdoc/>
    public async ValueTask AnnotateAsync(IReadOnlyList<ReadingAnnotation> annotations, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(annotations);
        if (annotations.Count == 0) return;
        await _appending.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var sequence = _sequence;
            var stored = new StoredAnnotation[annotations.Count];
            for (var i = 0; i < stored.Length; i++)
            {
                var series = SeriesOf(annotations[i].Point);
                stored[i] = new StoredAnnotation(series.Id, series.DataClass, ++sequence, annotations[i]);
            }

            AppendNamed(annotations.Select(static annotation => annotation.Point), () =>
            {
                foreach (var annotation in stored) JournalItems.Write(_frame, annotation);
            });
            _sequence = sequence;
            foreach (var annotation in stored) Active.Add(annotation);
            RotateIfFull();
        }
        finally
        {
            _appending.Release();
        }
    }

    private PointSeries SeriesOf(int point) => _series.TryGet(point, out var series) ? series : throw new StorageException($"No history is kept of the point {point}.");

    /// <summary>Appends a frame with the names of points that are new, and what else is written.</summary>
    private void AppendNamed(IEnumerable<int> points, Action write)
    {
        _namedPoints.Clear();
        _names.Clear();
        foreach (var point in points) NamePoint(point, SeriesOf(point));
        JournalFrame.Begin(_frame);
        foreach (var name in _names) JournalItems.Write(_frame, name);
        write();
        try
        {
            Append();
        }
        catch (StorageException)
        {
            foreach (var point in _namedPoints) _series.Unname(point);
            throw;
        }

        Active.Names.AddRange(_names);
    }

    private void Append()
    {
        if (_frame.Length - JournalFrame.HeaderSize > JournalFrame.MaxPayload) throw new StorageException($"{_frame.Length >> 20} MiB are too much to be kept at once.");
        JournalFrame.End(_frame);
        try
        {
            _journal.Append(_frame.Span);
        }
        catch (StorageException refused)
        {
            SetCondition(HistoryCondition.NotKeeping, refused.Message);
            throw;
        }

        if (Condition.Condition == HistoryCondition.NotKeeping) SetCondition(HistoryCondition.Keeping, "");
    }

    // What was lost while the journal refused is known to be missing, from the next success on.
    private void TellLost()
    {
        if (_lost.IsEmpty) return;
        var missing = _lost.Tell(_time.GetUtcNow().UtcDateTime, _sequence);
        JournalFrame.Begin(_frame);
        foreach (var revision in missing) JournalItems.Write(_frame, revision);
        try
        {
            Append();
        }
        catch (StorageException)
        {
            // It is told the next time.
            return;
        }

        _sequence += missing.Count;
        foreach (var revision in missing) Active.Add(revision);
        _lost.Clear();
    }

    private sealed record StoreParts(ReadingStoreOptions Options, TimeProvider Time, ILogger Logger, IAsyncDisposable Taken, ReadingJournal Journal, BlockDatabase Blocks, NoteTable Notes);

    [LoggerMessage(Level = LogLevel.Error, Message = "'{One}' and '{Other}' have the same number in the store: their readings are stored as one. Give one of the devices another id.")]
    private static partial void LogCollided(ILogger logger, string one, string other);
}
