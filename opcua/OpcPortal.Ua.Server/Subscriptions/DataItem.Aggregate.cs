namespace OpcPortal.Ua.Server;

/// <summary>A data item with an AggregateFilter: what it queues is calculated from its samples, once an interval. Part 4 7.22.4.</summary>
internal sealed partial class DataItem
{
    private AggregateClock? _clock;

    // Under the gate. A refusal is told as it is: there is nothing to calculate with.
    private void PushFirst(in DataValue first)
    {
        if (_check.Aggregate is not { } aggregate || (IsValue && _access.IsBad))
        {
            Push(first);
            return;
        }

        var now = Services.Now;
        aggregate.Restart(now);
        aggregate.Take(first, now);
    }

    // Under the gate.
    private void Aggregate(LiveAggregate aggregate, in DataValue value)
    {
        var now = Services.Now;
        Close(aggregate, now);
        aggregate.Take(value, now);
    }

    // Under the gate.
    private void Close(LiveAggregate aggregate, DateTime now)
    {
        while (aggregate.TryClose(now, Capacity, out var result)) Queue(result);
    }

    private void StartClock()
    {
        if (_check.Aggregate is null) return;
        _clock = new AggregateClock(this, _check.Aggregate, Services.Time);
        Services.Rates.Clock.Start(_clock);
    }

    private void StopClock()
    {
        if (_clock is null) return;
        Services.Rates.Clock.Stop(_clock);
        _clock = null;
    }

    // The last result is what is current. Under the gate.
    private void ResendResult()
    {
        if (_phase == Phase.Running && _queue.Newest.SourceTimestamp != default) Queue(_queue.Newest with { StatusCode = _queue.Newest.StatusCode.WithoutOverflow() });
    }

    /// <summary>Falls due when an interval ends.</summary>
    private sealed class AggregateClock : DueEntry
    {
        // Timers count no further than some weeks; and a clock that was set is noticed.
        private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

        private readonly DataItem _item;
        private readonly LiveAggregate _aggregate;
        private readonly TimeProvider _time;

        public AggregateClock(DataItem item, LiveAggregate aggregate, TimeProvider time)
        {
            _item = item;
            _aggregate = aggregate;
            _time = time;
            Interval = Wait();
        }

        protected internal override bool OnDue()
        {
            lock (_item.Subscription.Gate)
            {
                if (_item._phase != Phase.Running || !ReferenceEquals(_item._check.Aggregate, _aggregate)) return false;
                _item.Close(_aggregate, _time.GetUtcNow().UtcDateTime);
                Interval = Wait();
            }

            return true;
        }

        private TimeSpan Wait()
        {
            var wait = _aggregate.NextEnd - _time.GetUtcNow().UtcDateTime;
            return wait > Longest ? Longest : wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1);
        }
    }
}
