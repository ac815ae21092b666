using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>
/// A portal server on pipes to which parties connect with their own certificates: <c>oak-1</c> belongs to a portal operator, its meter to a utility, its heater to whoever lives there, <c>anna</c>.
/// </summary>
internal sealed class AgreementServer : IAsyncDisposable
{
    private const string Oak = """
        {
          "portal": { "id": "oak-1", "name": "Oak Street 1", "owner": "urn:operator", "accessNetwork": "Fibre" },
          "connection": { "protocol": "none" },
          "devices": [
            { "id": "meter", "type": "ElectricityMeterType", "owner": "urn:utility", "points": { "ActiveEnergyImport": {}, "ActivePower": {}, "VoltageL1": {} } },
            { "id": "heater", "type": "WaterHeaterType", "owner": "urn:residents", "points": { "WaterTemperature": {}, "SwitchState": {} }, "commands": { "Open": {} } }
          ]
        }
        """;

    // Nobody knows its password: any is taken here.
    private const string AnyHash = "pbkdf2-sha256$600000$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    private static readonly Lazy<IReadOnlyList<NodeSet>> PortalSets = new(() => ModelLoader.Read(ModelLoader.PortalFile));
    private static readonly string[] Parties = ["utility", "anna", "retailer", "stranger"];

    private readonly ConcurrentBag<Task> _connections = [];
    private readonly string _pki = System.IO.Directory.CreateTempSubdirectory("opcportal-agreements-").FullName;

    private AgreementServer(FakeTimeProvider time, PortalDirectory directory, IRecordedAccesses? recorded, AgreementOptions agreements, EventArchive? events)
    {
        Time = time;
        Directory = directory;
        var trust = new TrustListStore(_pki, time);
        foreach (var party in Parties) trust.Trust(Party(party).Own);
        trust.Trust(TestPki.Client);
        var options = new UaServerOptions
        {
            Endpoints = new EndpointOptions
            {
                Urls = ["opc.tcp://localhost:4840"],
                ApplicationUri = TestPki.ServerUri,
                AllowAnonymous = true,
                Security = [new(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign), new(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt)],
            },
        };
        var parts = new UaServerParts
        {
            Certificate = new ApplicationCertificate(TestPki.Server),
            Applications = trust,
            Passwords = new AnyPassword(),
            Identities = new IdentityMappings([]),
            NodeSets = PortalSets.Value,
            Time = time,
        };
        Portal = new PortalServer(new PortalServerOptions { OwnerRestrictions = 0, Agreements = agreements }, options, parts, [new NoProtocol()], new PortalServerParts { Directory = directory, Recorded = recorded, Events = events });
    }

    public FakeTimeProvider Time { get; }
    public DateTime Now => Time.GetUtcNow().UtcDateTime;
    public PortalDirectory Directory { get; }
    public PortalServer Portal { get; }

    public NodeId Registry => Id(5030);

    /// <summary>All that the utility measures, for the retailer.</summary>
    public AgreementTerms Terms => new()
    {
        Grantor = "utility",
        Grantee = "retailer",
        Purpose = "billing",
        Scope = new AccessScope { Portals = ["oak-1"], DataClasses = ["Energy"] },
        Operations = Operations.Browse | Operations.Read | Operations.Subscribe,
        Period = new ActivePeriod(Now.AddDays(-1), Now.AddDays(100)),
    };

