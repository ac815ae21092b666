using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server;

/// <summary>
/// OpenSecureChannel, the server's part: judges the client, derives the keys, answers. What a client can be told about a refusal is BadSecurityChecksFailed; why is for the
/// log. Part 4 5.6.2, Part 6 6.7.4.
/// </summary>
internal sealed class ChannelOpener(
    EndpointCatalog endpoints, ApplicationCertificates own, CertificateValidator validator, IAuditor auditor, ConnectionLimits limits, TransportLimits transport, CodecContext codec, TimeProvider time)
    : IDisposable
{
    private readonly SemaphoreSlim _gate = new(limits.MaxConcurrentHandshakes);
    private uint _lastChannelId = (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);
    private uint _lastTokenId;

    /// <summary>Opens a channel or renews its token.</summary>
    /// <param name="current">The connection's channel; null before the first.</param>
    /// <param name="writer">Sends the answer.</param>
    /// <returns>The channel, its answer written.</returns>
    /// <exception cref="ChannelException">Refused: the connection ends.</exception>
    public async ValueTask<ServerChannel> OpenAsync(UaConnection connection, ServerChannel? current, OpenChunk chunk, NegotiatedLimits negotiated, ResponseWriter writer, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var opened = current is null ? Issue(connection, chunk, negotiated, writer) : Renew(current, chunk, writer);
            Audit(connection, opened, current is not null, chunk, StatusCodes.Good, null);
            return opened;
        }
        catch (ChannelException refused)
        {
            Audit(connection, current, current is not null, chunk, refused.Status, refused);
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Audit(UaConnection connection, ServerChannel? channel, bool isRenewal, OpenChunk chunk, StatusCode status, ChannelException? refused)
    {
        if (!auditor.IsHeard) return;
        var action = new AuditedAction { Status = status, ActionTime = time.GetUtcNow().UtcDateTime, ClientAuditEntryId = connection.RemoteAddress, Detail = refused?.Message };
        var audited = channel is not null ? AuditedChannel.Of(channel) : new AuditedChannel(0, chunk.PolicyUri, MessageSecurityMode.Invalid, chunk.SenderCertificate);
        var certificate = refused is CertificateRefusedException judged ? auditor.CertificateRefused(action with { Status = judged.CertificateStatus }, chunk.SenderCertificate) : default;
        auditor.ChannelOpened(action, audited, isRenewal ? SecurityTokenRequestType.Renew : SecurityTokenRequestType.Issue, channel is null ? default : channel.Secure.ExpiresAt - action.ActionTime, certificate);
    }

    private ServerChannel Issue(UaConnection connection, OpenChunk chunk, NegotiatedLimits negotiated, ResponseWriter writer)
    {
        if (chunk.ChannelId != 0) throw new ChannelException(StatusCodes.BadTcpSecureChannelUnknown, $"Channel {chunk.ChannelId} is not of this connection.");
        // CVE-2024-42512: what is not offered is refused before a private key is used.
        if (!SecurityPolicy.TryGet(chunk.PolicyUri, out var policy) || !endpoints.Offers(policy)) throw new ChannelException(StatusCodes.BadSecurityPolicyRejected, $"Policy {chunk.PolicyUri} is not offered.");
        var certificate = policy.IsNone ? null : own.Current;
        using var client = policy.IsNone ? null : Judge(chunk, policy, certificate!);
        var request = Read(chunk, policy, certificate, client?.Key);
        if (request.RequestType != SecurityTokenRequestType.Issue) throw new ChannelException(StatusCodes.BadRequestTypeInvalid, "A channel begins with Issue.");
        if (!endpoints.AllowsChannel(policy, request.SecurityMode)) throw new ChannelException(StatusCodes.BadSecurityModeRejected, $"Mode {request.SecurityMode} is not offered with {policy}.");
        var secure = new SecureChannel(NextId(ref _lastChannelId), policy, request.SecurityMode, negotiated, time, isClient: false);
        secure.AcceptOpen(chunk.SequenceNumber);
        var channel = new ServerChannel(connection, secure, certificate, client?.Leaf ?? default);
        Answer(writer, channel, chunk, request, client);
        return channel;
    }

    private ServerChannel Renew(ServerChannel channel, OpenChunk chunk, ResponseWriter writer)
    {
        var secure = channel.Secure;
        if (chunk.ChannelId != secure.ChannelId) throw new ChannelException(StatusCodes.BadTcpSecureChannelUnknown, $"Channel {chunk.ChannelId} is not of this connection.");
        if (chunk.PolicyUri != secure.Policy.Uri) throw new ChannelException(StatusCodes.BadSecurityPolicyRejected, "A renewal keeps the policy.");
        var isSameClient = secure.Policy.IsNone || (CertificateChain.TryParse(chunk.SenderCertificate, out var chain) && chain.Leaf.RawDataMemory.Span.SequenceEqual(channel.ClientCertificate.Span));
        if (!isSameClient) throw new ChannelException(StatusCodes.BadSecurityChecksFailed, "A renewal keeps the certificate.");
        using var client = secure.Policy.IsNone ? null : Judge(chunk, secure.Policy, channel.ServerCertificate!);
        var request = Read(chunk, secure.Policy, channel.ServerCertificate, client?.Key);
        if (request.RequestType != SecurityTokenRequestType.Renew) throw new ChannelException(StatusCodes.BadRequestTypeInvalid, "The channel is open already.");
        if (request.SecurityMode != secure.Mode) throw new ChannelException(StatusCodes.BadSecurityModeRejected, "A renewal keeps the mode.");
        secure.AcceptOpen(chunk.SequenceNumber);
        Answer(writer, channel, chunk, request, client);
        return channel;
    }

    // The certificate is judged before the private key is used for what its holder sent.
    private Client Judge(OpenChunk chunk, SecurityPolicy policy, ApplicationCertificate certificate)
    {
        if (!chunk.ReceiverThumbprint.Span.SequenceEqual(certificate.Thumbprint.Span)) throw new ChannelException(StatusCodes.BadSecurityChecksFailed, "The chunk is meant for another certificate than the server's.");
        if (!CertificateChain.TryParse(chunk.SenderCertificate, out var chain)) throw new ChannelException(StatusCodes.BadSecurityChecksFailed, "The client's certificate cannot be read.");
        // CVE-2024-42513: who shows our own certificate lets us sign against ourselves.
        if (chain.Leaf.RawDataMemory.Span.SequenceEqual(certificate.Certificate.RawDataMemory.Span)) throw new ChannelException(StatusCodes.BadSecurityChecksFailed, "The client shows the server's own certificate.");
        var verdict = validator.Validate(chunk.SenderCertificate, new CertificateDemands { Policy = policy });
        if (!verdict.IsGood) throw new CertificateRefusedException(verdict.Status, $"The client's certificate {chain.Leaf.Thumbprint} ({chain.Leaf.Subject}) is refused: {verdict.Status} {verdict.Detail}");
        return new Client(chain.Leaf.GetRSAPublicKey()!, chain.Leaf.RawData, CertificateFields.Thumbprint(chain.Leaf));
    }

    private OpenSecureChannelRequest Read(OpenChunk chunk, SecurityPolicy policy, ApplicationCertificate? certificate, RSA? clientKey)
    {
        chunk.Unprotect(policy, certificate?.Key, clientKey);
        try
        {
            var decoder = new BinaryDecoder(chunk.Body.Span, codec);
            if (decoder.ReadNodeId() != new OpenSecureChannelRequest().BinaryEncodingId) throw new ChannelException(StatusCodes.BadTcpMessageTypeInvalid, "An OPN chunk holds another request.");
            return decoder.ReadStructure<OpenSecureChannelRequest>();
        }
        catch (CodecException malformed)
        {
            throw new ChannelException(malformed.Status, $"An OpenSecureChannel request cannot be decoded: {malformed.Message}");
        }
    }

    private void Answer(ResponseWriter writer, ServerChannel channel, OpenChunk chunk, OpenSecureChannelRequest request, Client? client)
    {
        var secure = channel.Secure;
        var now = time.GetUtcNow().UtcDateTime;
        var lifetime = Revise(request.RequestedLifetime);
        var nonce = Nonce.ForChannel(secure.Policy);
        var tokenId = NextId(ref _lastTokenId);
        var token = SecurityToken.Create(tokenId, now, lifetime, secure.Policy, secure.Mode, nonce, request.ClientNonce.Span);
        var response = new OpenSecureChannelResponse
        {
            ResponseHeader = new ResponseHeader { RequestHandle = request.RequestHeader.RequestHandle, Timestamp = now },
            SecurityToken = new ChannelSecurityToken { ChannelId = secure.ChannelId, TokenId = tokenId, CreatedAt = now, RevisedLifetime = (uint)lifetime.TotalMilliseconds },
            ServerNonce = secure.Policy.IsNone ? default : nonce,
        };
        var body = Encode(response);
        var own = channel.ServerCertificate;
        // Numbered, and its token made known, where all chunks are: an answer of another thread goes out before it or after it, with a number and a token that the client expects.
        writer.Open(secure, () =>
        {
            var bytes = OpenChunk.Create(
                secure.ChannelId, secure.Policy, own?.Chain ?? default, own?.Key, client?.Thumbprint ?? default, client?.Key, secure.NextSequenceNumber(), chunk.RequestId, body);
            secure.Install(token);
            return bytes.Length <= transport.MaxOpenSize ? bytes : throw new ChannelException(StatusCodes.BadTcpMessageTooLarge, "The server's own certificate chain is too long.");
        });
    }

    private byte[] Encode(OpenSecureChannelResponse response)
    {
        var encoder = new BinaryEncoder(codec);
        try
        {
            encoder.WriteNodeId(response.BinaryEncodingId);
            response.Encode(ref encoder);
            return encoder.Written.ToArray();
        }
        finally
        {
            encoder.Dispose();
        }
    }

    private TimeSpan Revise(uint requested) => requested == 0 || requested >= limits.MaxTokenLifetime.TotalMilliseconds
        ? limits.MaxTokenLifetime
        : TimeSpan.FromMilliseconds(Math.Max(requested, limits.MinTokenLifetime.TotalMilliseconds));

    // 0 means "no channel" and "no token".
    private static uint NextId(ref uint last)
    {
        uint next;
        do next = Interlocked.Increment(ref last);
        while (next == 0);
        return next;
    }

    public void Dispose() => _gate.Dispose();

    // The peer hears BadSecurityChecksFailed; the auditor hears which check.
    private sealed class CertificateRefusedException(StatusCode certificateStatus, string detail) : ChannelException(StatusCodes.BadSecurityChecksFailed, detail)
    {
        public StatusCode CertificateStatus => certificateStatus;
    }

    private sealed record Client(RSA Key, ByteString Leaf, ByteString Thumbprint) : IDisposable
    {
        public void Dispose() => Key.Dispose();
    }
}
