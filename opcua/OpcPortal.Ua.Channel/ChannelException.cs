namespace OpcPortal.Ua.Channel;

/// <summary>The channel cannot go on: the peer gets an Error message with this status, then the connection is closed. Part 6 7.1.3.</summary>
/// <param name="status">What the peer is told.</param>
/// <param name="detail">What the log is told; the peer is not, for the detail would help an attacker.</param>
public class ChannelException(StatusCode status, string detail) : Exception(detail)
{
    public StatusCode Status { get; } = status;
}
