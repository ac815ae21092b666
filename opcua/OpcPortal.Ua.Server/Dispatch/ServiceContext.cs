namespace OpcPortal.Ua.Server;

/// <summary>What surrounds one request: made by the dispatcher, handed to the service.</summary>
public sealed class ServiceContext
{
    /// <summary>The channel on which the request came.</summary>
    public required IServerChannel Channel { get; init; }

    /// <summary>The session; null only in services that require <see cref="SessionState.None"/>.</summary>
    public Session? Session { get; init; }

    /// <summary>Who asks. Services that require an activated session always have it.</summary>
    /// <exception cref="ServiceException">BadSessionNotActivated: there is no user yet.</exception>
    public AccessContext Access => Session?.Access ?? throw new ServiceException(StatusCodes.BadSessionNotActivated);

    public required RequestHeader RequestHeader { get; init; }

    /// <summary>When the request was taken up, UTC.</summary>
    public required DateTime Now { get; init; }

    /// <summary>Cancelled by timeoutHint, by Cancel, and when the channel or session closes.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>What services may know of the channel that carries a request.</summary>
public interface IServerChannel
{
    uint ChannelId { get; }
    string SecurityPolicyUri { get; }
    MessageSecurityMode SecurityMode { get; }

    /// <summary>The client's certificate, DER; null on a None channel.</summary>
    ByteString ClientCertificate { get; }

    /// <summary>The URL in the client's Hello, at most 4,096 bytes; never dialled.</summary>
    string? EndpointUrl { get; }

    /// <summary>The peer's address for logs and brute-force protection.</summary>
    string RemoteAddress { get; }
}
