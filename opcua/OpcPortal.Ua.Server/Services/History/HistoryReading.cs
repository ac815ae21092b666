namespace OpcPortal.Ua.Server;

/// <summary>The read of one node's history, between its pages. It holds no leave to read: that is asked anew for each page. Used by one request at a time.</summary>
internal abstract class HistoryReading
{
    protected HistoryReading(HistoryReadValueId item)
    {
        NodeId = item.NodeId;
    }

    public NodeId NodeId { get; }

    /// <summary>The details that it was begun with, which it holds as long as it goes on.</summary>
    public required HistoryReadDetails Details { get; init; }

    /// <summary>What it holds of the request that began it.</summary>
    public HeldState State => new(Details, HistoryReadPlan.SizeOf(Details));

    /// <summary>Whether there is, or may be, another page.</summary>
    public abstract bool HasMore { get; }

    /// <summary>The same read at the same place: a page that fails or is cancelled is read of the copy, and the other stays where it was. Part 4 7.9.</summary>
    public HistoryReading Fork()
    {
        var copy = (HistoryReading)MemberwiseClone();
        copy.Part();
        return copy;
    }

    /// <summary>Has a copy share with the first nothing that moves on.</summary>
    protected abstract void Part();

    /// <summary>The next page; no continuation point is in it yet.</summary>
    /// <param name="encoding">What this request wants: Part 11 6.3 lets it change.</param>
    /// <exception cref="ServiceException">The status of the node's result.</exception>
    public abstract ValueTask<HistoryReadResult> NextAsync(HistoryTurn turn, QualifiedName encoding);
}

/// <summary>The request in which a page is read.</summary>
/// <param name="Who">Who asks now: not necessarily who began.</param>
internal sealed record HistoryTurn(AccessContext Who, AccessController Access, TypeTree Types, HistoryRoom Room, CopyBudget Copies, OperationLimits Limits, CancellationToken Cancellation)
{
    /// <summary>Values for one result: what the client wants, the server gives and the response still takes.</summary>
    public int PageOf(uint wanted, uint most) => (int)Math.Clamp(Math.Min(wanted == 0 ? most : wanted, most), 1, Math.Max(1, Room.Values));
}
