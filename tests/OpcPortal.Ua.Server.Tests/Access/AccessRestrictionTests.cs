using OpcPortal.Ua.Server.Tests.Services;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>What channels must protect is demanded by every service that touches a node. Part 3 5.2.11, 8.56 (AccessRestrictionType).</summary>
public sealed class AccessRestrictionTests
{
    private const AccessRestrictionType Signing = AccessRestrictionType.SigningRequired;
    private const AccessRestrictionType Encryption = AccessRestrictionType.EncryptionRequired;
    private const AccessRestrictionType Browsing = AccessRestrictionType.ApplyRestrictionsToBrowse;

    private readonly NodeWorld _world = new();

    private Session Over(MessageSecurityMode mode) => _world.Connect(StandardSpace.User(mode));

    // By hand from Table 34 of Part 3 8.56: signing is had by both protected modes, encryption by one. SessionRequired alone asks for no protection.
    public static TheoryData<AccessRestrictionType, MessageSecurityMode, bool> Table => new()
    {
        { 0, MessageSecurityMode.None, true },
        { AccessRestrictionType.SessionRequired, MessageSecurityMode.None, true },
        { Signing, MessageSecurityMode.None, false },
        { Signing, MessageSecurityMode.Sign, true },
        { Signing, MessageSecurityMode.SignAndEncrypt, true },
        { Encryption, MessageSecurityMode.None, false },
        { Encryption, MessageSecurityMode.Sign, false },
        { Encryption, MessageSecurityMode.SignAndEncrypt, true },
        { Signing | Encryption, MessageSecurityMode.Sign, false },
        { Signing | Encryption, MessageSecurityMode.SignAndEncrypt, true },
        { Encryption | AccessRestrictionType.SessionRequired, MessageSecurityMode.Sign, false },
        { Encryption | AccessRestrictionType.SessionRequired, MessageSecurityMode.SignAndEncrypt, true },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Reading_writing_and_calling_ask_for_what_the_node_demands(AccessRestrictionType restrictions, MessageSecurityMode mode, bool isEnough)
    {
        var variable = _world.Variable("v", 1, restrictions: restrictions);
        var target = _world.Object("o", restrictions: restrictions);
        var method = _world.Method("m", target);
        var session = Over(mode);
        var expected = new StatusCode(isEnough ? StatusCodes.Good : StatusCodes.BadSecurityModeInsufficient);
        Assert.Equal(expected, (await _world.Read(variable, session: session)).StatusCode);
        Assert.Equal(expected.ToString(), await _world.Write(variable, 2, session: session));
        Assert.Equal(expected, (await _world.Call(target, method, session)).StatusCode);
        // Browsing is free unless the node says otherwise; so are the attributes that go with it.
        Assert.Contains("m", await _world.Names(target, session));
        Assert.Equal((ushort)restrictions, (await _world.Read(variable, AttributeIds.AccessRestrictions, session: session)).Value);
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Browsing_asks_for_it_where_the_node_says_so(AccessRestrictionType restrictions, MessageSecurityMode mode, bool isEnough)
    {
        var folder = _world.Object("folder");
        _world.Variable("v", 1, parent: folder, restrictions: restrictions | Browsing);
        _world.Variable("free", 1, parent: folder);
        var session = Over(mode);
        Assert.Equal(isEnough ? ["v", "free"] : ["free"], await _world.Names(folder, session));
        var expected = new StatusCode(isEnough ? StatusCodes.Good : StatusCodes.BadSecurityModeInsufficient);
        Assert.Equal(expected, (await _world.Browse(NodeWorld.Description(NodeWorld.Id("v")), session: session)).StatusCode);
        Assert.Equal(expected, (await _world.Read(NodeWorld.Id("v"), AttributeIds.DisplayName, session: session)).StatusCode);
        Assert.Equal(expected, (await _world.Read(NodeWorld.Id("v"), session: session)).StatusCode);
        var path = new BrowsePath { StartingNode = folder, RelativePath = new RelativePath { Elements = [new RelativePathElement { ReferenceTypeId = ReferenceTypeIds.HasComponent, TargetName = new QualifiedName("v", 1) }] } };
        var translated = (await _world.Send<TranslateBrowsePathsToNodeIdsResponse>(new TranslateBrowsePathsToNodeIdsRequest { BrowsePaths = [path] }, session)).Results![0];
        Assert.Equal(isEnough ? StatusCodes.Good : StatusCodes.BadNoMatch, translated.StatusCode.Code);
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task What_a_namespace_demands_holds_for_its_nodes_that_say_nothing_themselves(AccessRestrictionType restrictions, MessageSecurityMode mode, bool isEnough)
    {
        _world.Policy.SetDefaults(1, StandardSpace.Everybody(NodeWorld.Everything), restrictions);
        var silent = _world.Variable("silent", 1);
        var free = _world.Variable("free", 1, restrictions: 0);
        var session = Over(mode);
        Assert.Equal(new StatusCode(isEnough ? StatusCodes.Good : StatusCodes.BadSecurityModeInsufficient), (await _world.Read(silent, session: session)).StatusCode);
        Assert.Equal(StatusCodes.Good, (await _world.Read(free, session: session)).StatusCode);
        Assert.Equal((ushort)restrictions, (await _world.Read(silent, AttributeIds.AccessRestrictions, session: session)).Value);
        Assert.Equal((ushort)0, (await _world.Read(free, AttributeIds.AccessRestrictions, session: session)).Value);
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Watching_a_value_asks_for_it(AccessRestrictionType restrictions, MessageSecurityMode mode, bool isEnough)
    {
        await using var server = new TestServer();
        var id = new NodeId("v", 1);
        server.Server.Model.Nodes.Add([new NodeSets.NodeRecord { NodeId = id, NodeClass = NodeClass.Variable, BrowseName = "v", Value = 1.0, AccessRestrictions = (ushort)restrictions }]);
        var client = await server.LogInAsync(user: null, mode: mode);
        var subscription = await client.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest { RequestedPublishingInterval = 100, RequestedLifetimeCount = 100, RequestedMaxKeepAliveCount = 10, PublishingEnabled = true });
        await client.CallAsync<CreateMonitoredItemsResponse>(new CreateMonitoredItemsRequest
        {
            SubscriptionId = subscription.SubscriptionId,
            ItemsToCreate = [new MonitoredItemCreateRequest { ItemToMonitor = new ReadValueId { NodeId = id, AttributeId = AttributeIds.Value }, MonitoringMode = MonitoringMode.Reporting }],
        });
        await client.PostAsync(new PublishRequest());
        await client.ReadAsync(ObjectIds.Server, AttributeIds.NodeId);
        server.Time.Advance(TimeSpan.FromMilliseconds(100));
        var data = Assert.IsType<DataChangeNotification>(Assert.IsType<PublishResponse>(await client.ReceiveAsync()).NotificationMessage.NotificationData![0]!.Structure);
        Assert.Equal(new StatusCode(isEnough ? StatusCodes.Good : StatusCodes.BadSecurityModeInsufficient), Assert.Single(data.MonitoredItems!).Value.StatusCode);
    }

    [Fact]
    public async Task The_defaults_of_a_namespace_are_shown()
    {
        await using var server = new TestServer();
        server.Server.Model.Policy.SetDefaults(1, StandardSpace.Everybody(NodeWorld.Everything), Signing | Encryption);
        var metadata = server.Child(server.Child(ObjectIds.Server_Namespaces, TestPki.ServerUri), "DefaultAccessRestrictions");
        var client = await server.LogInAsync();
        Assert.Equal((ushort)(Signing | Encryption), (await client.ReadAsync(metadata)).Value);
    }
}
