using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Host;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>A server as a utility would run it, from a configuration: secured, with one file of devices that is right, one that is broken, and one device that talks nonsense.</summary>
public sealed class SecuredServerTests : IAsyncLifetime
{
    private const string Owner = "urn:test:utility";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-secured-").FullName;
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;
    private ModbusFieldSimulator? _field;
    private RunningPortal? _portal;
    private ApplicationCertificate? _certificate;
    private TrustListStore? _store;
    private X509Certificate2? _user;

    private RunningPortal Portal => _portal!;

    private string Url => $"opc.tcp://localhost:{Portal.Addresses[0].Port}";

    public async ValueTask InitializeAsync()
    {
        _field = new ModbusFieldSimulator(new ModbusFieldOptions { Devices = [new(ModbusDeviceKind.ElectricityMeter, "good", 1), new(ModbusDeviceKind.GasMeter, "mad", 2)] }, TimeProvider.System);
        await _field.StartAsync();
        var adapters = Directory.CreateDirectory(Path.Combine(_folder, "adapters")).FullName;
        var site = new PortalConfiguration { Id = "site", Name = "Site", Owner = Owner };
        await File.WriteAllTextAsync(Path.Combine(adapters, "a-good.json"), _field.Configuration(site, TimeSpan.FromMilliseconds(250)));
        await File.WriteAllTextAsync(Path.Combine(adapters, "b-broken.json"), "{\n  \"portal\": { \"id\": \"other\", \"owner\": \"urn:x\" },\n  \"connection\": { \"protocol\": \"carrier-pigeon\" },\n  \"devices\": []\n}");

        _store = new TrustListStore(Path.Combine(_folder, "client"), TimeProvider.System);
        _certificate = _store.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "test", ApplicationUri = "urn:test:client", Hosts = ["localhost"] }));
        var pki = new TrustListStore(Path.Combine(_folder, "pki"), TimeProvider.System);
        pki.Trust(_certificate.Certificate);
        _user = new CertificateFactory(TimeProvider.System).CreateUser(new CertificateSubject { Name = "Bob" });
        new TrustListStore(Path.Combine(_folder, "pki", "users"), TimeProvider.System).Trust(_user);
        var file = Path.Combine(_folder, "opcportal.json");
        await File.WriteAllTextAsync(file, $$"""
            {
              "endpoints": { "urls": ["opc.tcp://localhost:4840"], "listen": ["127.0.0.1:0"] },
              "users": [ { "name": "ann", "passwordHash": "{{PasswordHash.Create("open sesame"u8).Write()}}", "roles": ["Observer"] } ],
              "identities": [ { "certificate": "{{_user.Thumbprint}}", "roles": ["Observer"] } ]
            }
            """);
        _portal = await RunningPortal.StartAsync(HostConfigurationReader.Read(file), NullLoggerFactory.Instance, TimeProvider.System);
        using var server = pki.LoadOwn()!;
        _store.Trust(server.Certificate);
    }

    public async ValueTask DisposeAsync()
    {
        if (_portal is not null) await _portal.DisposeAsync();
        if (_field is not null) await _field.DisposeAsync();
        _certificate?.Dispose();
        _user?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_right_file_runs_beside_the_broken_one_which_is_named_by_line()
    {
        Assert.Contains("b-broken.json:3: ", Assert.Single(Portal.Server.Refused).Message, StringComparison.Ordinal);
        await using var session = await ConnectAsync(MessageSecurityMode.SignAndEncrypt);
        await UntilAsync(session, "site/good/ActivePower", value => value.StatusCode.IsGood);
    }

    [Fact]
    public async Task Data_of_owners_goes_over_encrypted_channels_only()
    {
        await using var signed = await ConnectAsync(MessageSecurityMode.Sign);
        // Part 3 8.56 (EncryptionRequired), Part 4 5.11.2.4: BadSecurityModeInsufficient.
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await signed.ReadValueAsync(Node("site/good/ActivePower"), _cancellation)).StatusCode.Code);
        Assert.True((await signed.ReadValueAsync(new NodeId(VariableIds.Server_ServerStatus_State), _cancellation)).StatusCode.IsGood);
    }

    [Fact]
    public async Task The_namespace_of_an_owner_is_described_with_what_roles_may_do_in_it()
    {
        await using var session = await ConnectAsync(MessageSecurityMode.SignAndEncrypt);
        var index = Portal.Server.Ua.Model.Namespaces.GetOrAdd(Owner);
        Assert.Equal(Owner, (await session.ReadValueAsync(new NodeId(VariableIds.Server_NamespaceArray), _cancellation)).Value.AsArray<string>()![index]);
        var metadata = $"Namespaces/{Owner}";
        Assert.Equal(Owner, (await session.ReadValueAsync(new NodeId($"{metadata}/NamespaceUri", 1), _cancellation)).Value.AsString());
        // Part 5 6.3.13, Part 3 8.56: SigningRequired and EncryptionRequired.
        Assert.Equal(3, (await session.ReadValueAsync(new NodeId($"{metadata}/DefaultAccessRestrictions", 1), _cancellation)).Value.AsUInt16());
        var permissions = (await session.ReadValueAsync(new NodeId($"{metadata}/DefaultRolePermissions", 1), _cancellation)).Value.AsArray<ExtensionObject?>()!.Select(p => (RolePermissionType)p!.Structure!).ToDictionary(p => p.RoleId, p => p.Permissions);
        Assert.True(permissions[ObjectIds.WellKnownRole_Operator].HasFlag(PermissionType.Write | PermissionType.Call));
        Assert.False(permissions[ObjectIds.WellKnownRole_Observer].HasFlag(PermissionType.Write));
        Assert.DoesNotContain(ObjectIds.WellKnownRole_AuthenticatedUser, permissions.Keys);
    }

    [Fact]
    public async Task A_user_comes_in_by_certificate_with_the_roles_of_its_thumbprint()
    {
        var client = new UaClient(Options);
        await using var session = await client.ConnectAsync(Url, EndpointChoice.Strongest, UserIdentity.Certificate(_user!), _cancellation);
        await UntilAsync(session, "site/good/ActivePower", value => value.StatusCode.IsGood);
        // The client application is trusted as an application; as a user it is a stranger.
        await Assert.ThrowsAnyAsync<UaException>(() => client.ConnectAsync(Url, EndpointChoice.Strongest, UserIdentity.Certificate(_certificate!.Certificate), _cancellation));
    }

    [Fact]
    public async Task Nobody_comes_in_unprotected_or_anonymous()
    {
        var client = new UaClient(Options);
        await Assert.ThrowsAnyAsync<UaException>(() => client.ConnectAsync(Url, EndpointChoice.Unprotected, cancellation: _cancellation));
        await Assert.ThrowsAnyAsync<UaException>(() => client.ConnectAsync(Url, EndpointChoice.Strongest, UserIdentity.Anonymous, _cancellation));
    }

    [Fact]
    public async Task A_device_that_talks_nonsense_is_bad_for_its_own_points_and_heals()
    {
        await using var session = await ConnectAsync(MessageSecurityMode.SignAndEncrypt);
        await UntilAsync(session, "site/mad/Volume", value => value.StatusCode.IsGood);
        _field!.Server.Inject(2, new ModbusFault(ModbusFaultKind.Garbage));
        var bad = await UntilAsync(session, "site/mad/Volume", value => value.StatusCode.IsBad);
        Assert.Contains(bad.StatusCode.CodeBits, (uint[])[StatusCodes.BadCommunicationError, StatusCodes.BadDecodingError, StatusCodes.BadTimeout, StatusCodes.BadNoCommunication, StatusCodes.BadNotConnected]);
        await UntilAsync(session, "site/good/ActivePower", value => value.StatusCode.IsGood);
        _field.Server.Inject(2, default);
        await UntilAsync(session, "site/mad/Volume", value => value.StatusCode.IsGood);
    }

    private async Task<DataValue> UntilAsync(UaSession session, string point, Predicate<DataValue> wanted)
    {
        using var late = new CancellationTokenSource(Patience);
        while (true)
        {
            var value = await session.ReadValueAsync(Node(point), _cancellation);
            if (wanted(value)) return value;
            Assert.False(late.IsCancellationRequested, $"{point} stays {value}");
        }
    }

    private Task<UaSession> ConnectAsync(MessageSecurityMode mode) => new UaClient(Options).ConnectAsync(
        Url, EndpointChoice.Strongest with { Policy = SecurityPolicy.Basic256Sha256, Mode = mode }, UserIdentity.Password("ann", "open sesame"), _cancellation);

    private UaClientOptions Options => new() { ApplicationUri = "urn:test:client", Certificate = _certificate, Validator = new CertificateValidator(_store!, TimeProvider.System) };

    private NodeId Node(string id) => new(id, Portal.Server.Ua.Model.Namespaces.GetOrAdd(Owner));
}
