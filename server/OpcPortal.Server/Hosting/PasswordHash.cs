using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Konscious.Security.Cryptography;

namespace OpcPortal.Server;

/// <summary>How a password becomes a hash.</summary>
internal enum PasswordScheme
{
    Pbkdf2,
    Argon2id,
}

/// <summary>
/// A password as it is kept. New ones are Argon2id (RFC 9106) in the form that its tools share, <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>; PBKDF2 with SHA-256 (NIST SP 800-132),
/// <c>pbkdf2-sha256$iterations$salt$hash</c>, stays valid. Salt and hash are Base64.
/// </summary>
public sealed class PasswordHash
{
    /// <summary>OWASP's advice for PBKDF2 with SHA-256: a guess costs an attacker what it costs us, some tenths of a second.</summary>
    public const int DefaultIterations = 600_000;

    /// <summary>More would let a line of a configuration stop the server at each log-in.</summary>
    public const int MaxIterations = 20_000_000;

    /// <summary>OWASP's advice for Argon2id: 19 MiB, gone through twice, which a graphics card cannot do many of at once.</summary>
    private static readonly Argon2Cost DefaultCost = new(19_456, 2, 1);

    private const string Pbkdf2Name = "pbkdf2-sha256";
    private const string Argon2Name = "argon2id";
    private const string Argon2Version = "v=19";
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    private readonly byte[] _salt;
    private readonly byte[] _hash;
    private readonly int _iterations;
    private readonly Argon2Cost _cost;

    private PasswordHash(PasswordScheme scheme, int iterations, Argon2Cost cost, byte[] salt, byte[] hash)
    {
        Scheme = scheme;
        _iterations = iterations;
        _cost = cost;
        _salt = salt;
        _hash = hash;
    }

    internal PasswordScheme Scheme { get; }

    /// <summary>What a check costs, to be compared within a scheme.</summary>
    internal long Cost => Scheme == PasswordScheme.Pbkdf2 ? _iterations : (long)_cost.Memory * _cost.Passes;

    /// <summary>A new one, Argon2id.</summary>
    /// <param name="password">UTF-8, not empty.</param>
    public static PasswordHash Create(ReadOnlySpan<byte> password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new PasswordHash(PasswordScheme.Argon2id, 0, DefaultCost, salt, Argon2(password, salt, DefaultCost));
    }

    /// <summary>A new one, PBKDF2.</summary>
    /// <param name="password">UTF-8.</param>
    /// <param name="iterations">Fewer than the default only for passwords that are random themselves.</param>
    public static PasswordHash Create(ReadOnlySpan<byte> password, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new PasswordHash(PasswordScheme.Pbkdf2, iterations, default, salt, Pbkdf2(password, salt, iterations));
    }

