using Microsoft.Extensions.Logging;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Lets current values follow revisions: where the reading that is current was estimated anew, edited or deleted, or a later one was put in, that becomes current and those who watch are told. One loop,
/// beside those who revise. Holds the chains of quality of current readings of which more was said than on arrival.
/// </summary>
internal sealed partial class CurrentRevisions : IAsyncDisposable
{
    /// <summary>Chains that are held, some hundred bytes each. Whoever asks for one that is not held has it read again.</summary>
    private const int MaxChains = 100_000;

    private readonly IReadingHistory _history;
    /// <summary>How long what was found of the beginning of a point's archive is believed: it changes by retention and by what is filled in.</summary>
    private static readonly TimeSpan StartIsValid = TimeSpan.FromMinutes(1);

    private readonly Func<int, QualityNote> _noteOf;
    private readonly Dictionary<int, (DateTime? First, DateTime At)> _starts = [];
    private readonly PointStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<int, ChainedReading> _chains = [];
    private readonly Task _loop;

    // Points to be looked at, each once.
    private Dictionary<int, Pending> _pending = [];
    private TaskCompletionSource _idle = NewRound();

    /// <param name="noteOf">What is meant by the numbers of notes.</param>
    public CurrentRevisions(IReadingHistory history, Func<int, QualityNote> noteOf, PointStore store, TimeProvider time, ILogger<CurrentRevisions> logger)
    {
        _history = history;
        _noteOf = noteOf;
        _store = store;
        _time = time;
        _logger = logger;
        history.Revised += OnRevised;
        store.Repeated = Look;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>All that was said of the current reading of a point.</summary>
    /// <returns>Null where its source's own code is all, and where more is being looked for: those who watch are told once it is found.</returns>
    public ChainedReading? ChainOf(int point, in StoredReading current)
    {
        if (current.Note == 0) return null;
        if (current.Note != PointStore.InHistory) return OnArrival(current);
        if (Held(point, current.SourceTime) is { } held) return held;
        Look(point);
        return null;
    }

    /// <summary>What was said of a reading when it came.</summary>
    private ChainedReading OnArrival(in StoredReading current)
    {
        var chain = new List<QualityEntry>(2);
        var said = current.Note == 0 ? current.Quality : current.Came;
        if (said != default) chain.Add(new QualityEntry(current.ServerTime, new QualityNote(said, QualityAuthor.Source)));
        if (current.Note != 0) chain.Add(new QualityEntry(current.ServerTime, _noteOf(current.Note)));
        return new ChainedReading(new HistoricReading(current.Value, current.SourceTime, current.ServerTime, current.Status, current.Quality, IsRevised: false), chain);
    }

    /// <summary>The time of the oldest reading of a point, as it was found lately; null: there is none.</summary>
    /// <returns>False where it is being looked for.</returns>
    public bool TryStartOf(int point, out DateTime? first)
    {
        lock (_gate)
        {
            var isKnown = _starts.TryGetValue(point, out var known);
            first = known.First;
            if (isKnown && _time.GetUtcNow().UtcDateTime - known.At < StartIsValid) return true;
            PendingOf(point).WantsStart = true;
            if (_wake.CurrentCount == 0) _wake.Release();
            return isKnown;
        }
    }

    /// <summary>Completes when all revisions so far are followed.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            if (_wake.CurrentCount == 0) _wake.Release();
            return _idle.Task;
        }
    }

    private void OnRevised(IReadOnlyList<ReadingRevision> revisions)
    {
        lock (_gate)
        {
            foreach (var revision in revisions)
            {
                if ((uint)revision.Point >= (uint)_store.Count) continue;
                var current = _store.Read(revision.Point).SourceTime;
                if (revision.SourceTime < current) continue;
                PendingOf(revision.Point).Take(revision, current);
            }

            if (_pending.Count > 0 && _wake.CurrentCount == 0) _wake.Release();
        }
    }

    private Pending PendingOf(int point)
    {
        if (!_pending.TryGetValue(point, out var pending)) _pending.Add(point, pending = new Pending());
        return pending;
    }

    private void Look(int point)
    {
        lock (_gate)
        {
            PendingOf(point).NeedsHistory = true;
            if (_wake.CurrentCount == 0) _wake.Release();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_stop.Token).ConfigureAwait(false);
                Dictionary<int, Pending> points;
                TaskCompletionSource idle;
                lock (_gate) (points, _pending, idle, _idle) = (_pending, [], _idle, NewRound());
                foreach (var (point, pending) in points)
                {
                    if (pending.NeedsHistory || (pending.Notes.Count > 0 && !TryNote(point, pending.Notes))) await FollowAsync(point, pending.IsDeleted).ConfigureAwait(false);
                    if (pending.WantsStart) await FindStartAsync(point).ConfigureAwait(false);
                }

                idle.SetResult();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            lock (_gate) _idle.TrySetCanceled();
        }
    }

    // What validation says of a reading comes for each of them: where its chain is at hand, history is not asked.
    private bool TryNote(int point, List<ReadingRevision> notes)
    {
        var current = _store.Read(point);
        if (current.SourceTime != notes[0].SourceTime) return true;
        if ((current.Note == PointStore.InHistory ? Held(point, current.SourceTime) : OnArrival(current)) is not { } chained) return false;
        List<QualityEntry> chain = [.. chained.Chain];
        foreach (var revision in notes)
            if (new QualityEntry(revision.At, revision.Note) is var entry && !chain.Contains(entry)) chain.Add(entry);
        var code = chain[^1].Note.Code;
        // A good status is what its code makes of it; a worse one was told.
        var told = QualityStatus.StatusOf(ReadingStatus.Good, current.Quality) == current.Status ? ReadingStatus.Good : current.Status;
        var noted = current with { Status = QualityStatus.StatusOf(told, code), Quality = code, Note = PointStore.InHistory, Came = default };
        Hold(point, new ChainedReading(chained.Reading with { Status = noted.Status, Quality = code }, chain));
        _store.Revise(point, noted);
        return true;
    }

    private ChainedReading? Held(int point, DateTime time)
    {
        lock (_gate) return _chains.TryGetValue(point, out var held) && held.Reading.SourceTime == time ? held : null;
    }

    private async ValueTask FollowAsync(int point, bool isDeleted)
    {
        var current = _store.Read(point);
        try
        {
            if (await NewestAsync(point, current.SourceTime).ConfigureAwait(false) is { } newest)
            {
                Hold(point, newest);
                var best = newest.Reading;
                _store.Revise(point, new StoredReading(best.Value, best.SourceTime, best.ServerTime, best.Status, best.Quality) { Note = PointStore.InHistory });
            }
            else if (isDeleted)
            {
                // What was current is no more: nothing is known of its time.
                _store.Revise(point, new StoredReading(default, current.SourceTime, _time.GetUtcNow().UtcDateTime, ReadingStatus.BadNoData, default));
            }
            else
            {
                // It was not kept: its source's own code is all that is known.
                _store.Revise(point, current with { Note = 0, Came = default });
            }
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            LogFailed(_logger, point, failed);
        }
    }

    private async ValueTask FindStartAsync(int point)
    {
        try
        {
            var first = await _history.FirstTimeAsync(point, _stop.Token).ConfigureAwait(false);
            lock (_gate)
            {
                if (_starts.Count >= MaxChains) _starts.Clear();
                _starts[point] = (first, _time.GetUtcNow().UtcDateTime);
            }
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            LogFailed(_logger, point, failed);
        }
    }

    private void Hold(int point, in ChainedReading newest)
    {
        lock (_gate)
        {
            if (_chains.Count >= MaxChains && !_chains.ContainsKey(point)) Forget();
            _chains[point] = newest;
        }
    }

    // Those that are current no longer; where that makes no room, all: they are read again.
    private void Forget()
    {
        foreach (var (point, held) in _chains.ToArray())
            if (_store.Read(point) is var now && (now.Note != PointStore.InHistory || now.SourceTime != held.Reading.SourceTime)) _chains.Remove(point);
        if (_chains.Count >= MaxChains) _chains.Clear();
    }

    /// <returns>Null where there is none from <paramref name="from"/> on.</returns>
    private async ValueTask<ChainedReading?> NewestAsync(int point, DateTime from)
    {
        // A device whose clock was ahead once must not become current by that.
        var latest = _time.GetUtcNow().UtcDateTime + PointStore.FutureTolerance;
        if (from > latest) latest = from;
        // Nothing is older than the oldest: before its first reading a point has none.
        for (var walk = new HistoryWalk(latest, from == DateTime.MinValue ? from : from.AddTicks(-1), 1); ;)
        {
            var page = await _history.ReadChainsAsync(point, walk, _stop.Token).ConfigureAwait(false);
            if (page.Items.Count > 0) return page.Items[0];
            if (page.Next is not { } next) return null;
            walk = walk.Resume(next);
        }
    }

    private static TaskCompletionSource NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        _history.Revised -= OnRevised;
        _store.Repeated = null;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _wake.Dispose();
        _stop.Dispose();
    }

    /// <summary>Why a point is to be looked at.</summary>
    private sealed class Pending
    {
        /// <summary>What is current may be another reading, or none.</summary>
        public bool NeedsHistory { get; set; }

        /// <summary>Somebody asked where the archive begins.</summary>
        public bool WantsStart { get; set; }

        /// <summary>The current reading was deleted.</summary>
        public bool IsDeleted { get; private set; }

        /// <summary>What was said of the current reading, while that is all.</summary>
        public List<ReadingRevision> Notes { get; } = [];

        public void Take(ReadingRevision revision, DateTime current)
        {
            IsDeleted |= revision.Kind == RevisionKind.Delete && revision.SourceTime == current;
            if (revision.Kind == RevisionKind.Note && revision.SourceTime == current && (Notes.Count == 0 || Notes[0].SourceTime == current)) Notes.Add(revision);
            else NeedsHistory = true;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What history holds of point {Point} could not be looked up.")]
    private static partial void LogFailed(ILogger logger, int point, Exception failed);
}
