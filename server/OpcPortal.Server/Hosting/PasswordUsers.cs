using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The users of a configuration and their passwords. A user who does not exist costs what one who does costs, and only so many checks run at once that log-ins cannot take all cores.
/// </summary>
public sealed class PasswordUsers : IPasswordVerifier, IDisposable
{
    private readonly Dictionary<string, PasswordHash> _hashes;
    private readonly PasswordHash _nobody;
    private readonly SemaphoreSlim _room = new(Math.Max(1, Environment.ProcessorCount - 1));

    public PasswordUsers(IReadOnlyDictionary<string, PasswordHash> hashes)
    {
        _hashes = new Dictionary<string, PasswordHash>(hashes, StringComparer.Ordinal);
        // As costly as the others; nobody knows its password.
        _nobody = PasswordHash.Create(Guid.NewGuid().ToByteArray(), _hashes.Count == 0 ? PasswordHash.DefaultIterations : _hashes.Values.Max(hash => hash.Iterations));
    }

    /// <inheritdoc/>
    public async ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation)
    {
        await _room.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var isKnown = _hashes.TryGetValue(userName, out var hash);
            // Off the thread that serves the connection: it takes some tenths of a second.
            return await Task.Run(() => (hash ?? _nobody).Matches(password.Span), CancellationToken.None).ConfigureAwait(false) && isKnown;
        }
        finally
        {
            _room.Release();
        }
    }

    public void Dispose() => _room.Dispose();
}
