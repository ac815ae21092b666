using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Ua.Server;

namespace Interop.NodeOpcuaClient;

/// <summary>node-opcua's client makes a subscription durable, goes away, and takes it over from a server that was restarted meanwhile. Part 4 6.8.</summary>
public sealed class NodeOpcuaDurableTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-interop-durable-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_durable_subscription_is_taken_over_after_a_restart_with_what_waited()
    {
        NodeScripts.Require();
        var made = await RunAsync("leave", 0);
        var subscription = uint.Parse(made.Single(check => check.Name == "subscription").Detail, CultureInfo.InvariantCulture);
        await RunAsync("take", subscription);
    }

    // Each phase has a server of its own, on the same store.
    private async Task<IReadOnlyList<NodeCheck>> RunAsync(string phase, uint subscription)
    {
        using var store = new FileSubscriptionStore(Path.Combine(_folder, "subscriptions"), new FileSubscriptionStoreOptions(), TimeProvider.System, NullLogger<FileSubscriptionStore>.Instance);
        var folder = Path.Combine(_folder, phase);
        await using var server = await ServerUnderTest.StartAsync(folder, NodeScripts.Folder, isOpen: true, store);
        return await NodeScripts.RunAsync("durable.mjs", new
        {
            url = server.Url,
            pki = Path.Combine(folder, "node-pki"),
            certificates = Path.Combine(folder, "open-peers"),
            applicationUri = PeerCertificates.ClientUri,
            user = ServerUnderTest.User,
            password = ServerUnderTest.Password,
            phase,
            subscription,
        }, least: 3);
    }
}
