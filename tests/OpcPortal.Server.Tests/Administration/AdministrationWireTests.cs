using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>The object Administration over the wire: for managers, over encrypted channels, with what they did standing in the directory.</summary>
public sealed class AdministrationWireTests : IAsyncLifetime
{
    private const string Rule = """{ "rules": [ { "id": "r1", "layer": "Mandate", "effect": "Allow", "operations": ["Read"], "citation": "PUC order 1" } ] }""";

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly string _pki = System.IO.Directory.CreateTempSubdirectory("opcportal-administration-").FullName;
    private PortalDirectory _directory = null!;
    private PortalServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _directory = await PortalDirectory.OpenAsync(new MemoryRecordStore(), _time);
        await _directory.ApplyAsync(
            [
                Parties.Utility, Parties.House, Parties.Ann, Parties.Named("dana", "river"), Parties.Named("sys", "house", ManagerPower.System), Parties.Named("sys2", "house", ManagerPower.System),
                Parties.Named("sec", "house", ManagerPower.Security), Parties.Named("net", "house", ManagerPower.Network),
            ],
            "test", "parties");
        var trust = new TrustListStore(_pki, _time);
        trust.Trust(TestPki.Client);
        var defaults = new EndpointOptions { Urls = ["opc.tcp://localhost:4840"], ApplicationUri = TestPki.ServerUri };
        var options = new UaServerOptions { Endpoints = defaults with { AllowAnonymous = true, Security = [new(SecurityPolicy.None, MessageSecurityMode.None), .. defaults.Security] } };
        var parts = new UaServerParts
        {
            Certificate = new ApplicationCertificate(TestPki.Server),
            Applications = trust,
            Passwords = new AnyPassword(),
            NodeSets = ModelLoader.Read(ModelLoader.PortalFile),
            Time = _time,
            // Whoever has a manager's role by a mapping alone is no manager.
            Identities = new IdentityMappings([new(RoleTable.SecurityAdmin, IdentityCriteriaType.UserName, "mapped")]),
        };
        _server = new PortalServer(new PortalServerOptions(), options, parts, [], new PortalServerParts { Directory = _directory });
        _server.Ua.Start();
        _server.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Task.WhenAll(_connections).WaitAsync(TimeSpan.FromSeconds(30));
        await _directory.DisposeAsync();
        System.IO.Directory.Delete(_pki, recursive: true);
    }

    private NodeId Node(uint number) => new(number, _server.Ua.Model.Namespaces.GetOrAdd(ModelLoader.PortalUri));

    private async Task<WireClient> ConnectAsync(string user, MessageSecurityMode mode = MessageSecurityMode.SignAndEncrypt)
    {
        var client = WireClient.Connect(_server.Ua.Handler, _time);
        _connections.Add(client.Served);
        await client.HelloAsync();
        await client.OpenAsync(SecurityPolicy.Basic256Sha256, mode, TestPki.Client);
        await client.CreateSessionAsync();
        await client.ActivateAsync(client.UserName(user, "any"));
        return client;
    }

    private async Task<CallMethodResult> CallAsync(WireClient client, uint method, params Variant[] arguments) =>
        (await client.CallAsync<CallResponse>(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = Node(5040), MethodId = Node(method), InputArguments = arguments }] })).Results![0];

    private static void Is(uint status, CallMethodResult result) => Assert.Equal(new StatusCode(status), result.StatusCode);

    [Fact]
    public async Task A_change_of_policy_goes_from_one_manager_to_the_next()
    {
        var (system, second, security) = (await ConnectAsync("sys"), await ConnectAsync("sys2"), await ConnectAsync("sec"));
        var proposed = await CallAsync(system, 7070, new Variant(Rule), new Variant("the commission asks"));
        Is(StatusCodes.Good, proposed);
        var id = proposed.OutputArguments![0];
        Assert.False(proposed.OutputArguments[1].AsBoolean());
        Is(StatusCodes.BadUserAccessDenied, await CallAsync(system, 7071, id));
        var first = await CallAsync(security, 7071, id);
        Is(StatusCodes.Good, first);
        Assert.False(first.OutputArguments![0].AsBoolean());
        Assert.True((await CallAsync(second, 7071, id)).OutputArguments![0].AsBoolean());
        Assert.Equal("PUC order 1", _directory.Rules["r1"].Citation);
        Is(StatusCodes.BadNotFound, await CallAsync(second, 7072, id, new Variant("too late")));
    }

    [Fact]
    public async Task What_waits_is_shown_to_managers_in_the_structure_of_the_model()
    {
        var system = await ConnectAsync("sys");
        var id = Assert.IsType<string>((await CallAsync(system, 7070, new Variant(Rule), new Variant("the commission asks"))).OutputArguments![0].ToObject());
        await CallAsync(await ConnectAsync("sec"), 7071, new Variant(id));
        var value = (await (await ConnectAsync("net")).ReadAsync(Node(6651))).Value.AsArray<ExtensionObject?>();
        var shown = Assert.Single(value!)!;
        Assert.Equal(Node(5043), shown.TypeId.NodeId);
        var decoder = new BinaryDecoder(shown.Binary!.Value.Span, new CodecContext(StructureRegistry.Standard, CodecLimits.Default));
        Assert.Equal(id, decoder.ReadString());
        Assert.Equal(2, decoder.ReadInt32());
        Assert.Equal(Rule, decoder.ReadString());
        Assert.Equal("the commission asks", decoder.ReadString());
        Assert.Equal("sys", decoder.ReadString());
        Assert.Equal(_time.GetUtcNow().UtcDateTime, decoder.ReadDateTime());
        Assert.Equal(1, decoder.ReadInt32());
        Assert.Equal("sec", decoder.ReadString());
        // In the order of the definition in NodeSet.xml.
        var type = _server.Ua.Model.NodeSets.SelectMany(set => set.Nodes).Single(node => node.NodeId == Node(3041));
        Assert.Equal(["Id", "Weight", "Document", "Reason", "ProposedBy", "ProposedAt", "ApprovedBy"], Assert.IsType<StructureDefinition>(type.DataTypeDefinition).Fields!.Select(field => field.Name));
    }

    [Theory]
    [InlineData("dana")]
    [InlineData("visitor")]
    public async Task For_who_is_no_manager_there_is_no_Administration(string user)
    {
        var client = await ConnectAsync(user);
        Is(StatusCodes.BadNodeIdUnknown, await CallAsync(client, 7070, new Variant(Rule), new Variant("why")));
        Assert.Equal(new StatusCode(StatusCodes.BadNodeIdUnknown), (await client.ReadAsync(Node(6651))).StatusCode);
        Is(StatusCodes.Good, await CallAsync(await ConnectAsync("sys"), 7070, new Variant(Rule), new Variant("why")));
    }

    [Fact]
    public async Task A_role_without_an_individual_of_the_house_administers_nothing()
    {
        Is(StatusCodes.BadUserAccessDenied, await CallAsync(await ConnectAsync("mapped"), 7075, new Variant("dana"), new Variant("mine")));
        Is(StatusCodes.Good, await CallAsync(await ConnectAsync("sec"), 7075, new Variant("dana"), new Variant("stolen")));
        Assert.False(_directory.Individuals["dana"].Active.Contains(_time.GetUtcNow().UtcDateTime));
    }

    [Fact]
    public async Task Administration_is_done_over_encrypted_channels()
    {
        Is(StatusCodes.BadSecurityModeInsufficient, await CallAsync(await ConnectAsync("sys", MessageSecurityMode.Sign), 7070, new Variant(Rule), new Variant("why")));
        Is(StatusCodes.Good, await CallAsync(await ConnectAsync("sys"), 7070, new Variant(Rule), new Variant("why")));
    }

    // The server of this test has no folder of backups: who may begin one is told so.
    [Fact]
    public async Task Who_may_back_the_server_up_is_said_by_the_policy()
    {
        const uint StartBackup = 7141;
        var (system, security) = (await ConnectAsync("sys"), await ConnectAsync("sec"));
        Is(StatusCodes.BadNotSupported, await CallAsync(system, StartBackup));
        Is(StatusCodes.BadUserAccessDenied, await CallAsync(security, StartBackup));
        Is(StatusCodes.BadNodeIdUnknown, await CallAsync(await ConnectAsync("dana"), StartBackup));
        var rule = new AccessRule
        {
            Id = "system-manager.backup",
            Layer = PolicyLayer.Operator,
            Effect = RuleEffect.Allow,
            Operations = Operations.Call,
            Citation = "house order 7",
            Subjects = new RuleSubjects { Power = ManagerPower.Security },
            Scope = new AccessScope { FunctionGroups = [AccessDefaults.BackupGroup] },
        };
        await _directory.ApplyAsync([rule], "test", "the Security Manager backs up");
        await _server.Governance!.CurrentAsync();
        Is(StatusCodes.BadNotSupported, await CallAsync(security, StartBackup));
        Is(StatusCodes.BadUserAccessDenied, await CallAsync(system, StartBackup));
    }

    [Fact]
    public async Task How_far_a_backup_is_is_shown_to_managers()
    {
        var value = await (await ConnectAsync("net")).ReadAsync(Node(6903));
        Assert.Equal(Node(5100), Assert.IsType<ExtensionObject>(value.Value.ToObject()).TypeId);
        Assert.Equal(new StatusCode(StatusCodes.BadNodeIdUnknown), (await (await ConnectAsync("dana")).ReadAsync(Node(6903))).StatusCode);
    }

    [Fact]
    public async Task Each_manager_finds_the_methods_of_his_power()
    {
        var (system, security, network) = (await ConnectAsync("sys"), await ConnectAsync("sec"), await ConnectAsync("net"));
        var ownership = new[] { new Variant("p1"), new Variant("meter"), new Variant(""), new Variant("river"), new Variant(DateTime.MinValue) };
        Is(StatusCodes.Good, await CallAsync(system, 7073, ownership));
        Is(StatusCodes.BadMethodInvalid, await CallAsync(security, 7073, ownership));
        Is(StatusCodes.BadMethodInvalid, await CallAsync(network, 7070, new Variant(Rule), new Variant("why")));
        foreach (var load in (uint[])[7076, 7077])
        {
            Is(StatusCodes.BadMethodInvalid, await CallAsync(security, load, new Variant("a.xml")));
            Is(StatusCodes.BadMethodInvalid, await CallAsync(network, load, new Variant("a.xml")));
            // This server has no folders.
            Is(StatusCodes.BadNotSupported, await CallAsync(system, load, new Variant("a.xml")));
        }

        Is(StatusCodes.BadMethodInvalid, await CallAsync(system, 7075, new Variant("dana"), new Variant("why")));
        Is(StatusCodes.Good, await CallAsync(system, 7074, new Variant("p1"), new Variant("ann"), new Variant(_time.GetUtcNow().UtcDateTime.AddDays(1))));
        Assert.Equal("river", Assert.Single(_directory.Tables.StewardshipsOf("p1")).Owner);
        Assert.Equal("ann", Assert.Single(_directory.Tables.TenanciesOf("p1")).Customer);
    }

    [Fact]
    public async Task Who_is_locked_out_loses_the_session_at_once()
    {
        var dana = await ConnectAsync("dana");
        Assert.True((await dana.ReadAsync(VariableIds.Server_ServerStatus_State)).StatusCode.IsGood);
        Is(StatusCodes.Good, await CallAsync(await ConnectAsync("sec"), 7075, new Variant("dana"), new Variant("stolen")));
        await _server.Governance!.CurrentAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var ended = await Assert.ThrowsAsync<ServiceException>(() => dana.ReadAsync(VariableIds.Server_ServerStatus_State));
        Assert.Contains(ended.Status.Code, (uint[])[StatusCodes.BadSessionIdInvalid, StatusCodes.BadSessionClosed]);
        var refused = await Assert.ThrowsAsync<ServiceException>(() => ConnectAsync("dana"));
        Assert.Equal(new StatusCode(StatusCodes.BadUserAccessDenied), refused.Status);
    }

    private sealed class AnyPassword : IPasswordVerifier
    {
        public ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) => ValueTask.FromResult(true);
    }
}