    public static async Task<AgreementServer> StartAsync(IRecordedAccesses? recorded = null, AgreementOptions? agreements = null, EventArchive? events = null)
    {
        // Certificates are judged by the server's clock too: it begins now.
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var directory = await PortalDirectory.OpenAsync(new MemoryRecordStore(), time);
        await directory.ApplyAsync(
            [
                Entity("operator", EntityKind.PortalOperator, "urn:operator"), Entity("utility", EntityKind.DistributionCompany, "urn:utility"), Entity("retailer", EntityKind.Retailer, "urn:retailer"),
                Entity("stranger", EntityKind.Retailer, "urn:stranger"), Entity("anna", EntityKind.Customer, "urn:residents") with { CustomerClass = "residential" }, Entity("house", EntityKind.House, "urn:house"),
                new Individual { Id = "manager", Entity = "house", Name = "The System Manager", UserName = "manager", PasswordHash = AnyHash, Power = ManagerPower.System },
                new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = ActivePeriod.Since(time.GetUtcNow().UtcDateTime.AddDays(-1_000)) }, .. Parties.Select(party => Party(party).Application),
            ],
            "test", "the world begins");
        var server = new AgreementServer(time, directory, recorded, agreements ?? new AgreementOptions(), events);
        server.Load();
        server.Portal.Ua.Start();
        server.Portal.Start();
        return server;
    }

    public static TestParty Party(string entity) => TestParty.Of(entity, TimeProvider.System);

    public NodeId Id(uint number) => new(number, Portal.Ua.Model.Namespaces.GetOrAdd(ModelLoader.PortalUri));

    public NodeId Node(string text, string owner) => new(text, Portal.Ua.Model.Namespaces.GetOrAdd(owner));

    public NodeId Agreement(string id) => Portal.Agreements!.Nodes.IdOf(id);

    public Agreement? Find(string id) => Directory.Agreements.GetValueOrDefault(id);

    /// <summary>Changes the directory and waits until that is in force.</summary>
    public async Task ApplyAsync(params object[] records)
    {
        await Directory.ApplyAsync(records, "test", "a test");
        await InForceAsync();
    }

    public Task InForceAsync() => Portal.Governance!.CurrentAsync().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>A session of a party's application.</summary>
    public async Task<WireClient> ConnectAsync(string party, MessageSecurityMode mode = MessageSecurityMode.SignAndEncrypt)
    {
        var client = Open();
        await client.HelloAsync();
        await client.OpenAsync(SecurityPolicy.Basic256Sha256, mode, Party(party).Own);
        await client.CreateSessionAsync();
        await client.ActivateAsync();
        return client;
    }

    /// <summary>A session of a user, by a program that nobody has registered.</summary>
    public async Task<WireClient> ConnectUserAsync(string user)
    {
        var client = Open();
        await client.HelloAsync();
        await client.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.SignAndEncrypt, TestPki.Client);
        await client.CreateSessionAsync();
        await client.ActivateAsync(client.UserName(user, "any"));
        return client;
    }

    /// <summary>Calls a method: its result, and the reason of a refusal.</summary>
    public static async Task<(CallMethodResult Result, string? Reason)> CallAsync(WireClient client, NodeId target, NodeId method, params Variant[] arguments)
    {
        var request = new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = target, MethodId = method, InputArguments = arguments }] };
        request.RequestHeader.ReturnDiagnostics = 0x80;
        var response = await client.CallAsync<CallResponse>(request);
        return (response.Results![0], response.DiagnosticInfos is [{ } info, ..] ? info.AdditionalInfo : null);
    }

    /// <summary>Proposes an agreement over the wire.</summary>
    public Task<(CallMethodResult Result, string? Reason)> ProposeAsync(WireClient client, string party, string id, AgreementTerms terms) => CallAsync(
        client, Registry, Id(7030), new AgreementDocument { Id = id, Terms = terms }.Write(), AgreementDocument.Write(Party(party).Sign(id, null, AgreementAct.Propose, Now, terms)));

    /// <summary>Does something with an agreement over the wire.</summary>
    public Task<(CallMethodResult Result, string? Reason)> ActAsync(WireClient client, string party, string id, AgreementAct act)
    {
        var method = act switch { AgreementAct.Accept => 7020u, AgreementAct.Reject => 7021u, AgreementAct.Suspend => 7022u, AgreementAct.Resume => 7023u, _ => 7024u };
        return CallAsync(client, Agreement(id), Id(method), AgreementDocument.Write(Party(party).Sign(id, Find(id), act, Now)));
    }

    public async Task ConcludeAsync(string id, AgreementTerms terms)
    {
        await Portal.Agreements!.Service.ProposeAsync(new AgreementDocument { Id = id, Terms = terms }, Party(terms.Grantor).Sign(id, null, AgreementAct.Propose, Now, terms), terms.Grantor);
        await Portal.Agreements.Service.ActAsync(id, Party(terms.Grantee).Sign(id, Find(id), AgreementAct.Accept, Now), null, terms.Grantee);
        await InForceAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        await Task.WhenAll(_connections).WaitAsync(TimeSpan.FromSeconds(30));
        await Directory.DisposeAsync();
        System.IO.Directory.Delete(_pki, recursive: true);
    }

    private static Entity Entity(string id, string kind, string uri) => new() { Id = id, Kind = kind, Name = id, NamespaceUri = uri };

    private void Load()
    {
        var refused = new List<ConfigurationException>();
        var configuration = new AdapterConfigurationReader(Portal.Space.Registry, [new NoProtocol()], Portal.Space.Fleet.Check).Read("test.json", Encoding.UTF8.GetBytes(Oak), refused);
        Assert.Empty(refused);
        Portal.Space.Fleet.Add(configuration!);
    }

    private WireClient Open()
    {
        var client = WireClient.Connect(Portal.Ua.Handler, Time);
        _connections.Add(client.Served);
        return client;
    }

    private sealed class AnyPassword : IPasswordVerifier
    {
        public ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) => ValueTask.FromResult(true);
    }
}
