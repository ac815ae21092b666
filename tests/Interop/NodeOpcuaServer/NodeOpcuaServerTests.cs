using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace Interop.NodeOpcuaServer;

/// <summary>The client against a server of another make.</summary>
public sealed class NodeOpcuaServerTests(NodeOpcuaServer server) : IClassFixture<NodeOpcuaServer>
{
    private static NodeId Node(string name) => new(name, 1);

    public static TheoryData<string, MessageSecurityMode> Protections
    {
        get
        {
            var all = new TheoryData<string, MessageSecurityMode> { { "None", MessageSecurityMode.None } };
            foreach (var policy in SecurityPolicy.All.Where(p => !p.IsNone))
            {
                all.Add(policy.Name, MessageSecurityMode.Sign);
                all.Add(policy.Name, MessageSecurityMode.SignAndEncrypt);
            }

            return all;
        }
    }

    private static EndpointChoice Choice(string policy, MessageSecurityMode mode) => new() { Policy = SecurityPolicy.All.Single(p => p.Name == policy), Mode = mode };

    private Task<UaSession> ConnectAsync(EndpointChoice? choice = null, UserIdentity? user = null) => new UaClient(server.Options).ConnectAsync(server.Url, choice, user);

    [Theory]
    [MemberData(nameof(Protections))]
    public async Task Each_policy_and_mode_carries_each_kind_of_user(string policy, MessageSecurityMode mode)
    {
        server.Require();
        using var person = new CertificateFactory(TimeProvider.System).CreateUser(new CertificateSubject { Name = "Operator" });
        foreach (var user in (UserIdentity[])[UserIdentity.Anonymous, UserIdentity.Password("operator", "a password of some length"), UserIdentity.Certificate(person)])
        {
            await using var session = await ConnectAsync(Choice(policy, mode), user);
            Assert.Equal(42, (await session.ReadValueAsync(Node("Fixed"))).Value.AsInt32());
        }
    }

    [Fact]
    public async Task Without_a_choice_the_strongest_endpoint_is_taken()
    {
        server.Require();
        await using var session = await ConnectAsync();
        Assert.Equal(SecurityPolicy.Aes256Sha256RsaPss.Uri, session.Endpoint.Description.SecurityPolicyUri);
        Assert.Equal(MessageSecurityMode.SignAndEncrypt, session.Endpoint.Description.SecurityMode);
    }

    // Part 4 5.7.3.3.
    [Fact]
    public async Task A_wrong_password_is_refused_and_a_change_of_user_that_fails_leaves_the_session_usable()
    {
        server.Require();
        await Assert.ThrowsAsync<UaException>(() => ConnectAsync(user: UserIdentity.Password("operator", "wrong")));
        await using var session = await ConnectAsync();
        await session.ChangeUserAsync(UserIdentity.Password("operator", "a password of some length"));
        Assert.True((await session.ReadValueAsync(Node("Fixed"))).StatusCode.IsGood);
    }

    [Fact]
    public async Task FindServers_names_the_server_itself()
    {
        server.Require();
        var servers = await new UaClient(server.Options).FindServersAsync(server.Url);
        Assert.Contains(servers, s => s.ApplicationUri == "urn:opcportal:interop:node-opcua");
    }

    [Fact]
    public async Task Browsing_follows_continuation_points_to_the_last_reference()
    {
        server.Require();
        await using var session = await ConnectAsync();
        var folder = (await session.TranslateBrowsePathAsync(ObjectIds.ObjectsFolder, [new QualifiedName("Interop", 1)])).Single();
        var names = new HashSet<string?>();
        await foreach (var reference in session.BrowseAsync(folder, ReferenceTypeIds.HasComponent)) Assert.True(names.Add(reference.BrowseName.Name));
        for (var i = 0; i < 2500; i++) Assert.Contains($"Many{i}", names);
    }

    [Fact]
    public async Task A_path_that_leads_nowhere_says_BadNoMatch()
    {
        server.Require();
        await using var session = await ConnectAsync();
        var failed = await Assert.ThrowsAsync<UaException>(() => session.TranslateBrowsePathAsync(ObjectIds.ObjectsFolder, [new QualifiedName("Nowhere", 1)]));
        Assert.Equal(StatusCodes.BadNoMatch, failed.Status.Code);
    }

    [Fact]
    public async Task What_is_written_is_read_and_what_may_not_be_written_says_so()
    {
        server.Require();
        await using var session = await ConnectAsync();
        Assert.True((await session.WriteValueAsync(Node("Setpoint"), 19.25)).IsGood);
        Assert.Equal(19.25, (await session.ReadValueAsync(Node("Setpoint"))).Value.AsDouble());
        Assert.Equal(StatusCodes.BadNotWritable, (await session.WriteValueAsync(Node("Fixed"), 1)).Code);
    }

