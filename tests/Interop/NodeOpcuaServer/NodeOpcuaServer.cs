using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace Interop.NodeOpcuaServer;

/// <summary>node-opcua's server as a process of its own, for all tests of a class, with a client's certificate and a trust list that holds the server's.</summary>
public sealed class NodeOpcuaServer : IAsyncLifetime
{
    private const string Missing = "node-opcua is not installed. Install it with: npm ci --prefix tests/Interop/node";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-node-").FullName;
    private Process? _process;

    public int Port { get; } = FreePort();
    public string Url => $"opc.tcp://localhost:{Port}";
    public ApplicationCertificate Certificate { get; private set; } = null!;
    public TrustListStore Store { get; private set; } = null!;

    /// <summary>Options of a client whom the server knows and who trusts it.</summary>
    public UaClientOptions Options => new()
    {
        ApplicationName = "OpcPortal interop",
        Certificate = Certificate,
        Validator = new CertificateValidator(Store, TimeProvider.System),
        // node-opcua names the machine in its certificate, not always localhost.
        ChecksHostName = false,
        KeepAliveInterval = TimeSpan.FromSeconds(1),
        FirstBackOff = TimeSpan.FromMilliseconds(50),
        LongestBackOff = TimeSpan.FromMilliseconds(500),
    };

    public async ValueTask InitializeAsync()
    {
        var folder = Path.Combine(RepositoryRoot(), "tests", "Interop", "node");
        var node = Path.Combine(folder, "node_modules", "node", "bin", OperatingSystem.IsWindows() ? "node.exe" : "node");
        if (!File.Exists(node)) return;
        var start = new ProcessStartInfo(node, ["server.js", $"{Port}", _folder]) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true };
        _process = Process.Start(start)!;
        using var late = new CancellationTokenSource(Patience);
        string? line;
        do line = await _process.StandardOutput.ReadLineAsync(late.Token);
        while (line is not (null or "READY"));
        Assert.True(line == "READY", "node-opcua's server ended before it was ready.");
        await TrustAsync();
    }

    private async Task TrustAsync()
    {
        Store = new TrustListStore(Path.Combine(_folder, "client"), TimeProvider.System);
        var subject = new CertificateSubject { Name = "OpcPortal interop", ApplicationUri = "urn:opcportal:interop:client", Hosts = ["localhost"] };
        Certificate = Store.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(subject));
        var endpoints = await new UaClient(Options).GetEndpointsAsync(Url);
        Assert.True(CertificateChain.TryParse(endpoints.First(e => !e.ServerCertificate.IsNullOrEmpty).ServerCertificate, out var chain));
        Store.Trust(chain.Leaf);
    }

    /// <summary>Skips the test where the peer is not installed; fails it where it must be.</summary>
    public void Require()
    {
        if (_process is not null) return;
        if (Environment.GetEnvironmentVariable("OPCPORTAL_REQUIRE_INTEROP") == "1") Assert.Fail(Missing);
        Assert.Skip(Missing);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            process.StandardInput.Close();
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await process.WaitForExitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        Certificate?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OpcPortal.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException("OpcPortal.sln lies in no folder above the tests.");
    }
}
