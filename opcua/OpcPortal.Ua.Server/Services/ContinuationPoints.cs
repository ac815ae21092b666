using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The paused operations of one session under random names, so that none can be guessed or taken to another session. Thread-safe. Part 4 7.9.
/// </summary>
internal sealed class ContinuationPoints<T> where T : class
{
    private const int NameLength = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<ByteString, (T Operation, object Request, HeldState State)> _held = [];
    private readonly LinkedList<ByteString> _oldestFirst = [];

    // What is held of requests, and by how many operations: those of one request share it.
    private readonly Dictionary<object, int> _states = new(ReferenceEqualityComparer.Instance);
    private long _bytes;

    /// <summary>Keeps an operation. Those that earlier requests left behind make room: Part 4 7.9 has them freed for a new request.</summary>
    /// <param name="limit">How many the session may have.</param>
    /// <param name="request">The request that is served.</param>
    /// <returns>False where all are of this very request.</returns>
    public bool TryKeep(T operation, int limit, object request, out ByteString name) => TryKeep(operation, limit, request, new HeldState(operation, 0), 0, out name);

    /// <param name="state">What the operation holds of the request that began it.</param>
    /// <param name="mostBytes">What all operations of the session may hold.</param>
    /// <inheritdoc cref="TryKeep(T, int, object, out ByteString)"/>
    /// <returns>False where all are of this very request, or what it holds is too much by itself.</returns>
    public bool TryKeep(T operation, int limit, object request, HeldState state, long mostBytes, out ByteString name)
    {
        ByteString random = RandomNumberGenerator.GetBytes(NameLength);
        var isKept = TryKeepAs(random, operation, limit, request, state, mostBytes);
        name = isKept ? random : default;
        return isKept;
    }

    /// <summary>Puts an operation that was taken back under its name: nothing came of the request. Where requests that were served meanwhile took all the room there is, it is gone.</summary>
    /// <inheritdoc cref="TryKeep(T, int, object, HeldState, long, out ByteString)"/>
    public void GiveBack(in ByteString name, T operation, int limit, object request, HeldState state, long mostBytes) => TryKeepAs(name, operation, limit, request, state, mostBytes);

    private bool TryKeepAs(in ByteString name, T operation, int limit, object request, HeldState state, long mostBytes)
    {
        lock (_gate)
        {
            while (_held.Count >= limit || _bytes + (_states.ContainsKey(state.Owner) ? 0 : state.Bytes) > mostBytes)
                if (!TryForgetOldest(request)) return false;
            _held.Add(name, (operation, request, state));
            _oldestFirst.AddLast(name);
            if (_states.TryGetValue(state.Owner, out var sharers)) _states[state.Owner] = sharers + 1;
            else
            {
                _states[state.Owner] = 1;
                _bytes += state.Bytes;
            }

            return true;
        }
    }

    /// <summary>Takes an operation out: a continuation point serves once.</summary>
    public bool TryTake(in ByteString name, [NotNullWhen(true)] out T? operation)
    {
        operation = null;
        lock (_gate)
        {
            if (!_held.Remove(name, out var found)) return false;
            // A thousand at most.
            _oldestFirst.Remove(name);
            Release(found.State);
            operation = found.Operation;
            return true;
        }
    }

    private bool TryForgetOldest(object request)
    {
        for (var entry = _oldestFirst.First; entry is not null; entry = entry.Next)
        {
            if (ReferenceEquals(_held[entry.Value].Request, request)) continue;
            _held.Remove(entry.Value, out var forgotten);
            _oldestFirst.Remove(entry);
            Release(forgotten.State);
            return true;
        }

        return false;
    }

    private void Release(HeldState state)
    {
        if (--_states[state.Owner] > 0) return;
        _states.Remove(state.Owner);
        _bytes -= state.Bytes;
    }
}

/// <summary>What a paused operation holds of the request that began it.</summary>
/// <param name="Owner">The same object for all operations of the request.</param>
/// <param name="Bytes">Of memory, roughly, for all of them together.</param>
internal readonly record struct HeldState(object Owner, long Bytes);
