using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Modbus;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace Interop.Modbus;

/// <summary>The Modbus adapter at a server that nobody here wrote.</summary>
public sealed class PymodbusServerTests : IAsyncLifetime
{
    private const string Points = """
        "Int16":   { "table": "holding", "address": 0, "format": "int16" },
        "Int32":   { "table": "holding", "address": 2, "format": "int32" },
        "Swapped": { "table": "holding", "address": 4, "format": "uint32", "wordOrder": "little" },
        "Float32": { "table": "holding", "address": 6, "format": "float32" },
        "Float64": { "table": "holding", "address": 8, "format": "float64" },
        "UInt64":  { "table": "holding", "address": 12, "format": "uint64" },
        "Text":    { "table": "holding", "address": 16, "format": "string", "length": 4 },
        "Scaled":  { "table": "holding", "address": 100, "scale": 0.1, "writable": true },
        "Field":   { "table": "holding", "address": 101, "mask": "0x00F0", "writable": true },
        "Wide":    { "table": "holding", "address": 102, "format": "float32", "writable": true },
        "Input":   { "table": "input", "address": 250 },
        "Bit":     { "table": "discrete", "address": 9 },
        "NoBit":   { "table": "discrete", "address": 10 },
        "Coil":    { "table": "coil", "address": 5, "writable": true },
        "Beyond":  { "table": "input", "address": 305 }
        """;

    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stop = new();
    private Process? _peer;
    private IAdapter? _adapter;
    private Task _running = Task.CompletedTask;
    private AdapterConfiguration? _configuration;

