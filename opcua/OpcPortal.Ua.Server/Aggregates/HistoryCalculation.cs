namespace OpcPortal.Ua.Server;

/// <summary>
/// A processed or at-time read of one node on its way: it gives page after page and knows where it stands, so that a continuation point keeps it as it is. It holds no leave
/// to read: the history comes anew with each page, from the grant of then. Not thread-safe.
/// </summary>
internal abstract class HistoryCalculation
{
    /// <summary>Whether there is another page. True before the first.</summary>
    public bool HasMore { get; protected set; } = true;

    /// <summary>Another one at the same place: what changes in any of them are numbers.</summary>
    public HistoryCalculation Fork() => (HistoryCalculation)MemberwiseClone();

    /// <summary>The next values, in the order that was asked for, all with source and server timestamps.</summary>
    /// <param name="history">Of the node of the read.</param>
    /// <param name="limit">Values wanted at most, at least 1; fewer may come although there are more.</param>
    /// <exception cref="ServiceException">The status of this node's result.</exception>
    public abstract ValueTask<DataValue[]> NextAsync(INodeHistory history, int limit, CancellationToken cancellation);
}