    [Fact]
    public async Task Reading_more_than_a_call_takes_is_done_in_several()
    {
        server.Require();
        await using var session = await ConnectAsync();
        var values = await session.ReadValuesAsync([.. Enumerable.Range(0, 2500).Select(i => Node($"Many{i}"))]);
        Assert.Equal(Enumerable.Range(0, 2500), values.Select(v => v.Value.AsInt32()));
    }

    [Fact]
    public async Task Structures_are_decoded_by_their_definition_nested_with_optional_fields_and_unions()
    {
        server.Require();
        await using var session = await ConnectAsync();
        var line = (await session.ReadValueAsync(Node("Line"))).Value.AsStructure<StructureValue>()!;
        Assert.Equal(3.0, line["End"].AsStructure<StructureValue>()!["X"].AsDouble());
        Assert.Equal(["a", "b"], line["Tags"].AsArray<string>()!);
        Assert.Equal(6.0, ((StructureValue)line["Via"].AsArray<ExtensionObject>()![0].Structure!)["Y"].AsDouble());

        var full = (await session.ReadValueAsync(Node("ReadingFull"))).Value.AsStructure<StructureValue>()!;
        Assert.Equal((7, 1.25, "ok"), (full["Id"].AsInt32(), full["Energy"].AsDouble(), full["Note"].AsString()));
        var part = (await session.ReadValueAsync(Node("ReadingPart"))).Value.AsStructure<StructureValue>()!;
        Assert.False(part.Has("Energy"));
        Assert.Equal("no energy", part["Note"].AsString());

        var choice = (await session.ReadValueAsync(Node("Choice"))).Value.AsStructure<StructureValue>()!;
        Assert.Equal(["Text"], choice.Fields.Select(f => f.Field.Name));
        Assert.Equal("chosen", choice["Text"].AsString());
    }

    [Fact]
    public async Task Methods_are_called_with_plain_arguments_and_with_structures()
    {
        server.Require();
        await using var session = await ConnectAsync();
        var folder = (await session.TranslateBrowsePathAsync(ObjectIds.ObjectsFolder, [new QualifiedName("Interop", 1)])).Single();
        var (inputs, outputs) = await session.ReadMethodSignatureAsync(Node("Add"));
        Assert.Equal(["a", "b"], inputs.Select(a => a.Name));
        Assert.Equal(DataTypeIds.Double, outputs.Single().DataType.Numeric);
        var sum = await session.CallAsync(folder, Node("Add"), [1.5, 2.5]);
        Assert.Equal(4.0, sum.OutputArguments![0].AsDouble());

        var line = (await session.ReadValueAsync(Node("Line"))).Value.AsStructure<StructureValue>()!;
        line["Tags"] = new Variant(["x"]);
        var echo = await session.CallAsync(folder, Node("Echo"), [Variant.From(line)]);
        Assert.Equal(["x"], echo.OutputArguments![0].AsStructure<StructureValue>()!["Tags"].AsArray<string>()!);
    }

    [Fact]
    public async Task Each_enumeration_knows_its_names()
    {
        server.Require();
        await using var session = await ConnectAsync();
        Assert.True(session.TryGetNamespaceIndex("urn:opcportal:interop", out var index));
        var colour = await session.Types.LoadAsync(new NodeId(3005, index));
        Assert.Equal(BuiltInType.Int32, colour.BuiltInType);
        Assert.Equal(["Red", "Green"], colour.Enumeration!.Fields!.Select(f => f.Name));
    }

    // Part 11 6.5.3.2: forward, backward, so many from one time on, over pages; and what is refused says so.
    [Fact]
    public async Task A_history_is_read_over_pages_in_both_directions()
    {
        server.Require();
        var noon = new DateTime(2026, 3, 4, 12, 0, 0, DateTimeKind.Utc);
        await using var session = await ConnectAsync();
        async Task<List<int>> Read(HistoryRange range) => [.. (await session.ReadHistoryAsync(Node("Historic"), range).ToListAsync()).Select(v => (int)v.Value.AsDouble())];

        // The peer counts the end in: it lies between two values here.
        Assert.Equal(Enumerable.Range(0, 20), await Read(HistoryRange.Between(noon, noon.AddMinutes(19.5)) with { Count = 7 }));
        Assert.Equal([3, 4, 5], await Read(HistoryRange.From(noon.AddMinutes(3), 3)));
        Assert.Equal([24, 23], await Read(HistoryRange.Before(noon.AddMinutes(30), 2)));
        Assert.Empty(await Read(HistoryRange.Between(noon.AddDays(-2), noon.AddDays(-1))));
        var refused = await Assert.ThrowsAsync<UaException>(() => session.ReadHistoryAsync(Node("Fixed"), HistoryRange.From(noon, 1)).ToListAsync().AsTask());
        Assert.True(refused.Status.IsBad);
    }
}
