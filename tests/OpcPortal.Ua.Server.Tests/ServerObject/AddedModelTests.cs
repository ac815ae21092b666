using OpcPortal.Ua.NodeSets;
using Reference = OpcPortal.Ua.NodeSets.NodeReference;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>A model that comes while the server runs: whole or not at all, and nothing that was there changes.</summary>
public sealed class AddedModelTests
{
    private const string Uri = "urn:test:pumps";

    private static readonly NodeId PumpType = new(1u, 1);
    private static readonly NodeId Speed = new(2u, 1);

    // Namespace 1 is the model's own.
    private static NodeSet Pumps(params ReadOnlySpan<NodeRecord> more) => new()
    {
        NamespaceUris = [Uri],
        Models = [new NodeSetModel { ModelUri = Uri, Version = "1.2.3", PublicationDate = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), RequiredModels = [new NodeSetModel { ModelUri = NamespaceTable.OpcUa }] }],
        Nodes =
        [
            Node(PumpType, NodeClass.ObjectType, "PumpType", new Reference(ReferenceTypeIds.HasSubtype, false, (NodeId)ObjectTypeIds.BaseObjectType)),
            Node(Speed, NodeClass.Variable, "Speed", new(ReferenceTypeIds.HasComponent, false, PumpType), new(ReferenceTypeIds.HasModellingRule, true, (NodeId)ObjectIds.ModellingRule_Mandatory), OfType(VariableTypeIds.BaseDataVariableType)) with
            {
                DataType = DataTypeIds.Double,
            },
            .. more,
        ],
    };

    private static NodeRecord Node(NodeId id, NodeClass nodeClass, string name, params Reference[] references) =>
        new() { NodeId = id, NodeClass = nodeClass, BrowseName = new QualifiedName(name, 1), References = references };

    private static Reference OfType(uint type) => new(ReferenceTypeIds.HasTypeDefinition, true, (NodeId)type);

    private static NodeId Own(UaServer server, NodeId id) => id.WithNamespace(server.Model.Namespaces.GetOrAdd(Uri));

    [Fact]
    public async Task Its_types_are_there_for_clients_and_for_instances_and_its_namespace_is_described()
    {
        await using var server = new TestServer();
        var client = await server.LogInAsync();
        var before = server.Server.Model.Namespaces.Count;
        server.Server.AddModel(Pumps());
        Assert.Equal(before + 1, server.Server.Model.Namespaces.Count);
        Assert.Equal(Uri, (await client.ReadAsync(VariableIds.Server_NamespaceArray)).Value.AsArray<string>()![^1]);
        var type = Own(server.Server, PumpType);
        Assert.True(server.Server.Model.Types.IsSubtypeOf(type, ObjectTypeIds.BaseObjectType));
        Assert.Equal("Speed", Assert.Single(server.Server.Model.Declarations.Of(type)).BrowseName.Name);
        var pump = new InstanceFactory(server.Server.Model.Declarations).Create(new InstanceRequest { TypeId = type, NodeId = new NodeId("pump", 1), BrowseName = "pump", NodeIds = _ => new NodeId("pump/speed", 1) });
        Assert.Equal(2, pump.Nodes.Length);
        var metadata = StaticWalk.Child(server.Server.Model.Nodes, server.Server.Model.Types, ObjectIds.Server_Namespaces, Uri);
        Assert.Equal("1.2.3", (await client.ReadAsync(StaticWalk.Child(server.Server.Model.Nodes, server.Server.Model.Types, metadata, "NamespaceVersion"))).Value.AsString());
    }

    [Fact]
    public async Task Clients_hear_which_nodes_came_but_of_none_that_has_permissions_of_its_own()
    {
        await using var server = new TestServer();
        server.Server.Model.Nodes.TryResolve(ObjectIds.Server, out var notifier);
        using var listener = new Listener(server.Server.Events, notifier);
        var secret = Node(new NodeId(3u, 1), NodeClass.Object, "Secret", OfType(ObjectTypeIds.BaseObjectType)) with { RolePermissions = [new RolePermission(ObjectIds.WellKnownRole_SecurityAdmin, 1)] };
        server.Server.AddModel(Pumps(secret));
        var heard = Assert.Single(listener.Events, e => e.EventType == new NodeId(ObjectTypeIds.GeneralModelChangeEventType));
        var listed = heard.Fields["Changes"].AsArray<ExtensionObject?>()!.Select(change => (ModelChangeStructureDataType)change!.Structure!).ToList();
        Assert.Equal([Own(server.Server, PumpType), Own(server.Server, Speed)], listed.Select(change => change.Affected));
        Assert.Equal([default, (NodeId)VariableTypeIds.BaseDataVariableType], listed.Select(change => change.AffectedType));
    }

    public static TheoryData<string, NodeSet> Unfit => new()
    {
        { "requires the model urn:test:absent", Pumps() with { Models = [new NodeSetModel { ModelUri = Uri, RequiredModels = [new NodeSetModel { ModelUri = "urn:test:absent" }] }] } },
        { "uses the namespace urn:test:absent", Pumps() with { NamespaceUris = [Uri, "urn:test:absent"] } },
        { "does not say which models", Pumps() with { Models = [] } },
        { "is there twice", Pumps(Node(PumpType, NodeClass.ObjectType, "Again", new Reference(ReferenceTypeIds.HasSubtype, false, (NodeId)ObjectTypeIds.BaseObjectType))) },
        { "namespace of another model", Pumps(Node(new NodeId(99_999u), NodeClass.Object, "Intruder", OfType(ObjectTypeIds.BaseObjectType))) },
        { "which is not there", Pumps(Node(new NodeId(3u, 1), NodeClass.ObjectType, "Orphan", new Reference(ReferenceTypeIds.HasSubtype, false, new NodeId(77u, 1)))) },
        { "would change the node i=61", Pumps(Node(new NodeId(3u, 1), NodeClass.ObjectType, "Above", new Reference(ReferenceTypeIds.HasSubtype, true, (NodeId)ObjectTypeIds.FolderType))) },
        { "would change the node i=61", Pumps(Node(new NodeId(3u, 1), NodeClass.Variable, "More", OfType(VariableTypeIds.BaseDataVariableType), new(ReferenceTypeIds.HasComponent, false, (NodeId)ObjectTypeIds.FolderType))) },
        { "would change the node i=2253", Pumps(Node(new NodeId(3u, 1), NodeClass.ObjectType, "Typed", new(ReferenceTypeIds.HasSubtype, false, (NodeId)ObjectTypeIds.BaseObjectType), new(ReferenceTypeIds.HasTypeDefinition, false, (NodeId)ObjectIds.Server))) },
        { "would change the node i=15606", Pumps(Node(new NodeId(3u, 1), NodeClass.Object, "King", OfType(15620), new(ReferenceTypeIds.HasComponent, false, (NodeId)ObjectIds.Server_ServerCapabilities_RoleSet))) },
        { "which is not there: models that bring roles", Pumps(Node(new NodeId(3u, 1), NodeClass.Object, "Kings", OfType(ObjectTypeIds.BaseObjectType)) with { RolePermissions = [new RolePermission(new NodeId(88u, 1), 1)] }) },
    };

    [Theory]
    [MemberData(nameof(Unfit), DisableDiscoveryEnumeration = true)]
    public async Task What_does_not_fit_is_refused_and_nothing_of_it_is_there(string reason, NodeSet model)
    {
        await using var server = new TestServer();
        var before = server.Server.Model.Namespaces.Count;
        var refused = Assert.Throws<NodeSetException>(() => server.Server.AddModel(model));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, server.Server.Model.Namespaces.Count);
        Assert.DoesNotContain(server.Server.Model.NodeSets, set => set.Models.Any(known => known.ModelUri == Uri));
        server.Server.AddModel(Pumps());
        Assert.True(server.Server.Model.Nodes.Contains(Own(server.Server, PumpType)));
    }

    [Fact]
    public async Task A_model_is_added_once_and_an_owner_keeps_the_namespace()
    {
        await using var server = new TestServer();
        server.Server.AddModel(Pumps());
        Assert.Contains("loaded already", Assert.Throws<NodeSetException>(() => server.Server.AddModel(Pumps())).Message, StringComparison.Ordinal);
        server.Server.Model.Namespaces.GetOrAdd("urn:owner");
        var taken = Pumps() with { NamespaceUris = ["urn:owner"], Models = [new NodeSetModel { ModelUri = "urn:owner" }] };
        Assert.Contains("in use already", Assert.Throws<NodeSetException>(() => server.Server.AddModel(taken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instances_may_hang_below_objects_that_are_there()
    {
        await using var server = new TestServer();
        server.Server.AddModel(Pumps(Node(new NodeId(3u, 1), NodeClass.Object, "Station", OfType(ObjectTypeIds.FolderType), new(ReferenceTypeIds.Organizes, false, (NodeId)ObjectIds.ObjectsFolder))));
        var model = server.Server.Model;
        Assert.Contains(Own(server.Server, new NodeId(3u, 1)), StaticWalk.Children(model.Nodes, model.Types, ObjectIds.ObjectsFolder));
    }

    [Fact]
    public async Task Reading_and_browsing_go_on_while_models_come()
    {
        const int Models = 40;
        await using var server = new TestServer();
        var model = server.Server.Model;
        var types = model.Declarations.Of(ObjectTypeIds.ServerType).Count;
        var isOver = 0;
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var rounds = 0;
            for (; Volatile.Read(ref isOver) == 0 || rounds == 0; rounds++)
            {
                Assert.Equal(types, model.Declarations.Of(ObjectTypeIds.ServerType).Count);
                foreach (var type in model.Types.SubtypesOf(ObjectTypeIds.BaseObjectType))
                {
                    // Whoever finds a type by its supertype finds it whole, with what it declares.
                    if (type.NamespaceIndex < 3 || !model.Nodes.TryResolve(type, out var node)) continue;
                    Assert.Equal(NodeClass.ObjectType, model.Nodes.NodeClassOf(node));
                    Assert.Single(StaticWalk.Children(model.Nodes, model.Types, type));
                }

                foreach (var set in model.NodeSets) Assert.True(model.Declarations.TryGetNode(set.Nodes[0].NodeId, out var _));
                Assert.True(model.Namespaces.TryGetUri(model.Namespaces.Count - 1, out var _));
            }
        }, TestContext.Current.CancellationToken)).ToArray();
        for (var i = 0; i < Models; i++) server.Server.AddModel(Pumps() with { NamespaceUris = [$"{Uri}:{i}"], Models = [new NodeSetModel { ModelUri = $"{Uri}:{i}" }] });
        Volatile.Write(ref isOver, 1);
        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(Models, model.NodeSets.Count(set => set.Models.Any(known => known.ModelUri.StartsWith(Uri, StringComparison.Ordinal))));
    }
}
