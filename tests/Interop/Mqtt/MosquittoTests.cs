using System.Text;
using MQTTnet;
using MQTTnet.Protocol;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace Interop.Mqtt;

/// <summary>The MQTT adapter at a broker that nobody here wrote.</summary>
public sealed class MosquittoTests(Mosquitto broker) : IClassFixture<Mosquitto>
{
    private const string Meter = """
        "topic": "site/em", "status": { "topic": "site/online" }, "points": { "ActivePower": { "path": "p" }, "PowerLimit": { "path": "limit", "writable": { "topic": "site/set", "template": "${value}", "confirm": true } } },
        "commands": { "Open": { "topic": "site/cmd", "payload": "open", "response": { "topic": "site/answer", "correlation": true } }, "Blink": { "topic": "site/nobody", "payload": "1" } }
        """;

    [Theory]
    [InlineData("3.1.1", 0)]
    [InlineData("3.1.1", 1)]
    [InlineData("3.1.1", 2)]
    [InlineData("5", 0)]
    [InlineData("5", 1)]
    [InlineData("5", 2)]
    public async Task Readings_come_over_TLS_with_a_password_at_every_quality_of_service(string version, int qos)
    {
        broker.Require();
        await using var site = new MosquittoSite(broker);
        site.Start(""" "topic": "site/em", "points": { "ActivePower": { "path": "p" } } """, $"\"version\": \"{version}\", \"qos\": {qos}");
        await site.ListensAsync("site/em");
        for (var i = 1; i <= 50; i++) await site.PublishAsync("site/em", $$"""{ "p": {{i}} }""", qos: (MqttQualityOfServiceLevel)qos);
        await site.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(50.0));
        var values = site.Sink.Readings.Where(reading => reading.Status == ReadingStatus.Good).Select(reading => reading.Value.AsReal()).Where(value => value != 0).ToList();
        Assert.Equal(Enumerable.Range(1, 50).Select(i => (double)i), values);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_with_a_reason_that_does_not_tell_it()
    {
        broker.Require();
        await using var site = new MosquittoSite(broker);
        site.Start(Meter, passwordFile: "wrong.txt");
        await site.Sink.WaitForStateAsync(0, CommunicationState.Offline);
        Assert.Contains("refuses the connection", site.Sink.ReasonOf(0), StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", site.Sink.ReasonOf(0), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_of_an_unknown_authority_is_refused()
    {
        broker.Require();
        await using var site = new MosquittoSite(broker);
        site.Start(Meter, ca: "stranger-ca.pem");
        await site.Sink.WaitForStateAsync(0, CommunicationState.Offline);
        await site.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.BadNoCommunication);
    }

    [Fact]
    public async Task A_clients_certificate_opens_the_port_that_wants_one()
    {
        broker.Require();
        await using var site = new MosquittoSite(broker);
        site.StartWithCertificate(Meter);
        await site.ListensAsync("site/em");
    }

    [Fact]
    public async Task What_is_retained_is_uncertain_until_it_is_sent_anew()
    {
        broker.Require();
        await using var site = new MosquittoSite(broker);
        await site.PublishAsync("site/em", """{ "p": 7 }""", retain: true);
        site.Start(Meter);
        await site.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.UncertainLastUsableValue && reading.Value == PointValue.From(7.0));
        await site.PublishAsync("site/em", """{ "p": 8 }""", retain: true);
        await site.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.Good && reading.Value == PointValue.From(8.0));
        await site.PublishAsync("site/em", "", retain: true);
        await site.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.BadNoData);
    }

    [Fact]
    public async Task The_last_will_of_a_device_that_vanishes_makes_it_offline()
    {
        broker.Require();
        await using var site = new MosquittoSite(broker);
        site.Start(Meter);
        await site.ListensAsync("site/em");
        using (var device = await site.ConnectAsync(will: ("site/online", "offline")))
        {
            await device.PublishStringAsync("site/online", "online");
            await site.Sink.WaitForStateAsync(0, CommunicationState.Online);
            await device.PublishStringAsync("site/em", """{ "p": 1 }""");
            await site.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(1.0));
        }

        await site.Sink.WaitForStateAsync(0, CommunicationState.Offline);
        await site.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.BadNoCommunication);
    }

    [Fact]
    public async Task A_session_that_is_kept_brings_what_was_sent_in_between()
    {
        broker.Require();
        const string Kept = "\"clientId\": \"kept\", \"cleanSession\": false, \"sessionExpiry\": \"5 min\"";
        await using (var first = new MosquittoSite(broker))
        {
            first.Start(Meter, Kept);
            await first.ListensAsync("site/em");
        }

        await using var site = new MosquittoSite(broker);
        await site.PublishAsync("site/em", """{ "p": 42 }""");
        site.Start(Meter, Kept);
        await site.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(42.0) && reading.Status == ReadingStatus.Good);
    }

    private const string Timed = """
        "topic": "site/em", "time": { "path": "t", "format": "epochSeconds" }, "backlog": { "topic": "site/backlog", "list": "readings" }, "points": { "ActivePower": { "path": "p" } }
        """;

    private const long Midnight = 1_772_582_400;

    private static string Session(string name, string version) => $"\"version\": \"{version}\", \"clientId\": \"{name}-{version}\", \"cleanSession\": false" + (version == "5" ? ", \"sessionExpiry\": \"5 min\"" : "");

    // What came of the device itself, without the message by which the test knows that the adapter listens.
    private static (long Seconds, double Value)[] Readings(MosquittoSite site) =>
        [.. site.Sink.Readings.Where(reading => reading.Status == ReadingStatus.Good && reading.Value.AsReal() != 0).Select(reading => ((long)(reading.SourceTime - DateTime.UnixEpoch).TotalSeconds, reading.Value.AsReal()))];

    private static (long, double)[] Sent(int first, int count) => [.. Enumerable.Range(first, count).Select(number => (Midnight + number, (double)number))];

    private static Task SendAsync(MosquittoSite site, int number) => site.PublishAsync("site/em", $$"""{ "t": {{Midnight + number}}, "p": {{number}} }""");

    [Theory]
    [InlineData("5")]
    [InlineData("3.1.1")]
    public async Task Messages_that_were_sent_while_the_portal_server_was_down_arrive_after_exactly_those_with_their_times(string version)
    {
        broker.Require();
        var session = Session("down", version);
        await using (var first = new MosquittoSite(broker))
        {
            first.Start(Timed, session);
            await first.ListensAsync("site/em");
            await SendAsync(first, 1);
            await first.Sink.WaitUntilAsync(sink => sink.Committed.Any(reading => reading.Value == PointValue.From(1.0)), "the first to be confirmed");
        }

        await using var site = new MosquittoSite(broker);
        for (var number = 2; number <= 40; number++) await SendAsync(site, number);
        var kept = string.Join(", ", Enumerable.Range(41, 60).Select(number => $$"""{ "t": {{Midnight + number}}, "p": {{number}} }"""));
        await site.PublishAsync("site/backlog", $$"""{ "readings": [ {{kept}} ] }""");
        site.Start(Timed, session);
        // What the topic retains comes in between, and after.
        await site.Sink.WaitUntilAsync(sink => sink.Readings.Any(reading => reading.Value == PointValue.From(100.0)), "the last of the backlog");
        // The first may come again: what confirmed it to the broker was on its way as the server ended.
        Assert.Equal(Sent(2, 99), Readings(site).SkipWhile(reading => reading.Value == 1.0));
    }

    [Theory]
    [InlineData("5")]
    [InlineData("3.1.1")]
    public async Task A_server_that_is_killed_between_taking_a_message_and_keeping_it_gets_it_again(string version)
    {
        broker.Require();
        var session = Session("killed", version);
        await using (var first = new MosquittoSite(broker))
        {
            first.Start(Timed, session);
            await first.ListensAsync("site/em");
            await first.Sink.WaitUntilAsync(sink => sink.Committed.Count > 0, "the begin to be confirmed");
            first.Sink.HoldCommits();
            for (var number = 1; number <= 5; number++) await SendAsync(first, number);
            await first.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(5.0));
        }

        await using var site = new MosquittoSite(broker);
        site.Start(Timed, session);
        await site.Sink.WaitUntilAsync(sink => sink.Readings.Any(reading => reading.Value == PointValue.From(5.0)), "the last message again");
        Assert.Equal(Sent(1, 5), Readings(site));
    }

    [Fact]
    public async Task What_the_server_has_lost_is_asked_of_the_broker_again()
    {
        broker.Require();
        await using var site = new MosquittoSite(broker);
        site.Start(Timed, Session("lost", "5"));
        await site.ListensAsync("site/em");
        await site.Sink.WaitUntilAsync(sink => sink.Committed.Count > 0, "the begin to be confirmed");
        site.Sink.LoseAtCommit();
        await SendAsync(site, 1);
        await site.Sink.WaitUntilAsync(sink => Readings(site).Length == 2 && sink.Committed.Any(reading => reading.Value == PointValue.From(1.0)), "the message again");
        Assert.Equal([.. Sent(1, 1), .. Sent(1, 1)], Readings(site));
    }

    [Fact]
    public async Task Set_points_and_commands_reach_a_device_and_come_back()
    {
        broker.Require();
        await using var site = new MosquittoSite(broker);
        site.Start(Meter);
        await site.ListensAsync("site/em");
        using var device = await site.ConnectAsync();
        device.ApplicationMessageReceivedAsync += async received =>
        {
            var message = received.ApplicationMessage;
            if (message.Topic == "site/set") await device.PublishStringAsync("site/em", $$"""{ "limit": {{Encoding.UTF8.GetString(message.Payload)}} }""");
            else await device.PublishAsync(new MqttApplicationMessage { Topic = message.ResponseTopic, CorrelationData = message.CorrelationData });
        };
        await device.SubscribeAsync("site/set", MqttQualityOfServiceLevel.AtLeastOnce);
        await device.SubscribeAsync("site/cmd", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal(ReadingStatus.Good, await site.ExecuteAsync(new SetPointCommand(0, site.Point("PowerLimit"), PointValue.From(1500.5))));
        Assert.Equal(ReadingStatus.Good, await site.ExecuteAsync(new InvokeCommand(0, "Open", [])));
        Assert.Equal(ReadingStatus.BadNoCommunication, await site.ExecuteAsync(new InvokeCommand(0, "Blink", [])));
    }

    [Fact]
    public async Task A_broker_that_is_killed_and_comes_back_is_found_again()
    {
        broker.Require();
        await using var site = new MosquittoSite(broker);
        site.Start(Meter);
        await site.ListensAsync("site/em");
        await broker.KillAsync();
        await site.Sink.WaitForStateAsync(0, CommunicationState.Offline);
        await site.WaitForAsync("ActivePower", reading => reading.Status == ReadingStatus.BadNoCommunication);
        await broker.StartAsync();
        await site.ListensAsync("site/em");
    }
}
