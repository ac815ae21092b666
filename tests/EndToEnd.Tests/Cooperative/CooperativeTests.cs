using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Host;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>
/// A community energy cooperative: a kind of entity, a type of battery, a class of data and a group of commands that the server's makers never heard of. The type and the device come by files, which the
/// System Manager has the running server load; all else is done to it by its managers and by the parties themselves. Nothing is restarted, and a restart finds all of it again.
/// </summary>
public sealed class CooperativeTests : IAsyncLifetime
{
    private const string Owner = "urn:cooperative:sun-street";

    private static readonly string[] Managers = ["system", "system2", "security"];

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-cooperative-").FullName;
    private readonly ModbusFieldSimulator _field = new(new ModbusFieldOptions { Devices = [new(ModbusDeviceKind.Battery, "battery", 1)] }, TimeProvider.System);
    private RunningPortal? _portal;

    private string Url => $"opc.tcp://localhost:{_portal!.Addresses[0].Port}";

    public async ValueTask InitializeAsync()
    {
        await _field.StartAsync();
        foreach (var folder in (string[])["adapters", "directory", "models"]) Directory.CreateDirectory(Path.Combine(_folder, folder));
        var hash = PasswordHash.Create("between managers"u8).Write();
        var house = new
        {
            entities = new[] { new { id = "house", kind = "house", name = "The house", @namespace = "urn:cooperative:house" } },
            individuals = Managers.Select(name => new { id = name, entity = "house", name, userName = name, passwordHash = hash, power = name.StartsWith("system", StringComparison.Ordinal) ? "System" : "Security" }),
        };
        await File.WriteAllTextAsync(Path.Combine(_folder, "directory", "house.json"), JsonSerializer.Serialize(house), _cancellation);
        var trust = new TrustListStore(Path.Combine(_folder, "pki"), TimeProvider.System);
        foreach (var party in (string[])["console", "cooperative", "member"])
        {
            using var own = StoreOf(party).SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = party, ApplicationUri = $"urn:cooperative:{party}:app", Hosts = ["localhost"] }));
            trust.Trust(own.Certificate);
            await File.WriteAllTextAsync(Path.Combine(_folder, party, "party.json"), $$"""{ "party": "{{party}}", "signer": "{{party}}-app" }""", _cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_portal is not null) await _portal.DisposeAsync();
        await _field.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_business_model_that_nobody_foresaw_comes_by_files_by_managers_and_by_the_parties_themselves()
    {
        await StartAsync();
        await ChangeAsync(new { kinds = new[] { new { id = "energy-cooperative", name = "Community energy cooperative" } }, dataClasses = new[] { new { name = "CommunityShare", number = 6 } } }, "security", "system2");
        await ChangeAsync(new { entities = (object[])[Entity("cooperative", "energy-cooperative", Owner), Entity("member", "energy-cooperative", "urn:cooperative:member")] });
        await ChangeAsync(new { applications = (object[])[Application("cooperative"), Application("member")] }, "security");

        await using var cooperative = await ConnectAsync("cooperative");
        await using var member = await ConnectAsync("member");
        await ComeAsync();
        Assert.NotEqual(StatusCodes.BadNodeIdUnknown, await ReadAsync(cooperative, "ShareInUse"));
        Assert.Equal(StatusCodes.BadNodeIdUnknown, await ReadAsync(member, "ShareInUse"));

        await AgreeAsync();
        await CheckSharesAsync(cooperative, member);

        await StartAsync();
        Assert.Empty(_portal!.Server.Refused);
        await using var later = await ConnectAsync("cooperative");
        await using var laterMember = await ConnectAsync("member");
        await CheckSharesAsync(later, laterMember);
    }

    // What an operator put into the folders, the System Manager has loaded; each file is loaded once.
    private async Task ComeAsync()
    {
        File.Copy(Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "Cooperative", "cooperative.NodeSet2.xml"), Path.Combine(_folder, "models", "cooperative.xml"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "adapters", "site.json"), Device(), _cancellation);
        await RefusedAsync("there is no type 'CommunityBatteryType'", "LoadAdapterFile", "site.json");
        await AdministerAsync("system", "LoadModel", "cooperative.xml");
        await AdministerAsync("system", "LoadAdapterFile", "site.json");
        await RefusedAsync("is loaded already", "LoadModel", "cooperative.xml");
        await RefusedAsync("is there already", "LoadAdapterFile", "site.json");
    }

    private async Task RefusedAsync(string reason, string method, string file)
    {
        var refused = await Assert.ThrowsAsync<UaException>(() => AdministerAsync("system", method, file));
        Assert.Matches($@"{file}:\d+: .*{reason}", refused.Message);
    }

    private async Task CheckSharesAsync(UaSession cooperative, UaSession member)
    {
        Assert.DoesNotContain(await ReadAsync(member, "ShareInUse"), (uint[])[StatusCodes.BadNodeIdUnknown, StatusCodes.BadUserAccessDenied]);
        // Part 4 5.12.2.4: arguments are counted behind the right to call.
        Assert.Equal(StatusCodes.BadTooManyArguments, await CallAsync(member, "Dispatch"));
        // What is not of the new class or group stays the cooperative's.
        Assert.Equal(StatusCodes.BadNodeIdUnknown, await ReadAsync(member, "StateOfCharge"));
        Assert.NotEqual(StatusCodes.BadTooManyArguments, await CallAsync(member, "Disconnect"));
        Assert.Equal(StatusCodes.BadTooManyArguments, await CallAsync(cooperative, "Disconnect"));
    }

    private TrustListStore StoreOf(string party) => new(Path.Combine(_folder, party), TimeProvider.System);

    private static object Entity(string id, string kind, string uri) => new { id, kind, name = id, @namespace = uri };

    private object Application(string party)
    {
        using var own = StoreOf(party).LoadOwn()!;
        return new { id = $"{party}-app", entity = party, certificate = Convert.ToBase64String(own.Certificate.RawData) };
    }

    /// <summary>Starts the server, anew on the same storage.</summary>
    private async Task StartAsync()
    {
        if (_portal is not null) await _portal.DisposeAsync();
        var file = Path.Combine(_folder, "opcportal.json");
        var settings = new
        {
            endpoints = new { urls = new[] { "opc.tcp://localhost:4840" }, listen = new[] { "127.0.0.1:0" }, allowAnonymous = true },
        };
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(settings), _cancellation);
        _portal = await RunningPortal.StartAsync(HostConfigurationReader.Read(file), NullLoggerFactory.Instance, TimeProvider.System);
        using var server = new TrustListStore(Path.Combine(_folder, "pki"), TimeProvider.System).LoadOwn()!;
        foreach (var party in (string[])["console", "cooperative", "member"]) StoreOf(party).Trust(server.Certificate);
    }

    // The simulated battery under its new type: what its capacity register holds stands for the share, its command to connect for the dispatch.
    private string Device()
    {
        var file = JsonNode.Parse(_field.Configuration(new PortalConfiguration { Id = "sun-street", Name = "Sun Street", Owner = Owner }, TimeSpan.FromMilliseconds(250)))!;
        var battery = file["devices"]![0]!;
        battery["type"] = "CommunityBatteryType";
        battery["points"]!["ShareInUse"] = battery["points"]!["Capacity"]!.DeepClone();
        battery["commands"]!["Dispatch"] = battery["commands"]!["Connect"]!.DeepClone();
        return file.ToJsonString();
    }

    private async Task ChangeAsync(object document, params string[] approvers)
    {
        var changed = await AdministerAsync("system", "ProposeChange", JsonSerializer.Serialize(document), "a cooperative is founded");
        Assert.Equal(approvers.Length == 0, changed[1].AsBoolean());
        for (var i = 0; i < approvers.Length; i++) Assert.Equal(i == approvers.Length - 1, (await AdministerAsync(approvers[i], "ApproveChange", changed[0]))[0].AsBoolean());
        await _portal!.Server.Governance!.CurrentAsync();
    }

    private async Task<Variant[]> AdministerAsync(string manager, string method, params Variant[] arguments)
    {
        var store = StoreOf("console");
        using var own = store.LoadOwn();
        var client = new UaClient(new UaClientOptions { Certificate = own, Validator = new CertificateValidator(store, TimeProvider.System) });
        await using var session = await client.ConnectAsync(Url, EndpointChoice.Strongest, UserIdentity.Password(manager, "between managers"), _cancellation);
        var portal = (ushort)session.NamespaceUris.ToList().IndexOf(ModelLoader.PortalUri);
        var administration = (await session.TranslateBrowsePathAsync(ObjectIds.ObjectsFolder, [new("Administration", portal)], _cancellation))[0];
        var node = (await session.TranslateBrowsePathAsync(administration, [new(method, portal)], _cancellation))[0];
        return (await session.CallAsync(administration, node, arguments, _cancellation)).OutputArguments!;
    }

    private async Task AgreeAsync()
    {
        const string Terms = """
            {
              "id": "shares",
              "terms": {
                "grantor": "cooperative", "grantee": "member", "purpose": "community shares",
                "scope": { "dataClasses": ["CommunityShare"], "functionGroups": ["CommunityDispatch"] },
                "operations": ["browse", "read", "subscribe", "call"],
                "period": { "from": "2026-01-01T00:00:00Z", "until": "2036-01-01T00:00:00Z" }
              }
            }
            """;
        var file = Path.Combine(_folder, "shares.json");
        await File.WriteAllTextAsync(file, Terms, _cancellation);
        foreach (var (party, arguments) in ((string, string[])[])[("cooperative", ["agreement", "propose", file]), ("member", ["agreement", "accept", "shares"])])
        {
            var (code, output) = await TypedCommand.RunAsync([.. arguments, "--yes", "--pki", Path.Combine(_folder, party)], Url, _folder, _cancellation);
            Assert.True(code == 0, output);
        }

        await _portal!.Server.Governance!.CurrentAsync();
    }

    private Task<UaSession> ConnectAsync(string party)
    {
        var store = StoreOf(party);
        return new UaClient(new UaClientOptions { Certificate = store.LoadOwn(), Validator = new CertificateValidator(store, TimeProvider.System) }).ConnectAsync(Url, EndpointChoice.Strongest, cancellation: _cancellation);
    }

    private NodeId Node(string id) => new(id, _portal!.Server.Ua.Model.Namespaces.GetOrAdd(Owner));

    private async Task<uint> ReadAsync(UaSession session, string point) => (await session.ReadValueAsync(Node($"sun-street/battery/{point}"), _cancellation)).StatusCode.Code;

    private async Task<uint> CallAsync(UaSession session, string method)
    {
        var request = new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = Node("sun-street/battery"), MethodId = Node($"sun-street/battery/{method}"), InputArguments = [1, 2, 3] }] };
        return (await session.InvokeAsync<CallResponse>(request, cancellation: _cancellation)).Results![0].StatusCode.Code;
    }
}
