namespace OpcPortal.Ua.Server;

/// <summary>One refresh of conditions at a time. Part 9 5.5.7.</summary>
internal sealed partial class Subscription
{
    private int _isRefreshing;

    /// <returns>False where one is under way.</returns>
    public bool TryBeginRefresh() => Interlocked.Exchange(ref _isRefreshing, 1) == 0;

    public void EndRefresh() => Volatile.Write(ref _isRefreshing, 0);
}
