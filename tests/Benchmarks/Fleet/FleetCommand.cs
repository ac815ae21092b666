using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Benchmarks;

/// <summary>
/// <c>fleet</c>: what a fleet costs in time and memory, and how many readings a second go into the current values, without sockets. One line of JSON.
/// </summary>
internal static class FleetCommand
{
    private const int PointsPerDevice = 10;
    private const int DevicesPerPortal = 4;
    private const int BatchSize = 1_000;

    private static readonly string[] Points =
        ["ActiveEnergyImport", "ActiveEnergyExport", "ReactiveEnergyImport", "ReactiveEnergyExport", "ActivePower", "VoltageL1", "VoltageL2", "VoltageL3", "CurrentL1", "Frequency"];

    public static Command Create()
    {
        var points = new Option<int>("--points") { Description = "Points, ten a meter, four meters a portal.", DefaultValueFactory = _ => 1_000_000 };
        var readings = new Option<int>("--readings") { Description = "Readings to take in.", DefaultValueFactory = _ => 10_000_000 };
        var watched = new Option<int>("--watched") { Description = "Points that somebody watches.", DefaultValueFactory = _ => 100_000 };
        var command = new Command("fleet", "Measures the fleet and the way of readings, without sockets.") { points, readings, watched };
        command.SetAction(parsed => RunAsync(parsed.GetValue(points), parsed.GetValue(readings), parsed.GetValue(watched)));
        return command;
    }

    private static async Task<int> RunAsync(int points, int readings, int watched)
    {
        var clock = Stopwatch.StartNew();
        var model = new ServerModel("urn:opcportal:bench:fleet", ModelLoader.Read(ModelLoader.PortalFile));
        var modelTime = clock.Elapsed;
        var commands = new CommandService((_, _) => ValueTask.FromResult(ReadingStatus.Good), TimeProvider.System, new CommandOptions());
        var space = FleetSpace.Create(model, commands, _ => { });

        var before = GC.GetTotalMemory(forceFullCollection: true);
        clock.Restart();
        Register(space, points / PointsPerDevice);
        var registerTime = clock.Elapsed;
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;

        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var idle = await IngestAsync(space, readings, "idle", start).ConfigureAwait(false);
        var seen = new CountingWatcher();
        for (var i = 0; i < watched; i++) space.Store.Watch((int)((long)i * space.Registry.PointCount / watched), seen);
        var busy = await IngestAsync(space, readings, "watched", start.AddTicks(readings)).ConfigureAwait(false);
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new
        {
            points,
            modelMs = (int)modelTime.TotalMilliseconds,
            registerMs = (int)registerTime.TotalMilliseconds,
            bytesPerPoint = Math.Round(bytes / (double)points, 1),
            ingest = new[] { idle, busy },
            notified = seen.Count,
        })).ConfigureAwait(false);
        return 0;
    }

    private static void Register(FleetSpace space, int devices)
    {
        var layout = space.Fleet.LayoutOf("ElectricityMeterType", [.. Points.Select(name => new LayoutPoint(name, false))], []);
        var portalLayout = space.Fleet.LayoutOf("PortalType", [], []);
        var owner = space.Fleet.OwnerNamespace("urn:opcportal:bench:owner");
        for (var i = 0; i < devices; i++)
        {
            var portal = $"portal-{i / DevicesPerPortal}";
            var id = $"meter-{i % DevicesPerPortal}";
            if (i % DevicesPerPortal == 0) space.Registry.SetPortal(portal, new PortalDetails(portal, owner, portalLayout));
            var device = space.Registry.Device(portal, id);
            foreach (var point in Points) space.Registry.Point(portal, id, point);
            space.Registry.SetDevice(device, new DeviceDetails(null, owner, layout));
        }
    }

    // One writer and the pipeline's loop: processor time tells what a reading costs on both sides of the channel.
    private static async Task<object> IngestAsync(FleetSpace space, int readings, string name, DateTime source)
    {
        var pipeline = new IngestPipeline(space.Store, TimeProvider.System);
        var batch = new Reading[BatchSize];
        var random = new Random(1);
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        pipeline.Start();
        for (var sent = 0; sent < readings; sent += BatchSize)
        {
            var first = random.Next(space.Registry.PointCount - BatchSize);
            var at = source.AddTicks(sent);
            for (var i = 0; i < BatchSize; i++) batch[i] = new Reading(first + i, PointValue.From(sent + (double)i), at);
            await pipeline.PublishAsync(batch, CancellationToken.None).ConfigureAwait(false);
        }

        await pipeline.DisposeAsync().ConfigureAwait(false);
        var seconds = clock.Elapsed.TotalSeconds;
        var used = (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds;
        return new
        {
            name,
            perSecond = (long)(readings / seconds),
            perProcessorSecond = (long)(readings / used),
            allocatedBytesPerReading = Math.Round((GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)readings, 2),
            pipeline.Counts.Applied,
        };
    }

    private sealed class CountingWatcher : PointWatcher
    {
        public long Count { get; private set; }

        public override void OnReading(in StoredReading reading) => Count++;
    }
}
