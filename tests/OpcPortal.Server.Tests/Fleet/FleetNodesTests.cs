using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>Computed nodes against what the types declare: the oracle is the InstanceFactory, which makes the nodes that Part 3 6.4 asks for.</summary>
public sealed class FleetNodesTests
{
    // Most tests only look: they look at the same fleet.
    private static readonly FleetFixture Shared = NewFleet();

    private static FleetFixture NewFleet()
    {
        var fleet = new FleetFixture();
        Assert.Empty(fleet.Load(FleetFiles.Meter));
        return fleet;
    }

    private static readonly uint[] Attributes =
    [
        AttributeIds.NodeClass, AttributeIds.BrowseName, AttributeIds.DisplayName, AttributeIds.Description, AttributeIds.WriteMask, AttributeIds.EventNotifier, AttributeIds.DataType,
        AttributeIds.ValueRank, AttributeIds.ArrayDimensions, AttributeIds.MinimumSamplingInterval, AttributeIds.Historizing,
    ];

    [Theory]
    [InlineData("oak-1/meter", "urn:owner", "ElectricityMeterType", "ActiveEnergyImport,ActivePower,VoltageL1,SupplySwitchState")]
    [InlineData("oak-1/heater", "urn:customer", "WaterHeaterType", "WaterTemperature,TemperatureSetpoint,SwitchState,Open,Close,SetSetpoint")]
    public void A_device_has_the_nodes_attributes_and_references_that_an_instance_of_its_type_has(string device, string owner, string type, string members)
    {
        var fleet = Shared;
        var optional = members.Split(',').ToHashSet();
        // What is mapped and what the type gives a value to below it; the nameplate as far as the type does not demand it is absent.
        var expected = Oracle(fleet, fleet.Node(device, owner), type, place =>
            optional.Contains(Join(place.Path)) || (place.Path.Count > 1 && optional.Contains(Join(place.Path.SkipLast(1))) && !place.Declaration.Node.Value.IsNull));

        var checkedNodes = 0;
        foreach (var node in expected.Nodes)
        {
            foreach (var attribute in node.NodeId == fleet.Node(device, owner) ? Attributes.Where(a => a is not (AttributeIds.DisplayName or AttributeIds.BrowseName)) : Attributes)
                Assert.True(OracleAttribute(node, attribute) == fleet.ReadAttribute(node.NodeId, attribute), $"{node.NodeId} attribute {attribute}");
            Assert.Equal(OracleReferences(fleet, node.NodeId, expected, fleet.Node("oak-1")), fleet.References(node.NodeId));
            checkedNodes++;
        }

        Assert.Equal(checkedNodes, CountBelow(fleet, fleet.Node(device, owner)));
    }

    [Fact]
    public void A_portal_lies_below_Portals_and_DeviceSet_and_has_its_devices()
    {
        var fleet = Shared;
        var portal = fleet.Node("oak-1");
        foreach (var folder in (NodeId[])[FolderOf(fleet, "Portals"), FolderOf(fleet, "DeviceSet")])
        {
            // Part 3 7.11: Organizes, seen from both ends.
            Assert.Contains($"i=35 > {portal}", fleet.References(folder));
            Assert.Contains($"i=35 < {folder}", fleet.References(portal));
        }

        Assert.Contains($"i=47 > {fleet.Node("oak-1/meter")}", fleet.References(portal));
        Assert.Contains($"i=47 > {fleet.Node("oak-1/heater", "urn:customer")}", fleet.References(portal));
        Assert.Contains($"i=47 < {portal}", fleet.References(fleet.Node("oak-1/meter")));
        Assert.Equal(new LocalizedText("Oak Street 1"), fleet.ReadAttribute(portal, AttributeIds.DisplayName).AsLocalizedText());
        Assert.Equal(4, fleet.ReadValue(fleet.Node("oak-1:AccessNetworkMedium")).Value.AsInt32());
    }

