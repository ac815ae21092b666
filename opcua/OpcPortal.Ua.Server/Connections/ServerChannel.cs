using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>A secure channel with its peer, from its opening on: what services know of it, and its keys.</summary>
internal sealed class ServerChannel(UaConnection connection, SecureChannel secure, ApplicationCertificate? own, ByteString clientCertificate) : IServerChannel, IDisposable
{
    private int _sessions;

    public SecureChannel Secure => secure;
    public uint ChannelId => secure.ChannelId;
    public string SecurityPolicyUri => secure.Policy.Uri;
    public MessageSecurityMode SecurityMode => secure.Mode;
    public ByteString ClientCertificate => clientCertificate;
    public ApplicationCertificate? ServerCertificate => own;
    public string? EndpointUrl => connection.EndpointUrl;
    public string RemoteAddress => connection.RemoteAddress;

    public bool HasSession => Volatile.Read(ref _sessions) > 0;

    public void CountSession(int change) => Interlocked.Add(ref _sessions, change);
    public void OnSessionActivated() => connection.AllowFullMessages();
    public int CancelRequests(Session session, uint requestHandle) => connection.CancelRequests(session, requestHandle);

    public void Dispose() => secure.Dispose();
}
