using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters.Simulation.Mqtt;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

public sealed class SimulationTests
{
    private static readonly DateTime Noon = new(2026, 6, 1, 12, 0, 0, DateTimeKind.Utc);

    public static TheoryData<SimulatedMqttDevice> Devices => [.. NewDevices()];

    [Theory]
    [MemberData(nameof(Devices), DisableDiscoveryEnumeration = true)]
    public void Every_point_of_every_simulated_device_is_decoded_from_what_it_publishes(SimulatedMqttDevice device)
    {
        var configuration = Configure([device], 1883);
        var map = new FieldMap(configuration.Devices, ConnectionSettings.Read(configuration.Connection, "p"), TimeProvider.System, new RecordedHealth());
        var decoder = new MessageDecoder(new PendingAnswers());
        var good = new HashSet<int>();
        foreach (var publication in device.Publish(Noon))
        {
            decoder.Decode(map.Routes[publication.Topic], System.Text.Encoding.UTF8.GetBytes(publication.Payload), default, Noon);
            Assert.All(decoder.Readings, reading => Assert.Equal(ReadingStatus.Good, reading.Status));
            good.UnionWith(decoder.Readings.Select(reading => reading.Point));
        }

        Assert.Equal(configuration.Devices[0].Points.Select(point => point.Number), good.Order());
    }

    [Fact]
    public async Task The_whole_field_comes_through_the_adapter_and_can_be_commanded()
    {
        await using var field = new MqttFieldSimulator([.. NewDevices()], TimeProvider.System, NullLogger.Instance);
        var configuration = Configure(field.Devices, await field.StartAsync());
        var sink = new RecordingSink();
        using var stop = new CancellationTokenSource();
        await using var adapter = new MqttAdapterFactory().Create(configuration, new AdapterContext(sink, sink, TimeProvider.System, NullLogger.Instance));
        var running = Task.Run(() => adapter.RunAsync(stop.Token));
        foreach (var point in configuration.Devices.SelectMany(device => device.Points)) await sink.WaitForAsync(point.Number, reading => reading.Status == ReadingStatus.Good);

        var @switch = field.Devices.OfType<MqttLoadSwitch>().Single();
        var number = configuration.Devices.Single(device => device.Id == @switch.Id).Number;
        Assert.Equal(ReadingStatus.Good, await adapter.ExecuteAsync(new InvokeCommand(number, "Open", []), CancellationToken.None));
        Assert.False(@switch.IsClosed);
        await sink.WaitForAsync(Point(configuration, @switch.Id, "ActivePower"), reading => reading.Value == PointValue.From(0.0));

        // Its last will, by the broker.
        field.Inject(@switch.Id, DeviceFault.Gone);
        await sink.WaitForAsync(Point(configuration, @switch.Id, "SwitchState"), reading => reading.Status == ReadingStatus.BadNoCommunication);
        await sink.WaitForStateAsync(number, CommunicationState.Offline);
        field.Inject(@switch.Id, DeviceFault.None);
        await sink.WaitForAsync(Point(configuration, @switch.Id, "SwitchState"), reading => reading.Status == ReadingStatus.Good);
        await sink.WaitForStateAsync(number, CommunicationState.Online);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_meter_that_was_gone_delivers_the_intervals_of_the_meantime_with_their_times()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(Noon));
        await using var field = new MqttFieldSimulator([new MqttElectricityMeter("meter", 1)], time, NullLogger.Instance);
        var configuration = Configure(field.Devices, await field.StartAsync());
        var sink = new RecordingSink();
        using var stop = new CancellationTokenSource();
        await using var adapter = new MqttAdapterFactory().Create(configuration, new AdapterContext(sink, sink, TimeProvider.System, NullLogger.Instance));
        var running = Task.Run(() => adapter.RunAsync(stop.Token));
        var point = Point(configuration, "meter", "IntervalEnergyImport");
        await sink.WaitForStateAsync(0, CommunicationState.Online);
        field.Inject("meter", DeviceFault.Gone);
        await sink.WaitForStateAsync(0, CommunicationState.Offline);
        time.Advance(TimeSpan.FromHours(2));
        field.Inject("meter", DeviceFault.None);
        await sink.WaitForAsync(point, reading => reading.SourceTime == Noon.AddHours(2));
        Assert.Equal(Enumerable.Range(1, 8).Select(i => Noon.AddMinutes(15 * i)),
            sink.Readings.Where(reading => reading.Point == point && reading.SourceTime > Noon).Select(reading => reading.SourceTime));
        Assert.Equal(ReadingStatus.Good, sink.Latest(point)!.Value.Status);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static IEnumerable<SimulatedMqttDevice> NewDevices() =>
    [
        new MqttElectricityMeter("meter", 1), new MqttThermostat("thermostat", 2), new MqttLoadSwitch("switch", 3), new MqttBattery("battery"),
        new MqttInverter("inverter", 8000), new MqttWaterMeter("water", 4),
    ];

    private static AdapterConfiguration Configure(IReadOnlyList<SimulatedMqttDevice> devices, int port) => Configurations.Read(
        MqttDemoConfiguration.File(new JsonObject { ["id"] = "p1", ["owner"] = "urn:utility" }, port, devices.Select(device => MqttDemoConfiguration.For(device))));

    private static int Point(AdapterConfiguration configuration, string device, string name) =>
        configuration.Devices.Single(candidate => candidate.Id == device).Points.Single(point => point.Name == name).Number;
}
