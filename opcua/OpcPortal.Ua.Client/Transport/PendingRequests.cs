using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Ua.Client;

/// <summary>The requests of a channel that wait for an answer, by request id. Whoever takes one out completes it: exactly one does. Thread-safe.</summary>
internal sealed class PendingRequests(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, PendingRequest> _byId = [];
    private UaException? _closed;
    private uint _lastId;

    /// <summary>An id that no other request of the channel has.</summary>
    public uint NextId()
    {
        uint id;
        do id = Interlocked.Increment(ref _lastId);
        while (id == 0);
        return id;
    }

    /// <returns>Null, or why nothing can be asked.</returns>
    public UaException? TryAdd(uint id, PendingRequest request)
    {
        lock (_gate)
        {
            if (_closed is not null) return _closed;
            if (_byId.Count >= capacity) return new UaException(StatusCodes.BadResourceUnavailable, $"{capacity} requests wait for an answer.");
            _byId.Add(id, request);
            return null;
        }
    }

    public bool TryTake(uint id, [NotNullWhen(true)] out PendingRequest? request)
    {
        lock (_gate) return _byId.Remove(id, out request);
    }

    /// <summary>Fails all that wait and whatever comes later.</summary>
    public void Close(UaException reason)
    {
        PendingRequest[] all;
        lock (_gate)
        {
            if (_closed is not null) return;
            _closed = reason;
            all = [.. _byId.Values];
            _byId.Clear();
        }

        foreach (var request in all) request.Fail(reason);
    }

    /// <summary>Fails those whose time is over.</summary>
    public void FailOverdue(long now)
    {
        List<PendingRequest>? overdue = null;
        lock (_gate)
        {
            foreach (var (id, request) in _byId)
            {
                if (request.Deadline > now) continue;
                (overdue ??= []).Add(request);
                _byId.Remove(id);
            }
        }

        if (overdue is null) return;
        foreach (var request in overdue) request.Fail(new UaException(StatusCodes.BadRequestTimeout, "The server did not answer in time."));
    }
}
