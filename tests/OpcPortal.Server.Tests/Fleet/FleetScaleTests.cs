using System.Diagnostics;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>The bounds that the design sets: performance-targets.md asks for less than 100 B a point and pages without building.</summary>
public sealed class FleetScaleTests
{
    private const int Devices = 100_000;
    private static readonly string[] Names = ["ActiveEnergyImport", "ActiveEnergyExport", "ActivePower", "ReactivePower", "PowerFactor", "Frequency", "VoltageL1", "VoltageL2", "VoltageL3", "CurrentL1"];

    [Fact]
    public void A_million_points_take_less_than_100_bytes_each_and_a_portal_of_many_devices_is_paged()
    {
        var fleet = new FleetFixture();
        var layout = fleet.Service.Fleet.LayoutOf("ElectricityMeterType", [.. Names.Select(name => new LayoutPoint(name, false))], []);
        var portalLayout = fleet.Service.Fleet.LayoutOf("PortalType", [], []);
        var owner = fleet.Service.Fleet.OwnerNamespace("urn:owner");
        var registry = fleet.Service.Registry;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        registry.SetPortal("big", new PortalDetails("big", owner, portalLayout));
        for (var i = 0; i < Devices; i++)
        {
            var id = $"meter-{i}";
            var device = registry.Device("big", id);
            foreach (var name in Names) registry.Point("big", id, name);
            registry.SetDevice(device, new DeviceDetails(null, owner, layout));
        }

        var elapsed = watch.Elapsed;
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        var perPoint = bytes / (double)(Devices * Names.Length);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Devices * Names.Length} points: {elapsed.TotalMilliseconds:F0} ms, {bytes / 1e6:F1} MB, {perPoint:F1} B a point");
        Assert.InRange(perPoint, 1, 100);

        // The first page of a folder of 100,000 costs a page, not the folder.
        fleet.Space.TryResolve(fleet.Node("big"), out var portal);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var cursor = default(ReferenceCursor);
        var filter = new ReferenceFilter(BrowseDirection.Forward, fleet.Types.SubtypesOf(ReferenceTypeIds.HasComponent));
        for (var i = 0; i < 100; i++) Assert.True(portal.Source.TryNextReference(portal, filter, ref cursor, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 100 * 1024);

        Assert.Equal(StatusCodes.BadWaitingForInitialData, fleet.ReadValue(fleet.Node($"big/meter-{Devices - 1}/CurrentL1")).StatusCode.Code);
        fleet.Service.Store.Apply([new Reading(registry.Point("big", "meter-5", "ActivePower"), PointValue.From(5.0), default)], new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(5.0, fleet.ReadValue(fleet.Node("big/meter-5/ActivePower")).Value.AsDouble());
    }
}
