using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Server;

/// <summary>Something that falls due again and again in a <see cref="DueQueue"/>.</summary>
internal abstract class DueEntry
{
    /// <summary>How long from one due time to the next.</summary>
    internal TimeSpan Interval { get; private protected set; }

    /// <summary>Which of two entries due at the same time comes first: the higher, and of equals who waits longer.</summary>
    internal virtual byte Rank => 0;

    // Both are the queue's, under its lock. A version that changes says that what is under way must not put the entry back.
    internal int Version;
    internal bool IsWaiting;

    /// <summary>Called by one thread at a time for all entries of a queue; returns soon.</summary>
    /// <returns>Whether it is to fall due again.</returns>
    protected internal abstract bool OnDue();
}

/// <summary>
/// Calls its entries when they are due: one timer and one running thread at most for all of them. An entry that could not be called in time skips what it
/// missed, so that a slow one never builds up a backlog.
/// </summary>
internal sealed partial class DueQueue : IDisposable
{
    // Whether this thread is setting a timer, for whichever queue.
    [ThreadStatic]
    private static bool _isSettingTimer;

    private readonly Lock _gate = new();
    private readonly PriorityQueue<DueEntry, (long Due, int Rank, long Turn)> _entries = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private long _wakesAt = long.MaxValue;
    private long _turn;
    private bool _isRunning;
    private bool _isDisposed;

    public DueQueue(TimeProvider time, ILogger logger)
    {
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(static queue => ((DueQueue)queue!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lets an entry fall due one interval from now; one that waits already starts anew.</summary>
    public void Start(DueEntry entry)
    {
        lock (_gate)
        {
            Forget(entry);
            Enqueue(entry, _time.GetTimestamp() + ToTimestamp(entry.Interval));
        }

        Arm();
    }

    /// <summary>Takes an entry out. It may be running meanwhile for a last time.</summary>
    public void Stop(DueEntry entry)
    {
        lock (_gate) Forget(entry);
    }

    private void Forget(DueEntry entry)
    {
        entry.Version++;
        if (entry.IsWaiting) _entries.Remove(entry, out _, out _, ReferenceEqualityComparer.Instance);
        entry.IsWaiting = false;
    }

    private void Enqueue(DueEntry entry, long due)
    {
        entry.IsWaiting = true;
        _entries.Enqueue(entry, (due, -entry.Rank, ++_turn));
    }

    // A TimeProvider may call back while the timer is being set, when its time has come meanwhile: then the caller holds who knows which locks.
    private void OnTimer()
    {
        if (_isSettingTimer) ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.Run(), this, preferLocal: false);
        else Run();
    }

    private void Run()
    {
        lock (_gate)
        {
            _wakesAt = long.MaxValue;
            if (_isRunning) return;
            _isRunning = true;
        }

        while (TryTake(out var entry, out var due, out var version))
        {
            var again = true;
            try
            {
                again = entry.OnDue();
            }
            catch (Exception e)
            {
                // One entry's defect must not stop the clock of all the others.
                LogFailure(_logger, entry.GetType().Name, e);
            }

            lock (_gate)
                if (again && entry.Version == version) Enqueue(entry, NextDue(due, ToTimestamp(entry.Interval)));
        }

        Arm();
    }

    private bool TryTake(out DueEntry entry, out long due, out int version)
    {
        lock (_gate)
        {
            due = 0;
            version = 0;
            if (!_isDisposed && _entries.TryPeek(out entry!, out var next) && next.Due <= _time.GetTimestamp())
            {
                _entries.Dequeue();
                entry.IsWaiting = false;
                due = next.Due;
                version = entry.Version;
                return true;
            }

            entry = null!;
            _isRunning = false;
            return false;
        }
    }

    // Stays on the grid of its first due time, and skips what has passed.
    private long NextDue(long due, long interval)
    {
        var now = _time.GetTimestamp();
        return due + interval > now ? due + interval : now + interval - ((now - due) % interval);
    }

    // The timer is set under no lock, so two threads may set it in the wrong order: whoever finds that another was at it sets it again.
    private void Arm()
    {
        while (TryChooseWake(out var wakesAt, out var wait))
        {
            _isSettingTimer = true;
            try
            {
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
            }
            finally
            {
                _isSettingTimer = false;
            }

            lock (_gate)
            {
                if (_wakesAt == wakesAt) return;
                _wakesAt = long.MaxValue;
            }
        }
    }

    private bool TryChooseWake(out long wakesAt, out TimeSpan wait)
    {
        lock (_gate)
        {
            wakesAt = 0;
            wait = default;
            if (_isRunning || _isDisposed || !_entries.TryPeek(out _, out var next) || next.Due >= _wakesAt) return false;
            wakesAt = _wakesAt = next.Due;
            // Whole milliseconds, upwards: timers have no finer grain, and one that fires too early has to be set again.
            wait = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, next.Due - _time.GetTimestamp()) * (1_000.0 / _time.TimestampFrequency)));
            return true;
        }
    }

    private long ToTimestamp(TimeSpan interval) => Math.Max(1, (long)(interval.Ticks * ((double)_time.TimestampFrequency / TimeSpan.TicksPerSecond)));

    public void Dispose()
    {
        lock (_gate) _isDisposed = true;
        _timer.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A {Entry} failed when it was due; it is called again at its next time.")]
    private static partial void LogFailure(ILogger logger, string entry, Exception exception);
}
