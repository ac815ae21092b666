using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Modbus;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace Interop.Modbus;

/// <summary>The load profile of a meter that nobody here wrote, over outages of the server.</summary>
public sealed class PymodbusProfileTests : IAsyncLifetime
{
    private const int Capacity = 48;
    private static readonly DateTime Midnight = new(2026, 3, 4, 0, 0, 0, DateTimeKind.Utc);

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-profile-").FullName;
    private Process? _peer;
    private int _port;

    public async ValueTask InitializeAsync()
    {
        _peer = Pymodbus.Start("peer_profile.py");
        var port = await _peer.StandardOutput.ReadLineAsync().WaitAsync(ContractLimits.Patience) ?? throw new InvalidOperationException(await _peer.StandardError.ReadToEndAsync());
        _port = int.Parse(port, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        if (_peer is null) return;
        _peer.Kill();
        await _peer.WaitForExitAsync();
        _peer.Dispose();
    }

    // The meter notes intervals, each with its number in watt hours.
    private async Task NoteAsync(int first, int count)
    {
        for (var number = first; number < first + count; number++)
        {
            await _peer!.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{(long)(End(number) - DateTime.UnixEpoch).TotalSeconds} {number}"));
            await _peer.StandardInput.FlushAsync();
            Assert.Equal("ok", await _peer.StandardOutput.ReadLineAsync().WaitAsync(ContractLimits.Patience));
        }
    }

    private static DateTime End(int number) => Midnight.AddMinutes(15 * number);

    private static (DateTime, double)[] Intervals(int first, int count) => [.. Enumerable.Range(first, count).Select(number => (End(number), number / 1000.0))];

    [Fact]
    public async Task What_the_meter_noted_while_the_server_was_down_is_delivered_after_exactly_that_with_its_times()
    {
        await NoteAsync(0, 5);
        await using (var first = new Server(_port, _folder))
        {
            await first.ReachesAsync(End(4));
            Assert.Equal(Intervals(0, 5), first.Delivered);
        }

        await NoteAsync(5, 30);
        await using (var second = new Server(_port, _folder))
        {
            await second.ReachesAsync(End(34));
            Assert.Equal(Intervals(5, 30), second.Delivered);
        }

        // Longer than the ring: what the meter has overwritten is all that is missing.
        await NoteAsync(35, 100);
        await using var third = new Server(_port, _folder);
        await third.ReachesAsync(End(134));
        Assert.Equal(Intervals(135 - Capacity, Capacity), third.Delivered);
    }

    [Fact]
    public async Task What_was_read_and_not_confirmed_when_the_server_ended_is_delivered_by_the_next()
    {
        await NoteAsync(0, 8);
        await using (var first = new Server(_port, folder: null))
        {
            first.Sink.HoldCommits();
            await first.ReachesAsync(End(7), committed: false);
        }

        await using var second = new Server(_port, _folder);
        await second.ReachesAsync(End(7));
        Assert.Equal(Intervals(0, 8), second.Delivered);
    }

    private sealed class Server : IAsyncDisposable
    {
        private readonly AdapterHost _host;
        private readonly int _point;

        public Server(int port, string? folder)
        {
            var factory = new ModbusAdapterFactory();
            var refused = new List<ConfigurationException>();
            var text = string.Create(CultureInfo.InvariantCulture, $$"""
                { "portal": { "id": "P", "owner": "urn:o" }, "connection": { "protocol": "modbus-tcp", "host": "127.0.0.1", "port": {{port}}, "timeout": "5 s" },
                  "devices": [ { "id": "M", "type": "T", "unit": 1, "poll": "50 ms",
                    "points": { "VoltageL1": { "table": "holding", "address": 0 }, "IntervalEnergyImport": { "profile": "load", "at": 3, "format": "uint32", "scale": 0.001 } },
                    "profiles": { "load": { "table": "input", "address": 2, "length": 5, "capacity": {{Capacity}}, "interval": "15 min", "poll": "50 ms",
                                            "count": { "address": 0 }, "newest": { "address": 1 }, "time": { "at": 0 } } } } ] }
                """);
            var configuration = new AdapterConfigurationReader(new SequentialFleetNumbers(), [factory]).Read("meter.json", Encoding.UTF8.GetBytes(text), refused);
            Assert.Empty(refused);
            _point = configuration!.Devices[0].Points.Single(point => point.Name == "IntervalEnergyImport").Number;
            _host = new AdapterHost(new AdapterHostOptions { StoreAndForward = new StoreAndForwardOptions { Folder = folder } }, Sink, Sink, TimeProvider.System, NullLoggerFactory.Instance);
            _host.Add(configuration, factory);
            _host.Start();
        }

        public RecordingSink Sink { get; } = new();

        public (DateTime, double)[] Delivered => [.. Sink.Readings.Where(reading => reading.Point == _point).Select(reading => (reading.SourceTime, reading.Value.AsReal()))];

        public Task ReachesAsync(DateTime end, bool committed = true) =>
            Sink.WaitUntilAsync(sink => (committed ? sink.Committed : sink.Readings).Any(reading => reading.Point == _point && reading.SourceTime == end), $"the interval that ends at {end:O}");

        public ValueTask DisposeAsync() => _host.DisposeAsync();
    }
}
