using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace OpcPortal.Server;

/// <summary>
/// A password as it is kept: PBKDF2 with SHA-256 (NIST SP 800-132), written <c>pbkdf2-sha256$iterations$salt$hash</c> with salt and hash in Base64.
/// </summary>
public sealed class PasswordHash
{
    /// <summary>OWASP's advice for PBKDF2 with SHA-256: a guess costs an attacker what it costs us, some tenths of a second.</summary>
    public const int DefaultIterations = 600_000;

    /// <summary>More would let a line of a configuration stop the server at each log-in.</summary>
    public const int MaxIterations = 20_000_000;

    private const string Scheme = "pbkdf2-sha256";
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    /// <summary>How often the function was applied: what a check costs.</summary>
    internal int Iterations => _iterations;

    private readonly int _iterations;
    private readonly byte[] _salt;
    private readonly byte[] _hash;

    private PasswordHash(int iterations, byte[] salt, byte[] hash)
    {
        _iterations = iterations;
        _salt = salt;
        _hash = hash;
    }

    /// <param name="password">UTF-8.</param>
    /// <param name="iterations">Fewer than the default only for passwords that are random themselves.</param>
    public static PasswordHash Create(ReadOnlySpan<byte> password, int iterations = DefaultIterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new PasswordHash(iterations, salt, Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, HashBytes));
    }

    /// <summary>Reads the written form.</summary>
    /// <returns>False where it is none, or has fewer than <see cref="DefaultIterations"/>.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out PasswordHash? hash)
    {
        hash = null;
        var parts = text.Split('$');
        if (parts.Length != 4 || parts[0] != Scheme) return false;
        if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < DefaultIterations or > MaxIterations) return false;
        var salt = new byte[64];
        var derived = new byte[64];
        if (!Convert.TryFromBase64String(parts[2], salt, out var saltLength) || saltLength < SaltBytes) return false;
        if (!Convert.TryFromBase64String(parts[3], derived, out var hashLength) || hashLength != HashBytes) return false;
        hash = new PasswordHash(iterations, salt[..saltLength], derived[..hashLength]);
        return true;
    }

    /// <summary>Whether it is the password's; takes the same time for each wrong one.</summary>
    public bool Matches(ReadOnlySpan<byte> password)
    {
        Span<byte> derived = stackalloc byte[HashBytes];
        Rfc2898DeriveBytes.Pbkdf2(password, _salt, derived, _iterations, HashAlgorithmName.SHA256);
        return CryptographicOperations.FixedTimeEquals(derived, _hash);
    }

    /// <summary>The written form.</summary>
    public string Write() => string.Create(CultureInfo.InvariantCulture, $"{Scheme}${_iterations}${Convert.ToBase64String(_salt)}${Convert.ToBase64String(_hash)}");

    /// <summary>Says nothing of the password.</summary>
    public override string ToString() => Scheme;
}