    [Fact]
    public void A_node_is_found_in_the_namespace_of_its_owner_alone()
    {
        var fleet = Shared;
        Assert.True(fleet.Space.TryResolve(fleet.Node("oak-1/heater", "urn:customer"), out _));
        Assert.False(fleet.Space.TryResolve(fleet.Node("oak-1/heater"), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("oak-1/")]
    [InlineData("oak-1//")]
    [InlineData("oak-1/meter/")]
    [InlineData("oak-1/meter//ActivePower")]
    [InlineData("oak-1:")]
    [InlineData("oak-1:ActivePower")]
    [InlineData("oak-1/meter/CurrentL1")]
    [InlineData("oak-1/Meter")]
    [InlineData("elm-1/meter")]
    [InlineData("oak-1/meter/ActivePower/Nothing")]
    public void Texts_that_name_nothing_find_nothing(string text)
    {
        var fleet = Shared;
        Assert.Equal(StatusCodes.BadNodeIdUnknown, fleet.ReadValue(fleet.Node(text)).StatusCode.Code);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, fleet.ReadValue(fleet.Node(text + new string('x', 5000))).StatusCode.Code);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, fleet.ReadValue(new NodeId(7u, fleet.Model.Namespaces.GetOrAdd("urn:owner"))).StatusCode.Code);
    }

    [Fact]
    public void Every_variable_reads_Good_or_waits_for_its_first_reading_and_fits_its_DataType()
    {
        var fleet = Shared;
        var types = new ValueTypeCheck(fleet.Types);
        var variables = 0;
        foreach (var id in Below(fleet, fleet.Node("oak-1")))
        {
            fleet.Space.TryResolve(id, out var node);
            if (node.NodeClass != NodeClass.Variable) continue;
            var value = fleet.ReadValue(id);
            Assert.True(value.StatusCode.IsGood || value.StatusCode == StatusCodes.BadWaitingForInitialData, $"{id}: {value.StatusCode}");
            var given = value.Value;
            if (value.StatusCode.IsGood) Assert.True(types.Check(node, ref given).IsGood, $"{id}: {given}");
            variables++;
        }

        Assert.InRange(variables, 60, 200);
    }

    [Fact]
    public void The_nameplate_says_what_the_configuration_says_and_is_empty_where_it_says_nothing()
    {
        var fleet = Shared;
        Assert.Equal("Acme", fleet.ReadValue(fleet.Node("oak-1/meter/Manufacturer")).Value.AsLocalizedText().Text);
        Assert.Equal("A-17", fleet.ReadValue(fleet.Node("oak-1/meter/SerialNumber")).Value.AsString());
        Assert.Equal(4, fleet.ReadValue(fleet.Node("oak-1/meter/RevisionCounter")).Value.AsInt32());
        // OPC 10000-100 5.5.2: unknown texts are empty, an unknown revision counter is -1.
        Assert.Equal("", fleet.ReadValue(fleet.Node("oak-1/heater/SerialNumber", "urn:customer")).Value.AsString());
        Assert.Equal(-1, fleet.ReadValue(fleet.Node("oak-1/heater/RevisionCounter", "urn:customer")).Value.AsInt32());
    }

    [Fact]
    public void Only_a_set_point_that_the_configuration_can_write_is_writable()
    {
        var fleet = Shared;
        Assert.Equal(3, fleet.ReadAttribute(fleet.Node("oak-1/heater/TemperatureSetpoint", "urn:customer"), AttributeIds.AccessLevel).AsByte());
        Assert.Equal(1, fleet.ReadAttribute(fleet.Node("oak-1/heater/WaterTemperature", "urn:customer"), AttributeIds.AccessLevel).AsByte());
        Assert.Equal(1, fleet.ReadAttribute(fleet.Node("oak-1/meter/ActivePower"), AttributeIds.AccessLevel).AsByte());
    }

