using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Host;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>The demonstration as it runs without a configuration, on a free port, and a client that it trusts.</summary>
public sealed class DemoFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-demo-").FullName;
    private RunningDemo? _demo;
    private ApplicationCertificate? _certificate;
    private TrustListStore? _store;

    internal RunningDemo Demo => _demo!;

    /// <summary>The folder of the certificates of a client that the demonstration trusts, and that trusts it.</summary>
    public string ClientPki => Path.Combine(_folder, "client");

    public string Url => $"opc.tcp://localhost:{Demo.Portal.Addresses[0].Port}";

    public async ValueTask InitializeAsync()
    {
        _store = new TrustListStore(Path.Combine(_folder, "client"), TimeProvider.System);
        _certificate = _store.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "test", ApplicationUri = "urn:test:client", Hosts = ["localhost"] }));
        var pki = new TrustListStore(Path.Combine(_folder, "demo", "pki"), TimeProvider.System);
        pki.Trust(_certificate.Certificate);
        _demo = await DemoCommand.StartAsync(Path.Combine(_folder, "demo"), port: 0, NullLoggerFactory.Instance, TimeProvider.System);
        using var server = pki.LoadOwn()!;
        _store.Trust(server.Certificate);
    }

    /// <summary>A session of a user of the demonstration over an encrypted channel; of nobody over an unprotected one.</summary>
    public Task<UaSession> ConnectAsync(string? user = null) => user is null
        ? new UaClient(Options).ConnectAsync(Url, EndpointChoice.Unprotected, cancellation: TestContext.Current.CancellationToken)
        : new UaClient(Options).ConnectAsync(Url, EndpointChoice.Strongest, UserIdentity.Password(user, Demo.Users.Passwords.First(known => known.Name == user).Password), TestContext.Current.CancellationToken);

    /// <summary>A session of an entity's application, with the certificate from its folder, over an encrypted channel; no user beside it.</summary>
    public Task<UaSession> ConnectAsEntityAsync(string entity)
    {
        var store = new TrustListStore(Demo.Certificates.FolderOf(entity), TimeProvider.System);
        var options = new UaClientOptions { Certificate = store.LoadOwn(), Validator = new CertificateValidator(store, TimeProvider.System) };
        return new UaClient(options).ConnectAsync(Url, EndpointChoice.Strongest, UserIdentity.Anonymous, TestContext.Current.CancellationToken);
    }

    public UaClientOptions Options => new() { ApplicationUri = "urn:test:client", Certificate = _certificate, Validator = new CertificateValidator(_store!, TimeProvider.System) };

    public NodeId Node(string owner, string id) => new(id, Demo.Portal.Server.Ua.Model.Namespaces.GetOrAdd(owner));

    public async ValueTask DisposeAsync()
    {
        if (_demo is not null) await _demo.DisposeAsync();
        _certificate?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
