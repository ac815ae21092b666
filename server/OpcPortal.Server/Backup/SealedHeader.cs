using System.Security.Cryptography;

namespace OpcPortal.Server;

/// <summary>The head of a backup, in clear: what it is, with which key it was sealed, and the salt of its own keys. Every chunk is bound to it.</summary>
internal readonly struct SealedHeader
{
    public const int Size = 8 + BackupKey.IdSize + BackupKey.SaltSize;

    // The last character is the version of the form.
    private static ReadOnlySpan<byte> Magic => "OPCPBAK1"u8;

    private readonly byte[] _bytes;

    private SealedHeader(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Bytes => _bytes;
    public ReadOnlySpan<byte> Salt => _bytes.AsSpan(8 + BackupKey.IdSize);
    public string KeyId => Convert.ToHexStringLower(_bytes.AsSpan(8, BackupKey.IdSize));

    public static SealedHeader New(BackupKey key)
    {
        var bytes = new byte[Size];
        Magic.CopyTo(bytes);
        Convert.FromHexString(key.Id).CopyTo(bytes, 8);
        RandomNumberGenerator.Fill(bytes.AsSpan(8 + BackupKey.IdSize));
        return new SealedHeader(bytes);
    }

    /// <exception cref="BackupException">It is no backup, or was sealed with another key.</exception>
    public static SealedHeader Read(Stream stream, BackupKey key)
    {
        var bytes = new byte[Size];
        if (stream.ReadAtLeast(bytes, Size, throwOnEndOfStream: false) < Size || !bytes.AsSpan().StartsWith(Magic[..^1])) throw new BackupException("This is no backup of a portal server.");
        if (!bytes.AsSpan().StartsWith(Magic)) throw new BackupException("This backup has a form that this server does not know: use a newer server.");
        var header = new SealedHeader(bytes);
        if (header.KeyId != key.Id) throw new BackupException($"The backup was sealed with the key {header.KeyId}, and the one given is {key.Id}.");
        return header;
    }
}
