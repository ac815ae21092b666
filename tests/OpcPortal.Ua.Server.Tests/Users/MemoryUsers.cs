using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Users in memory, their passwords unhashed: for tests alone.</summary>
internal sealed class MemoryUsers(PasswordRules? rules = null) : IUserStore
{
    private readonly ConcurrentDictionary<string, (ManagedUser User, byte[] Password)> _users = new(StringComparer.Ordinal);

    public PasswordRules Rules { get; } = rules ?? new PasswordRules { MinLength = 5 };
    public IReadOnlyCollection<ManagedUser> Users => [.. _users.Values.Select(static u => u.User)];

    public MemoryUsers With(string name, string password, UserConfigurationMask configuration = UserConfigurationMask.None)
    {
        _users[name] = (new ManagedUser(name, configuration), System.Text.Encoding.UTF8.GetBytes(password));
        return this;
    }

    public bool TryGet(string name, [NotNullWhen(true)] out ManagedUser? user)
    {
        var isKnown = _users.TryGetValue(name, out var found);
        user = isKnown ? found.User : null;
        return isKnown;
    }

    public ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) =>
        ValueTask.FromResult(_users.TryGetValue(userName, out var user) && password.Span.SequenceEqual(user.Password));

    public ValueTask<StatusCode> AddAsync(ManagedUser user, ReadOnlyMemory<byte> password, CancellationToken cancellation) =>
        ValueTask.FromResult<StatusCode>(_users.TryAdd(user.Name, (user, password.ToArray())) ? StatusCodes.Good : StatusCodes.BadAlreadyExists);

    public ValueTask<StatusCode> ReplaceAsync(ManagedUser user, ReadOnlyMemory<byte>? password, CancellationToken cancellation)
    {
        if (!_users.TryGetValue(user.Name, out var old)) return ValueTask.FromResult<StatusCode>(StatusCodes.BadNotFound);
        _users[user.Name] = (user, password?.ToArray() ?? old.Password);
        return ValueTask.FromResult<StatusCode>(StatusCodes.Good);
    }

    public ValueTask<StatusCode> RemoveAsync(string name, CancellationToken cancellation) =>
        ValueTask.FromResult<StatusCode>(_users.TryRemove(name, out _) ? StatusCodes.Good : StatusCodes.BadNotFound);
}