    /// <summary>One that costs as much to check as another, and that no password has.</summary>
    internal static PasswordHash OfNobody(PasswordHash? like = null) =>
        new(like?.Scheme ?? PasswordScheme.Argon2id, like?._iterations ?? 0, like?._cost ?? DefaultCost, RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes));

    /// <summary>Reads the written form.</summary>
    /// <returns>False where it is none, or is cheaper to guess than OWASP advises.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out PasswordHash? hash)
    {
        var parts = text.Split('$');
        hash = parts switch
        {
            [Pbkdf2Name, var iterations, var salt, var derived] => ParsePbkdf2(iterations, salt, derived),
            ["", Argon2Name, Argon2Version, var cost, var salt, var derived] => ParseArgon2(cost, salt, derived),
            _ => null,
        };
        return hash is not null;
    }

    private static PasswordHash? ParsePbkdf2(string iterations, string salt, string derived)
    {
        if (!int.TryParse(iterations, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < DefaultIterations or > MaxIterations) return null;
        return TryDecode(salt, out var saltBytes) && TryDecode(derived, out var hash) && saltBytes.Length >= SaltBytes && hash.Length == HashBytes
            ? new PasswordHash(PasswordScheme.Pbkdf2, count, default, saltBytes, hash) : null;
    }

    private static PasswordHash? ParseArgon2(string cost, string salt, string derived)
    {
        if (!Argon2Cost.TryParse(cost, out var parsed)) return null;
        return TryDecode(Padded(salt), out var saltBytes) && TryDecode(Padded(derived), out var hash) && saltBytes.Length >= SaltBytes && hash.Length == HashBytes
            ? new PasswordHash(PasswordScheme.Argon2id, 0, parsed, saltBytes, hash) : null;
    }

    private static bool TryDecode(string base64, out byte[] bytes)
    {
        bytes = new byte[64];
        if (!Convert.TryFromBase64String(base64, bytes, out var length)) return false;
        Array.Resize(ref bytes, length);
        return true;
    }

    // The form that Argon2's tools share leaves the padding out.
    private static string Padded(string base64) => base64.PadRight((base64.Length + 3) / 4 * 4, '=');

    /// <summary>Whether it is the password's; takes the same time for each wrong one.</summary>
    public bool Matches(ReadOnlySpan<byte> password)
    {
        // No password is empty; Argon2id takes none that is, and it shall cost what others cost.
        var isEmpty = password.IsEmpty;
        if (isEmpty) password = "\0"u8;
        var derived = Scheme == PasswordScheme.Pbkdf2 ? Pbkdf2(password, _salt, _iterations) : Argon2(password, _salt, _cost);
        var isMatch = CryptographicOperations.FixedTimeEquals(derived, _hash);
        CryptographicOperations.ZeroMemory(derived);
        return isMatch && !isEmpty;
    }

    private static byte[] Pbkdf2(ReadOnlySpan<byte> password, byte[] salt, int iterations) => Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, HashBytes);

    private static byte[] Argon2(ReadOnlySpan<byte> password, byte[] salt, Argon2Cost cost)
    {
        var copy = password.ToArray();
        try
        {
            using var argon2 = new Argon2id(copy) { Salt = salt, MemorySize = cost.Memory, Iterations = cost.Passes, DegreeOfParallelism = cost.Lanes };
            return argon2.GetBytes(HashBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <summary>The written form.</summary>
    public string Write() => Scheme == PasswordScheme.Pbkdf2
        ? string.Create(CultureInfo.InvariantCulture, $"{Pbkdf2Name}${_iterations}${Convert.ToBase64String(_salt)}${Convert.ToBase64String(_hash)}")
        : $"${Argon2Name}${Argon2Version}${_cost}${Convert.ToBase64String(_salt).TrimEnd('=')}${Convert.ToBase64String(_hash).TrimEnd('=')}";

    /// <summary>Says nothing of the password.</summary>
    public override string ToString() => Scheme == PasswordScheme.Pbkdf2 ? Pbkdf2Name : Argon2Name;

    /// <summary>What a check costs. RFC 9106 3.1.</summary>
    /// <param name="Memory">KiB.</param>
    /// <param name="Passes">How often the memory is gone through.</param>
    /// <param name="Lanes">Threads at once.</param>
    private readonly record struct Argon2Cost(int Memory, int Passes, int Lanes)
    {
        // OWASP's lists go down to 7 MiB gone through five times; more than 256 MiB or 16 passes would let a line of a configuration stop the server at each log-in.
        private const int MinMemory = 7_168;
        private const int MaxMemory = 262_144;
        private const int MinMemoryPasses = 5 * MinMemory;
        private const int MaxPasses = 16;
        private const int MaxLanes = 4;

        public static bool TryParse(string text, out Argon2Cost cost)
        {
            cost = default;
            var parts = text.Split(',');
            if (parts.Length != 3 || !TryNumber(parts[0], "m=", MinMemory, MaxMemory, out var memory) || !TryNumber(parts[1], "t=", 1, MaxPasses, out var passes) || !TryNumber(parts[2], "p=", 1, MaxLanes, out var lanes)) return false;
            cost = new Argon2Cost(memory, passes, lanes);
            return memory * passes >= MinMemoryPasses;
        }

        private static bool TryNumber(string text, string name, int min, int max, out int number)
        {
            number = 0;
            return text.StartsWith(name, StringComparison.Ordinal) && int.TryParse(text.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= min && number <= max;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"m={Memory},t={Passes},p={Lanes}");
    }
}
