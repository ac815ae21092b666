using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Modbus;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Models;

namespace OpcPortal.Benchmarks;

/// <summary><c>modbus</c>: what it costs to poll simulated meters every second. The field runs in a process of its own, so that only the adapters are measured. One line of JSON.</summary>
internal static class ModbusCommand
{
    private const int UnitsPerGateway = 200;
    private const int Outstanding = 4;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var meters = new Option<int>("--meters") { Description = "Meters, 200 behind a gateway.", DefaultValueFactory = _ => 1_000 };
        var seconds = new Option<int>("--seconds") { Description = "How long to measure.", DefaultValueFactory = _ => 15 };
        var field = new Option<bool>("--field") { Description = "Serve the field: the other process.", Hidden = true };
        var command = new Command("modbus", "Measures the Modbus adapter: meters of 19 points polled every second over loopback.") { meters, seconds, field };
        command.SetAction(parsed => parsed.GetValue(field) ? ServeAsync(parsed.GetValue(meters)) : MeasureAsync(parsed.GetValue(meters), parsed.GetValue(seconds)));
        return command;
    }

    // Prints one configuration a line, then serves until its input ends.
    private static async Task<int> ServeAsync(int meters)
    {
        var fields = new List<ModbusFieldSimulator>();
        for (var first = 0; first < meters; first += UnitsPerGateway)
        {
            var devices = Enumerable.Range(1, Math.Min(UnitsPerGateway, meters - first)).Select(unit => new ModbusFieldDevice(ModbusDeviceKind.ElectricityMeter, $"meter-{unit}", (byte)unit));
            var field = new ModbusFieldSimulator(new ModbusFieldOptions { Seed = first, Devices = [.. devices] }, TimeProvider.System);
            fields.Add(field);
            await field.StartAsync().ConfigureAwait(false);
            var text = field.Configuration(new PortalConfiguration { Id = $"gateway-{fields.Count}", Name = "Gateway", Owner = "urn:bench" }, TimeSpan.FromSeconds(1));
            await Console.Out.WriteLineAsync(text.ReplaceLineEndings(" ")).ConfigureAwait(false);
        }

        await Console.Out.WriteLineAsync().ConfigureAwait(false);
        await Console.In.ReadToEndAsync().ConfigureAwait(false);
        foreach (var field in fields) await field.DisposeAsync().ConfigureAwait(false);
        return 0;
    }

    private static async Task<int> MeasureAsync(int meters, int seconds)
    {
        var self = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") self.ArgumentList.Add(typeof(ModbusCommand).Assembly.Location);
        foreach (var argument in new[] { "modbus", "--field", "--meters", meters.ToString(CultureInfo.InvariantCulture) }) self.ArgumentList.Add(argument);
        using var field = Process.Start(self)!;
        try
        {
            var counter = new Counter();
            await using var host = new AdapterHost(new AdapterHostOptions(), counter, counter, TimeProvider.System, NullLoggerFactory.Instance);
            await AddAsync(host, field).ConfigureAwait(false);
            host.Start();
            await Task.Delay(WarmUp, TimeProvider.System).ConfigureAwait(false);
            await ReportAsync(meters, TimeSpan.FromSeconds(seconds), counter).ConfigureAwait(false);
        }
        finally
        {
            field.StandardInput.Close();
            await field.WaitForExitAsync().ConfigureAwait(false);
        }

        return 0;
    }

    private static async Task AddAsync(AdapterHost host, Process field)
    {
        var factory = new ModbusAdapterFactory();
        var reader = new AdapterConfigurationReader(new SequentialFleetNumbers(), [factory]);
        var refused = new List<ConfigurationException>();
        while (await field.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { Length: > 0 } line)
        {
            var text = line.Replace("\"protocol\": \"modbus-tcp\",", $"\"protocol\": \"modbus-tcp\", \"maxOutstanding\": {Outstanding},", StringComparison.Ordinal);
            var configuration = reader.Read("field.json", Encoding.UTF8.GetBytes(text), refused) ?? throw refused[0];
            host.Add(configuration, factory);
        }
    }

    private static async Task ReportAsync(int meters, TimeSpan measured, Counter counter)
    {
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var readings = counter.Readings;
        var allocated = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        await Task.Delay(measured, TimeProvider.System).ConfigureAwait(false);
        process.Refresh();
        var seen = counter.Readings - readings;
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new
        {
            meters,
            online = counter.Online,
            readingsPerSecond = Math.Round(seen / clock.Elapsed.TotalSeconds),
            cores = Math.Round((process.TotalProcessorTime - cpu) / clock.Elapsed, 3),
            bytesAllocatedPerReading = Math.Round((GC.GetTotalAllocatedBytes() - allocated) / (double)Math.Max(seen, 1)),
            rssMiB = process.WorkingSet64 >> 20,
        })).ConfigureAwait(false);
    }

    private sealed class Counter : IReadingSink, IAdapterHealth
    {
        private readonly ConcurrentDictionary<int, CommunicationState> _states = new();
        private long _readings;

        public long Readings => Interlocked.Read(ref _readings);

        public int Online => _states.Values.Count(state => state == CommunicationState.Online);

        public ValueTask PublishAsync(ReadOnlyMemory<Reading> readings, CancellationToken cancellation)
        {
            foreach (var reading in readings.Span)
                if (reading.Status == ReadingStatus.Good) Interlocked.Increment(ref _readings);
            return ValueTask.CompletedTask;
        }

        public void Report(int device, CommunicationState state, string? reason) => _states[device] = state;
    }
}
