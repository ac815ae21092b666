namespace OpcPortal.Ua.Server;

/// <summary>A user whose token was found good. Part 4 7.40.</summary>
/// <param name="TokenType">How the user was recognised.</param>
/// <param name="Name">The user name, or the subject of the certificate; null for Anonymous.</param>
/// <param name="CertificateThumbprint">SHA-1 of the user's certificate in upper-case hexadecimal, as rules name it; null without one. Part 18 4.4.3 (Thumbprint).</param>
/// <param name="CertificateHash">SHA-256 of the user's certificate in upper-case hexadecimal; null without one.</param>
public sealed record UserIdentity(UserTokenType TokenType, string? Name = null, string? CertificateThumbprint = null, string? CertificateHash = null)
{
    /// <summary>The subject of the user's certificate as rules name it; null without one. Part 18 4.4.3 (X509Subject).</summary>
    public string? SubjectCriterion { get; init; }

    /// <summary>The subject of whoever issued the user's certificate, as rules name it; null without one.</summary>
    public string? IssuerCriterion { get; init; }

    public static UserIdentity Anonymous { get; } = new(UserTokenType.Anonymous);

    /// <summary>Whether two activations are by one and the same user: what a move of a session or subscription asks for.</summary>
    public bool IsSameUser(UserIdentity? other) => Equals(other);
}

/// <summary>Knows the users' passwords.</summary>
public interface IPasswordVerifier
{
    /// <summary>
    /// Checks a password. Takes as long for a user that does not exist as for one that does, so that the time tells nothing.
    /// </summary>
    /// <param name="password">UTF-8; not kept, zeroed by the caller.</param>
    ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation);
}

/// <summary>No user has a password: what holds where none is configured.</summary>
public sealed class NoPasswords : IPasswordVerifier
{
    public ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) => ValueTask.FromResult(false);
}
