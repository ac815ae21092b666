using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>Changes of roles are kept, approved and audited; models bring roles of their own. Part 18 4.</summary>
public sealed class RoleStoreTests
{
    private const string ModelUri = "urn:test:model";

    private static readonly NodeId Operator = ObjectIds.WellKnownRole_Operator;

    private sealed class Store : IRoleStore
    {
        public IReadOnlyList<StoredRole> Saved { get; private set; } = [];
        public bool IsBroken { get; set; }
        public IReadOnlyList<StoredRole> Load() => Saved;

        public ValueTask SaveAsync(IReadOnlyList<StoredRole> roles, CancellationToken cancellation)
        {
            if (IsBroken) throw new IOException("The disk is full.");
            Saved = roles;
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Listener : IEventReceiver
    {
        public ConcurrentQueue<UaEvent> Heard { get; } = new();
        public void OnEvent(UaEvent occurrence) => Heard.Enqueue(occurrence);
    }

    [Fact]
    public async Task What_was_changed_is_there_after_a_restart_and_what_was_not_comes_from_configuration()
    {
        var store = new Store();
        await using (var server = new TestServer(parts: p => p with { Roles = store }))
        {
            var admin = await server.LogInAsync();
            var role = (await admin.AddRoleAsync("Readers")).OutputArguments![0].AsNodeId();
            await admin.AddIdentityAsync(role, IdentityCriteriaType.UserName, "bob");
            await admin.AddApplicationAsync(role, "urn:test:Other");
            await admin.WriteAsync(server.Child(role, "ApplicationsExclude"), false);
            await admin.AddEndpointAsync(role, new EndpointType { EndpointUrl = "opc.tcp://elsewhere:4840" });
            var gone = (await admin.AddRoleAsync("Gone")).OutputArguments![0].AsNodeId();
            await admin.RemoveRoleAsync(gone);
            await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        }

        await using var again = new TestServer(parts: p => p with { Roles = store });
        await again.LogInAsync("bob", isOther: true);
        var restored = again.Server.Roles.Roles.Single(r => r.Name == "Readers");
        Assert.True(again.Has("bob", restored.Number));
        Assert.True(again.Has("bob", RoleTable.Operator));
        Assert.DoesNotContain(again.Server.Roles.Roles, r => r.Name == "Gone");
        var reader = await again.LogInAsync();
        Assert.False((await reader.ReadAsync(again.Child(restored.Id, "ApplicationsExclude"))).Value.AsBoolean());
        Assert.Single((await reader.ReadAsync(again.Child(restored.Id, "Endpoints"))).Value.AsArray<ExtensionObject?>()!);
        // SecurityAdmin was never changed, so the configuration speaks.
        Assert.DoesNotContain(store.Saved, r => r.Name == "SecurityAdmin");
        Assert.Equal(StatusCodes.Good, await reader.RemoveRoleAsync(restored.Id));
    }

    [Fact]
    public async Task What_cannot_be_stored_is_not_done()
    {
        var store = new Store();
        await using var server = new TestServer(parts: p => p with { Roles = store });
        var admin = await server.LogInAsync();
        await server.LogInAsync("bob", isOther: true);
        var role = (await admin.AddRoleAsync("Readers")).OutputArguments![0].AsNodeId();
        store.IsBroken = true;
        var places = server.Server.Model.Roles.RoleIds.Count(static id => !id.IsNull);
        Assert.Equal(StatusCodes.BadInternalError, (await admin.AddRoleAsync("Others")).StatusCode);
        Assert.Equal(places, server.Server.Model.Roles.RoleIds.Count(static id => !id.IsNull));
        Assert.Equal(StatusCodes.BadInternalError, await admin.AddIdentityAsync(role, IdentityCriteriaType.UserName, "bob"));
        Assert.False(server.Has("bob", server.Server.Model.Roles.IndexOf(role)));
        Assert.Equal(StatusCodes.BadInternalError, await admin.RemoveRoleAsync(role));
        Assert.True(server.Server.Roles.TryGet(role, out _));
        store.IsBroken = false;
        Assert.Equal(StatusCodes.Good, await admin.AddIdentityAsync(role, IdentityCriteriaType.UserName, "bob"));
        Assert.True(server.Has("bob", server.Server.Model.Roles.IndexOf(role)));
    }

    [Fact]
    public async Task A_change_may_want_a_second_person()
    {
        var time = new FakeTimeProvider();
        await using var server = new TestServer(parts: p => p with
        {
            RoleApproval = new TwoPersonApproval(time),
            Identities = new IdentityMappings([new(RoleTable.SecurityAdmin, IdentityCriteriaType.UserName, "admin"), new(RoleTable.SecurityAdmin, IdentityCriteriaType.UserName, "bob")]),
        });
        var (first, second) = (await server.LogInAsync(), await server.LogInAsync("bob", isOther: true));
        Assert.Equal(StatusCodes.BadRequestNotComplete, await first.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "carol"));
        // The same person twice is one; another wish is another.
        Assert.Equal(StatusCodes.BadRequestNotComplete, await first.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "carol"));
        Assert.Equal(StatusCodes.BadRequestNotComplete, await second.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "dave"));
        Assert.Empty(server.Server.Identities.ConfigurationOf(RoleTable.Operator).Identities);
        Assert.Equal(StatusCodes.Good, await second.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "carol"));
        Assert.Equal("carol", Assert.Single(server.Server.Identities.ConfigurationOf(RoleTable.Operator).Identities).Value);
        // A wish grows old.
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(StatusCodes.BadRequestNotComplete, await first.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "dave"));
        Assert.Equal(StatusCodes.Good, await second.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "dave"));
        // The flags too.
        Assert.Equal(StatusCodes.BadRequestNotComplete, await first.WriteAsync(server.Child(Operator, "ApplicationsExclude"), false));
        Assert.Equal(StatusCodes.Good, await second.WriteAsync(server.Child(Operator, "ApplicationsExclude"), false));
    }

    // Part 18 4.5: one event for the change of a rule, of its own type; a refusal is an update that failed.
    [Fact]
    public async Task Changes_of_rules_are_audited_as_such()
    {
        await using var server = new TestServer();
        var admin = await server.LogInAsync();
        var listener = new Listener();
        Assert.True(server.Server.Model.AddressSpace.TryResolve(ObjectIds.Server, out var notifier));
        server.Server.Events.Subscribe(notifier, listener);
        await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob");
        var changed = Assert.Single(listener.Heard);
        Assert.Equal(new NodeId(ObjectTypeIds.RoleMappingRuleChangedAuditEventType), changed.EventType);
        Assert.Equal((Operator, "admin"), (changed.SourceNode, changed.Fields["ClientUserId"].AsString()));
        var role = (await admin.AddRoleAsync("Readers")).OutputArguments![0].AsNodeId();
        Assert.Equal(StatusCodes.Good, await admin.StatusOfAsync(role, server.Child(role, "AddApplication"), "urn:a:b"));
        Assert.Equal(2, listener.Heard.Count(e => e.EventType == new NodeId(ObjectTypeIds.RoleMappingRuleChangedAuditEventType)));
        Assert.Equal(StatusCodes.BadAlreadyExists, await admin.AddIdentityAsync(Operator, IdentityCriteriaType.UserName, "bob"));
        var refused = listener.Heard.Last();
        Assert.Equal((new NodeId(ObjectTypeIds.AuditUpdateMethodEventType), false), (refused.EventType, refused.Fields["Status"].AsBoolean()));
    }

    [Fact]
    public async Task A_model_brings_roles_of_its_own_with_rules_that_can_be_changed_but_the_roles_stay()
    {
        await using var server = new TestServer(parts: p => p with { NodeSets = [Model()] });
        var role = Assert.Single(server.Server.Roles.Roles, static r => r.Name == "MeterReader");
        var bob = await server.LogInAsync("bob", isOther: true);
        Assert.True(server.Has("bob", role.Number));
        // The model says nothing of who may read the rules: nobody but security admins.
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await bob.ReadAsync(server.Child(role.Id, "Identities"))).StatusCode);
        var admin = await server.LogInAsync();
        Assert.Single((await admin.ReadAsync(server.Child(role.Id, "Identities"))).Value.AsArray<ExtensionObject?>()!);
        Assert.Equal(StatusCodes.BadRequestNotAllowed, await admin.RemoveRoleAsync(role.Id));
        Assert.Equal(StatusCodes.Good, await server.Server.Roles.RemoveIdentityAsync(StandardSpace.Admin, role.Id, new RoleIdentity(IdentityCriteriaType.UserName, "bob"), TestContext.Current.CancellationToken));
        Assert.False(server.Has("bob", role.Number));
    }

    private static NodeSet Model()
    {
        var (role, rules) = (new NodeId(1u, 1), new NodeId(2u, 1));
        return new NodeSet
        {
            NamespaceUris = [ModelUri],
            Models = [new NodeSetModel { ModelUri = ModelUri }],
            Nodes =
            [
                new NodeRecord
                {
                    NodeId = role,
                    NodeClass = NodeClass.Object,
                    BrowseName = new QualifiedName("MeterReader", 1),
                    References =
                    [
                        new NodeSets.NodeReference(ReferenceTypeIds.HasTypeDefinition, true, (NodeId)ObjectTypeIds.RoleType),
                        new NodeSets.NodeReference(ReferenceTypeIds.HasComponent, false, RoleClient.RoleSetId),
                        new NodeSets.NodeReference(ReferenceTypeIds.HasProperty, true, rules),
                    ],
                },
                new NodeRecord
                {
                    NodeId = rules,
                    NodeClass = NodeClass.Variable,
                    BrowseName = "Identities",
                    DataType = 15634u,
                    ValueRank = 1,
                    Value = Variant.From(new[] { new IdentityMappingRuleType { CriteriaType = IdentityCriteriaType.UserName, Criteria = "bob" } }),
                    References = [new NodeSets.NodeReference(ReferenceTypeIds.HasTypeDefinition, true, (NodeId)VariableTypeIds.PropertyType)],
                },
            ],
        };
    }
}
