namespace OpcPortal.Ua.Server;

/// <summary>
/// Passwords of users whom clients manage, and of others. Both are asked whoever it is: the time tells nothing of where a user is kept.
/// </summary>
internal sealed class UserPasswords(IUserStore managed, IPasswordVerifier others) : IPasswordVerifier
{
    public async ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation)
    {
        var isManagedOnes = await managed.VerifyAsync(userName, password, cancellation).ConfigureAwait(false);
        var isOthers = await others.VerifyAsync(userName, password, cancellation).ConfigureAwait(false);
        return managed.TryGet(userName, out _) ? isManagedOnes : isOthers;
    }
}
