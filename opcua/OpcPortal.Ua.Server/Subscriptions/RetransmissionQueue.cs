namespace OpcPortal.Ua.Server;

/// <summary>The messages of a subscription that were sent and not acknowledged. Under the lock of the subscription's owner. Part 4 5.14.1.1.</summary>
internal sealed class RetransmissionQueue(int limit, Quota bytes)
{
    private readonly LinkedList<(NotificationMessage Message, int Bytes)> _messages = new();
    private readonly Dictionary<uint, LinkedListNode<(NotificationMessage Message, int Bytes)>> _byNumber = [];

    public int Count => _messages.Count;

    /// <summary>The messages with their sizes, oldest first.</summary>
    public IReadOnlyCollection<(NotificationMessage Message, int Bytes)> All => _messages;

    /// <summary>Adds a message; the oldest goes where there are too many.</summary>
    /// <returns>How many were dropped unacknowledged.</returns>
    public int Add(NotificationMessage message, int size)
    {
        _byNumber[message.SequenceNumber] = _messages.AddLast((message, size));
        bytes.TakeBeyond(size);
        var dropped = 0;
        // The message itself stays: it is about to be sent.
        while (_messages.Count > limit || (bytes.IsExceeded && _messages.Count > 1))
        {
            Remove(_messages.First!);
            dropped++;
        }

        return dropped;
    }

    public bool Acknowledge(uint sequenceNumber, out int size)
    {
        size = 0;
        if (!_byNumber.TryGetValue(sequenceNumber, out var node)) return false;
        size = node.Value.Bytes;
        Remove(node);
        return true;
    }

    public NotificationMessage? Find(uint sequenceNumber) => _byNumber.TryGetValue(sequenceNumber, out var node) ? node.Value.Message : null;

    /// <summary>The sequence numbers that can be asked for again, oldest first.</summary>
    public uint[] Available()
    {
        if (_messages.Count == 0) return [];
        var numbers = new uint[_messages.Count];
        var i = 0;
        foreach (var (message, _) in _messages) numbers[i++] = message.SequenceNumber;
        return numbers;
    }

    public void Clear()
    {
        while (_messages.First is { } first) Remove(first);
    }

    private void Remove(LinkedListNode<(NotificationMessage Message, int Bytes)> node)
    {
        bytes.Give(node.Value.Bytes);
        _byNumber.Remove(node.Value.Message.SequenceNumber);
        _messages.Remove(node);
    }
}
