using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OpcPortal.Ua.Security;

namespace OpcPortal.Benchmarks;

/// <summary><c>compare</c>: OpcPortal's server and node-opcua's, one after the other on the same machine, by the same client; the table of docs/performance.md.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var seconds = new Option<double>("--seconds") { Description = "Of each scenario.", DefaultValueFactory = _ => 4 };
        var points = new Option<int>("--points") { DefaultValueFactory = _ => 10_000 };
        var root = new Option<string>("--root") { Description = "The checkout, for node-opcua's packages.", DefaultValueFactory = _ => "." };
        var command = new Command("compare", "Measures OpcPortal beside node-opcua (npm ci --prefix tests/Interop/node first).") { seconds, points, root };
        command.SetAction(parsed => RunAsync(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(points), parsed.GetValue(root)!));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan duration, int points, string root)
    {
        var folder = Directory.CreateTempSubdirectory("opcportal-compare").FullName;
        try
        {
            foreach (var policy in (SecurityPolicy[])[SecurityPolicy.None, SecurityPolicy.Basic256Sha256])
            {
                var ours = await MeasureAsync(interval => StartOurs(folder, points, interval), Path.Combine(folder, "ours.txt"), folder, policy, duration);
                var theirs = await MeasureAsync(interval => StartTheirs(folder, root, points, interval), Path.Combine(folder, "theirs.txt"), folder, policy, duration);
                Console.WriteLine(Table(policy, ours, theirs));
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<PeerProcess> StartOurs(string folder, int points, int interval)
    {
        // Each trusts the other: the client's certificate is made first.
        var client = new TrustListStore(Path.Combine(folder, "client"), TimeProvider.System);
        var server = new TrustListStore(Path.Combine(folder, "server"), TimeProvider.System);
        var factory = new CertificateFactory(TimeProvider.System);
        using var own = client.LoadOwn() ?? client.SaveOwn(factory.CreateSelfSigned(new CertificateSubject { Name = "bench client", ApplicationUri = "urn:opcportal:bench:client", Hosts = ["localhost"] }));
        using var its = server.LoadOwn() ?? server.SaveOwn(factory.CreateSelfSigned(new CertificateSubject { Name = "bench server", ApplicationUri = "urn:opcportal:bench:server", Hosts = ["localhost", "127.0.0.1"] }));
        server.Trust(own.Certificate);
        client.Trust(its.Certificate);
        return PeerProcess.StartAsync(
            Environment.ProcessPath!, "serve", "--points", Text(points), "--interval", Text(interval), "--nodes", Path.Combine(folder, "ours.txt"), "--pki", Path.Combine(folder, "server"));
    }

    private static async Task<PeerProcess> StartTheirs(string folder, string root, int points, int interval)
    {
        var interop = Path.Combine(root, "tests/Interop/node/node_modules");
        var script = Path.Combine(root, "tests/Benchmarks/Compare/node-opcua-server.cjs");
        var pki = Path.Combine(folder, "theirs");
        var peer = await PeerProcess.StartAsync(Path.Combine(interop, "node/bin/node"), script, "48411", Text(points), Text(interval), Path.Combine(folder, "theirs.txt"), pki);
        var client = new TrustListStore(Path.Combine(folder, "client"), TimeProvider.System);
        var discovered = await new Ua.Client.UaClient(new Ua.Client.UaClientOptions()).GetEndpointsAsync(peer.Url);
        if (CertificateChain.TryParse(discovered[0].ServerCertificate, out var chain)) client.Trust(chain.Leaf);
        return peer;
    }

    // Values that change are for the notifications alone: elsewhere they would be measured along.
    private static async Task<IReadOnlyList<LoadResult>> MeasureAsync(Func<int, Task<PeerProcess>> start, string nodes, string folder, SecurityPolicy policy, TimeSpan duration)
    {
        var quiet = await MeasureAsync(await start(60_000), nodes, folder, policy, duration, Scenarios.OfRequests);
        var busy = await MeasureAsync(await start(100), nodes, folder, policy, duration, Scenarios.OfNotifications);
        return [.. quiet, .. busy.Skip(1)];
    }

    private static async Task<IReadOnlyList<LoadResult>> MeasureAsync(PeerProcess peer, string nodes, string folder, SecurityPolicy policy, TimeSpan duration, IReadOnlySet<string> scenarios)
    {
        await using var running = peer;
        var options = new LoadOptions { Url = peer.Url, Nodes = LoadCommand.ReadNodes(nodes), Policy = policy, Duration = duration, ServerProcess = peer.Id, Pki = Path.Combine(folder, "client"), Scenarios = scenarios };
        var start = new LoadResult("start", peer.StartMs, "ms", ServerRssMb: new ServerProcess(peer.Id).RssMb);
        void Report(LoadResult result) => Console.Error.WriteLine(JsonSerializer.Serialize(result, LoadCommand.Json));
        Report(start);
        return [start, .. await new Scenarios(options).RunAsync(Report)];
    }

    private static string Table(SecurityPolicy policy, IReadOnlyList<LoadResult> ours, IReadOnlyList<LoadResult> theirs)
    {
        var table = new StringBuilder();
        table.AppendLine(CultureInfo.InvariantCulture, $"\n### {(policy.IsNone ? "SecurityPolicy None" : $"{policy.Name}, SignAndEncrypt")}\n");
        table.AppendLine("| scenario | unit | OpcPortal | p50 / p99 us | cores | RSS MiB | node-opcua | p50 / p99 us | cores | RSS MiB | ratio |");
        table.AppendLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var own in ours)
        {
            var peer = theirs.FirstOrDefault(t => t.Name == own.Name);
            var ratio = peer is null || peer.Rate == 0 ? "" : Text(own.Name == "start" ? peer.Rate / own.Rate : own.Rate / peer.Rate, "0.0");
            table.AppendLine(CultureInfo.InvariantCulture, $"| {own.Name} | {own.Unit} | {Cells(own)} | {(peer is null ? " | | | " : Cells(peer))} | {ratio} |");
        }

        return table.ToString();
    }

    private static string Cells(LoadResult result) =>
        $"{Text(result.Rate, "N0")}{(result.Errors > 0 ? $" ({result.Errors} errors)" : "")} | {(result.P50Us is { } p50 ? $"{Text(p50, "0")} / {Text(result.P99Us ?? 0, "0")}" : "")} | {Text(result.ServerCores, "0.00")} | {Text(result.ServerRssMb, "0")}";

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
