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
    private readonly Dictionary<ByteString, (T Operation, object Request)> _held = [];
    private readonly LinkedList<ByteString> _oldestFirst = [];

    /// <summary>Keeps an operation. Those that earlier requests left behind make room: Part 4 7.9 has them freed for a new request.</summary>
    /// <param name="limit">How many the session may have.</param>
    /// <param name="request">The request that is served.</param>
    /// <returns>False where all are of this very request.</returns>
    public bool TryKeep(T operation, int limit, object request, out ByteString name)
    {
        name = default;
        lock (_gate)
        {
            while (_held.Count >= limit)
                if (!TryForgetOldest(request)) return false;
            name = RandomNumberGenerator.GetBytes(NameLength);
            _held.Add(name, (operation, request));
            _oldestFirst.AddLast(name);
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
            // Some hundred at most.
            _oldestFirst.Remove(name);
            operation = found.Operation;
            return true;
        }
    }

    private bool TryForgetOldest(object request)
    {
        for (var entry = _oldestFirst.First; entry is not null; entry = entry.Next)
        {
            if (ReferenceEquals(_held[entry.Value].Request, request)) continue;
            _held.Remove(entry.Value);
            _oldestFirst.Remove(entry);
            return true;
        }

        return false;
    }
}