    [Fact]
    public void A_reading_is_read_and_told_with_its_times_status_and_quality()
    {
        var fleet = NewFleet();
        var power = fleet.Node("oak-1/meter/ActivePower");
        var seen = new List<DataValue>();
        fleet.Access.Resolve(fleet.Everybody, power, PermissionType.Read, out var grant);
        using var watching = grant.Node.Source.Observe(grant, new Recorder(seen))!;
        var source = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var server = source.AddSeconds(1);

        fleet.Service.Store.Apply([new Reading(fleet.Service.Registry.Point("oak-1", "meter", "ActivePower"), PointValue.From(1234.5), source, ReadingStatus.Good, new QualityCode(QualityOrigin.MeteringSystem, 8, 0))], server);

        // portal-model: an estimate is UncertainSubstituteValue.
        var expected = new DataValue(1234.5, StatusCodes.UncertainSubstituteValue, source, server);
        Assert.Equal(expected, fleet.ReadValue(power));
        Assert.Equal([expected], seen);
        var quality = fleet.ReadValue(fleet.Node("oak-1/meter/ActivePower/Quality"));
        Assert.True(quality.StatusCode.IsGood);
        // Part 6 5.2.2.4: a String is its length and its bytes; Code is the first field.
        Assert.Equal("2.8.0", System.Text.Encoding.UTF8.GetString(quality.Value.AsExtensionObject()!.BinaryBody().Bytes!, 4, 5));
        watching.Dispose();
        fleet.Service.Store.Apply([new Reading(fleet.Service.Registry.Point("oak-1", "meter", "ActivePower"), PointValue.From(1.0), server)], server);
        Assert.Single(seen);
    }

    [Fact]
    public async Task A_write_and_a_call_reach_the_device_and_its_answer_comes_back()
    {
        var fleet = NewFleet();
        var setpoint = fleet.Node("oak-1/heater/TemperatureSetpoint", "urn:customer");
        fleet.Access.Resolve(fleet.Everybody, setpoint, PermissionType.Write, out var write);
        Assert.Equal(StatusCodes.Good, (await write.Node.Source.WriteValueAsync(write, new DataValue(55.0), TestContext.Current.CancellationToken)).Code);
        // Part 8 5.3.2.3: outside EURange (20 to 90 in NodeSet.xml) a server may refuse, and this one does.
        Assert.Equal(StatusCodes.BadOutOfRange, (await write.Node.Source.WriteValueAsync(write, new DataValue(95.0), TestContext.Current.CancellationToken)).Code);

        fleet.Answer = ReadingStatus.BadNotConnected;
        var method = fleet.Node("oak-1/heater/SetSetpoint", "urn:customer");
        fleet.Access.Resolve(fleet.Everybody, method, PermissionType.Call, out var call);
        var result = await call.Node.Source.CallAsync(call, new MethodCall(fleet.Everybody, fleet.Node("oak-1/heater", "urn:customer"), method, [60.0]), TestContext.Current.CancellationToken);
        Assert.Equal(StatusCodes.BadNotConnected, result.Status.Code);

        var device = fleet.Service.Registry.Device("oak-1", "heater");
        Assert.Equal(
            [new SetPointCommand(device, fleet.Service.Registry.Point("oak-1", "heater", "TemperatureSetpoint"), PointValue.From(55.0)), new InvokeCommand(device, "SetSetpoint", [PointValue.From(60.0)])],
            fleet.Sent.Select(command => command is InvokeCommand invoke ? invoke with { Arguments = [.. invoke.Arguments] } : command), new CommandComparer());
    }

    [Fact]
    public async Task A_supply_switch_is_not_operated_by_a_call_at_the_meter_and_an_inverter_is_disconnected_by_one()
    {
        var fleet = new FleetFixture();
        Assert.Empty(fleet.Load("""
            { "portal": { "id": "elm-1", "owner": "urn:owner" }, "connection": { "protocol": "none" },
              "devices": [
                { "id": "meter", "type": "ElectricityMeterType", "points": { "ActiveEnergyImport": {}, "SupplySwitchState": {}, "LoadSideVoltage": {} }, "commands": { "Connect": {}, "Disconnect": {} } },
                { "id": "roof", "type": "InverterType", "points": { "ActivePower": {} }, "commands": { "Connect": {}, "Disconnect": {} } } ] }
            """));
        foreach (var (device, method, expected) in new[] { ("meter", "Disconnect", StatusCodes.BadNotExecutable), ("meter", "Connect", StatusCodes.BadNotExecutable), ("roof", "Disconnect", StatusCodes.Good) })
        {
            var node = fleet.Node($"elm-1/{device}/{method}", "urn:owner");
            fleet.Access.Resolve(fleet.Everybody, node, PermissionType.Call, out var call);
            var result = await call.Node.Source.CallAsync(call, new MethodCall(fleet.Everybody, fleet.Node($"elm-1/{device}", "urn:owner"), node, []), TestContext.Current.CancellationToken);
            Assert.Equal(expected, result.Status.Code);
        }

        Assert.Equal("Disconnect", Assert.IsType<InvokeCommand>(Assert.Single(fleet.Sent)).Name);
    }

