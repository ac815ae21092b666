namespace OpcPortal.Server;

/// <summary>
/// Checks passwords so that the time tells nothing: whoever it is, known or not, one hash of each scheme in use is computed, his own or nobody's. Only so many run at once that log-ins
/// cannot take all cores.
/// </summary>
internal sealed class PasswordCheck : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _room = new(Math.Max(1, Environment.ProcessorCount - 1));
    // The hash of nobody for each scheme in use, as costly as the costliest known.
    private volatile PasswordHash[] _ofNobody = [];

    /// <summary>Notes the cost of a hash that users have; it is never forgotten, for who had it may come again.</summary>
    public void Know(PasswordHash hash)
    {
        lock (_gate)
        {
            var known = _ofNobody.FirstOrDefault(nobody => nobody.Scheme == hash.Scheme);
            if (known is not null && known.Cost >= hash.Cost) return;
            _ofNobody = [.. _ofNobody.Where(nobody => nobody.Scheme != hash.Scheme), PasswordHash.OfNobody(hash)];
        }
    }

    /// <param name="hash">The user's; null where there is no such user or he has none.</param>
    /// <param name="password">UTF-8.</param>
    public async Task<bool> MatchesAsync(PasswordHash? hash, ReadOnlyMemory<byte> password, CancellationToken cancellation)
    {
        if (hash is not null) Know(hash);
        await _room.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Off the thread that serves the connection: it takes some tenths of a second.
            return await Task.Run(() => Matches(hash, password.Span), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _room.Release();
        }
    }

    private bool Matches(PasswordHash? hash, ReadOnlySpan<byte> password)
    {
        var isMatch = false;
        var schemes = _ofNobody is { Length: > 0 } known ? known : [PasswordHash.OfNobody()];
        foreach (var nobody in schemes)
        {
            var isOwn = hash is not null && hash.Scheme == nobody.Scheme;
            var isRight = (isOwn ? hash! : nobody).Matches(password);
            isMatch |= isOwn && isRight;
        }

        return isMatch;
    }

    public void Dispose() => _room.Dispose();
}
