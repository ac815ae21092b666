namespace OpcPortal.Ua;

/// <summary>Bounds that a decoder and an encoder hold to; a peer that exceeds one gets BadEncodingLimitsExceeded.</summary>
public sealed record CodecLimits
{
    public static CodecLimits Default { get; } = new();

    /// <summary>Bytes of a String in UTF-8. Default 4 MiB: as much as a whole message.</summary>
    public int MaxStringLength { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of a ByteString. Default 4 MiB: as much as a whole message.</summary>
    public int MaxByteStringLength { get; init; } = 4 * 1024 * 1024;

    /// <summary>Elements of an array. Default 1 Mi: a message of 4 MiB holds no more useful ones.</summary>
    public int MaxArrayLength { get; init; } = 1024 * 1024;

    /// <summary>Nested Variants, ExtensionObjects, DiagnosticInfos and DataValues. Part 6 5.1.7 asks for at least 100.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>Bytes an encoder may produce. Default 16 MiB: the channel cuts a message off long before.</summary>
    public int MaxEncodedLength { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes of memory that the arrays of one message may take. Default 64 MiB: one byte on the wire can become a
    /// 48-byte element (a null DataValue), so the message size alone is no bound.
    /// </summary>
    public long MaxDecodedBytes { get; init; } = 64L * 1024 * 1024;
}

/// <summary>What a codec needs to know besides the bytes.</summary>
public sealed record CodecContext(StructureRegistry Structures, CodecLimits Limits)
{
    /// <summary>The standard's structures and the default limits.</summary>
    public static CodecContext Default { get; } = new(StructureRegistry.Standard, CodecLimits.Default);
}

/// <summary>Bytes that are not what they should be, or exceed a limit: BadDecodingError, BadEncodingError or BadEncodingLimitsExceeded.</summary>
public sealed class CodecException(StatusCode status, string message) : Exception(message)
{
    public StatusCode Status { get; } = status;
}
