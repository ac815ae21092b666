using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters.TestKit;

namespace OpcPortal.Adapters.Tests.Delivery;

public sealed class RunHealthTests : IOutageSink
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(TestFleet.Noon));
    private readonly RecordingSink _server = new();
    private readonly List<Outage> _outages = [];
    private readonly RunHealth _health;

    public RunHealthTests() => _health = new RunHealth(TestFleet.Configuration(new FakeFactory()), _server, this, _time);

    void IOutageSink.Report(in Outage outage) => _outages.Add(outage);

    [Fact]
    public void An_outage_is_told_when_it_begins_and_when_the_device_is_heard_again_and_not_in_between()
    {
        _health.Report(0, CommunicationState.Online, null);
        Assert.Empty(_outages);
        _time.Advance(TimeSpan.FromMinutes(1));
        _health.Report(0, CommunicationState.Offline, "it does not answer");
        _time.Advance(TimeSpan.FromMinutes(20));
        _health.Report(0, CommunicationState.Offline, "the connection is lost");
        // The broker is back; of the device nothing was heard.
        _health.Report(0, CommunicationState.Unknown, "nothing was heard of it");
        Assert.Single(_outages);
        _time.Advance(TimeSpan.FromMinutes(2));
        _health.Report(0, CommunicationState.Impaired, "a point is refused");
        _health.Report(0, CommunicationState.Online, null);

        var began = TestFleet.Noon.AddMinutes(1);
        Assert.Equal([new Outage(0, began, null, "it does not answer"), new Outage(0, began, began.AddMinutes(22), "the connection is lost")], _outages);
        Assert.Equal(CommunicationState.Online, _server.StateOf(0));
    }

    [Fact]
    public void What_is_wrong_beside_the_adapter_impairs_its_devices_but_those_that_are_offline_and_leaves_them_as_they_were()
    {
        _health.Report(0, CommunicationState.Online, null);
        _health.Overlay("the buffer is full");
        Assert.Equal((CommunicationState.Impaired, "the buffer is full"), (_server.StateOf(0), _server.ReasonOf(0)));
        _health.Report(0, CommunicationState.Offline, "it does not answer");
        Assert.Equal((CommunicationState.Offline, "it does not answer"), (_server.StateOf(0), _server.ReasonOf(0)));
        _health.Report(0, CommunicationState.Online, null);
        Assert.Equal(CommunicationState.Impaired, _server.StateOf(0));
        _health.Overlay(null);
        Assert.Equal((CommunicationState.Online, null), (_server.StateOf(0), _server.ReasonOf(0)));
        Assert.Equal(2, _outages.Count(outage => outage.Until is null));
        Assert.Equal(2, _outages.Count(outage => outage.Until is not null));
    }
}
