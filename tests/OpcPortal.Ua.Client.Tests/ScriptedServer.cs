using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;
using ChannelFrame = OpcPortal.Ua.Channel.Frame;

namespace OpcPortal.Ua.Client.Tests;

/// <summary>
/// A server over in-memory pipes that says what a test wants it to say, right or wrong. It speaks the transport properly; a test replaces the answer to any service.
/// </summary>
internal sealed class ScriptedServer
{
    private readonly ConcurrentDictionary<Type, Func<IServiceRequest, Task<IServiceResponse>>> _answers = new();
    private readonly ConcurrentDictionary<int, ScriptedConnection> _connections = new();
    private int _connectionCount;
    private uint _lastChannelId;

    public static readonly Uri Url = new("opc.tcp://scripted:4840");

    public TimeProvider Time { get; init; } = TimeProvider.System;
    public ApplicationCertificate? Certificate { get; set; }

    /// <summary>Requests of all connections in the order in which they came.</summary>
    public ConcurrentQueue<IServiceRequest> Requests { get; } = new();

    /// <summary>Changes an answer's header after it was made.</summary>
    public Action<IServiceRequest, ResponseHeader>? Distort { get; set; }

    /// <summary>Gives the nonce of an OpenSecureChannel answer.</summary>
    public Func<SecurityPolicy, byte[]> ChannelNonce { get; set; } = Nonce.ForChannel;

    /// <summary>The certificate with which OpenSecureChannel is answered; null for the server's own.</summary>
    public ApplicationCertificate? Impostor { get; set; }

    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether a new connection finds somebody.</summary>
    public bool Listens { get; set; } = true;

    public int Connections => _connectionCount;

    /// <summary>Done when a client has closed its channel in due form.</summary>
    public TaskCompletionSource Goodbye { get; } = new();

    public void On<TRequest>(Func<TRequest, Task<IServiceResponse>> answer) where TRequest : IServiceRequest => _answers[typeof(TRequest)] = request => answer((TRequest)request);

    public void On<TRequest>(Func<TRequest, IServiceResponse> answer) where TRequest : IServiceRequest => On<TRequest>(request => Task.FromResult(answer(request)));

    public static ServiceFault Fault(StatusCode status) => new() { ResponseHeader = new ResponseHeader { ServiceResult = status } };

    public ValueTask<IDuplexPipe> ConnectAsync(Uri url, CancellationToken cancellation)
    {
        if (!Listens) throw new UaConnectionException(StatusCodes.BadNotConnected, "Nobody listens.");
        var (toServer, toClient) = (new Pipe(), new Pipe());
        var number = Interlocked.Increment(ref _connectionCount);
        var connection = new ScriptedConnection(this, toServer.Reader, toClient.Writer, Interlocked.Increment(ref _lastChannelId));
        _connections[number] = connection;
        connection.Start();
        return new(new Ends(toClient.Reader, toServer.Writer));
    }

    /// <summary>Cuts all connections, as a cable does.</summary>
    public void Cut()
    {
        foreach (var connection in _connections.Values) connection.Cut();
        _connections.Clear();
    }

    internal async Task<IServiceResponse> AnswerAsync(IServiceRequest request)
    {
        Requests.Enqueue(request);
        var response = _answers.TryGetValue(request.GetType(), out var answer) ? await answer(request) : Fault(StatusCodes.BadServiceUnsupported);
        response.ResponseHeader.RequestHandle = request.RequestHeader.RequestHandle;
        Distort?.Invoke(request, response.ResponseHeader);
        return response;
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

internal sealed class ScriptedConnection(ScriptedServer server, PipeReader input, PipeWriter output, uint channelId)
{
    private readonly SemaphoreSlim _sending = new(1, 1);
    private static readonly AsyncLocal<ScriptedConnection?> Answering = new();

    private SecureChannel? _secure;
    private SecurityPolicy _policy = SecurityPolicy.None;
    private MessageSecurityMode _mode;
    private NegotiatedLimits _limits = null!;
    private uint _tokenId;

    /// <summary>The connection whose request is being answered.</summary>
    public static ScriptedConnection Current => Answering.Value!;

    public bool IsCut { get; private set; }

    public void Start() => _ = Task.Run(RunAsync);

    public void Cut()
    {
        IsCut = true;
        output.Complete(new IOException("cut"));
        input.CancelPendingRead();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                var rest = read.Buffer;
                while (MessageFramer.TryRead(rest, 1 << 16, out var frame))
                {
                    rest = rest.Slice(frame.Bytes.End);
                    await TakeAsync(frame);
                }

                input.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted || read.IsCanceled) break;
            }
        }
        catch (Exception ended) when (ended is ChannelException or InvalidOperationException)
        {
            // The client gave up, or the test cut the connection.
        }