    private sealed class Recorder(List<DataValue> seen) : IValueObserver
    {
        public void OnValueChanged(in DataValue value) => seen.Add(value);
    }

    private sealed class CommandComparer : IEqualityComparer<DeviceCommand>
    {
        public bool Equals(DeviceCommand? x, DeviceCommand? y) => x is InvokeCommand a && y is InvokeCommand b ? a.Device == b.Device && a.Name == b.Name && a.Arguments.SequenceEqual(b.Arguments) : object.Equals(x, y);

        public int GetHashCode(DeviceCommand command) => command.Device;
    }

    private static Instance Oracle(FleetFixture fleet, NodeId root, string type, Func<InstancePlace, bool> includes)
    {
        var typeId = fleet.Model.NodeSets[^1].Nodes.Single(n => n.BrowseName == new QualifiedName(type, fleet.Portal)).NodeId;
        return new InstanceFactory(fleet.Model.Declarations).Create(new InstanceRequest
        {
            TypeId = typeId,
            NodeId = root,
            BrowseName = new QualifiedName("root"),
            NodeIds = place => new NodeId($"{root.Text}/{Join(place.Path)}", root.NamespaceIndex),
            Includes = includes,
        });
    }

    private static Variant OracleAttribute(NodeRecord node, uint attribute)
    {
        // Points have no value in the type; AccessLevel and Executable depend on the mapping and have tests of their own.
        StaticAttributes.Read(node, attribute, [], out var value);
        return value;
    }

    private static SortedSet<string> OracleReferences(FleetFixture fleet, NodeId id, Instance instance, NodeId portal)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var node in instance.Nodes)
            foreach (var reference in node.References)
            {
                if (node.NodeId == id) found.Add($"{reference.ReferenceTypeId} {(reference.IsForward ? ">" : "<")} {reference.Target}");
                else if (reference.Target.NodeId == id) found.Add($"{reference.ReferenceTypeId} {(reference.IsForward ? "<" : ">")} {node.NodeId}");
            }

        if (id == instance.Root.NodeId) found.Add($"i=47 < {portal}");
        return found;
    }

    private static NodeId FolderOf(FleetFixture fleet, string name) => fleet.Model.NodeSets.SelectMany(s => s.Nodes).Single(n => n.NodeClass == NodeClass.Object && n.BrowseName.Name == name && n.BrowseName.NamespaceIndex >= 2).NodeId;

    private static int CountBelow(FleetFixture fleet, NodeId root) => Below(fleet, root).Count();

    // The node and all below it in the fleet's own namespaces.
    private static IEnumerable<NodeId> Below(FleetFixture fleet, NodeId root)
    {
        yield return root;
        fleet.Space.TryResolve(root, out var node);
        var cursor = default(ReferenceCursor);
        var children = new List<NodeId>();
        while (node.Source.TryNextReference(node, new ReferenceFilter(BrowseDirection.Forward, fleet.Types.SubtypesOf(ReferenceTypeIds.HierarchicalReferences)), ref cursor, out var reference))
            if (reference.Target.NodeId.IdType == IdType.String) children.Add(reference.Target.NodeId);
        foreach (var child in children)
            foreach (var below in Below(fleet, child)) yield return below;
    }

    private static string Join(IEnumerable<QualifiedName> path) => string.Join('/', path.Select(name => name.Name));
}
