using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Local users that security administrators manage over OPC UA, kept in the directory's store with hashed passwords. They are of no entity: what they may do, their roles say. Thread-safe; one
/// change at a time. Part 18 5.
/// </summary>
public sealed class DirectoryUsers : IUserStore, IDisposable
{
    /// <summary>Users of one document: more are individuals of entities.</summary>
    public const int MaxUsers = 10_000;

    internal const string Document = "local-users";

    private const string Author = "UserManagement";

    private readonly PortalDirectory _directory;
    private readonly IReadOnlySet<string> _configured;
    private readonly PasswordCheck _check = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private volatile Dictionary<string, StoredUser> _users;

    /// <param name="configured">Names that users of the configuration have.</param>
    /// <exception cref="DirectoryException">What is stored was written by a newer server, or by none.</exception>
    public DirectoryUsers(PortalDirectory directory, IReadOnlySet<string> configured)
    {
        _directory = directory;
        _configured = configured;
        _users = Load(directory).ToDictionary(static user => user.Name, StringComparer.Ordinal);
        foreach (var user in _users.Values) _check.Know(HashOf(user)!);
    }

    private sealed record StoredUser(string Name, string PasswordHash, UserConfigurationMask Configuration, string? Description)
    {
        public ManagedUser Managed { get; } = new(Name, Configuration, Description);
    }

    public PasswordRules Rules { get; init; } = new();

    public IReadOnlyCollection<ManagedUser> Users => [.. _users.Values.Select(static user => user.Managed)];

    public bool TryGet(string name, [NotNullWhen(true)] out ManagedUser? user)
    {
        // An individual who came to have the name stands before a user of no entity.
        user = _directory.Tables.IndividualOfUserName(name) is null ? _users.GetValueOrDefault(name)?.Managed : null;
        return user is not null;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) =>
        await _check.MatchesAsync(_users.TryGetValue(userName, out var user) ? HashOf(user) : null, password, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<StatusCode> AddAsync(ManagedUser user, ReadOnlyMemory<byte> password, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(user);
        // Whose name it is elsewhere would lose the log-in to this one.
        if (_configured.Contains(user.Name) || _directory.Tables.IndividualOfUserName(user.Name) is not null) return StatusCodes.BadAlreadyExists;
        var hash = await HashAsync(password).ConfigureAwait(false);
        return await ChangeAsync(users =>
        {
            if (users.ContainsKey(user.Name)) return StatusCodes.BadAlreadyExists;
            if (users.Count >= MaxUsers) return StatusCodes.BadResourceUnavailable;
            users[user.Name] = new StoredUser(user.Name, hash, user.Configuration, user.Description);
            return StatusCodes.Good;
        }, $"The user {user.Name} was added.", cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<StatusCode> ReplaceAsync(ManagedUser user, ReadOnlyMemory<byte>? password, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(user);
        var hash = password is { } given ? await HashAsync(given).ConfigureAwait(false) : null;
        return await ChangeAsync(users =>
        {
            if (!users.TryGetValue(user.Name, out var old)) return StatusCodes.BadNotFound;
            users[user.Name] = new StoredUser(user.Name, hash ?? old.PasswordHash, user.Configuration, user.Description);
            return StatusCodes.Good;
        }, $"The user {user.Name} was modified.", cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<StatusCode> RemoveAsync(string name, CancellationToken cancellation) =>
        ChangeAsync(users => users.Remove(name) ? StatusCodes.Good : StatusCodes.BadNotFound, $"The user {name} was removed.", cancellation);

    // Stored before it is in force.
    private async ValueTask<StatusCode> ChangeAsync(Func<Dictionary<string, StoredUser>, StatusCode> change, string reason, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var changed = new Dictionary<string, StoredUser>(_users, StringComparer.Ordinal);
            var status = change(changed);
            if (status.IsBad) return status;
            await _directory.ApplyAsync([new DirectoryDocument(Document, JsonSerializer.Serialize(changed.Values.Select(Written.Of), DirectoryRoles.Json))], Author, reason, cancellation).ConfigureAwait(false);
            _users = changed;
            return status;
        }
        finally
        {
            _writing.Release();
        }
    }

    // Off the thread that serves the connection: it takes some tenths of a second.
    private static Task<string> HashAsync(ReadOnlyMemory<byte> password) => Task.Run(() => PasswordHash.Create(password.Span).Write());

    private static PasswordHash? HashOf(StoredUser user) => PasswordHash.TryParse(user.PasswordHash, out var hash) ? hash : null;

    private static List<StoredUser> Load(PortalDirectory directory)
    {
        if (!directory.Tables.Documents.TryGetValue(Document, out var stored)) return [];
        try
        {
            var written = JsonSerializer.Deserialize<Written[]>(stored.Json, DirectoryRoles.Json) ?? [];
            return [.. written.Select(static user => PasswordHash.TryParse(user.PasswordHash, out _) ? user.ToUser() : throw new JsonException($"The user {user.Name} has no password hash."))];
        }
        catch (JsonException malformed)
        {
            throw new DirectoryException($"The local users in the directory cannot be read: {malformed.Message}", malformed);
        }
    }

    public void Dispose()
    {
        _check.Dispose();
        _writing.Dispose();
    }

    // The form in the store.
    private sealed record Written(string Name, string PasswordHash, UserConfigurationMask Configuration, string? Description)
    {
        public static Written Of(StoredUser user) => new(user.Name, user.PasswordHash, user.Configuration, user.Description);
        public StoredUser ToUser() => new(Name, PasswordHash, Configuration, Description);
    }
}
