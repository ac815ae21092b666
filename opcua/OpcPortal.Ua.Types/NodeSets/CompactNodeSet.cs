using System.Buffers.Binary;
using System.IO.Compression;

namespace OpcPortal.Ua.NodeSets;

/// <summary>
/// A NodeSet as bytes that are small and quick to read: a header, then the packed strings and nodes. The same NodeSet always gives the
/// same unpacked bytes.
/// </summary>
/// <remarks>
/// Header, 12 bytes: "UANS", version, packing (0 none, 1 Brotli), two zeros, the unpacked length as UInt32, little-endian. What follows is
/// written by <see cref="CompactNodeSetWriter"/>.
/// </remarks>
public static class CompactNodeSet
{
    internal const byte Version = 1;
    private const int HeaderLength = 12;
    private const byte Unpacked = 0, Brotli = 1;
    private static ReadOnlySpan<byte> Magic => "UANS"u8;

    /// <summary>Writes a NodeSet.</summary>
    /// <param name="pack">Whether to compress with Brotli: a fifth of the size for a few milliseconds at start.</param>
    /// <exception cref="CodecException">A value cannot be encoded.</exception>
    public static byte[] Write(NodeSet nodeSet, bool pack = true)
    {
        ArgumentNullException.ThrowIfNull(nodeSet);
        var content = CompactNodeSetWriter.Write(nodeSet);
        var body = pack ? Pack(content) : content;
        var bytes = new byte[HeaderLength + body.Length];
        Magic.CopyTo(bytes);
        bytes[4] = Version;
        bytes[5] = pack ? Brotli : Unpacked;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)content.Length);
        body.CopyTo(bytes.AsSpan(HeaderLength));
        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="source">What errors call it.</param>
    /// <exception cref="NodeSetException">The bytes are no compact NodeSet of this version, are malformed or exceed a limit.</exception>
    public static NodeSet Read(ReadOnlySpan<byte> bytes, string source = "compact NodeSet", NodeSetLimits? limits = null)
    {
        limits ??= NodeSetLimits.Default;
        try
        {
            return new CompactNodeSetReader(Unpack(bytes, limits), limits).Read();
        }
        catch (CodecException e)
        {
            throw new NodeSetException(source, 0, 0, e.Message, e);
        }
    }

    /// <summary>Whether two compact NodeSets have the same content, however packed.</summary>
    /// <exception cref="NodeSetException">One of the two is not what it should be.</exception>
    public static bool HasSameContent(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        try
        {
            return Unpack(left, NodeSetLimits.Default).SequenceEqual(Unpack(right, NodeSetLimits.Default));
        }
        catch (CodecException e)
        {
            throw new NodeSetException("compact NodeSet", 0, 0, e.Message, e);
        }
    }

    private static byte[] Pack(byte[] content)
    {
        const int BestQuality = 11, LargestWindow = 24;
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(content.Length)];
        return BrotliEncoder.TryCompress(content, packed, out var length, BestQuality, LargestWindow)
            ? packed[..length]
            : throw new InvalidOperationException("The buffer for the packed NodeSet is too small.");
    }

    private static ReadOnlySpan<byte> Unpack(ReadOnlySpan<byte> bytes, NodeSetLimits limits)
    {
        if (bytes.Length < HeaderLength || !bytes.StartsWith(Magic)) throw Malformed("This is no compact NodeSet.");
        if (bytes[4] != Version) throw Malformed($"Version {bytes[4]} of the compact form is not known, only {Version}.");
        if (bytes[6] != 0 || bytes[7] != 0) throw Malformed("The header's reserved bytes are not 0.");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (length > (uint)limits.MaxUnpackedBytes) throw Malformed($"{length} bytes unpacked exceed the limit of {limits.MaxUnpackedBytes}.");
        var body = bytes[HeaderLength..];
        switch (bytes[5])
        {
            case Unpacked:
                return body.Length == length ? body : throw Malformed($"The header says {length} bytes, {body.Length} follow.");
            case Brotli:
                var content = new byte[length];
                return BrotliDecoder.TryDecompress(body, content, out var written) && written == length
                    ? content
                    : throw Malformed("The packed content is damaged.");
            default:
                throw Malformed($"Packing {bytes[5]} is not known.");
        }
    }

    private static CodecException Malformed(string reason) => new(StatusCodes.BadDecodingError, reason);
}
