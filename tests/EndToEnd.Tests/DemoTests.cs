using System.Threading.Channels;
using OpcPortal.Host;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>The first live slice: from a register or topic of a simulated device to a subscription, and from a client back to the device.</summary>
public sealed class DemoTests(DemoFixture demo) : IClassFixture<DemoFixture>
{
    private const string Show = DemoNeighbourhood.ShowHouse;

    // Devices are polled each second, MQTT ones publish every two; the rest is for a busy machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("elm-7/meter/ActiveEnergyImport")]
    [InlineData("elm-5/elm-meter/ActivePower")]
    public async Task What_a_device_measures_reaches_a_subscription_and_changes(string point)
    {
        await using var session = await demo.ConnectAsync();
        await using var watched = await Watched.StartAsync(session, demo.Node(Show, point));
        var first = await watched.NextAsync(value => value.StatusCode.IsGood, Patience);
        var second = await watched.NextAsync(value => value.StatusCode.IsGood && value.Value != first.Value, Patience);
        Assert.True(first.Value.AsDouble() > 0);
        Assert.True(second.SourceTimestamp > first.SourceTimestamp);
    }

    [Theory]
    [InlineData("elm-7/thermostat/TemperatureSetpoint", 23.5)]
    [InlineData("elm-5/elm-thermostat/TemperatureSetpoint", 18.5)]
    public async Task A_set_point_that_is_written_reaches_the_device_and_is_seen_to_come_back(string point, double setpoint)
    {
        var node = demo.Node(Show, point);
        await using var session = await demo.ConnectAsync("operator");
        await using var watched = await Watched.StartAsync(session, node);
        var before = await watched.NextAsync(value => value.StatusCode.IsGood, Patience);
        Assert.NotEqual(setpoint, before.Value.AsDouble());
        Assert.Equal(StatusCodes.Good, (await session.WriteValueAsync(node, setpoint, _cancellation)).Code);
        await watched.NextAsync(value => value.StatusCode.IsGood && value.Value == new Variant(setpoint), Patience);
    }

    [Theory]
    [InlineData("elm-7/load-switch")]
    [InlineData("elm-5/elm-socket")]
    public async Task A_call_on_the_switch_reaches_the_device_and_its_actual_state_comes_back(string device)
    {
        await using var session = await demo.ConnectAsync("operator");
        await using var watched = await Watched.StartAsync(session, demo.Node(Show, $"{device}/SwitchState"));
        await watched.NextAsync(value => value.StatusCode.IsGood && value.Value == new Variant(true), Patience);
        Assert.Equal(StatusCodes.Good, (await session.CallAsync(demo.Node(Show, device), demo.Node(Show, $"{device}/Open"), cancellation: _cancellation)).StatusCode.Code);
        await watched.NextAsync(value => value.StatusCode.IsGood && value.Value == new Variant(false), Patience);
        Assert.Equal(StatusCodes.Good, (await session.CallAsync(demo.Node(Show, device), demo.Node(Show, $"{device}/Close"), cancellation: _cancellation)).StatusCode.Code);
        await watched.NextAsync(value => value.StatusCode.IsGood && value.Value == new Variant(true), Patience);
    }

    [Fact]
    public async Task A_method_named_by_its_type_is_that_of_the_device()
    {
        var server = demo.Demo.Portal.Server.Ua.Model;
        // Part 4 5.12.2.2: the MethodId may be that of the ObjectType; here of a supertype, LoadControlDeviceType.
        var close = server.NodeSets.SelectMany(set => set.Nodes).Single(node => node.NodeClass == NodeClass.Method && node.BrowseName.Name == "Close" && node.NodeId.NamespaceIndex == server.Namespaces.GetOrAdd(ModelLoader.PortalUri));
        await using var session = await demo.ConnectAsync("operator");
        var loadSwitch = demo.Node(Show, "elm-7/load-switch");
        await using var watched = await Watched.StartAsync(session, demo.Node(Show, "elm-7/load-switch/SwitchState"));
        await watched.NextAsync(value => value.StatusCode.IsGood, Patience);
        Assert.Equal(StatusCodes.Good, (await session.CallAsync(loadSwitch, close.NodeId, cancellation: _cancellation)).StatusCode.Code);
    }

