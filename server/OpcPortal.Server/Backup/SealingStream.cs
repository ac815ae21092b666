using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OpcPortal.Server;

/// <summary>
/// Seals what is written in chunks of one size, each with AES-256-GCM (NIST SP 800-38D). The nonce of a chunk is its place and whether it is the last, so that none can be changed,
/// moved, left out, doubled or cut off unseen.
/// </summary>
internal sealed class SealingStream : Stream
{
    /// <summary>Bytes of a chunk before it is sealed: what memory holds, and what one tag of 16 bytes protects.</summary>
    public const int ChunkSize = 64 * 1024;

    public const int TagSize = 16;
    public const int NonceSize = 12;

    private readonly Stream _inner;
    private readonly SealedHeader _header;
    private readonly AesGcm _cipher;
    private readonly byte[] _plain = new byte[ChunkSize];
    private readonly byte[] _sealed = new byte[ChunkSize + TagSize];
    private int _filled;
    private long _place;
    private bool _isComplete;

    /// <param name="inner">Gets the head and the chunks; stays its owner's.</param>
    public SealingStream(Stream inner, BackupKey key, SealedHeader header)
    {
        _inner = inner;
        _header = header;
        var bytes = key.SealingKey(header.Salt);
        _cipher = new AesGcm(bytes, TagSize);
        CryptographicOperations.ZeroMemory(bytes);
        inner.Write(header.Bytes);
    }

    public static void WriteNonce(Span<byte> nonce, long place, bool isLast)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce, place);
        nonce[^1] = isLast ? (byte)1 : (byte)0;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            // A full chunk waits for what follows: only then it is known not to be the last.
            if (_filled == ChunkSize) Seal(isLast: false);
            var count = Math.Min(buffer.Length, ChunkSize - _filled);
            buffer[..count].CopyTo(_plain.AsSpan(_filled));
            _filled += count;
            buffer = buffer[count..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Seals the last chunk: without it, what was written is no backup.</summary>
    public void Complete()
    {
        if (_isComplete) return;
        _isComplete = true;
        Seal(isLast: true);
    }

    private void Seal(bool isLast)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, _place++, isLast);
        _cipher.Encrypt(nonce, _plain.AsSpan(0, _filled), _sealed.AsSpan(0, _filled), _sealed.AsSpan(_filled, TagSize), _header.Bytes);
        _inner.Write(_sealed, 0, _filled + TagSize);
        _filled = 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _cipher.Dispose();
        CryptographicOperations.ZeroMemory(_plain);
        base.Dispose(disposing);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
        // What is sealed is whole chunks.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
