using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters.Simulation.Mqtt;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

public sealed class BrokerTests
{
    private const string Meter = """ "topic": "em", "points": { "ActivePower": { "path": "p" }, "Frequency": { "path": "f" } } """;

    [Theory]
    [InlineData("3.1.1", 0)]
    [InlineData("3.1.1", 1)]
    [InlineData("3.1.1", 2)]
    [InlineData("5", 0)]
    [InlineData("5", 1)]
    [InlineData("5", 2)]
    public async Task Readings_come_at_every_quality_of_service_of_both_versions(string version, int qos)
    {
        await using var rig = new AdapterRig();
        await rig.StartAsync(Meter, $"\"version\": \"{version}\", \"qos\": {qos}");
        await rig.SubscribedAsync("em");
        for (var i = 1; i <= 100; i++) await rig.Broker.PublishAsync("em", $$"""{ "p": {{i}}, "f": 50 }""", qos: qos);
        await rig.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(100.0));
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (double)i), rig.Sink.Readings.Where(reading => reading.Point == rig.Configuration.Point("ActivePower")).Select(reading => reading.Value.AsReal()));
    }

    [Fact]
    public async Task What_the_broker_retained_comes_as_last_usable_value_and_becomes_good_by_a_live_message()
    {
        await using var rig = new AdapterRig();
        await rig.Broker.StartAsync();
        await rig.Broker.PublishAsync("em", """{ "p": 7 }""", retain: true);
        rig.StartAdapter(Meter);
        await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.UncertainLastUsableValue && reading.Value == PointValue.From(7.0));
        await rig.Broker.PublishAsync("em", """{ "p": 8 }""", retain: true);
        await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.Good && reading.Value == PointValue.From(8.0));
    }

    [Fact]
    public async Task A_topic_that_the_broker_refuses_makes_its_points_bad_and_no_others()
    {
        await using var rig = new AdapterRig(new EmbeddedBrokerOptions { Forbidden = new HashSet<string> { "secret" } });
        await rig.StartAsync(""" "points": { "X": { "topic": "secret" }, "Y": { "topic": "open" } } """, "\"maxTopicsPerSubscribe\": 1");
        await rig.WaitForAsync("X", reading => reading.Status == ReadingStatus.BadUserAccessDenied);
        await rig.Broker.PublishAsync("open", "1");
        await rig.WaitForAsync("Y", reading => reading.Status == ReadingStatus.Good);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Impaired);
    }

    [Fact]
    public async Task A_payload_above_the_limit_is_a_decoding_error_and_the_next_one_is_read()
    {
        await using var rig = new AdapterRig();
        await rig.StartAsync(Meter, "\"maxPayloadBytes\": 64");
        await rig.SubscribedAsync("em");
        await rig.Broker.PublishAsync("em", $$"""{ "p": 1, "x": "{{new string('x', 64)}}" }""");
        await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.BadDecodingError);
        await rig.Broker.PublishAsync("em", """{ "p": 2 }""");
        await rig.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(2.0));
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
    }

    [Fact]
    public async Task A_device_that_says_nothing_for_too_long_is_offline_and_back_when_it_speaks()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 4, 5, 0, 0, TimeSpan.Zero));
        await using var rig = new AdapterRig { Time = time };
        await rig.StartAsync(""" "topic": "em", "silentAfter": "5 min", "points": { "ActivePower": { "path": "p" } } """);
        await rig.SubscribedAsync("em");
        await rig.Broker.PublishAsync("em", """{ "p": 1 }""");
        var reading = await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.Good);
        Assert.Equal(new DateTime(2026, 3, 4, 5, 0, 0, DateTimeKind.Utc), reading.SourceTime);
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(CommunicationState.Online, rig.Sink.StateOf(0));
        time.Advance(TimeSpan.FromMinutes(1));
        await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.BadNoCommunication);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Offline);
        await rig.Broker.PublishAsync("em", """{ "p": 2 }""");
        await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.Good);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
    }

    [Fact]
    public async Task A_wrong_password_is_told_and_tried_again_and_the_right_one_gets_in()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "wrong\n");
            await using var rig = new AdapterRig(new EmbeddedBrokerOptions { Credentials = ("portal", "right") });
            await rig.StartAsync(Meter, $"\"user\": \"portal\", \"passwordFile\": {System.Text.Json.JsonSerializer.Serialize(file)}");
            await rig.Sink.WaitForStateAsync(0, CommunicationState.Offline);
            Assert.Contains("BadUserNameOrPassword", rig.Sink.ReasonOf(0), StringComparison.Ordinal);
            Assert.DoesNotContain("wrong", rig.Sink.ReasonOf(0), StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, "right\n");
            await rig.SubscribedAsync("em");
            await rig.Broker.PublishAsync("em", """{ "p": 1 }""");
            await rig.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.Good);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_kept_session_brings_what_was_sent_while_the_adapter_was_away()
    {
        await using var broker = new AdapterRig();
        await broker.Broker.StartAsync();
        const string Session = "\"clientId\": \"server-1\", \"cleanSession\": false, \"sessionExpiry\": \"1 h\"";
        await using (var first = new AdapterRig(broker.Broker))
        {
            first.StartAdapter(Meter, Session);
            await first.SubscribedAsync("em");
        }

        await broker.Broker.PublishAsync("em", """{ "p": 42 }""");
        await using var second = new AdapterRig(broker.Broker);
        second.StartAdapter(Meter, Session);
        await second.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(42.0) && reading.Status == ReadingStatus.Good);
    }

    [Fact]
    public async Task A_broker_that_sends_faster_than_the_server_takes_costs_bounded_memory()
    {
        var inbox = new Inbox(TimeProvider.System);
        var route = new TopicRoute("t");
        MQTTnet.MqttApplicationMessageReceivedEventArgs Message(int qos) => new("c", new MQTTnet.MqttApplicationMessage
        {
            Topic = "t",
            PayloadSegment = new ArraySegment<byte>(new byte[8]),
            QualityOfServiceLevel = (MQTTnet.Protocol.MqttQualityOfServiceLevel)qos,
        }, new MQTTnet.Packets.MqttPublishPacket(), (_, _) => Task.CompletedTask);

        for (var i = 0; i < 2 * Inbox.MaxMessages; i++) Assert.True(inbox.TryAdd(route, Message(0), 1024));
        Assert.Equal(2 * Inbox.MaxMessages - (Inbox.MaxMessages - Inbox.ReceiveMaximum), inbox.Dropped);
        // The window of QoS 1 and 2 has its own room; a broker that goes beyond it breaks the protocol (MQTT 5.0 4.9).
        for (var i = 0; i < Inbox.ReceiveMaximum - 1; i++) Assert.True(inbox.TryAdd(route, Message(1), 1024));
        Assert.False(inbox.TryAdd(route, Message(1), 1024));
        while (inbox.Messages.TryRead(out var message)) inbox.Return(message);
        Assert.True(inbox.TryAdd(route, Message(1), 1024));
        await Task.CompletedTask;
    }
}
