using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The users of a configuration and their passwords.</summary>
public sealed class PasswordUsers : IPasswordVerifier, IDisposable
{
    private readonly Dictionary<string, PasswordHash> _hashes;
    private readonly PasswordCheck _check = new();

    public PasswordUsers(IReadOnlyDictionary<string, PasswordHash> hashes)
    {
        _hashes = new Dictionary<string, PasswordHash>(hashes, StringComparer.Ordinal);
        foreach (var hash in _hashes.Values) _check.Know(hash);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) =>
        await _check.MatchesAsync(_hashes.GetValueOrDefault(userName), password, cancellation).ConfigureAwait(false);

    public void Dispose() => _check.Dispose();
}
