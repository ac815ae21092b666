using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>A customer among many portals is led to its own, and pages go on rightly whatever changes between them.</summary>
public sealed class ReachTests
{
    private const int Portals = 5_000;

    [Fact]
    public async Task Of_a_folder_of_thousands_each_party_walks_over_its_own()
    {
        await using var server = await ManyAsync(7, 4_321);
        Assert.Equal(["p-7"], Walk(server, "anna"));
        Assert.Equal(["p-4321"], Walk(server, "bert"));
        Assert.Empty(Walk(server, "aggregator"));
        Assert.Equal(Portals, Walk(server, "operator").Count);
        await server.ApplyAsync(server.Agreement("a1", "anna", "aggregator", Operations.Browse));
        Assert.Equal(["p-7"], Walk(server, "aggregator"));
        // Stewardships lead there as well.
        await server.ApplyAsync(new Stewardship { Id = "s", Portal = "p-99", Device = "meter", DataClass = "PowerQuality", Owner = "bert", Period = ActivePeriod.Always });
        Assert.Equal(["p-99", "p-4321"], Walk(server, "bert"));
        await server.ApplyAsync(new Tenancy { Id = "t-4321", Portal = "p-4321", Customer = "anna", Period = ActivePeriod.Always });
        Assert.Equal(["p-7", "p-4321"], Walk(server, "anna"));
    }

    [Fact]
    public async Task Everything_that_a_party_may_browse_is_within_its_reach()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await ManyAsync();
        string[] parties = ["anna", "bert", "utility", "operator", "aggregator"];
        for (var round = 0; round < 10; round++)
        {
            var records = new List<object>();
            for (var i = 0; i < 5; i++)
            {
                var number = (round * 5) + i;
                var portal = $"p-{random.Next(200)}";
                records.Add(new Stewardship
                {
                    Id = $"s{number}",
                    Portal = $"p-{number}",
                    Device = random.Next(2) == 0 ? "meter" : null,
                    DataClass = random.Next(2) == 0 ? "Energy" : null,
                    Owner = parties[random.Next(parties.Length)],
                    Custodian = random.Next(2) == 0 ? parties[random.Next(parties.Length)] : null,
                    Operator = random.Next(2) == 0 ? parties[random.Next(parties.Length)] : null,
                    Period = ActivePeriod.Always,
                });
                records.Add(new Tenancy { Id = $"t-{number}", Portal = $"p-{number}", Customer = random.Next(2) == 0 ? "anna" : "bert", Period = ActivePeriod.Always });
                var scope = new AccessScope { Portals = random.Next(2) == 0 ? [portal] : [], Customers = random.Next(3) == 0 ? ["anna"] : [] };
                records.Add(server.Agreement($"a{number}", parties[random.Next(4)], "aggregator", Operations.Browse | Operations.Read, scope));
            }

            await server.ApplyAsync([.. records]);
            foreach (var party in parties)
            {
                var who = Who(server, party);
                var reached = Walk(server, party).ToHashSet(StringComparer.Ordinal);
                for (var row = 0; row < server.Space.Registry.PortalCount; row++)
                {
                    var root = server.Space.References.RootId(FleetKey.OfPortal(row));
                    if (server.Portal.Ua.Access.Resolve(who, root, PermissionType.Browse, out _).IsGood) Assert.Contains(root.Text!.Split('@')[^1], reached);
                }
            }
        }
    }

    private static async Task<GovernedServer> ManyAsync(int annas = 0, int berts = 1)
    {
        var server = await GovernedServer.StartAsync(
            file: null, records: [new Tenancy { Id = $"t-{annas}", Portal = $"p-{annas}", Customer = "anna", Period = ActivePeriod.Always }, new Tenancy { Id = $"t-{berts}", Portal = $"p-{berts}", Customer = "bert", Period = ActivePeriod.Always }]);
        var (fleet, registry) = (server.Space.Fleet, server.Space.Registry);
        var meter = fleet.LayoutOf("ElectricityMeterType", [new LayoutPoint("ActiveEnergyImport", false), new LayoutPoint("VoltageL1", false)], []);
        var site = fleet.LayoutOf("PortalType", [], []);
        for (var i = 0; i < Portals; i++)
        {
            registry.SetPortal($"p-{i}", new PortalDetails($"p-{i}", fleet.OwnerNamespace(GovernedServer.Operator), site));
            var device = registry.Device($"p-{i}", "meter");
            registry.Point($"p-{i}", "meter", "ActiveEnergyImport");
            registry.Point($"p-{i}", "meter", "VoltageL1");
            registry.SetDevice(device, new DeviceDetails(null, fleet.OwnerNamespace(GovernedServer.Residents), meter));
            fleet.PortalAdded!(registry.FindPortal($"p-{i}"));
        }

        await server.AdvanceAsync(TimeSpan.Zero);
        return server;
    }

    private static AccessContext Who(GovernedServer server, string party) =>
        new() { Roles = 1, SecurityMode = MessageSecurityMode.SignAndEncrypt, Subject = new AccessSubject(party, server.Directory.Entities[party].Kind) };

    private static List<string> Walk(GovernedServer server, string party)
    {
        var found = new List<string>();
        var position = 0L;
        var filter = new ReferenceFilter(BrowseDirection.Forward, null) { Who = Who(server, party) };
        while (server.Space.References.TryNextPortal(filter, ref position, out var reference)) found.Add(reference.Target.NodeId.Text!.Split('@')[^1]);
        return found;
    }
}
