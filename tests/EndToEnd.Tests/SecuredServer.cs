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

/// <summary>
/// A server as a utility would run it, from a configuration: secured, with one file of devices that is right and one that is broken. A user comes in by password, another by certificate.
/// </summary>
public sealed class SecuredServer : IAsyncLifetime
{
    public const string Owner = "urn:test:utility";

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-secured-").FullName;
    private ModbusFieldSimulator? _field;
    private RunningPortal? _portal;
    private ApplicationCertificate? _certificate;
    private TrustListStore? _store;
    private X509Certificate2? _user;

    internal RunningPortal Portal => _portal!;

    /// <summary>The devices: <c>good</c> is unit 1, <c>mad</c> unit 2.</summary>
    public ModbusFieldSimulator Field => _field!;

    /// <summary>The certificate of a user who is trusted as one.</summary>
    public X509Certificate2 UserCertificate => _user!;

    /// <summary>The certificate of the client application, which is no user.</summary>
    public X509Certificate2 ClientCertificate => _certificate!.Certificate;

    public string Url => $"opc.tcp://localhost:{Portal.Addresses[0].Port}";

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

    public Task<UaSession> ConnectAsync(MessageSecurityMode mode) => new UaClient(Options).ConnectAsync(
        Url, EndpointChoice.Strongest with { Policy = SecurityPolicy.Basic256Sha256, Mode = mode }, UserIdentity.Password("ann", "open sesame"), TestContext.Current.CancellationToken);

    public UaClientOptions Options => new() { ApplicationUri = "urn:test:client", Certificate = _certificate, Validator = new CertificateValidator(_store!, TimeProvider.System) };

    public NodeId Node(string id) => new(id, Portal.Server.Ua.Model.Namespaces.GetOrAdd(Owner));
}
