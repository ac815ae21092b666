using System.Collections.Concurrent;
using System.Security.Cryptography;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Client.Tests;

/// <summary>Sessions and subscriptions for a <see cref="ScriptedServer"/>: as a good server does it, until a test replaces a part.</summary>
internal sealed class ScriptedSessions
{
    private readonly ConcurrentQueue<(PublishRequest Request, TaskCompletionSource<IServiceResponse> Answer, ScriptedConnection Connection)> _parked = new();
    private readonly SemaphoreSlim _publishes = new(0);
    private uint _lastSession;
    private uint _lastSubscription = 10;

    public ScriptedSessions(ScriptedServer server)
    {
        Server = server;
        Endpoints = [Endpoint(SecurityPolicy.None, MessageSecurityMode.None)];
        server.On<GetEndpointsRequest>(_ => new GetEndpointsResponse { Endpoints = [.. Endpoints] });
        server.On<CreateSessionRequest>(Create);
        server.On<ActivateSessionRequest>(request => Forgotten.Contains(request.RequestHeader.AuthenticationToken)
            ? ScriptedServer.Fault(StatusCodes.BadSessionIdInvalid)
            : new ActivateSessionResponse { ServerNonce = Nonce.ForSession() });
        server.On<CloseSessionRequest>(_ => new CloseSessionResponse());
        server.On<ReadRequest>(request => new ReadResponse { Results = Array.ConvertAll(request.NodesToRead!, Read) });
        server.On<CreateSubscriptionRequest>(_ => new CreateSubscriptionResponse
        {
            SubscriptionId = ++_lastSubscription,
            RevisedPublishingInterval = 1000,
            RevisedMaxKeepAliveCount = 10,
            RevisedLifetimeCount = 100,
        });
        server.On<CreateMonitoredItemsRequest>(request => new CreateMonitoredItemsResponse { Results = Array.ConvertAll(request.ItemsToCreate!, _ => new MonitoredItemCreateResult { MonitoredItemId = 1, StatusCode = ItemStatus }) });
        server.On<DeleteSubscriptionsRequest>(_ => new DeleteSubscriptionsResponse { Results = [StatusCodes.Good] });
        server.On<PublishRequest>(request =>
        {
            var answer = new TaskCompletionSource<IServiceResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
            _parked.Enqueue((request, answer, ScriptedConnection.Current));
            _publishes.Release();
            return answer.Task;
        });
        server.On<SetPublishingModeRequest>(_ => new SetPublishingModeResponse { Results = [PublishingStatus] });
        server.On<RepublishRequest>(request => Kept.TryGetValue(request.RetransmitSequenceNumber, out var message)
            ? new RepublishResponse { NotificationMessage = message }
            : ScriptedServer.Fault(StatusCodes.BadMessageNotAvailable));
        server.On<TransferSubscriptionsRequest>(request => new TransferSubscriptionsResponse
        {
            Results = Array.ConvertAll(request.SubscriptionIds!, _ => new TransferResult { StatusCode = TransferStatus, AvailableSequenceNumbers = [.. Kept.Keys.Order()] }),
        });
    }

    public ScriptedServer Server { get; }
    public List<EndpointDescription> Endpoints { get; }

    /// <summary>Changes an answer to CreateSession after it was made.</summary>
    public Action<CreateSessionResponse>? Distort { get; set; }

    /// <summary>Authentication tokens that are no longer known.</summary>
    public ConcurrentBag<NodeId> Forgotten { get; } = [];

    /// <summary>Messages that Republish still has.</summary>
    public ConcurrentDictionary<uint, NotificationMessage> Kept { get; } = new();

    public string[] Namespaces { get; set; } = [NamespaceTable.OpcUa, "urn:scripted:server"];

    /// <summary>What the server says of its limit; null where it says nothing.</summary>
    public uint? MaxNodesPerRead { get; set; }

    /// <summary>What SetPublishingMode says of the subscription.</summary>
    public StatusCode PublishingStatus { get; set; } = StatusCodes.Good;

    /// <summary>What becomes of items that are created.</summary>
    public StatusCode ItemStatus { get; set; } = StatusCodes.Good;