    public async ValueTask InitializeAsync()
    {
        _peer = Pymodbus.Start("peer_server.py");
        var port = await _peer.StandardOutput.ReadLineAsync().WaitAsync(ContractLimits.Patience)
            ?? throw new InvalidOperationException(await _peer.StandardError.ReadToEndAsync());
        var text = string.Create(CultureInfo.InvariantCulture, $$"""
            { "portal": { "id": "P", "owner": "urn:o" }, "connection": { "protocol": "modbus-tcp", "host": "127.0.0.1", "port": {{port}}, "timeout": "5 s" },
              "devices": [ { "id": "D", "type": "T", "unit": 1, "poll": "100 ms", "points": { {{Points}} },
                             "commands": { "Close": { "write": [ { "table": "coil", "address": 7, "value": true }, { "table": "holding", "address": 110, "format": "int32", "value": "$0" } ],
                                                      "confirm": { "table": "coil", "address": 7, "value": true } } } },
                           { "id": "E", "type": "T", "unit": 2, "poll": "100 ms", "points": { "Int16": { "table": "holding", "address": 0, "format": "int16" } } } ] }
            """);
        var factory = new ModbusAdapterFactory();
        var refused = new List<ConfigurationException>();
        _configuration = new AdapterConfigurationReader(new SequentialFleetNumbers(), [factory]).Read("peer.json", Encoding.UTF8.GetBytes(text), refused);
        Assert.Empty(refused);
        _adapter = factory.Create(_configuration!, new AdapterContext(_sink, _sink, TimeProvider.System, NullLogger.Instance));
        _running = Task.Run(() => _adapter.RunAsync(_stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (_adapter is not null) await _adapter.DisposeAsync();
        if (_peer is not null)
        {
            _peer.Kill();
            await _peer.WaitForExitAsync();
            _peer.Dispose();
        }

        _stop.Dispose();
    }

    private int Point(string name) => _configuration!.Devices[0].Points.Single(point => point.Name == name).Number;

    private async Task<string> AtPeerAsync(string table, int address, int count)
    {
        await _peer!.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{table} {address} {count}"));
        await _peer.StandardInput.FlushAsync();
        return (await _peer.StandardOutput.ReadLineAsync().WaitAsync(ContractLimits.Patience))!;
    }

    private async Task SetAsync(string point, PointValue value)
    {
        await _sink.WaitForAsync(Point(point), reading => reading.Status == ReadingStatus.Good);
        Assert.Equal(ReadingStatus.Good, await _adapter!.ExecuteAsync(new SetPointCommand(0, Point(point), value), CancellationToken.None));
    }

    [Fact]
    public async Task Values_are_read_as_pymodbus_has_written_them()
    {
        var expected = new Dictionary<string, PointValue>
        {
            ["Int16"] = PointValue.From(-1234L),
            ["Int32"] = PointValue.From(-123456789L),
            ["Swapped"] = PointValue.From(4000000000UL),
            ["Float32"] = PointValue.From(231.5),
            ["Float64"] = PointValue.From(1.0e-3),
            ["UInt64"] = PointValue.From((1UL << 63) + 1),
            ["Text"] = PointValue.From("pymodbus"),
            ["Scaled"] = PointValue.From(230.1),
            ["Field"] = PointValue.From(3UL),
            ["Input"] = PointValue.From(250UL),
            ["Bit"] = PointValue.From(true),
            ["NoBit"] = PointValue.From(false),
            ["Coil"] = PointValue.From(false),
        };
        foreach (var (name, value) in expected) Assert.Equal(value, (await _sink.WaitForAsync(Point(name), _ => true)).Value);
    }

    [Fact]
    public async Task A_register_beyond_its_table_is_bad_alone()
    {
        Assert.Equal(ReadingStatus.BadConfigurationError, (await _sink.WaitForAsync(Point("Beyond"), _ => true)).Status);
        await _sink.WaitForAsync(Point("Input"), reading => reading.Status == ReadingStatus.Good);
        await _sink.WaitForStateAsync(0, CommunicationState.Impaired);
        await _sink.WaitForStateAsync(1, CommunicationState.Online);
    }

    [Fact]
    public async Task A_register_is_written_by_function_6()
    {
        await SetAsync("Scaled", PointValue.From(62.5));
        Assert.Equal("[625]", await AtPeerAsync("holding", 100, 1));
        Assert.Equal(PointValue.From(62.5), _sink.Latest(Point("Scaled"))!.Value.Value);
    }

    [Fact]
    public async Task Bits_are_written_by_function_22_or_by_what_the_peer_has_instead()
    {
        await SetAsync("Field", PointValue.From(9UL));
        Assert.Equal("[4756]", await AtPeerAsync("holding", 101, 1));
    }

    [Fact]
    public async Task Registers_are_written_by_function_16()
    {
        await SetAsync("Wide", PointValue.From(-2.5));
        Assert.Equal("[49184, 0]", await AtPeerAsync("holding", 102, 2));
    }

    [Fact]
    public async Task A_coil_is_written_by_function_5()
    {
        await SetAsync("Coil", PointValue.From(true));
        Assert.Equal("[0, 1, 0]", await AtPeerAsync("coil", 4, 3));
    }

    [Fact]
    public async Task A_command_writes_and_is_confirmed()
    {
        await _sink.WaitForStateAsync(1, CommunicationState.Online);
        Assert.Equal(ReadingStatus.Good, await _adapter!.ExecuteAsync(new InvokeCommand(0, "Close", [PointValue.From(-2L)]), CancellationToken.None));
        Assert.Equal("[1]", await AtPeerAsync("coil", 7, 1));
        Assert.Equal("[65535, 65534]", await AtPeerAsync("holding", 110, 2));
    }

    [Fact]
    public async Task A_peer_that_ends_makes_all_points_bad()
    {
        await _sink.WaitForStateAsync(1, CommunicationState.Online);
        _peer!.Kill();
        await _sink.WaitForStateAsync(0, CommunicationState.Offline);
        await _sink.WaitForStateAsync(1, CommunicationState.Offline);
        Assert.NotEqual(ReadingStatus.Good, _sink.Latest(Point("Int16"))!.Value.Status);
    }
}
