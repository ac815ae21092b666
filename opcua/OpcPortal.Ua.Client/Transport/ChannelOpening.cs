using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;
using ChannelFrame = OpcPortal.Ua.Channel.Frame;

namespace OpcPortal.Ua.Client;

/// <summary>Hello and OpenSecureChannel from the client's side, for the first token and for each that follows. Part 4 5.6.2, Part 6 6.7.4 and 7.1.2.</summary>
internal sealed class ChannelOpening : IDisposable
{
    private readonly UaChannelOptions _options;
    private readonly SecureChannel _secure;
    private readonly X509Certificate2? _server;
    private byte[] _nonce = [];
    private ByteString _lastServerNonce;
    private uint _requestId;

    public ChannelOpening(UaChannelOptions options, SecureChannel secure)
    {
        _options = options;
        _secure = secure;
        if (!options.Policy.IsNone) _server = X509CertificateLoader.LoadCertificate(CertificateChain.LeafBytes(options.ServerCertificate).Span);
    }

    /// <summary>What the server granted for the newest token.</summary>
    public TimeSpan Lifetime { get; private set; }

    public static void Check(UaChannelOptions options)
    {
        if (options.Policy.IsNone != (options.Mode == MessageSecurityMode.None)) throw new ArgumentException($"Mode {options.Mode} does not go with policy {options.Policy}.", nameof(options));
        if (options.Policy.IsNone) return;
        if (options.Certificate is null) throw new ArgumentException($"Policy {options.Policy} needs a certificate of the client.", nameof(options));
        if (CertificateChain.LeafBytes(options.ServerCertificate).IsNull) throw new ArgumentException($"Policy {options.Policy} needs the server's certificate.", nameof(options));
    }

    public static async Task<NegotiatedLimits> GreetAsync(UaChannelOptions options, IDuplexPipe transport, CancellationToken cancellation)
    {
        await transport.Output.WriteAsync(HelloHandshake.CreateHello(options.Limits, options.EndpointUrl.OriginalString), cancellation).ConfigureAwait(false);
        NegotiatedLimits? limits = null;
        await ReadFrameAsync(transport.Input, ErrorMessage.MaxLength, frame => limits = HelloHandshake.ReadAcknowledge(frame, options.Limits), cancellation).ConfigureAwait(false);
        return limits!;
    }

    /// <summary>Opens the channel, before the loops run.</summary>
    public async Task OpenAsync(IDuplexPipe transport, uint requestId, CancellationToken cancellation)
    {
        await transport.Output.WriteAsync(CreateRequest(SecurityTokenRequestType.Issue, requestId), cancellation).ConfigureAwait(false);
        await ReadFrameAsync(transport.Input, _options.Limits.MaxOpenSize, ReadResponse, cancellation).ConfigureAwait(false);
    }

    /// <summary>An OpenSecureChannel request with a fresh nonce and the next sequence number.</summary>
    public byte[] CreateRequest(SecurityTokenRequestType type, uint requestId)
    {
        _nonce = Nonce.ForChannel(_options.Policy);
        _requestId = requestId;
        var request = new OpenSecureChannelRequest
        {
            RequestType = type,
            SecurityMode = _options.Mode,
            ClientNonce = _options.Policy.IsNone ? default : _nonce,
            RequestedLifetime = (uint)Math.Clamp(_options.TokenLifetime.TotalMilliseconds, 1, uint.MaxValue),
        };
        request.RequestHeader.RequestHandle = requestId;
        request.RequestHeader.Timestamp = _options.Time.GetUtcNow().UtcDateTime;
        var encoder = new BinaryEncoder(_options.Codec);
        using var key = _server?.GetRSAPublicKey();
        try
        {
            encoder.WriteNodeId(request.BinaryEncodingId);
            request.Encode(ref encoder);
            return OpenChunk.Create(
                _secure.ChannelId, _options.Policy, _options.Certificate?.Chain ?? default, _options.Certificate?.Key, _server is null ? default : CertificateFields.Thumbprint(_server), key,
                _secure.NextSequenceNumber(), requestId, encoder.Written);
        }
        finally
        {
            encoder.Dispose();
        }
    }

