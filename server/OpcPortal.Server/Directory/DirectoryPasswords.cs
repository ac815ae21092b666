using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The passwords of individuals of the directory and of the users of a configuration. Who is not, or no longer, active has no password; the time that a check takes tells nothing of that.
/// </summary>
public sealed class DirectoryPasswords : IPasswordVerifier, IDisposable
{
    private readonly PortalDirectory _directory;
    private readonly Dictionary<string, PasswordHash> _configured;
    private readonly TimeProvider _time;
    private readonly PasswordCheck _check = new();

    /// <param name="configured">Users of the configuration by name: of no entity, or individuals whose password does not stand in the directory.</param>
    public DirectoryPasswords(PortalDirectory directory, IReadOnlyDictionary<string, PasswordHash> configured, TimeProvider time)
    {
        _directory = directory;
        _configured = new Dictionary<string, PasswordHash>(configured, StringComparer.Ordinal);
        _time = time;
        foreach (var hash in _configured.Values) _check.Know(hash);
        foreach (var individual in directory.Individuals.Values) Know(individual);
        directory.Changed += OnChanged;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) =>
        await _check.MatchesAsync(HashOf(userName), password, cancellation).ConfigureAwait(false);

    private PasswordHash? HashOf(string userName)
    {
        var individual = _directory.Tables.IndividualOfUserName(userName);
        if (individual is null) return _configured.GetValueOrDefault(userName);
        if (!individual.Active.Contains(_time.GetUtcNow().UtcDateTime)) return null;
        return individual.PasswordHash is { } written ? Parse(written) : _configured.GetValueOrDefault(userName);
    }

    private void OnChanged(DirectoryChange change)
    {
        foreach (var changed in change.Changes)
            if (changed.After is Individual individual) Know(individual);
    }

    private void Know(Individual individual)
    {
        if (individual.PasswordHash is { } written && Parse(written) is { } hash) _check.Know(hash);
    }

    private static PasswordHash? Parse(string written) => PasswordHash.TryParse(written, out var hash) ? hash : null;

    public void Dispose()
    {
        _directory.Changed -= OnChanged;
        _check.Dispose();
    }
}
