using System.Security.Cryptography;
using System.Text;

namespace OpcPortal.Server;

/// <summary>
/// The key that backups are sealed with: 256 bits, kept outside of them. Each backup gets keys of its own, derived from this one and a random salt (HKDF, RFC 5869), so that no nonce is
/// ever used twice with a key.
/// </summary>
public sealed class BackupKey : IDisposable
{
    /// <summary>Bytes of a key. AES-256.</summary>
    public const int Size = 32;

    internal const int IdSize = 8;
    internal const int SaltSize = 32;

    private readonly byte[] _key;

    private BackupKey(byte[] key)
    {
        _key = key;
        Id = Convert.ToHexStringLower(Derive(salt: [], "opcportal backup key id", IdSize));
    }

    /// <summary>Tells keys apart and nothing of them: 16 hexadecimal digits, in the head of each backup.</summary>
    public string Id { get; }

    /// <summary>A new key, as the text of a file.</summary>
    public static string NewText()
    {
        Span<byte> key = stackalloc byte[Size];
        RandomNumberGenerator.Fill(key);
        var text = Convert.ToBase64String(key);
        CryptographicOperations.ZeroMemory(key);
        return text;
    }

    /// <summary>Reads a key from a text: 32 bytes in Base64 or as 64 hexadecimal digits.</summary>
    /// <returns>False: it is none. The text is not repeated anywhere.</returns>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out BackupKey? key)
    {
        key = null;
        var bytes = new byte[Size];
        text = text.Trim();
        var isKey = text.Length == 2 * Size && Convert.FromHexString(text, bytes, out _, out var written) == System.Buffers.OperationStatus.Done && written == Size;
        if (!isKey && (!Convert.TryFromBase64String(text, bytes, out written) || written != Size)) return false;
        key = new BackupKey(bytes);
        return true;
    }

    /// <summary>What the chunks of a backup are sealed with.</summary>
    internal byte[] SealingKey(ReadOnlySpan<byte> salt) => Derive(salt, "opcportal backup chunks", Size);

    /// <summary>The signature of a manifest. HMAC-SHA256, RFC 2104.</summary>
    internal byte[] Sign(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> manifest)
    {
        var key = Derive(salt, "opcportal backup manifest", Size);
        var signature = HMACSHA256.HashData(key, manifest);
        CryptographicOperations.ZeroMemory(key);
        return signature;
    }

    private byte[] Derive(ReadOnlySpan<byte> salt, string use, int size)
    {
        var derived = new byte[size];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, derived, salt, Encoding.ASCII.GetBytes(use));
        return derived;
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);
}
