using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Ua.Server;

/// <summary>
/// All conditions of which there is anything to remember: retained, shelved or disabled; others are what their rooms say of them, and cost nothing. Rooms of the server change
/// them, clients remark on them, and each change becomes an event. Thread-safe. Part 9 4.3, 5.5.
/// </summary>
public sealed class ConditionTable : IDisposable
{
    private readonly ConcurrentDictionary<NodeId, Entry> _entries = new();
    private readonly EventHub _events;
    private readonly TypeTree _types;
    private readonly TimeProvider _time;
    private readonly ITimer _unshelving;
    private readonly Lock _shelfGate = new();
    private readonly PriorityQueue<NodeId, DateTime> _shelf = new();
    private int _count;
    private long _refused;

    public ConditionTable(EventHub events, TypeTree types, TimeProvider time, ConditionLimits? limits = null)
    {
        (_events, _types, _time, Limits) = (events, types, time, limits ?? new ConditionLimits());
        _unshelving = time.CreateTimer(_ => UnshelveDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ConditionLimits Limits { get; }

    /// <summary>Conditions held.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Conditions that were not held because there were too many.</summary>
    public long RefusedCount => Volatile.Read(ref _refused);

    /// <summary>
    /// Told of each change, in the order of a condition's changes, with its state, or null where nothing is left to remember. Returns at once. Set before the first change.
    /// </summary>
    public Action<ConditionDefinition, ConditionState?>? Changed { get; set; }

    /// <summary>It is so. Held from now on.</summary>
    /// <param name="suppress">Whether the server keeps it back.</param>
    /// <returns>False where too many are held: nothing was changed.</returns>
    public bool Raise(ConditionDefinition definition, in ConditionCause cause, bool suppress = false)
    {
        ArgumentNullException.ThrowIfNull(definition);
        while (true)
        {
            if (!TryEntry(definition, out var entry)) return false;
            lock (entry)
            {
                if (entry.IsGone) continue;
                entry.Definition = definition;
                var state = entry.State.Activate(cause);
                if (suppress) state = state.Suppress(true, cause.Time);
                // A disabled condition is watched and tells nothing. Part 9 5.5.2.
                Take(entry, state, isTold: state.IsEnabled);
                return true;
            }
        }
    }

    /// <summary>It is no longer so.</summary>
    /// <returns>Whether it was.</returns>
    public bool Clear(in NodeId id, in ConditionCause cause)
    {
        if (!_entries.TryGetValue(id, out var entry)) return false;
        lock (entry)
        {
            if (entry.IsGone || !entry.State.IsActive) return false;
            Take(entry, entry.State.Deactivate(cause), isTold: entry.State.IsEnabled);
            return true;
        }
    }

    /// <summary>Keeps a condition back, or no longer.</summary>
    public void Suppress(in NodeId id, bool suppress)
    {
        if (!_entries.TryGetValue(id, out var entry)) return;
        lock (entry)
            if (!entry.IsGone) Take(entry, entry.State.Suppress(suppress, Now), isTold: entry.State.IsEnabled);
    }

    /// <summary>Goes on with what a process before this one left; nobody is told.</summary>
    /// <returns>False where too many are held.</returns>
    public bool Restore(ConditionDefinition definition, ConditionState state)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(state);
        if (!TryEntry(definition, out var entry)) return false;
        lock (entry) entry.State = state.EventIds.Count == 0 ? state.Told(NewEventId()) : state;
        if (state.Shelving != ConditionShelving.Unshelved) Await(definition.Id, state.ShelvedUntil);
        return true;
    }

    /// <summary>Finds a condition.</summary>
    public bool TryFind(in NodeId id, [NotNullWhen(true)] out ConditionDefinition? definition, [NotNullWhen(true)] out ConditionState? state)
    {
        (definition, state) = (null, null);
        if (!_entries.TryGetValue(id, out var entry)) return false;
        lock (entry)
        {
            if (entry.IsGone) return false;
            (definition, state) = (entry.Definition, entry.State);
            return true;
        }
    }

    /// <summary>The last event of each retained condition, as it was. Part 9 5.5.7: the event has the EventId that it had.</summary>
    internal IEnumerable<UaEvent> Retained()
    {
        foreach (var (id, _) in _entries)
            if (TryFind(id, out var definition, out var state) && state is { IsRetained: true, EventIds.Count: > 0 })
                yield return ConditionEvents.Of(definition, state, Limits, _types, Now);
    }

    /// <summary>What a client does to a condition.</summary>
    /// <returns>BadNodeIdUnknown where there is none; else as <paramref name="change"/> says.</returns>
    internal StatusCode Change(in NodeId id, ConditionChange change)
    {
        if (!_entries.TryGetValue(id, out var entry)) return StatusCodes.BadNodeIdUnknown;
        lock (entry)
        {
            if (entry.IsGone) return StatusCodes.BadNodeIdUnknown;
            var status = change(entry.Definition, entry.State, out var next);
            if (status.IsGood) Take(entry, next, isTold: true);
            return status;
        }
    }

    internal DateTime Now => _time.GetUtcNow().UtcDateTime;

    private bool TryEntry(ConditionDefinition definition, [NotNullWhen(true)] out Entry? entry)
    {
        if (_entries.TryGetValue(definition.Id, out entry)) return true;
        if (Interlocked.Increment(ref _count) > Limits.MaxConditions)
        {
            Interlocked.Decrement(ref _count);
            Interlocked.Increment(ref _refused);
            return false;
        }

        var made = new Entry(definition);
        entry = _entries.GetOrAdd(definition.Id, made);
        if (!ReferenceEquals(entry, made)) Interlocked.Decrement(ref _count);
        return true;
    }

    // Under the entry's lock: events of one condition come in the order of its changes.
    private void Take(Entry entry, ConditionState next, bool isTold)
    {
        if (!ReferenceEquals(next, entry.State))
        {
            var isShelvedAnew = next.Shelving != ConditionShelving.Unshelved && (next.Shelving, next.ShelvedUntil) != (entry.State.Shelving, entry.State.ShelvedUntil);
            if (isTold) next = next.Told(NewEventId());
            entry.State = next;
            if (isShelvedAnew) Await(entry.Definition.Id, next.ShelvedUntil);
            if (isTold) _events.Report(ConditionEvents.Of(entry.Definition, next, Limits, _types, Now));
            Changed?.Invoke(entry.Definition, next.IsNoteworthy ? next : null);
        }

        if (entry.State.IsNoteworthy) return;
        entry.IsGone = true;
        if (_entries.TryRemove(new KeyValuePair<NodeId, Entry>(entry.Definition.Id, entry))) Interlocked.Decrement(ref _count);
    }

    private void Await(in NodeId id, DateTime until)
    {
        lock (_shelfGate)
        {
            _shelf.Enqueue(id, until);
            Arm();
        }
    }

    // Under the gate.
    private void Arm()
    {
        if (!_shelf.TryPeek(out _, out var next)) return;
        var wait = next - Now;
        _unshelving.Change(wait > Least ? wait : Least, Timeout.InfiniteTimeSpan);
    }

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    private void UnshelveDue()
    {
        while (true)
        {
            NodeId id;
            lock (_shelfGate)
            {
                if (!_shelf.TryPeek(out id, out var until) || until > Now)
                {
                    Arm();
                    return;
                }

                _shelf.Dequeue();
            }

            // It may have been shelved anew meanwhile, or not be shelved at all.
            Change(id, (ConditionDefinition _, ConditionState state, out ConditionState next) =>
            {
                next = state;
                return state.ShelvedUntil > Now ? StatusCodes.BadConditionAlreadyShelved : state.TryUnshelve(Now, out next);
            });
        }
    }

    private static ByteString NewEventId() => new(Guid.NewGuid().ToByteArray());

    public void Dispose() => _unshelving.Dispose();

    private sealed class Entry(ConditionDefinition definition)
    {
        public ConditionDefinition Definition = definition;
        public ConditionState State = new();
        public bool IsGone;
    }
}

/// <summary>A change of a condition that may be refused.</summary>
internal delegate StatusCode ConditionChange(ConditionDefinition definition, ConditionState state, out ConditionState next);
