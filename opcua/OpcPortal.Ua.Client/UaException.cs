using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client;

/// <summary>A service or a step of the client failed.</summary>
/// <param name="status">What the server said, or what the client found.</param>
public class UaException(StatusCode status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why, as OPC UA names it.</summary>
    public StatusCode Status { get; } = status;
}

/// <summary>The connection could not be made or was lost: the same thing may work a little later.</summary>
public sealed class UaConnectionException(StatusCode status, string message, Exception? inner = null) : UaException(status, message, inner);

/// <summary>The server's certificate does not pass. Part 4 6.1.3.</summary>
/// <param name="verdict">Which check failed.</param>
/// <param name="certificate">DER as the server gave it, its issuers behind it.</param>
public sealed class ServerCertificateException(CertificateVerdict verdict, ByteString certificate)
    : UaException(verdict.Status, $"The server's certificate is refused: {verdict.Status}. {verdict.Detail}")
{
    /// <summary>Which check failed, and how.</summary>
    public CertificateVerdict Verdict { get; } = verdict;

    /// <summary>DER, its issuers behind it.</summary>
    public ByteString Certificate { get; } = certificate;
}
