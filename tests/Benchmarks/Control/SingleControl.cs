using System.Diagnostics;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Modbus;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.Benchmarks;

/// <summary>Requests for one device, one after the other: from the call until the device has confirmed over Modbus TCP on loopback, what is kept before included.</summary>
internal static class SingleControl
{
    // In turn, so that no device is told faster than any would be.
    private const int Switches = 50;
    private static readonly AccessSubject Utility = new(PremisesDirectory.Utility, EntityKind.DistributionCompany);

    // Connected, and what is measured compiled.
    private const int WarmUps = 5;

    public static async Task RunAsync(string folder, int requests)
    {
        var adapters = Directory.CreateDirectory(Path.Combine(folder, "adapters")).FullName;
        var switches = Enumerable.Range(1, Switches).Select(static unit => new ModbusFieldDevice(ModbusDeviceKind.Switch, $"switch-{unit}", (byte)unit));
        await using var field = new ModbusFieldSimulator(new ModbusFieldOptions { Devices = [.. switches] }, TimeProvider.System);
        await field.StartAsync().ConfigureAwait(false);
        var portal = new PortalConfiguration { Id = "portal-0", Name = "Gateway", Owner = PremisesDirectory.Uri(PremisesDirectory.Utility) };
        await File.WriteAllTextAsync(Path.Combine(adapters, "field.json"), field.Configuration(portal, TimeSpan.FromSeconds(10))).ConfigureAwait(false);
        var directoryFile = Path.Combine(folder, "directory.db");
        await PremisesDirectory.MakeAsync(directoryFile, portals: 0, agreements: 0).ConfigureAwait(false);
        await using var directory = await PremisesDirectory.OpenAsync(directoryFile).ConfigureAwait(false);
        await using var database = new SqliteDatabase(Path.Combine(folder, "control.db"));
        var parts = new PortalServerParts { Directory = directory, Control = await SqlControlStore.OpenAsync(database).ConfigureAwait(false) };
        await using var server = new PremisesServer(parts, folder, adapters, [new ModbusAdapterFactory()]).Portal;
        server.Start();
        if (server.Refused.Count > 0) throw server.Refused[0];
        await MeasureAsync(server.Control!, requests).ConfigureAwait(false);
    }

    private static async Task MeasureAsync(ControlService control, int requests)
    {
        var signals = new ControlSignals(control);
        var (accepted, confirmed) = (new Latencies(), new Latencies());
        for (var i = 0; i < WarmUps + requests; i++)
        {
            if (i == WarmUps)
            {
                accepted.Clear();
                confirmed.Clear();
            }

            await OneAsync(control, signals, $"portal-0/switch-{(i % Switches) + 1}", accepted, confirmed).ConfigureAwait(false);
        }

        await ControlCommand.TellAsync(new
        {
            what = "single",
            requests,
            acceptedP50Us = Math.Round(accepted.Percentile(0.5)),
            acceptedP99Us = Math.Round(accepted.Percentile(0.99)),
            confirmedP50Us = Math.Round(confirmed.Percentile(0.5)),
            confirmedP99Us = Math.Round(confirmed.Percentile(0.99)),
            longestUs = Math.Round(confirmed.Percentile(1)),
        }).ConfigureAwait(false);
    }

    private static async Task OneAsync(ControlService control, ControlSignals signals, string device, Latencies accepted, Latencies confirmed)
    {
        var request = new ControlRequest
        {
            Id = Guid.NewGuid(),
            Entity = PremisesDirectory.Utility,
            Kind = Utility.Kind,
            Target = new ControlTarget { Devices = [device] },
            Action = ControlAction.Shed,
            Measure = LoadMeasure.Off,
            CreatedAt = default,
            Start = TimeProvider.System.GetUtcNow().UtcDateTime,
            Duration = TimeSpan.FromHours(1),
        };
        var seen = signals.Expect(request.Id, orders: 1);
        var began = Stopwatch.GetTimestamp();
        var answer = await control.SubmitAsync(request).ConfigureAwait(false);
        accepted.Add(Stopwatch.GetTimestamp() - began);
        if (answer.Refusal is { } refusal) throw new InvalidOperationException(refusal.Text);
        confirmed.Add(await seen.StartedAsync().ConfigureAwait(false) - began);
        await control.CancelAsync(request.Id, Utility).ConfigureAwait(false);
        await seen.OverAsync().ConfigureAwait(false);
    }
}
