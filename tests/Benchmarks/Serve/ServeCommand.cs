using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;

namespace OpcPortal.Benchmarks;

/// <summary>
/// <c>serve</c>: the portal server with electricity meters of ten points each, all of them changing, for whoever measures it. It is open to everybody: never a
/// server to be used.
/// </summary>
internal static class ServeCommand
{
    private static readonly string[] Points =
        ["ActiveEnergyImport", "ActiveEnergyExport", "ReactiveEnergyImport", "ReactiveEnergyExport", "ActivePower", "VoltageL1", "VoltageL2", "VoltageL3", "CurrentL1", "Frequency"];

    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "TCP port; 0: a free one.", DefaultValueFactory = _ => 0 };
        var points = new Option<int>("--points") { Description = "Points, ten a meter.", DefaultValueFactory = _ => 10_000 };
        var interval = new Option<int>("--interval") { Description = "Milliseconds between two values of a point.", DefaultValueFactory = _ => 100 };
        var nodes = new Option<string?>("--nodes") { Description = "File that gets the NodeIds, one a line." };
        var pki = new Option<string>("--pki") { Description = "Folder of certificates; who stands in trusted/certs is let in.", Required = true };
        var history = new Option<string?>("--history") { Description = "Folder of a store of readings, which are then validated and kept too." };
        var postgreSql = HistoryCommand.PostgreSqlOption();
        var command = new Command("serve", "Serves meters for measurements, until its input ends.") { port, points, interval, nodes, pki, history, postgreSql };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var store = parsed.GetValue(history) is { } folder ? await BenchStore.OpenAsync(folder, parsed.GetValue(postgreSql)) : null;
            return await RunAsync(parsed.GetValue(port), parsed.GetValue(points), TimeSpan.FromMilliseconds(parsed.GetValue(interval)), parsed.GetValue(nodes), parsed.GetValue(pki)!, store?.Store, cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(int port, int points, TimeSpan interval, string? nodesFile, string pki, ReadingStore? history, CancellationToken cancellation)
    {
        var began = Environment.ProcessPath is null ? 0 : Process.GetCurrentProcess().StartTime.ToUniversalTime().Ticks;
        var folder = Directory.CreateTempSubdirectory("opcportal-bench").FullName;
        try
        {
            await WriteConfiguration(folder, points / Points.Length);
            await using var server = Compose(folder, interval, pki, history);
            server.Start();
            if (server.Refused.Count > 0) throw server.Refused[0];
            await using var listener = await server.Ua.ListenAsync(null, new IPEndPoint(IPAddress.Loopback, port));
            if (nodesFile is not null) await File.WriteAllLinesAsync(nodesFile, NodeIds(server, points), cancellation);
            var ready = new { url = $"opc.tcp://localhost:{listener.Addresses[0].Port}", pid = Environment.ProcessId, startMs = (TimeProvider.System.GetUtcNow().UtcTicks - began) / TimeSpan.TicksPerMillisecond };
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(ready));
            await Console.In.ReadToEndAsync(cancellation);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static PortalServer Compose(string folder, TimeSpan interval, string pki, ReadingStore? history)
    {
        const string Uri = "urn:opcportal:bench:server";
        var store = new TrustListStore(pki, TimeProvider.System);
        var certificate = store.LoadOwn() ?? store.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "bench server", ApplicationUri = Uri, Hosts = ["localhost", "127.0.0.1"] }));
        var endpoints = new EndpointOptions { Urls = ["opc.tcp://localhost:4840"], ApplicationUri = Uri, AllowAnonymous = true };
        endpoints = endpoints with { Security = [new(SecurityPolicy.None, MessageSecurityMode.None), .. endpoints.Security] };
        var ua = new UaServerOptions { Endpoints = endpoints };
        var parts = new UaServerParts
        {
            Certificate = certificate,
            Applications = store,
            Identities = new IdentityMappings([new(RoleTable.Observer, IdentityCriteriaType.Anonymous, null)]),
            NodeSets = ModelLoader.Read([ModelLoader.PortalFile]),
        };
        return new PortalServer(
            new PortalServerOptions { AdapterFolder = folder, OwnerRestrictions = 0, Validation = history is null ? ValidationRules.None : ValidationFolder.Load(folder + "-rules") }, ua, parts, [new BenchAdapter.Factory(interval)],
            new PortalServerParts { History = history });
    }

    private static string Meter(int number) => string.Create(CultureInfo.InvariantCulture, $"M{number}");

    private static Task WriteConfiguration(string folder, int meters)
    {
        var mapped = $"{{{string.Join(',', Points.Select(p => $"\"{p}\":{{}}"))}}}";
        var devices = Enumerable.Range(0, meters).Select(i => $$"""{"id":"{{Meter(i)}}","name":"Meter {{i}}","type":"ElectricityMeterType","points":{{mapped}}}""");
        return File.WriteAllTextAsync(Path.Combine(folder, "bench.json"), $$"""
            {"portal":{"id":"P","name":"Bench","owner":"urn:opcportal:bench"},"connection":{"protocol":"bench"},"devices":[{{string.Join(',', devices)}}]}
            """);
    }

    private static IEnumerable<string> NodeIds(PortalServer server, int points)
    {
        server.Ua.Model.Namespaces.TryGetIndex("urn:opcportal:bench", out var index);
        return Enumerable.Range(0, points).Select(i => $"ns={index};s=P/{Meter(i / Points.Length)}/{Points[i % Points.Length]}");
    }
}