    public StatusCode TransferStatus { get; set; } = StatusCodes.Good;
    public uint SubscriptionId => _lastSubscription;

    public EndpointDescription Endpoint(SecurityPolicy policy, MessageSecurityMode mode) => new()
    {
        EndpointUrl = ScriptedServer.Url.OriginalString,
        SecurityPolicyUri = policy.Uri,
        SecurityMode = mode,
        Server = new ApplicationDescription { ApplicationUri = "urn:scripted:server" },
        ServerCertificate = Server.Certificate?.Chain ?? default,
        UserIdentityTokens =
        [
            new UserTokenPolicy { PolicyId = "anonymous", TokenType = UserTokenType.Anonymous },
            new UserTokenPolicy { PolicyId = "password", TokenType = UserTokenType.UserName },
        ],
    };

    private CreateSessionResponse Create(CreateSessionRequest request)
    {
        var number = ++_lastSession;
        var response = new CreateSessionResponse
        {
            SessionId = new NodeId(number, 1),
            AuthenticationToken = new NodeId(1000 + number, 1),
            RevisedSessionTimeout = request.RequestedSessionTimeout,
            ServerNonce = Nonce.ForSession(),
            ServerEndpoints = [.. Endpoints],
        };
        if (!request.ClientCertificate.IsNull && Server.Certificate is { } own)
        {
            var policy = SecurityPolicy.All.Single(p => p.Uri == Endpoints[^1].SecurityPolicyUri);
            var signature = new byte[own.Key.KeySize / 8];
            own.Key.Sign(policy, [.. CertificateChain.LeafBytes(request.ClientCertificate).Span, .. request.ClientNonce.Span], signature);
            response.ServerCertificate = own.Chain;
            response.ServerSignature = new SignatureData { Algorithm = policy.SignatureAlgorithm, Signature = signature };
        }

        Distort?.Invoke(response);
        return response;
    }

    private DataValue Read(ReadValueId item) => item.NodeId.NamespaceIndex != 0 ? DataValue.FromStatus(StatusCodes.BadNodeIdUnknown)
        : item.NodeId.Numeric == VariableIds.Server_NamespaceArray ? new DataValue(new Variant(Namespaces))
        : item.NodeId.Numeric == VariableIds.Server_ServerStatus_State ? new DataValue(0)
        : item.NodeId.Numeric == VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead && MaxNodesPerRead is { } max ? new DataValue(max)
        : DataValue.FromStatus(StatusCodes.BadNodeIdUnknown);

    /// <summary>The oldest Publish request at the server, as soon as there is one. Those of a connection that was cut come to nothing.</summary>
    public async Task<(PublishRequest Request, TaskCompletionSource<IServiceResponse> Answer)> NextPublishAsync()
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            await _publishes.WaitAsync(late.Token);
            Assert.True(_parked.TryDequeue(out var next));
            if (!next.Connection.IsCut) return (next.Request, next.Answer);
        }
    }

    /// <summary>Answers the oldest Publish request.</summary>
    /// <returns>The request, which holds what the client acknowledges.</returns>
    public async Task<PublishRequest> PublishAsync(NotificationMessage message)
    {
        var (request, answer) = await NextPublishAsync();
        answer.SetResult(new PublishResponse { SubscriptionId = SubscriptionId, NotificationMessage = message });
        return request;
    }

    public static NotificationMessage Values(uint number, params int[] values) => new()
    {
        SequenceNumber = number,
        NotificationData = [new ExtensionObject(new DataChangeNotification { MonitoredItems = Array.ConvertAll(values, v => new MonitoredItemNotification { ClientHandle = 1, Value = new DataValue(v, sourceTimestamp: DateTime.UnixEpoch.AddSeconds(v)) }) })],
    };

    public static NotificationMessage KeepAlive(uint next) => new() { SequenceNumber = next };

    public static NotificationMessage Status(uint number, StatusCode status) => new()
    {
        SequenceNumber = number,
        NotificationData = [new ExtensionObject(new StatusChangeNotification { Status = status })],
    };
}