    [Fact]
    public async Task A_method_with_an_argument_reaches_the_device_by_request_and_answer()
    {
        var battery = demo.Node(Show, "elm-5/elm-battery");
        await using var session = await demo.ConnectAsync("operator");
        await using var watched = await Watched.StartAsync(session, demo.Node(Show, "elm-5/elm-battery/PowerSetpoint"));
        await watched.NextAsync(value => value.StatusCode.IsGood, Patience);
        Assert.Equal(StatusCodes.Good, (await session.CallAsync(battery, demo.Node(Show, "elm-5/elm-battery/SetSetpoint"), [-750.0], _cancellation)).StatusCode.Code);
        await watched.NextAsync(value => value.StatusCode.IsGood && value.Value == new Variant(-750.0), Patience);
        // Part 4 5.12.2.4: arguments are checked before anything reaches the device.
        Assert.Equal(StatusCodes.BadArgumentsMissing, await RefusalAsync(session, battery, demo.Node(Show, "elm-5/elm-battery/SetSetpoint")));
        Assert.Equal(StatusCodes.BadInvalidArgument, await RefusalAsync(session, battery, demo.Node(Show, "elm-5/elm-battery/SetSetpoint"), "much"));
    }

    [Fact]
    public async Task Who_may_look_may_not_touch()
    {
        var setpoint = demo.Node(Show, "elm-7/water-heater/TemperatureSetpoint");
        var (device, method) = (demo.Node(Show, "elm-7/load-switch"), demo.Node(Show, "elm-7/load-switch/Open"));
        foreach (var user in (string?[])[null, "viewer"])
        {
            await using var session = await demo.ConnectAsync(user);
            Assert.NotEqual(StatusCodes.BadUserAccessDenied, (await session.ReadValueAsync(setpoint, _cancellation)).StatusCode.Code);
            Assert.Equal(StatusCodes.BadUserAccessDenied, (await session.WriteValueAsync(setpoint, 50.0, _cancellation)).Code);
            Assert.Equal(StatusCodes.BadUserAccessDenied, await RefusalAsync(session, device, method));
        }

        // The Security Manager sees that devices are there, not what they say.
        await using var security = await demo.ConnectAsync("security");
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await security.ReadValueAsync(setpoint, _cancellation)).StatusCode.Code);
        Assert.NotEmpty(await BrowseAsync(security, demo.Node(Show, "elm-7")));
    }

    [Fact]
    public async Task A_wrong_password_does_not_come_in()
    {
        var client = new UaClient(demo.Options);
        var refused = await Assert.ThrowsAsync<UaException>(() => client.ConnectAsync(demo.Url, EndpointChoice.Strongest, UserIdentity.Password("operator", "wrong"), _cancellation));
        Assert.Contains(refused.Status.Code, (uint[])[StatusCodes.BadIdentityTokenRejected, StatusCodes.BadUserAccessDenied, StatusCodes.BadIdentityTokenInvalid]);
    }

    [Fact]
    public async Task The_quality_of_a_reading_is_understood_by_a_client_that_learns_its_type_from_the_server()
    {
        await using var session = await demo.ConnectAsync();
        await using var watched = await Watched.StartAsync(session, demo.Node(Show, "elm-5/elm-meter/ActivePower/Quality"));
        var value = await watched.NextAsync(value => value.StatusCode.IsGood, Patience);
        // Part 3 8.48 (DataTypeDefinition): the client knows nothing of the type but what the node says.
        var quality = (await session.Types.DecodeAsync(value.Value, _cancellation)).AsStructure<StructureValue>();
        Assert.NotNull(quality);
        // IEC 61968-9: validated by meter data management, as the rules of the demonstration have it of its class of data.
        Assert.Equal("3.0.1", quality["Code"].AsString());
    }

    [Fact]
    public async Task Every_variable_of_every_device_comes_to_be_good()
    {
        await using var session = await demo.ConnectAsync();
        var waiting = await VariablesAsync(session);
        Assert.InRange(waiting.Count, 800, 10_000);
        using var late = new CancellationTokenSource(Patience);
        while (waiting.Count > 0)
        {
            var values = await session.ReadValuesAsync([.. waiting], _cancellation);
            Assert.All(values, value => Assert.True(value.StatusCode.IsGood || value.StatusCode == StatusCodes.BadWaitingForInitialData || value.StatusCode == StatusCodes.UncertainLastUsableValue, $"{value.StatusCode}"));
            waiting = [.. waiting.Where((_, i) => !values[i].StatusCode.IsGood)];
            Assert.False(late.IsCancellationRequested, $"Still waiting: {string.Join(", ", waiting.Take(10))}");
        }
    }

    private async Task<uint> RefusalAsync(UaSession session, NodeId device, NodeId method, params Variant[] arguments) =>
        (await Assert.ThrowsAsync<UaException>(() => session.CallAsync(device, method, arguments, _cancellation))).Status.Code;

    private async Task<List<NodeId>> VariablesAsync(UaSession session)
    {
        var variables = new List<NodeId>();
        var open = new Queue<NodeId>();
        foreach (var portal in await BrowseAsync(session, (await session.TranslateBrowsePathAsync(ObjectIds.ObjectsFolder, [new QualifiedName("Portals", 3)], _cancellation))[0])) open.Enqueue(portal.NodeId.NodeId);
        while (open.TryDequeue(out var node))
        {
            foreach (var child in await BrowseAsync(session, node))
            {
                // Part 11 5.7 (Annotations): what people noted is read from history alone.
                if (child.NodeClass == NodeClass.Variable && child.BrowseName.Name != "Annotations") variables.Add(child.NodeId.NodeId);
                open.Enqueue(child.NodeId.NodeId);
            }
        }

        return variables;
    }

    private async Task<List<ReferenceDescription>> BrowseAsync(UaSession session, NodeId node)
    {
        var references = new List<ReferenceDescription>();
        await foreach (var reference in session.BrowseAsync(node, ReferenceTypeIds.HierarchicalReferences, cancellation: _cancellation)) references.Add(reference);
        return references;
    }

    /// <summary>The values of one node as a subscription brings them.</summary>
    private sealed class Watched : IAsyncDisposable
    {
        private readonly Channel<DataValue> _values = Channel.CreateUnbounded<DataValue>();
        private UaSubscription? _subscription;

        public static async Task<Watched> StartAsync(UaSession session, NodeId node)
        {
            var watched = new Watched();
            watched._subscription = await session.SubscribeAsync(new SubscriptionOptions { PublishingInterval = TimeSpan.FromMilliseconds(100) }, message =>
            {
                if (message is DataMessage data)
                    foreach (var change in data.Changes) watched._values.Writer.TryWrite(change.Value);
                return ValueTask.CompletedTask;
            });
            await watched._subscription.AddAsync(new MonitoredItemOptions { NodeId = node, QueueSize = 10, SamplingInterval = TimeSpan.Zero });
            return watched;
        }

        /// <summary>Waits for the next value of a kind.</summary>
        public async Task<DataValue> NextAsync(Predicate<DataValue> wanted, TimeSpan patience)
        {
            using var late = new CancellationTokenSource(patience);
            var seen = new List<string>();
            try
            {
                while (true)
                {
                    var value = await _values.Reader.ReadAsync(late.Token);
                    if (wanted(value)) return value;
                    seen.Add(value.ToString());
                }
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"It did not come. Seen: {string.Join(", ", seen.TakeLast(20))}");
                throw;
            }
        }

        public ValueTask DisposeAsync() => _subscription!.DisposeAsync();
    }
}
