using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.Benchmarks;

/// <summary>One request for all water heaters of a company, whose devices confirm at once: what the server itself takes.</summary>
internal static class GroupControl
{
    // What the type demands, and the state of the switch.
    private static readonly string[] Points = ["ActivePower", "WaterTemperature", "SwitchState"];

    private static readonly AccessSubject Utility = new(PremisesDirectory.Utility, EntityKind.DistributionCompany);

    public static async Task RunAsync(string folder, int devices, int perSecond, int rounds)
    {
        Directory.CreateDirectory(folder);
        var directoryFile = Path.Combine(folder, "directory.db");
        await PremisesDirectory.MakeAsync(directoryFile, portals: 0, agreements: 0).ConfigureAwait(false);
        await using var directory = await PremisesDirectory.OpenAsync(directoryFile).ConfigureAwait(false);
        var bench = new PremisesServer(directory, folder);
        RegisterHeaters(bench.Portal.Space, devices);
        await using var server = bench.Portal;
        server.Start();
        await using var database = new SqliteDatabase(Path.Combine(folder, "control.db"));
        var commands = new CommandService(static (_, _) => ValueTask.FromResult(ReadingStatus.Good), TimeProvider.System, new CommandOptions());
        // In flight never is what holds it back here: devices answer at once.
        var options = new ControlOptions { Policy = new ControlPolicy { OtherPace = new ControlPace(perSecond, InFlight: 1_000) } };
        await using var control = new ControlService(
            await SqlControlStore.OpenAsync(database).ConfigureAwait(false), options, server.Space, commands, server.Governance!, directory, TimeProvider.System, NullLogger<ControlService>.Instance);
        control.Start();
        var signals = new ControlSignals(control);
        for (var round = 1; round <= rounds; round++) await MeasureAsync(control, signals, devices, perSecond, round).ConfigureAwait(false);
    }

    private static void RegisterHeaters(FleetSpace space, int devices)
    {
        var fleet = space.Fleet;
        var heater = fleet.LayoutOf("WaterHeaterType", [.. Points.Select(static name => new LayoutPoint(name, false))], ["Open", "Close"]);
        var site = fleet.LayoutOf("PortalType", [], []);
        var (company, provider) = (fleet.OwnerNamespace(PremisesDirectory.Uri(PremisesDirectory.Utility)), fleet.OwnerNamespace(PremisesDirectory.Uri(PremisesDirectory.Operator)));
        for (var i = 0; i < devices; i++)
        {
            var portal = PremisesDirectory.Portal(i / PremisesServer.DevicesPerPortal);
            var id = PremisesServer.DeviceId(i % PremisesServer.DevicesPerPortal);
            if (i % PremisesServer.DevicesPerPortal == 0) space.Registry.SetPortal(portal, new PortalDetails(portal, provider, site));
            var device = space.Registry.Device(portal, id);
            foreach (var point in Points) space.Registry.Point(portal, id, point);
            space.Registry.SetDevice(device, new DeviceDetails(null, company, heater));
            if (i % PremisesServer.DevicesPerPortal == PremisesServer.DevicesPerPortal - 1 || i == devices - 1) fleet.PortalAdded!(space.Registry.FindPortal(portal));
        }
    }

    private static async Task MeasureAsync(ControlService control, ControlSignals signals, int devices, int perSecond, int round)
    {
        var request = new ControlRequest
        {
            Id = Guid.NewGuid(),
            Entity = PremisesDirectory.Utility,
            Kind = Utility.Kind,
            Target = new ControlTarget { DeviceTypes = ["LoadControlDeviceType"] },
            Action = ControlAction.Shed,
            Measure = LoadMeasure.Off,
            CreatedAt = default,
            Start = TimeProvider.System.GetUtcNow().UtcDateTime,
            Duration = TimeSpan.FromHours(4),
            DeliveryWindow = TimeSpan.FromHours(1),
        };
        var seen = signals.Expect(request.Id, devices);
        using var process = Process.GetCurrentProcess();
        var processor = process.TotalProcessorTime;
        var began = Stopwatch.GetTimestamp();
        var answer = await control.SubmitAsync(request).ConfigureAwait(false);
        var accepted = Stopwatch.GetElapsedTime(began);
        if (answer.Accepted != devices) throw new InvalidOperationException($"{answer.Accepted} of {devices} were taken: {answer.Refusal}");
        var carried = Stopwatch.GetElapsedTime(began, await seen.StartedAsync().ConfigureAwait(false));
        process.Refresh();
        processor = process.TotalProcessorTime - processor;
        await control.CancelAsync(request.Id, Utility).ConfigureAwait(false);
        await seen.OverAsync().ConfigureAwait(false);
        await ControlCommand.TellAsync(new
        {
            what = "group",
            round,
            devices,
            acceptedMs = Math.Round(accepted.TotalMilliseconds),
            askedPerSecond = perSecond,
            carriedSeconds = Math.Round(carried.TotalSeconds, 1),
            perSecond = Math.Round(devices / carried.TotalSeconds),
            processorUsPerDevice = Math.Round(processor.TotalMicroseconds / devices, 1),
        }).ConfigureAwait(false);
    }
}
