namespace OpcPortal.Ua.Server;

/// <summary>So much of something for the whole server. Thread-safe.</summary>
internal sealed class Quota(long limit)
{
    private long _used;

    public long Used => Volatile.Read(ref _used);

    /// <returns>False, and nothing taken, where less than <paramref name="amount"/> is left.</returns>
    public bool TryTake(long amount)
    {
        if (Interlocked.Add(ref _used, amount) <= limit) return true;
        Interlocked.Add(ref _used, -amount);
        return false;
    }

    /// <summary>Whether more is in use than there should be.</summary>
    public bool IsExceeded => Used > limit;

    /// <summary>Takes what cannot be refused.</summary>
    public void TakeBeyond(long amount) => Interlocked.Add(ref _used, amount);

    public void Give(long amount) => Interlocked.Add(ref _used, -amount);
}
