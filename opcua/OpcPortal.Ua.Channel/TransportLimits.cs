namespace OpcPortal.Ua.Channel;

/// <summary>What one side of a connection takes. Part 6 7.1.2.3.</summary>
public sealed record TransportLimits
{
    /// <summary>Bytes of the smallest buffer that a side may offer. Part 6 7.1.2.3 (ReceiveBufferSize).</summary>
    public const uint MinBufferSize = 8192;

    /// <summary>Bytes of the EndpointUrl in a Hello. Part 6 7.1.2.3.</summary>
    public const int MaxEndpointUrlLength = 4096;

    /// <summary>Bytes of the reason in an Error. Part 6 7.1.2.5.</summary>
    public const int MaxReasonLength = 4096;

    public static TransportLimits Default { get; } = new();

    /// <summary>Bytes of a chunk. Default 64 KiB: large enough that its overhead vanishes, small enough that a peer with one unfinished chunk costs little.</summary>
    public uint BufferSize { get; init; } = 64 * 1024;

    /// <summary>Bytes of a message's body. Default 4 MiB: a Read of 10,000 nodes takes less than 1.</summary>
    public uint MaxMessageSize { get; init; } = 4 * 1024 * 1024;

    /// <summary>Chunks of a message. Default 512: a message of 4 MiB in chunks of the least size.</summary>
    public uint MaxChunkCount { get; init; } = 512;

    /// <summary>Bytes of an OpenSecureChannel chunk, whose cost is a private-key operation for every few hundred. Default 32 KiB: a chain of five long certificates.</summary>
    public uint MaxOpenSize { get; init; } = 32 * 1024;
}

/// <summary>What both sides of a connection agreed on in Hello and Acknowledge.</summary>
/// <param name="ReceiveBufferSize">Bytes of the largest chunk that may come.</param>
/// <param name="SendBufferSize">Bytes of the largest chunk that may be sent.</param>
/// <param name="MaxReceiveMessageSize">Bytes of the largest body that may come.</param>
/// <param name="MaxReceiveChunkCount">Chunks of a message that may come.</param>
/// <param name="MaxSendMessageSize">Bytes of the largest body that the peer takes; 0 where it sets no limit.</param>
/// <param name="MaxSendChunkCount">Chunks of a message that the peer takes; 0 where it sets no limit.</param>
public sealed record NegotiatedLimits(
    uint ReceiveBufferSize, uint SendBufferSize, uint MaxReceiveMessageSize, uint MaxReceiveChunkCount, uint MaxSendMessageSize, uint MaxSendChunkCount);
