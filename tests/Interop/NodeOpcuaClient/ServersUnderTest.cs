namespace Interop.NodeOpcuaClient;

/// <summary>The servers of all tests here: one open as a demo, one as it is unless configured otherwise.</summary>
public sealed class ServersUnderTest : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-interop-").FullName;

    internal ServerUnderTest Open { get; private set; } = null!;
    internal ServerUnderTest Closed { get; private set; } = null!;

    /// <summary>What scripts are told.</summary>
    internal object ArgumentsFor(ServerUnderTest server, bool isOpen) => new
    {
        url = server.Url,
        pki = Path.Combine(_folder, "node-pki"),
        certificates = Path.Combine(_folder, isOpen ? "open-peers" : "closed-peers"),
        applicationUri = PeerCertificates.ClientUri,
        user = ServerUnderTest.User,
        password = ServerUnderTest.Password,
        isOpen,
    };

    public async ValueTask InitializeAsync()
    {
        Open = await ServerUnderTest.StartAsync(_folder, NodeScripts.Folder, isOpen: true);
        Closed = await ServerUnderTest.StartAsync(_folder, NodeScripts.Folder, isOpen: false);
    }

    public async ValueTask DisposeAsync()
    {
        await Open.DisposeAsync();
        await Closed.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
