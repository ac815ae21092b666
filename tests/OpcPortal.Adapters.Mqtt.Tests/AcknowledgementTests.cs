using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

/// <summary>A broker is told that it may forget a message when its readings survive the end of the server, and not before.</summary>
public sealed class AcknowledgementTests : IAsyncDisposable
{
    private const string Session = "\"clientId\": \"server-1\", \"cleanSession\": false, \"sessionExpiry\": \"1 h\"";

    private const string Meter = """
        "topic": "em", "time": { "path": "t", "format": "epochSeconds" }, "points": { "ActivePower": { "path": "p" } }
        """;

    private readonly AdapterRig _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    private async Task<AdapterRig> StartAsync(Action<AdapterRig>? before = null)
    {
        var rig = new AdapterRig(_broker.Broker);
        before?.Invoke(rig);
        rig.StartAdapter(Meter, Session);
        await rig.SubscribedAsync("em");
        return rig;
    }

    private Task SendAsync(int number) => _broker.Broker.PublishAsync("em", $$"""{ "t": {{1772625600 + number}}, "p": {{number}} }""");

    private static double[] Values(AdapterRig rig) => [.. rig.Sink.Readings.Where(reading => reading.Status == ReadingStatus.Good).Select(reading => reading.Value.AsReal())];

    [Fact]
    public async Task A_message_that_was_not_confirmed_when_the_server_ended_is_sent_again_with_its_time()
    {
        await _broker.Broker.StartAsync();
        await using (var first = await StartAsync())
        {
            await SendAsync(1);
            await first.Sink.WaitUntilAsync(sink => sink.Committed.Count == 1, "the first to be confirmed");
            first.Sink.HoldCommits();
            for (var i = 2; i <= 5; i++) await SendAsync(i);
            await first.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(5.0));
        }

        await SendAsync(6);
        await using var second = await StartAsync();
        await second.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(6.0));
        var values = Values(second);
        Assert.Equal([2.0, 3.0, 4.0, 5.0, 6.0], values.SkipWhile(value => value == 1.0));
        Assert.All(second.Sink.Readings.Where(reading => reading.Status == ReadingStatus.Good), reading => Assert.Equal(DateTime.UnixEpoch.AddSeconds(1772625600 + reading.Value.AsReal()), reading.SourceTime));
    }

    [Fact]
    public async Task Current_values_go_on_while_confirmations_are_awaited()
    {
        await _broker.Broker.StartAsync();
        await using var rig = await StartAsync(rig => rig.Sink.HoldCommits());
        for (var i = 1; i <= 300; i++) await SendAsync(i);
        await rig.WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(300.0));
        Assert.Empty(rig.Sink.Committed);
        rig.Sink.ReleaseCommits();
        await rig.Sink.WaitUntilAsync(sink => sink.Committed.Count == 300, "all to be confirmed");
    }

    [Fact]
    public async Task Readings_that_the_server_has_lost_are_asked_of_the_broker_again()
    {
        await _broker.Broker.StartAsync();
        await using var rig = await StartAsync(rig => rig.Sink.LoseAtCommit());
        await SendAsync(1);
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Offline);
        Assert.Contains("could not be kept", rig.Sink.ReasonOf(0), StringComparison.Ordinal);
        await rig.Sink.WaitUntilAsync(sink => Values(rig).Length == 2 && sink.Committed.Count >= 2, "the reading again");
        Assert.Equal([1.0, 1.0], Values(rig));
        await rig.Sink.WaitForStateAsync(0, CommunicationState.Online);
    }
}
