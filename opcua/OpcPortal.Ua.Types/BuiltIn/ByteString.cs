namespace OpcPortal.Ua;

/// <summary>A sequence of octets; null is not empty. Part 6 5.1.2 and 5.2.2.7. The array handed in is not copied: treat it as immutable.</summary>
public readonly struct ByteString(byte[]? bytes) : IEquatable<ByteString>
{
    public byte[]? Bytes { get; } = bytes;

    public static ByteString Empty => new([]);

    public bool IsNull => Bytes is null;
    public bool IsNullOrEmpty => Bytes is null or { Length: 0 };
    public int Length => Bytes?.Length ?? 0;
    public ReadOnlySpan<byte> Span => Bytes;

    public bool Equals(ByteString other) => IsNull == other.IsNull && Span.SequenceEqual(other.Span);
    public override bool Equals(object? obj) => obj is ByteString other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    public static bool operator ==(ByteString left, ByteString right) => left.Equals(right);
    public static bool operator !=(ByteString left, ByteString right) => !left.Equals(right);
    public static implicit operator ByteString(byte[]? bytes) => new(bytes);

    public override string ToString() => Bytes is null ? "" : Convert.ToHexString(Bytes);
}
