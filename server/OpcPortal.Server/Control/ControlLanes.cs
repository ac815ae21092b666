using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// The devices that are to be told something, by the medium of their access network: each medium takes so many commands a second and so many at a time, and entities take turns, so that a large group
/// holds up nobody else's command. Used by the engine alone.
/// </summary>
internal sealed class ControlLanes(ControlPolicy policy, TimeProvider time)
{
    // What was not used within it is lost: a burst is no more than a second's worth.
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Lane> _lanes = [];

    /// <summary>Devices that stand in lanes.</summary>
    public int Count => _lanes.Values.Sum(static lane => lane.Count);

    public void Add(string name, string entity, ControlledDevice device) => LaneOf(name).Add(entity, device);

    /// <summary>Takes a device whose lane has room for a command, which is to be given back.</summary>
    public bool TryTake(DateTime now, out ControlledDevice device)
    {
        foreach (var lane in _lanes.Values)
            if (lane.TryTake(now, out device)) return true;
        device = null!;
        return false;
    }

    /// <summary>A command of a lane has been answered, or was not sent after all.</summary>
    public void GiveBack(string name) => LaneOf(name).InFlight--;

    /// <summary>When the next command may go by the clock; <see cref="DateTime.MaxValue"/>: none waits for that.</summary>
    public DateTime NextAt(DateTime now)
    {
        var next = DateTime.MaxValue;
        foreach (var lane in _lanes.Values)
            if (lane.NextAt(now) is var at && at < next) next = at;
        return next;
    }

    private Lane LaneOf(string name)
    {
        if (!_lanes.TryGetValue(name, out var lane)) _lanes.Add(name, lane = new Lane(policy.Paces.TryGetValue(name, out var pace) ? pace : policy.OtherPace, time.GetUtcNow().UtcDateTime));
        return lane;
    }

    private sealed class Lane(ControlPace pace, DateTime now)
    {
        private readonly Dictionary<string, Queue<ControlledDevice>> _byEntity = [];
        private readonly Queue<string> _turns = new();
        private double _tokens = Math.Max(1, pace.PerSecond * Burst.TotalSeconds);
        private DateTime _filledAt = now;

        public int InFlight { get; set; }
        public int Count { get; private set; }

        public void Add(string entity, ControlledDevice device)
        {
            if (!_byEntity.TryGetValue(entity, out var queue)) _byEntity.Add(entity, queue = new Queue<ControlledDevice>());
            if (queue.Count == 0) _turns.Enqueue(entity);
            queue.Enqueue(device);
            Count++;
        }

        public bool TryTake(DateTime now, out ControlledDevice device)
        {
            device = null!;
            if (Count == 0 || InFlight >= pace.InFlight) return false;
            Fill(now);
            if (_tokens < 1) return false;
            _tokens--;
            InFlight++;
            Count--;
            var entity = _turns.Dequeue();
            var queue = _byEntity[entity];
            device = queue.Dequeue();
            if (queue.Count > 0) _turns.Enqueue(entity);
            else _byEntity.Remove(entity);
            return true;
        }

        public DateTime NextAt(DateTime now)
        {
            if (Count == 0 || InFlight >= pace.InFlight) return DateTime.MaxValue;
            Fill(now);
            return _tokens >= 1 ? now : now + TimeSpan.FromSeconds((1 - _tokens) / pace.PerSecond) + TimeSpan.FromTicks(1);
        }

        private void Fill(DateTime now)
        {
            if (now > _filledAt) _tokens = Math.Min(Math.Max(1, pace.PerSecond * Burst.TotalSeconds), _tokens + ((now - _filledAt).TotalSeconds * pace.PerSecond));
            _filledAt = now;
        }
    }
}
