using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>A local day of an interval point.</summary>
/// <param name="Point">The point's number in the fleet.</param>
/// <param name="Day"><see cref="DateOnly.DayNumber"/>.</param>
internal readonly record struct DayKey(int Point, int Day);

/// <summary>A day that is to be looked at.</summary>
/// <param name="IsRepeated">Whether something came for it that may have been there already.</param>
internal readonly record struct DueDay(DayKey Key, bool IsRepeated);

/// <summary>The days that are to be looked at as a whole, and when: each once, however often it is named. Bounded. Thread-safe.</summary>
internal sealed class ValidationQueue
{
    /// <summary>Days that wait: a day of half a million meters. What comes beyond is found by a walk over all of them, once these are done.</summary>
    public const int MaxDays = 500_000;

    /// <summary>Days of one gap: more than a year of silence is no gap, but another life.</summary>
    public const int MaxGapDays = 400;

    /// <summary>Notes on registers that wait to be written: seldom more than a few.</summary>
    private const int MaxExplained = 10_000;

    /// <summary>What comes with a day, such as registers at midnight, is waited for so long.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<DayKey, (DateTime Due, bool IsRepeated)> _days = [];
    private readonly PriorityQueue<DayKey, DateTime> _order = new();
    private readonly Queue<ReadingRevision> _explained = new();
    private int? _oldestDropped;
    private long _dropped;

    /// <summary>Days that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _days.Count;
        }
    }

    /// <summary>Days and notes for which there was no room.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate) return _dropped;
        }
    }

    /// <summary>Adds days that are due once what belongs to them has settled.</summary>
    public void Add(IReadOnlyList<(DayKey Day, bool IsRepeated)> days, DateTime now)
    {
        lock (_gate)
            foreach (var (day, isRepeated) in days) AddOne(day, now + Settle, isRepeated);
    }

    /// <summary>Adds a day, which is due at the earlier of the instants given for it.</summary>
    public void Add(DayKey day, DateTime due, bool isRepeated = false)
    {
        lock (_gate) AddOne(day, due, isRepeated);
    }

    private void AddOne(DayKey day, DateTime due, bool isRepeated)
    {
        if (_days.TryGetValue(day, out var known))
        {
            if (due < known.Due) _order.Enqueue(day, due);
            _days[day] = (due < known.Due ? due : known.Due, isRepeated || known.IsRepeated);
            return;
        }

        if (_days.Count >= MaxDays)
        {
            _dropped++;
            if (_oldestDropped is null || day.Day < _oldestDropped) _oldestDropped = day.Day;
            return;
        }

        _days.Add(day, (due, isRepeated));
        _order.Enqueue(day, due);
    }

    /// <summary>Takes the day that has been due longest.</summary>
    public bool TryTake(DateTime now, out DueDay day)
    {
        lock (_gate)
        {
            while (_order.TryPeek(out var key, out var due) && due <= now)
            {
                _order.Dequeue();
                // An earlier instant was given since: this one is outdated.
                if (!_days.TryGetValue(key, out var known) || known.Due != due) continue;
                _days.Remove(key);
                day = new DueDay(key, known.IsRepeated);
                return true;
            }

            day = default;
            return false;
        }
    }

    /// <summary>The days that wait now, and when they are due.</summary>
    public IReadOnlyList<(DayKey Day, DateTime Due)> Waiting()
    {
        lock (_gate)
        {
            var waiting = new List<(DayKey, DateTime)>(_days.Count);
            foreach (var (day, (due, _)) in _days) waiting.Add((day, due));
            return waiting;
        }
    }

    /// <summary>The oldest day for which there was no room; null: there was room for all.</summary>
    public int? OldestDropped
    {
        get
        {
            lock (_gate) return _oldestDropped;
        }
    }

    /// <summary>The oldest day for which there was no room, once; null: there was room for all.</summary>
    public int? TakeDropped()
    {
        lock (_gate)
        {
            var oldest = _days.Count < MaxDays ? _oldestDropped : null;
            if (oldest is not null) _oldestDropped = null;
            return oldest;
        }
    }

    /// <summary>Adds a note that says why a reading is as it is.</summary>
    public void AddExplained(ReadingRevision note)
    {
        lock (_gate)
        {
            if (_explained.Count < MaxExplained) _explained.Enqueue(note);
            else _dropped++;
        }
    }

    /// <summary>The notes added since.</summary>
    public IReadOnlyList<ReadingRevision> TakeExplained()
    {
        lock (_gate)
        {
            if (_explained.Count == 0) return [];
            var notes = _explained.ToArray();
            _explained.Clear();
            return notes;
        }
    }
}
