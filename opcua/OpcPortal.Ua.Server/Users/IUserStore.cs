using System.Diagnostics.CodeAnalysis;

namespace OpcPortal.Ua.Server;

/// <summary>A user whom clients manage. Part 18 5.2.4 (UserManagementDataType).</summary>
public sealed record ManagedUser(string Name, UserConfigurationMask Configuration = UserConfigurationMask.None, string? Description = null)
{
    public bool Has(UserConfigurationMask flag) => (Configuration & flag) == flag;
}

/// <summary>What passwords must be like. Part 18 5.2.1 (PasswordLength, PasswordRestrictions), 5.2.2 (PasswordOptionsMask).</summary>
public sealed record PasswordRules
{
    /// <summary>Characters at least. Default 12: NIST SP 800-63B asks for 8, and for 15 where the password is all there is.</summary>
    public int MinLength { get; init; } = 12;

    /// <summary>Characters at most. Default 128: a phrase fits, and hashing stays cheap.</summary>
    public int MaxLength { get; init; } = 128;

    public bool RequiresUpperCase { get; init; }
    public bool RequiresLowerCase { get; init; }
    public bool RequiresDigit { get; init; }
    public bool RequiresSpecial { get; init; }

    /// <summary>For people; null where length and characters are all there is to say.</summary>
    public LocalizedText? Restrictions { get; init; }
}

/// <summary>
/// Keeps users and verifies their passwords. That a user is disabled, or may not change the password, is seen to by the server. Thread-safe.
/// </summary>
public interface IUserStore : IPasswordVerifier
{
    PasswordRules Rules { get; }

    /// <summary>All users now.</summary>
    IReadOnlyCollection<ManagedUser> Users { get; }

    /// <summary>Asked at each renewal of rights: returns at once.</summary>
    bool TryGet(string name, [NotNullWhen(true)] out ManagedUser? user);

    /// <summary>Keeps a new user, durably.</summary>
    /// <param name="password">UTF-8; hashed here, not kept.</param>
    /// <returns>Good; BadAlreadyExists; BadResourceUnavailable where no more can be kept.</returns>
    ValueTask<StatusCode> AddAsync(ManagedUser user, ReadOnlyMemory<byte> password, CancellationToken cancellation);

    /// <summary>Changes a user as a whole, durably.</summary>
    /// <param name="password">UTF-8; null: stays as it is.</param>
    /// <returns>Good; BadNotFound.</returns>
    ValueTask<StatusCode> ReplaceAsync(ManagedUser user, ReadOnlyMemory<byte>? password, CancellationToken cancellation);

    /// <returns>Good; BadNotFound.</returns>
    ValueTask<StatusCode> RemoveAsync(string name, CancellationToken cancellation);
}
