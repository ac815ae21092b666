namespace OpcPortal.Ua.Server;

/// <summary>All connections: bounded in number, and looked at once a second for peers that keep the server waiting. Thread-safe.</summary>
internal sealed class ConnectionTable(ConnectionLimits limits)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<UaConnection> _connections = [];

    /// <summary>Takes a connection in. Where all places are taken the oldest without a session makes room.</summary>
    /// <returns>The connection's place; null where every other one has a session.</returns>
    public LinkedListNode<UaConnection>? TryAdd(UaConnection connection)
    {
        UaConnection? evicted = null;
        LinkedListNode<UaConnection> place;
        lock (_gate)
        {
            if (_connections.Count >= limits.MaxConnections)
            {
                for (var node = _connections.First; node is not null && evicted is null; node = node.Next)
                    if (!node.Value.HasSession && !node.Value.IsAborted) evicted = node.Value;
                if (evicted is null) return null;
            }

            place = _connections.AddLast(connection);
        }

        evicted?.Abort(StatusCodes.BadTcpNotEnoughResources, "A newer connection takes its place.");
        return place;
    }

    public void Remove(LinkedListNode<UaConnection> place)
    {
        lock (_gate) _connections.Remove(place);
    }

    /// <summary>Ends the connections whose peers have not done in time what they had to.</summary>
    public void CheckDeadlines(DateTime now)
    {
        UaConnection[] all;
        lock (_gate) all = [.. _connections];
        foreach (var connection in all) connection.CheckDeadline(now);
    }

    /// <summary>Ends all connections once their requests are answered.</summary>
    public void StopAll()
    {
        UaConnection[] all;
        lock (_gate) all = [.. _connections];
        foreach (var connection in all) connection.Stop();
    }
}
