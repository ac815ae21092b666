using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client;

/// <summary>Who the client is and how it behaves.</summary>
public sealed record UaClientOptions
{
    /// <summary>What people see in the server's list of sessions.</summary>
    public string ApplicationName { get; init; } = "OpcPortal client";

    /// <summary>Used where there is no certificate; with one, its ApplicationUri counts.</summary>
    public string ApplicationUri { get; init; } = "urn:opcportal:client";

    /// <summary>Identifies the product.</summary>
    public string ProductUri { get; init; } = "urn:opcportal:client";

    /// <summary>The client's own; needed for every policy but None.</summary>
    public ApplicationCertificate? Certificate { get; init; }

    /// <summary>Judges the certificates of servers. Without it only policy None can be used: nobody is trusted unseen.</summary>
    public CertificateValidator? Validator { get; init; }

    /// <summary>Whether a server's certificate must name the host in the URL. Default true; Part 4 6.1.3 lets an administrator waive it (address translation).</summary>
    public bool ChecksHostName { get; init; } = true;

    /// <summary>How long the server keeps the session of a client that is gone. Default one minute: a reconnect within it finds all as it was.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often ServerStatus is read to see whether the server is there. Default 5 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time for an answer where a call says nothing else. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time for connecting and opening a channel. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Lifetime asked for a channel's tokens. Default one hour.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The first wait before a lost connection is tried again; doubled at each failure. Default 500 ms.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait before a lost connection is tried again. Default 30 s.</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Publish requests kept at the server. Default 3: notifications flow while one is on its way and one is worked on.</summary>
    public int PublishRequests { get; init; } = 3;

    /// <summary>Locales in order of preference, such as "en". Part 4 5.4.</summary>
    public IReadOnlyList<string> Locales { get; init; } = ["en"];

    /// <summary>What the client takes and offers.</summary>
    public TransportLimits Limits { get; init; } = TransportLimits.Default;

    /// <summary>Limits of decoding.</summary>
    public CodecLimits CodecLimits { get; init; } = CodecLimits.Default;

    /// <summary>Default TCP.</summary>
    public UaConnector Connector { get; init; } = TcpTransport.ConnectAsync;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Spreads the reconnects of many clients; used by one thread at a time.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Default none.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    internal ApplicationDescription Describe() => new()
    {
        ApplicationUri = Certificate?.ApplicationUri ?? ApplicationUri,
        ProductUri = ProductUri,
        ApplicationName = ApplicationName,
        ApplicationType = ApplicationType.Client,
    };
}
