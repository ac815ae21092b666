using Microsoft.Extensions.Logging;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Lets current values follow revisions: where the reading that is current was estimated anew, edited or deleted, or a later one was put in, that becomes current and those who watch are told. One loop,
/// beside those who revise.
/// </summary>
internal sealed partial class CurrentRevisions : IAsyncDisposable
{
    private readonly IReadingHistory _history;
    private readonly PointStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    // Points whose current value may have been revised: each once.
    private HashSet<int> _pending = [];
    private TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CurrentRevisions(IReadingHistory history, PointStore store, TimeProvider time, ILogger<CurrentRevisions> logger)
    {
        _history = history;
        _store = store;
        _time = time;
        _logger = logger;
        history.Revised += OnRevised;
        _loop = Task.Run(RunAsync);
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
                if ((uint)revision.Point < (uint)_store.Count && revision.SourceTime >= _store.Read(revision.Point).SourceTime) _pending.Add(revision.Point);
            if (_pending.Count > 0 && _wake.CurrentCount == 0) _wake.Release();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_stop.Token).ConfigureAwait(false);
                HashSet<int> points;
                TaskCompletionSource idle;
                lock (_gate) (points, _pending, idle, _idle) = (_pending, [], _idle, new(TaskCreationOptions.RunContinuationsAsynchronously));
                foreach (var point in points) await FollowAsync(point).ConfigureAwait(false);
                idle.SetResult();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            lock (_gate) _idle.TrySetCanceled();
        }
    }

    private async ValueTask FollowAsync(int point)
    {
        var current = _store.Read(point);
        try
        {
            var best = await NewestAsync(point, current.SourceTime).ConfigureAwait(false);
            // What was current is no more: nothing is known of its time.
            _store.Revise(point, best is { } known
                ? new StoredReading(known.Value, known.SourceTime, known.ServerTime, known.Status, known.Quality)
                : current with { Value = default, ServerTime = _time.GetUtcNow().UtcDateTime, Status = ReadingStatus.BadNoData });
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            LogFailed(_logger, point, failed);
        }
    }

    /// <returns>Null where there is none from <paramref name="from"/> on.</returns>
    private async ValueTask<HistoricReading?> NewestAsync(int point, DateTime from)
    {
        // A device whose clock was ahead once must not become current by that.
        var latest = _time.GetUtcNow().UtcDateTime + PointStore.FutureTolerance;
        if (from > latest) latest = from;
        for (var walk = new HistoryWalk(latest, from.AddTicks(-1), 1); ;)
        {
            var page = await _history.ReadAsync(point, walk, _stop.Token).ConfigureAwait(false);
            if (page.Items.Count > 0) return page.Items[0];
            if (page.Next is not { } next) return null;
            walk = walk.Resume(next);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _history.Revised -= OnRevised;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _wake.Dispose();
        _stop.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The current value of point {Point} cannot follow its revision.")]
    private static partial void LogFailed(ILogger logger, int point, Exception failed);
}
