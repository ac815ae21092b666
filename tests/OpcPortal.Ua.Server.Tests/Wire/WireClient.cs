using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>
/// A client's end of a connection that does what the test says, right or wrong, one message at a time. What the server says in an Error is thrown as
/// <see cref="ChannelException"/>.
/// </summary>
internal sealed class WireClient(PipeWriter output, PipeReader input, TimeProvider time, Task served)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private ApplicationCertificate? _own;
    private SecureChannel? _secure;
    private NegotiatedLimits? _limits;
    private MessageAssembler? _assembler;
    private uint _requestId;
    private NodeId _token;
    private byte[] _serverNonce = [];

    /// <summary>A connection over pipes, as from a socket: what the client writes the server reads. Nothing is said yet.</summary>
    public static WireClient Connect(UaConnectionHandler handler, TimeProvider time, string address = "192.0.2.1")
    {
        var options = new PipeOptions(useSynchronizationContext: false);
        var (toServer, toClient) = (new Pipe(options), new Pipe(options));
        var context = new DefaultConnectionContext(Guid.NewGuid().ToString(), new Duplex(toServer.Reader, toClient.Writer), new Duplex(toClient.Reader, toServer.Writer))
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 50000),
        };
        return new WireClient(toServer.Writer, toClient.Reader, time, handler.OnConnectedAsync(context));
    }

    /// <summary>Ends when the server has let go of the connection.</summary>
    public Task Served => served;

    public PipeWriter Output => output;
    public SecureChannel Secure => _secure ?? throw new InvalidOperationException("No channel yet.");
    public NegotiatedLimits Limits => _limits!;
    public NodeId Token { get => _token; set => _token = value; }
    public byte[] ServerNonce => _serverNonce;
    public CreateSessionResponse? Session { get; private set; }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await output.WriteAsync(bytes);
    }

    public async Task HelloAsync(TransportLimits? own = null, string url = "opc.tcp://localhost:4840")
    {
        var limits = own ?? TransportLimits.Default;
        await SendAsync(HelloHandshake.CreateHello(limits, url));
        await HelloAnswerAsync(limits);
    }

    /// <summary>Takes the answer to a Hello that the test sent itself.</summary>
    public async Task HelloAnswerAsync(TransportLimits? own = null)
    {
        var limits = own ?? TransportLimits.Default;
        _limits = await ReadFrameAsync(frame => HelloHandshake.ReadAcknowledge(frame, limits));
        _assembler = new MessageAssembler(_limits, new MessageBudget(MessageBudget.DefaultBytes));
    }

    public Task OpenAsync() => OpenAsync(SecurityPolicy.None, MessageSecurityMode.None, null);

    public Task OpenAsync(SecurityPolicy policy, MessageSecurityMode mode, X509Certificate2? certificate, uint lifetime = 600_000)
    {
        _own = certificate is null ? null : new ApplicationCertificate(certificate);
        _secure = new SecureChannel(0, policy, mode, _limits!, time, isClient: true);
        return OpenAsync(SecurityTokenRequestType.Issue, lifetime);
    }

    public Task RenewAsync(uint lifetime = 600_000) => OpenAsync(SecurityTokenRequestType.Renew, lifetime);

    private async Task OpenAsync(SecurityTokenRequestType type, uint lifetime)
    {
        var secure = _secure!;
        var nonce = Nonce.ForChannel(secure.Policy);
        var request = new OpenSecureChannelRequest { RequestType = type, SecurityMode = secure.Mode, ClientNonce = secure.Policy.IsNone ? default : nonce, RequestedLifetime = lifetime };
        using var serverKey = secure.Policy.IsNone ? null : TestPki.Server.GetRSAPublicKey();
        await SendAsync(OpenChunk.Create(
            secure.ChannelId, secure.Policy, _own?.Chain ?? default, _own?.Key, secure.Policy.IsNone ? default : CertificateFields.Thumbprint(TestPki.Server), serverKey,
            secure.NextSequenceNumber(), ++_requestId, Encode(request)));
        var chunk = await ReadFrameAsync(frame => OpenChunk.Parse(frame, TransportLimits.Default));
        chunk.Unprotect(secure.Policy, _own?.Key, serverKey);
        secure.AcceptOpen(chunk.SequenceNumber);
        var response = Decode<OpenSecureChannelResponse>(chunk.Body.Span);
        secure.Adopt(response.SecurityToken.ChannelId);
        secure.Install(SecurityToken.Create(
            response.SecurityToken.TokenId, response.SecurityToken.CreatedAt, TimeSpan.FromMilliseconds(response.SecurityToken.RevisedLifetime), secure.Policy, secure.Mode, nonce, response.ServerNonce.Span));
    }

    /// <summary>Sends a request without waiting for what comes of it.</summary>
    public Task PostAsync(IServiceRequest request)
    {
        if (request.RequestHeader.AuthenticationToken.IsNull) request.RequestHeader.AuthenticationToken = _token;
        return PostBytesAsync(Encode(request));
    }

    public Task PostBytesAsync(byte[] body)
    {
        _secure!.Send(output, MessageType.Message, ++_requestId, body);
        return output.FlushAsync().AsTask();
    }

    /// <summary>Waits for the next response, whatever it answers.</summary>
    public async Task<IServiceResponse> ReceiveAsync()
    {
        while (true)
        {
            var (isWhole, message) = await ReadFrameAsync(frame =>
            {
                var chunk = _secure!.Receive(frame);
                return _assembler!.TryAdd(chunk.Kind, chunk.RequestId, chunk.Body, out var whole) ? (true, whole.ToArray()) : (false, []);
            });
            if (!isWhole) continue;
            var decoder = new BinaryDecoder(message, CodecContext.Default);
            var id = decoder.ReadNodeId();
            if (!StructureRegistry.Standard.TryGet(id, out var type)) throw new InvalidOperationException($"{id} is no response.");
            return (IServiceResponse)type.Factory(ref decoder);
        }
    }

    /// <summary>A request and its response; a fault is thrown as <see cref="ServiceException"/>.</summary>
    public async Task<TResponse> CallAsync<TResponse>(IServiceRequest request) where TResponse : class, IServiceResponse
    {
        await PostAsync(request);
        var response = await ReceiveAsync();
        return response as TResponse ?? throw new ServiceException(response.ResponseHeader.ServiceResult);
    }

    public async Task<CreateSessionResponse> CreateSessionAsync(Action<CreateSessionRequest>? change = null)
    {
        var request = new CreateSessionRequest
        {
            ClientDescription = new ApplicationDescription { ApplicationUri = _own?.ApplicationUri ?? TestPki.ClientUri },
            EndpointUrl = "opc.tcp://localhost:4840",
            SessionName = "test",
            ClientNonce = Nonce.ForSession(),
            ClientCertificate = _own?.Chain ?? default,
            RequestedSessionTimeout = 60_000,
        };
        change?.Invoke(request);
        Session = await CallAsync<CreateSessionResponse>(request);
        _token = Session.AuthenticationToken;
        _serverNonce = Session.ServerNonce.Span.ToArray();
        return Session;
    }

    public async Task ActivateAsync(IStructure? token = null, SignatureData? tokenSignature = null, byte[]? signedNonce = null, string[]? locales = null)
    {
        var request = new ActivateSessionRequest
        {
            UserIdentityToken = ExtensionObject.From(token ?? new AnonymousIdentityToken { PolicyId = "anonymous" }),
            UserTokenSignature = tokenSignature ?? new SignatureData(),
            ClientSignature = Sign(signedNonce ?? _serverNonce),
            LocaleIds = locales,
        };
        Adopt(await CallAsync<ActivateSessionResponse>(request));
    }

    /// <summary>An activation with a user name, for a test that looks at the answer.</summary>
    public ActivateSessionRequest Activation(string user, string password) =>
        new() { UserIdentityToken = ExtensionObject.From(UserName(user, password)), ClientSignature = Sign(_serverNonce) };

    /// <summary>Takes the nonce of an activation that the test made itself.</summary>
    public void Adopt(ActivateSessionResponse response) => _serverNonce = response.ServerNonce.Span.ToArray();

    /// <summary>Takes up a session that was made over another connection.</summary>
    public void Adopt(WireClient other)
    {
        _token = other._token;
        _serverNonce = other._serverNonce;
    }

    public UserNameIdentityToken UserName(string name, string password, byte[]? nonce = null)
    {
        var policy = _secure!.Policy.IsNone ? SecurityPolicy.Basic256Sha256 : _secure.Policy;
        using var key = TestPki.Server.GetRSAPublicKey()!;
        return new UserNameIdentityToken
        {
            PolicyId = "username",
            UserName = name,
            Password = EncryptedSecret.Encrypt(policy, key, System.Text.Encoding.UTF8.GetBytes(password), nonce ?? _serverNonce),
            EncryptionAlgorithm = policy.EncryptionAlgorithm,
        };
    }

    public (X509IdentityToken Token, SignatureData Signature) UserCertificate(X509Certificate2 user)
    {
        var policy = _secure!.Policy.IsNone ? SecurityPolicy.Basic256Sha256 : _secure.Policy;
        return (new X509IdentityToken { PolicyId = "certificate", CertificateData = user.RawData }, Sign(user, policy, _serverNonce));
    }

    public async Task ReadyAsync()
    {
        await HelloAsync();
        await OpenAsync();
        await CreateSessionAsync();
        await ActivateAsync();
    }

    public async Task ReadyAsync(SecurityPolicy policy, MessageSecurityMode mode, X509Certificate2 certificate)
    {
        await HelloAsync();
        await OpenAsync(policy, mode, certificate);
        await CreateSessionAsync();
        await ActivateAsync();
    }

    public async Task<DataValue> ReadAsync(NodeId nodeId, uint attributeId = AttributeIds.Value)
    {
        var response = await CallAsync<ReadResponse>(new ReadRequest { NodesToRead = [new ReadValueId { NodeId = nodeId, AttributeId = attributeId }], TimestampsToReturn = TimestampsToReturn.Neither });
        return response.Results![0];
    }

    /// <summary>What the server says when it ends the connection; null where it just ends it.</summary>
    public async Task<string?> ErrorAsync()
    {
        try
        {
            while (true) await ReadFrameAsync(static frame => frame.Type == MessageType.Error ? throw new ChannelException(ErrorMessage.Read(frame).Status, "") : 0);
        }
        catch (ChannelException error)
        {
            await served.WaitAsync(Patience);
            return error.Status.ToString();
        }
        catch (EndOfStreamException)
        {
            await served.WaitAsync(Patience);
            return null;
        }
    }

    private SignatureData Sign(byte[] nonce) => _own is null ? new SignatureData() : Sign(_own.Certificate, _secure!.Policy, nonce);

    private static SignatureData Sign(X509Certificate2 certificate, SecurityPolicy policy, byte[] nonce)
    {
        using var key = certificate.GetRSAPrivateKey()!;
        var signature = new byte[key.KeySize / 8];
        policy.Sign(key, [.. TestPki.Server.RawData, .. nonce], signature);
        return new SignatureData { Algorithm = policy.SignatureAlgorithm, Signature = signature };
    }

    private async Task<T> ReadFrameAsync<T>(Func<Channel.Frame, T> read)
    {
        while (true)
        {
            var result = await input.ReadAsync().AsTask().WaitAsync(Patience);
            if (MessageFramer.TryRead(result.Buffer, uint.MaxValue, out var frame))
            {
                try
                {
                    if (frame.Type == MessageType.Error) throw new ChannelException(ErrorMessage.Read(frame).Status, "The server said so.");
                    return read(frame);
                }
                finally
                {
                    input.AdvanceTo(frame.Bytes.End);
                }
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted) throw new EndOfStreamException("The server ended the connection.");
        }
    }

    public static byte[] Encode(IStructure message)
    {
        var encoder = new BinaryEncoder(CodecContext.Default);
        try
        {
            encoder.WriteNodeId(message.BinaryEncodingId);
            message.Encode(ref encoder);
            return encoder.Written.ToArray();
        }
        finally
        {
            encoder.Dispose();
        }
    }

    private static T Decode<T>(ReadOnlySpan<byte> body) where T : IStructure<T>
    {
        var decoder = new BinaryDecoder(body, CodecContext.Default);
        decoder.ReadNodeId();
        return decoder.ReadStructure<T>();
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;
        public PipeWriter Output => output;
    }
}
