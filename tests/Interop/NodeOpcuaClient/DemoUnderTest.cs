using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.EndToEnd.Tests;
using OpcPortal.Host;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;

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

    /// <summary>What the script of the matrix is told: parties with their certificates as PEM files, and what is expected of each probe, but for events.</summary>
    internal object ArgumentsForMatrix(IReadOnlyList<string> parties)
    {
        var matrix = ExpectedMatrix.Read(Path.GetFullPath("../../..", NodeScripts.Folder));
        return new
        {
            url = $"opc.tcp://localhost:{_demo!.Portal.Addresses[0].Port}",
            pki = Path.Combine(_folder, "node-pki"),
            certificates = Path.Combine(_folder, "peers"),
            parties = parties.Select(party => new
            {
                name = party,
                applicationUri = WriteCertificate(party),
                probes = matrix.Probes.Select(probe => new { name = probe.Name, owner = probe.Owner, node = probe.Node, method = probe.Method, expected = matrix.Of(party, probe).Replace("E", "", StringComparison.Ordinal) }),
            }),
        };
    }

    /// <summary>What the script of history is told: of one point, values that count the quarters of an hour from a day that is past, and its owner.</summary>
    internal async Task<object> ArgumentsForHistoryAsync()
    {
        const int Count = 100;
        const string Party = "river-power";
        const string Node = "steel-works/meter/ActivePower";
        var start = new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc);
        var server = _demo!.Portal.Server;
        var point = server.Space.Registry.Point("steel-works", "meter", "ActivePower");
        Reading[] readings = [.. Enumerable.Range(0, Count).Select(i => new Reading(point, PointValue.From((double)i), start.AddMinutes(15 * i), Quality: new QualityCode(QualityOrigin.EndDevice, QualityCode.Valid, 0)))];
        await server.History!.KeepAsync(readings, new int[Count], start.AddDays(2));
        var before = TimeProvider.System.GetUtcNow().UtcDateTime;
        for (var i = 0; i < 5; i++)
            server.Ua.Events.Report(new UaEvent
            {
                EventType = ObjectTypeIds.BaseEventType,
                SourceNode = new NodeId(Node, server.Ua.Model.Namespaces.GetOrAdd(DemoNeighbourhood.PowerCompany)),
                SourceName = "meter",
                Time = before.AddMilliseconds(i),
                Message = new LocalizedText($"history event {i}"),
                Severity = 400,
            });
        await _demo.Portal.Storage!.Events!.FlushAsync();
        return new
        {
            url = $"opc.tcp://localhost:{_demo.Portal.Addresses[0].Port}",
            pki = Path.Combine(_folder, "node-pki"),
            certificates = Path.Combine(_folder, "peers"),
            party = Party,
            partyUri = WriteCertificate(Party),
            author = $"{Party}/{DemoEntities.ApplicationOf(Party)}",
            owner = DemoNeighbourhood.PowerCompany,
            node = Node,
            eventsFrom = before,
            eventsUntil = before.AddSeconds(1),
            start,
            count = Count,
        };
    }

    private string WriteCertificate(string party)
    {
        using var own = _demo!.Certificates.Load(party);
        File.WriteAllText(Path.Combine(_folder, "peers", $"{party}.pem"), own.Certificate.ExportCertificatePem());
        using var key = own.Certificate.GetRSAPrivateKey()!;
        File.WriteAllText(Path.Combine(_folder, "peers", $"{party}.key"), key.ExportPkcs8PrivateKeyPem());
        return own.ApplicationUri;
    }

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
