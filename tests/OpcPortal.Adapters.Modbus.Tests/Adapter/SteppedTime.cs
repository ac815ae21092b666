using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>
/// Time that moves from one timer to the next and never past one, so that a slow machine sees the same course of events as a fast one. While a request's time-out runs, an answer is
/// on its way: time stands still then, unless the test wants time-outs.
/// </summary>
internal sealed class SteppedTime(TimeSpan requestTimeout) : FakeTimeProvider
{
    private readonly ConcurrentDictionary<SteppedTimer, TimeSpan> _armed = new();

    /// <summary>Whether requests shall time out now, that many of them waiting.</summary>
    public Func<int, bool> FiresTimeouts { get; set; } = _ => false;

    /// <summary>Told how many requests time out with the next step.</summary>
    public Action<int> TimingOut { get; set; } = _ => { };

    /// <summary>
    /// Time does not move further at once: where several wait in turn, the one with the long pause must not be taken for the next because another has not armed its timer yet.
    /// </summary>
    public TimeSpan LongestStep { get; set; } = TimeSpan.MaxValue;

    /// <summary>Whether somebody waits for just that long.</summary>
    public bool IsArmed(TimeSpan dueIn) => _armed.Values.Contains(dueIn);

    /// <summary>Moves to the next timer.</summary>
    /// <returns>False where none is armed, or an answer is awaited.</returns>
    public bool TryStep()
    {
        var next = DateTimeOffset.MaxValue;
        var waiting = new List<DateTimeOffset>();
        foreach (var (timer, dueIn) in _armed)
        {
            if (dueIn == requestTimeout) waiting.Add(timer.Due);
            if (timer.Due < next) next = timer.Due;
        }

        if (next == DateTimeOffset.MaxValue || (waiting.Count > 0 && !FiresTimeouts(waiting.Count))) return false;
        var step = next - GetUtcNow();
        if (step > LongestStep) return false;
        TimingOut(waiting.Count(due => due <= next));
        Advance(step > TimeSpan.Zero ? step : TimeSpan.Zero);
        return true;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SteppedTimer(this);
        timer.Inner = base.CreateTimer(
            _ =>
            {
                _armed.TryRemove(timer, out var _);
                callback(state);
            },
            null,
            Timeout.InfiniteTimeSpan,
            period);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SteppedTimer(SteppedTime time) : ITimer
    {
        public ITimer Inner { get; set; } = null!;

        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                time._armed.TryRemove(this, out _);
            }
            else
            {
                Due = time.GetUtcNow() + dueTime;
                time._armed[this] = dueTime;
            }

            return Inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            time._armed.TryRemove(this, out _);
            Inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
