using System.Security.Cryptography;

namespace OpcPortal.Server;

/// <summary>Reads what <see cref="SealingStream"/> wrote: nothing of a chunk is given before the whole of it is known to be right.</summary>
internal sealed class UnsealingStream : Stream
{
    private readonly Stream _inner;
    private readonly SealedHeader _header;
    private readonly AesGcm _cipher;
    private readonly byte[] _plain = new byte[SealingStream.ChunkSize];
    private byte[] _next = new byte[SealingStream.ChunkSize + SealingStream.TagSize];
    private byte[] _current = new byte[SealingStream.ChunkSize + SealingStream.TagSize];
    private int _nextLength;
    private int _start;
    private int _end;
    private long _place;
    private bool _isLast;

    /// <param name="inner">Behind the head; stays its owner's.</param>
    public UnsealingStream(Stream inner, BackupKey key, SealedHeader header)
    {
        _inner = inner;
        _header = header;
        var bytes = key.SealingKey(header.Salt);
        _cipher = new AesGcm(bytes, SealingStream.TagSize);
        CryptographicOperations.ZeroMemory(bytes);
        _nextLength = inner.ReadAtLeast(_next, _next.Length, throwOnEndOfStream: false);
    }

    /// <exception cref="BackupException">A chunk is not what was written.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_start == _end)
        {
            if (_isLast) return 0;
            Unseal();
        }

        var count = Math.Min(buffer.Length, _end - _start);
        _plain.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    private void Unseal()
    {
        (_current, _next) = (_next, _current);
        var length = _nextLength;
        _nextLength = length == _current.Length ? _inner.ReadAtLeast(_next, _next.Length, throwOnEndOfStream: false) : 0;
        _isLast = _nextLength == 0;
        if (length < SealingStream.TagSize) throw Wrong();
        (_start, _end) = (0, length - SealingStream.TagSize);
        Span<byte> nonce = stackalloc byte[SealingStream.NonceSize];
        SealingStream.WriteNonce(nonce, _place, _isLast);
        try
        {
            _cipher.Decrypt(nonce, _current.AsSpan(0, _end), _current.AsSpan(_end, SealingStream.TagSize), _plain.AsSpan(0, _end), _header.Bytes);
        }
        catch (AuthenticationTagMismatchException)
        {
            _end = 0;
            throw Wrong();
        }

        _place++;
    }

    private BackupException Wrong() => new($"The backup was changed or cut off: the {SealingStream.ChunkSize / 1024} KiB from byte {SealedHeader.Size + (_place * _current.Length)} on are not what was written.");

    protected override void Dispose(bool disposing)
    {
        if (disposing) _cipher.Dispose();
        CryptographicOperations.ZeroMemory(_plain);
        base.Dispose(disposing);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
        // There is nothing to write.
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