    /// <summary>Takes the answer and puts the new token to use.</summary>
    /// <exception cref="ChannelException">It is not the answer of the server that was asked.</exception>
    public void ReadResponse(ChannelFrame frame)
    {
        if (frame.Type == MessageType.Error)
        {
            var (status, reason) = ErrorMessage.Read(frame);
            throw new ChannelException(status, $"The server refused the channel: {status} {reason}");
        }

        if (frame.Type != MessageType.Open) throw new ChannelException(StatusCodes.BadTcpMessageTypeInvalid, $"A {frame.Type} came where the channel is opened.");
        var chunk = OpenChunk.Parse(frame, _options.Limits);
        CheckSender(chunk);
        using (var key = _server?.GetRSAPublicKey()) chunk.Unprotect(_options.Policy, _options.Certificate?.Key, key);
        _secure.AcceptOpen(chunk.SequenceNumber);
        if (chunk.RequestId != _requestId || _requestId == 0) throw new ChannelException(StatusCodes.BadTcpInternalError, $"OpenSecureChannel {chunk.RequestId} is answered, but {_requestId} was asked.");
        Use(Decode(chunk.Body.Span));
    }

    // The certificate was judged before anything was sent; whoever answers must be the one that it names.
    private void CheckSender(OpenChunk chunk)
    {
        if (chunk.PolicyUri != _options.Policy.Uri) throw new ChannelException(StatusCodes.BadSecurityPolicyRejected, $"The server answers with policy {chunk.PolicyUri}.");
        if (_server is null) return;
        if (!CertificateChain.LeafBytes(chunk.SenderCertificate).Span.SequenceEqual(_server.RawDataMemory.Span))
            throw new ChannelException(StatusCodes.BadCertificateInvalid, "The server answers with another certificate than it showed in discovery.");
        if (chunk.ReceiverThumbprint != _options.Certificate!.Thumbprint) throw new ChannelException(StatusCodes.BadCertificateInvalid, "The server answers to another certificate than this client's.");
    }

    private OpenSecureChannelResponse Decode(ReadOnlySpan<byte> body)
    {
        try
        {
            var decoder = new BinaryDecoder(body, _options.Codec);
            var id = decoder.ReadNodeId();
            if (id == new ServiceFault().BinaryEncodingId) throw Refused(ServiceFault.Decode(ref decoder).ResponseHeader);
            if (id != new OpenSecureChannelResponse().BinaryEncodingId) throw new ChannelException(StatusCodes.BadUnknownResponse, $"A message of type {id} came where the channel is opened.");
            var response = OpenSecureChannelResponse.Decode(ref decoder);
            return response.ResponseHeader.ServiceResult.IsBad ? throw Refused(response.ResponseHeader) : response;
        }
        catch (CodecException malformed)
        {
            throw new ChannelException(StatusCodes.BadDecodingError, $"The answer to OpenSecureChannel cannot be decoded: {malformed.Message}");
        }
    }

    private static ChannelException Refused(ResponseHeader header) => new(header.ServiceResult, $"The server refused the channel: {header.ServiceResult}");

    private void Use(OpenSecureChannelResponse response)
    {
        var token = response.SecurityToken;
        if (_secure.ChannelId == 0) _secure.Adopt(token.ChannelId);
        if (token.ChannelId == 0 || token.ChannelId != _secure.ChannelId) throw new ChannelException(StatusCodes.BadSecureChannelIdInvalid, $"The server renews channel {token.ChannelId}, not {_secure.ChannelId}.");
        // Part 4 5.6.2.2: each nonce is new; one that comes back would give back old keys.
        if (!_options.Policy.IsNone && response.ServerNonce == _lastServerNonce) throw new ChannelException(StatusCodes.BadNonceInvalid, "The server used a nonce twice.");
        _lastServerNonce = response.ServerNonce;
        Lifetime = TimeSpan.FromMilliseconds(token.RevisedLifetime);
        if (Lifetime <= TimeSpan.Zero) throw new ChannelException(StatusCodes.BadSecurityChecksFailed, "The server grants a token no time at all.");
        // The client's own clock measures the lifetime: the server's may differ.
        var now = _options.Time.GetUtcNow().UtcDateTime;
        _secure.Install(SecurityToken.Create(token.TokenId, now, Lifetime, _options.Policy, _options.Mode, _nonce, response.ServerNonce.Span));
        CryptographicOperations.ZeroMemory(_nonce);
        _requestId = 0;
    }

    private static async Task ReadFrameAsync(PipeReader input, uint maxSize, Action<ChannelFrame> take, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellation).ConfigureAwait(false);
            if (MessageFramer.TryRead(read.Buffer, maxSize, out var frame))
            {
                take(frame);
                input.AdvanceTo(frame.Bytes.End);
                return;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted) throw new UaConnectionException(StatusCodes.BadConnectionClosed, "The server closed the connection before a channel was open.");
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_nonce);
        _server?.Dispose();
    }
}
