using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client;

/// <summary>How to open a secure channel.</summary>
public sealed record UaChannelOptions
{
    /// <summary>An opc.tcp URL.</summary>
    public required Uri EndpointUrl { get; init; }

    /// <summary>Default None: discovery needs no more.</summary>
    public SecurityPolicy Policy { get; init; } = SecurityPolicy.None;

    /// <summary>None exactly where the policy is None.</summary>
    public MessageSecurityMode Mode { get; init; } = MessageSecurityMode.None;

    /// <summary>The client's own; needed for every policy but None.</summary>
    public ApplicationCertificate? Certificate { get; init; }

    /// <summary>The server's, DER, which was judged before; needed for every policy but None.</summary>
    public ByteString ServerCertificate { get; init; }

    /// <summary>What the client takes and offers.</summary>
    public TransportLimits Limits { get; init; } = TransportLimits.Default;

    /// <summary>Types and limits of decoding.</summary>
    public CodecContext Codec { get; init; } = CodecContext.Default;

    /// <summary>Lifetime asked for a token; renewed at three quarters of what the server grants. Default one hour.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time for connecting, Hello and OpenSecureChannel together. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time for an answer where a call says nothing else. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests without an answer at once. Default 10,000: far more than any server works on; beyond it the caller must slow down.</summary>
    public int MaxOutstandingRequests { get; init; } = 10_000;

    /// <summary>Default TCP.</summary>
    public UaConnector Connector { get; init; } = TcpTransport.ConnectAsync;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Default none.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
