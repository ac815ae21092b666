using System.Security.Cryptography;

namespace OpcPortal.Ua.Security;

/// <summary>Signs and encrypts chunks in one direction with the keys of one token. Used by one thread at a time. Part 6 6.7.</summary>
public interface IChunkProtector : IDisposable
{
    /// <summary>Bytes of the signature; 0 without one.</summary>
    int SignatureLength { get; }

    /// <summary>Bytes that what is encrypted must be a multiple of; 1 where nothing is encrypted.</summary>
    int BlockLength { get; }

    /// <summary>Whether chunks are encrypted, and so padded.</summary>
    bool Encrypts { get; }

    void Sign(ReadOnlySpan<byte> data, Span<byte> signature);

    /// <summary>Compares in constant time.</summary>
    bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);

    /// <param name="data">A multiple of <see cref="BlockLength"/>.</param>
    void EncryptInPlace(Span<byte> data);

    /// <returns>False where the length is no multiple of <see cref="BlockLength"/>.</returns>
    bool TryDecryptInPlace(Span<byte> data);
}

/// <summary>Makes the protector for a policy and a mode.</summary>
public static class ChunkProtector
{
    /// <summary>No protection: mode None.</summary>
    public static IChunkProtector None { get; } = new NoProtection();

    /// <param name="keys">Taken over: disposed with the protector.</param>
    public static IChunkProtector Create(MessageSecurityMode mode, ChannelKeys keys) => new AesHmacProtector(keys, mode == MessageSecurityMode.SignAndEncrypt);

    private sealed class NoProtection : IChunkProtector
    {
        public int SignatureLength => 0;
        public int BlockLength => 1;
        public bool Encrypts => false;
        public void Sign(ReadOnlySpan<byte> data, Span<byte> signature) { }
        public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => true;
        public void EncryptInPlace(Span<byte> data) { }
        public bool TryDecryptInPlace(Span<byte> data) => true;
        public void Dispose() { }
    }

    // HMAC-SHA256 and AES-CBC, which all the RSA policies share.
    private sealed class AesHmacProtector : IChunkProtector
    {
        private readonly ChannelKeys _keys;
        private readonly IncrementalHash _hmac;
        private readonly Aes? _aes;

        public AesHmacProtector(ChannelKeys keys, bool encrypts)
        {
            _keys = keys;
            _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.Signing);
            if (!encrypts) return;
            _aes = Aes.Create();
            _aes.Key = keys.Encryption;
        }

        public int SignatureLength => HMACSHA256.HashSizeInBytes;
        public int BlockLength => Encrypts ? 16 : 1;
        public bool Encrypts => _aes is not null;

        public void Sign(ReadOnlySpan<byte> data, Span<byte> signature)
        {
            _hmac.AppendData(data);
            _hmac.GetHashAndReset(signature);
        }

        public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        {
            Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
            Sign(data, expected);
            return CryptographicOperations.FixedTimeEquals(expected, signature);
        }

        public void EncryptInPlace(Span<byte> data) => _aes?.EncryptCbc(data, _keys.InitializationVector, data, PaddingMode.None);

        public bool TryDecryptInPlace(Span<byte> data)
        {
            if (data.Length % BlockLength != 0) return false;
            _aes?.DecryptCbc(data, _keys.InitializationVector, data, PaddingMode.None);
            return true;
        }

        public void Dispose()
        {
            _hmac.Dispose();
            _aes?.Dispose();
            _keys.Dispose();
        }
    }
}
