using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Host;
using OpcPortal.Ua.Security;

namespace Interop.NodeOpcuaClient;

/// <summary>The demonstration, as it runs without a configuration, on a free port.</summary>
public sealed class DemoUnderTest : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-interop-demo-").FullName;
    private RunningDemo? _demo;

    /// <summary>What scripts are told.</summary>
    internal object ArgumentsFor(string user) => new
    {
        url = $"opc.tcp://localhost:{_demo!.Portal.Addresses[0].Port}",
        pki = Path.Combine(_folder, "node-pki"),
        certificates = Path.Combine(_folder, "peers"),
        applicationUri = PeerCertificates.ClientUri,
        user,
        password = _demo.Users.Passwords.First(known => known.Name == user).Password,
        isOpen = true,
        isDemo = true,
    };

    public async ValueTask InitializeAsync()
    {
        var demo = Path.Combine(_folder, "demo");
        _ = new PeerCertificates(Path.Combine(_folder, "peers"), new TrustListStore(Path.Combine(demo, "pki"), TimeProvider.System));
        _demo = await DemoCommand.StartAsync(demo, port: 0, NullLoggerFactory.Instance, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        if (_demo is not null) await _demo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
