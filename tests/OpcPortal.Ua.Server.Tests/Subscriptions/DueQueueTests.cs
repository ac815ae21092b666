using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>The clock that publishes, limits rates and polls.</summary>
public sealed class DueQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _calls = [];

    private DueQueue NewQueue() => new(_time, NullLogger.Instance);

    private Entry NewEntry(string name, double milliseconds, byte rank = 0, Func<bool>? onDue = null) => new(name, TimeSpan.FromMilliseconds(milliseconds), rank, _calls, onDue);

    private void Advance(int tenMilliseconds)
    {
        for (var i = 0; i < tenMilliseconds; i++) _time.Advance(TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public void Entries_are_called_at_their_intervals_the_higher_rank_first()
    {
        using var queue = NewQueue();
        queue.Start(NewEntry("low", 100));
        queue.Start(NewEntry("high", 100, rank: 5));
        queue.Start(NewEntry("fast", 50));
        Advance(10);
        Assert.Equal(["fast", "high", "low", "fast"], _calls);
    }

    [Fact]
    public void Missed_times_are_skipped_and_the_grid_is_kept()
    {
        using var queue = NewQueue();
        queue.Start(NewEntry("a", 100));
        _time.Advance(TimeSpan.FromMilliseconds(1_050));
        Assert.Single(_calls);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(2, _calls.Count);
    }

    [Fact]
    public void A_stopped_entry_is_called_no_more_and_a_restarted_one_waits_anew()
    {
        using var queue = NewQueue();
        var stopped = NewEntry("stopped", 100);
        var restarted = NewEntry("restarted", 100);
        queue.Start(stopped);
        queue.Start(restarted);
        Advance(9);
        queue.Stop(stopped);
        queue.Start(restarted);
        Advance(9);
        Assert.Empty(_calls);
        Advance(1);
        Assert.Equal(["restarted"], _calls);
    }

    [Fact]
    public void An_entry_may_stop_or_restart_itself_while_it_is_called()
    {
        using var queue = NewQueue();
        Entry once = null!;
        once = NewEntry("once", 10, onDue: () =>
        {
            queue.Stop(once);
            return true;
        });
        Entry twice = null!;
        twice = NewEntry("twice", 10, onDue: () =>
        {
            queue.Start(twice);
            return true;
        });
        queue.Start(once);
        queue.Start(twice);
        Advance(3);
        Assert.Equal(1, _calls.Count(c => c == "once"));
        // Started anew and not put back beside that: one call each time.
        Assert.Equal(3, _calls.Count(c => c == "twice"));
    }

    [Fact]
    public void An_entry_that_fails_is_called_again_and_holds_up_no_other()
    {
        using var queue = NewQueue();
        queue.Start(NewEntry("broken", 100, rank: 1, onDue: () => throw new InvalidOperationException()));
        queue.Start(NewEntry("fine", 100));
        Advance(20);
        Assert.Equal(["broken", "fine", "broken", "fine"], _calls);
    }

    [Fact]
    public void An_entry_that_is_done_is_not_called_again()
    {
        using var queue = NewQueue();
        queue.Start(NewEntry("done", 10, onDue: () => false));
        Advance(5);
        Assert.Single(_calls);
    }

    // A TimeProvider may call back within Change: what is due must not run under the locks of whoever starts an entry.
    [Fact]
    public async Task A_timer_that_fires_while_it_is_set_runs_on_another_thread()
    {
        using var queue = new DueQueue(new HastyTime(), NullLogger.Instance);
        var caller = Environment.CurrentManagedThreadId;
        var called = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var isStarting = true;
        var entry = NewEntry("hasty", 1, onDue: () =>
        {
            called.TrySetResult(Volatile.Read(ref isStarting) && Environment.CurrentManagedThreadId == caller);
            return false;
        });
        queue.Start(entry);
        Volatile.Write(ref isStarting, false);
        Assert.False(await called.Task.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    private sealed class Entry : DueEntry
    {
        private readonly string _name;
        private readonly List<string> _calls;
        private readonly Func<bool>? _onDue;

        public Entry(string name, TimeSpan interval, byte rank, List<string> calls, Func<bool>? onDue)
        {
            _name = name;
            _calls = calls;
            _onDue = onDue;
            Interval = interval;
            Rank = rank;
        }

        internal override byte Rank { get; }

        protected internal override bool OnDue()
        {
            _calls.Add(_name);
            return _onDue?.Invoke() ?? true;
        }
    }

    /// <summary>A clock that runs a second whenever it is looked at, and calls back as soon as a timer is set.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;
        public override long GetTimestamp() => Interlocked.Increment(ref _now);
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer(callback, state);

        private sealed class Timer(TimerCallback callback, object? state) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                callback(state);
                return true;
            }

            public void Dispose() { }
            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