        await input.CompleteAsync();
        if (!IsCut) await output.CompleteAsync();
    }

    private async Task TakeAsync(ChannelFrame frame)
    {
        switch (frame.Type)
        {
            case MessageType.Hello:
                _limits = HelloHandshake.Accept(frame, TransportLimits.Default, out _, out var acknowledge);
                await output.WriteAsync(acknowledge);
                break;
            case MessageType.Open:
                await OpenAsync(OpenChunk.Parse(frame, TransportLimits.Default));
                break;
            case MessageType.Message:
                var chunk = _secure!.Receive(frame);
                var request = (IServiceRequest)Decode(chunk.Body.Span);
                _ = AnswerAsync(chunk.RequestId, request);
                break;
            default:
                if (frame.Type == MessageType.Close) server.Goodbye.TrySetResult();
                throw new ChannelException(StatusCodes.Good, "closed");
        }
    }

    private static IStructure Decode(ReadOnlySpan<byte> body)
    {
        var decoder = new BinaryDecoder(body, CodecContext.Default);
        Assert.True(StructureRegistry.Standard.TryGet(decoder.ReadNodeId(), out var type));
        return type.Factory(ref decoder);
    }

    private static byte[] Encode(IServiceResponse response)
    {
        var encoder = new BinaryEncoder(CodecContext.Default);
        encoder.WriteNodeId(response.BinaryEncodingId);
        response.Encode(ref encoder);
        var bytes = encoder.Written.ToArray();
        encoder.Dispose();
        return bytes;
    }

    private async Task OpenAsync(OpenChunk chunk)
    {
        SecurityPolicy.TryGet(chunk.PolicyUri, out _policy);
        using var client = _policy.IsNone ? null : X509CertificateLoader.LoadCertificate(CertificateChain.LeafBytes(chunk.SenderCertificate).Span);
        using var key = client?.GetRSAPublicKey();
        chunk.Unprotect(_policy, server.Certificate?.Key, key);
        var request = (OpenSecureChannelRequest)Decode(chunk.Body.Span);
        server.Requests.Enqueue(request);
        _mode = request.SecurityMode;
        _secure ??= new SecureChannel(channelId, _policy, _mode, _limits, server.Time, isClient: false);
        _secure.AcceptOpen(chunk.SequenceNumber);
        var nonce = server.ChannelNonce(_policy);
        var response = new OpenSecureChannelResponse
        {
            ServerNonce = _policy.IsNone ? default : nonce,
            SecurityToken = new ChannelSecurityToken { ChannelId = channelId, TokenId = ++_tokenId, RevisedLifetime = (uint)server.TokenLifetime.TotalMilliseconds },
        };
        response.ResponseHeader.RequestHandle = request.RequestHeader.RequestHandle;
        var own = server.Impostor ?? server.Certificate;
        // Its number is the next: no answer may come between.
        await _sending.WaitAsync();
        var bytes = OpenChunk.Create(
            channelId, _policy, own?.Chain ?? default, own?.Key, client is null ? default : CertificateFields.Thumbprint(client), key, _secure.NextSequenceNumber(), chunk.RequestId, Encode(response));
        await output.WriteAsync(bytes);
        _secure.Install(SecurityToken.Create(_tokenId, server.Time.GetUtcNow().UtcDateTime, server.TokenLifetime, _policy, _mode, nonce, request.ClientNonce.Span));
        _sending.Release();
    }

    private async Task AnswerAsync(uint requestId, IServiceRequest request)
    {
        Answering.Value = this;
        var body = Encode(await server.AnswerAsync(request));
        await _sending.WaitAsync();
        try
        {
            _secure!.Send(output, MessageType.Message, requestId, body);
            await output.FlushAsync();
        }
        catch (InvalidOperationException)
        {
            // The connection was cut while the answer was on its way.
        }
        finally
        {
            _sending.Release();
        }
    }
}
