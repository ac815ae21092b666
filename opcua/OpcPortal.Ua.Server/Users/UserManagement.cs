using System.Security.Cryptography;
using System.Text;

namespace OpcPortal.Ua.Server;

/// <summary>
/// The rules of user management over whatever keeps the users: what may be asked, what passwords must be like, who may not be touched. One change at a time. Part 18 5.2.
/// </summary>
/// <param name="throttle">Slows down who guesses the old password of a session that was left open.</param>
/// <param name="changed">Asks sessions and subscriptions anew: those of who is gone or disabled end.</param>
public sealed class UserManagement(IUserStore store, LoginThrottle throttle, Action changed)
{
    /// <summary>Characters of a description: a line.</summary>
    public const int MaxDescriptionLength = 256;

    private const UserConfigurationMask Known =
        UserConfigurationMask.NoDelete | UserConfigurationMask.Disabled | UserConfigurationMask.NoChangeByUser | UserConfigurationMask.MustChangePassword;

    private readonly SemaphoreSlim _gate = new(1, 1);

    public IUserStore Store => store;

    /// <summary>Part 18 5.2.5.</summary>
    /// <returns>Good; BadAlreadyExists; BadOutOfRange: the password; BadInvalidArgument: the name or description; BadNotSupported, BadConfigurationError: the configuration; BadResourceUnavailable.</returns>
    public async ValueTask<StatusCode> AddAsync(string? name, string? password, UserConfigurationMask configuration, string? description, CancellationToken cancellation)
    {
        if (!IsName(name) || description?.Length > MaxDescriptionLength) return StatusCodes.BadInvalidArgument;
        var status = Check(configuration);
        if (status.IsGood) status = Check(password);
        if (status.IsBad) return status;
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (store.TryGet(name!, out _)) return StatusCodes.BadAlreadyExists;
            return await WithBytes(password!, bytes => store.AddAsync(new ManagedUser(name!, configuration, description), bytes, cancellation)).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>What a modification leaves as it is, is null. Part 18 5.2.6.</summary>
    /// <returns>Good; BadNotFound; BadOutOfRange; BadInvalidArgument; BadNotSupported; BadConfigurationError; BadInvalidSelfReference: nobody disables himself.</returns>
    public async ValueTask<StatusCode> ModifyAsync(
        AccessContext who, string? name, string? password, UserConfigurationMask? configuration, string? description, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(who);
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (name is null || !store.TryGet(name, out var user)) return StatusCodes.BadNotFound;
            if (description?.Length > MaxDescriptionLength) return StatusCodes.BadInvalidArgument;
            var status = configuration is { } wanted ? Check(wanted) : StatusCodes.Good;
            if (status.IsGood && password is not null) status = Check(password);
            if (status.IsBad) return status;
            if (IsSelf(who, name) && configuration?.HasFlag(UserConfigurationMask.Disabled) == true) return StatusCodes.BadInvalidSelfReference;
            var modified = user with { Configuration = configuration ?? user.Configuration, Description = description ?? user.Description };
            status = password is null
                ? await store.ReplaceAsync(modified, null, cancellation).ConfigureAwait(false)
                : await WithBytes(password, bytes => store.ReplaceAsync(modified, bytes, cancellation)).ConfigureAwait(false);
            if (status.IsGood) changed();
            return status;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Part 18 5.2.7.</summary>
    /// <returns>Good; BadNotFound; BadNotSupported: NoDelete; BadInvalidSelfReference.</returns>
    public async ValueTask<StatusCode> RemoveAsync(AccessContext who, string? name, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(who);
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (name is null || !store.TryGet(name, out var user)) return StatusCodes.BadNotFound;
            if (IsSelf(who, name)) return StatusCodes.BadInvalidSelfReference;
            if (user.Has(UserConfigurationMask.NoDelete)) return StatusCodes.BadNotSupported;
            var status = await store.RemoveAsync(name, cancellation).ConfigureAwait(false);
            if (status.IsGood) changed();
            return status;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A user's own change. The session goes on with what it had: to have the user's roles it is activated anew. Part 18 5.2.8.</summary>
    /// <returns>Good; BadInvalidState: no user with a password; BadNotSupported: NoChangeByUser, or not managed here; BadIdentityTokenInvalid: the old one is wrong; BadAlreadyExists: the new one is the old; BadOutOfRange.</returns>
    public async ValueTask<StatusCode> ChangePasswordAsync(AccessContext who, string? oldPassword, string? newPassword, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(who);
        if (who.Identity is not { TokenType: UserTokenType.UserName, Name: { } name }) return StatusCodes.BadInvalidState;
        // Whose password is kept elsewhere cannot change it here.
        if (!store.TryGet(name, out _)) return StatusCodes.BadNotSupported;
        // By session: who guesses here has one already, and hinders nobody else.
        var place = who.SessionId.ToString();
        if (!await throttle.WaitAsync(name, place, cancellation).ConfigureAwait(false)) return StatusCodes.BadIdentityTokenInvalid;
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!store.TryGet(name, out var user)) return StatusCodes.BadInvalidState;
            if (user.Has(UserConfigurationMask.NoChangeByUser)) return StatusCodes.BadNotSupported;
            if (!await IsPassword(name, oldPassword, cancellation).ConfigureAwait(false))
            {
                throttle.Failed(name, place);
                return StatusCodes.BadIdentityTokenInvalid;
            }

            throttle.Succeeded(name, place);
            if (newPassword == oldPassword) return StatusCodes.BadAlreadyExists;
            var status = Check(newPassword);
            if (status.IsBad) return status;
            var modified = user with { Configuration = user.Configuration & ~UserConfigurationMask.MustChangePassword };
            return await WithBytes(newPassword!, bytes => store.ReplaceAsync(modified, bytes, cancellation)).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Whether a password is as the rules want it.</summary>
    /// <returns>Good or BadOutOfRange.</returns>
    public StatusCode Check(string? password)
    {
        var rules = store.Rules;
        return password is not null && password.Length >= rules.MinLength && password.Length <= rules.MaxLength
            && (!rules.RequiresUpperCase || password.Any(char.IsUpper)) && (!rules.RequiresLowerCase || password.Any(char.IsLower))
            && (!rules.RequiresDigit || password.Any(char.IsDigit)) && (!rules.RequiresSpecial || password.Any(static c => !char.IsLetterOrDigit(c)))
            ? StatusCodes.Good
            : StatusCodes.BadOutOfRange;
    }

    // Part 18 5.2.3: who must change the password must be able to.
    private static StatusCode Check(UserConfigurationMask configuration)
    {
        if ((configuration & ~Known) != 0) return StatusCodes.BadNotSupported;
        const UserConfigurationMask Contradiction = UserConfigurationMask.MustChangePassword | UserConfigurationMask.NoChangeByUser;
        return (configuration & Contradiction) == Contradiction ? StatusCodes.BadConfigurationError : StatusCodes.Good;
    }

    private static bool IsName(string? name) => name is { Length: > 0 and <= IdentityTokenVerifier.MaxUserNameLength } && !name.Any(char.IsControl);

    private static bool IsSelf(AccessContext who, string name) => who.Identity.TokenType == UserTokenType.UserName && who.Identity.Name == name;

    private async ValueTask<bool> IsPassword(string name, string? password, CancellationToken cancellation)
    {
        var bytes = Encoding.UTF8.GetBytes(password ?? "");
        try
        {
            return await store.VerifyAsync(name, bytes, cancellation).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static async ValueTask<StatusCode> WithBytes(string password, Func<byte[], ValueTask<StatusCode>> use)
    {
        var bytes = Encoding.UTF8.GetBytes(password);
        try
        {
            return await use(bytes).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
