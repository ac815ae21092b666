using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server.Tests;

public sealed class IngestTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Every_reading_that_was_taken_is_applied_before_the_pipeline_ends()
    {
        var store = new PointStore();
        store.EnsurePoints(10);
        var pipeline = new IngestPipeline(store, _time, capacity: 16);
        var now = _time.GetUtcNow().UtcDateTime;
        pipeline.Start();
        // Far more than the channel holds: writers wait, nothing is lost.
        for (var n = 1; n <= 1000; n++) await pipeline.PublishAsync(Enumerable.Range(0, 10).Select(point => new Reading(point, PointValue.From((long)n), now.AddTicks(n))).ToArray(), TestContext.Current.CancellationToken);
        await pipeline.PublishAsync(new Reading[] { new(99, PointValue.From(1L), now) }, TestContext.Current.CancellationToken);
        await pipeline.DisposeAsync();
        Assert.Equal(new IngestCounts(10_001, 10_000, 0, 1, 0, pipeline.Counts.AdapterWaits), pipeline.Counts);
        Assert.All(Enumerable.Range(0, 10), point => Assert.Equal(1000, store.Read(point).Value.AsSigned()));
    }

    [Fact]
    public void A_portal_shows_how_its_devices_are_reached()
    {
        var fleet = new FleetFixture();
        fleet.Load(FleetFiles.Meter);
        var health = new FleetHealth(fleet.Service.Registry, fleet.Service.Store, _time, NullLogger.Instance);
        var meter = fleet.Service.Registry.Device("oak-1", "meter");
        var heater = fleet.Service.Registry.Device("oak-1", "heater");

        health.Report(meter, CommunicationState.Unknown, null);
        Expect(CommunicationState.Unknown, "");
        health.Report(meter, CommunicationState.Online, null);
        Expect(CommunicationState.Online, "");
        health.Report(heater, CommunicationState.Offline, "no answer");
        Expect(CommunicationState.Impaired, "1 of 2 devices do not answer.");
        Assert.Equal((int)CommunicationState.Offline, fleet.ReadValue(fleet.Node("oak-1/heater/CommunicationState", "urn:customer")).Value.AsInt32());
        Assert.Equal(new LocalizedText("no answer"), fleet.ReadValue(fleet.Node("oak-1/heater/CommunicationReason", "urn:customer")).Value.AsLocalizedText());
        health.Report(meter, CommunicationState.Offline, "no answer");
        health.Report(meter, CommunicationState.Offline, "still no answer");
        Expect(CommunicationState.Offline, "2 of 2 devices do not answer.");
        health.Report(heater, CommunicationState.Online, null);
        health.Report(meter, CommunicationState.Impaired, "garbage");
        Expect(CommunicationState.Online, "");

        void Expect(CommunicationState state, string reason)
        {
            Assert.Equal((int)state, fleet.ReadValue(fleet.Node("oak-1:CommunicationState")).Value.AsInt32());
            Assert.Equal(reason, fleet.ReadValue(fleet.Node("oak-1:CommunicationReason")).Value.AsLocalizedText().Text);
        }
    }
}
