using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

public sealed class PointStoreTests
{
    private static readonly DateTime Noon = new(2026, 6, 1, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void A_point_waits_for_its_first_reading_and_then_has_the_last_one()
    {
        var store = Store(3);
        Assert.Equal(ReadingStatus.BadWaitingForInitialData, store.Read(1).Status);
        store.Apply([new Reading(1, PointValue.From(5.0), Noon), new Reading(1, PointValue.From(6.0), Noon.AddSeconds(1), ReadingStatus.Good, new QualityCode(QualityOrigin.EndDevice, 1, 1))], Noon.AddSeconds(2));
        Assert.Equal(new StoredReading(PointValue.From(6.0), Noon.AddSeconds(1), Noon.AddSeconds(2), ReadingStatus.Good, new QualityCode(QualityOrigin.EndDevice, 1, 1)), store.Read(1));
        Assert.Equal(ReadingStatus.BadWaitingForInitialData, store.Read(2).Status);
    }

    // A cell has room for what is usual; what is not, comes back as it was all the same.
    [Fact]
    public void Whatever_a_reading_says_comes_back()
    {
        var store = Store(2);
        PointValue[] values = [PointValue.None, PointValue.From(true), PointValue.From(long.MinValue), PointValue.From(ulong.MaxValue), PointValue.From(-0.1), PointValue.From(Noon), PointValue.From(""), PointValue.From("text")];
        ReadingStatus[] statuses = [ReadingStatus.Good, ReadingStatus.UncertainLastUsableValue, (ReadingStatus)0x8000_0480, (ReadingStatus)0x0000_0400];
        QualityCode[] qualities = [default, new(QualityOrigin.External, 12, 1001), new(QualityOrigin.Other, 31, ushort.MaxValue), new((QualityOrigin)8, 0, 0), new(QualityOrigin.EndDevice, 32, 0), new((QualityOrigin)255, ushort.MaxValue, ushort.MaxValue)];
        var at = Noon;
        foreach (var value in values)
            foreach (var status in statuses)
                foreach (var quality in qualities)
                {
                    at = at.AddSeconds(1);
                    store.Apply([new Reading(1, value, at, status, quality)], at);
                    Assert.Equal(new StoredReading(value, at, at, QualityStatus.StatusOf(status, quality), quality), store.Read(1));
                }

        Assert.Equal(ReadingStatus.BadWaitingForInitialData, store.Read(0).Status);
    }

    [Fact]
    public void Readings_of_no_point_are_counted_and_hurt_no_other()
    {
        var store = Store(2);
        Assert.Equal(new ApplyResult(1, 0, 2), store.Apply([new Reading(-1, PointValue.From(1L), Noon), new Reading(2, PointValue.From(1L), Noon), new Reading(0, PointValue.From(1L), Noon)], Noon));
        Assert.Equal(1, store.Read(0).Value.AsSigned());
    }

    [Fact]
    public void A_late_reading_does_not_become_the_current_value()
    {
        var store = Store(1);
        store.Apply([new Reading(0, PointValue.From(2L), Noon)], Noon);
        Assert.Equal(new ApplyResult(0, 1, 0), store.Apply([new Reading(0, PointValue.From(1L), Noon.AddMinutes(-1))], Noon));
        Assert.Equal(2, store.Read(0).Value.AsSigned());
    }

    [Fact]
    public void A_reading_after_an_outage_counts_although_the_device_clock_is_slow()
    {
        var store = Store(1);
        store.Apply([new Reading(0, PointValue.From(1L), Noon.AddHours(-2)), new Reading(0, PointValue.None, Noon, ReadingStatus.BadNoCommunication), new Reading(0, PointValue.From(2L), Noon.AddHours(-1))], Noon);
        Assert.Equal(2, store.Read(0).Value.AsSigned());
    }

    [Fact]
    public void A_time_far_in_the_future_does_not_hide_what_comes_after()
    {
        var store = Store(1);
        store.Apply([new Reading(0, PointValue.From(1L), Noon.AddYears(5)), new Reading(0, PointValue.From(2L), Noon)], Noon);
        Assert.Equal(2, store.Read(0).Value.AsSigned());
    }

    [Fact]
    public void Watchers_of_a_point_get_each_of_its_readings_until_they_end()
    {
        var store = Store(2);
        var first = new Recorder();
        var second = new Recorder();
        var watching = store.Watch(0, first);
        store.Watch(0, second);
        store.Apply([new Reading(0, PointValue.From(1L), Noon), new Reading(1, PointValue.From(9L), Noon), new Reading(0, PointValue.From(2L), Noon)], Noon);
        watching.Dispose();
        watching.Dispose();
        store.Apply([new Reading(0, PointValue.From(3L), Noon)], Noon);
        Assert.Equal([1, 2], first.Seen);
        Assert.Equal([1, 2, 3], second.Seen);
    }

    [Fact]
    public async Task A_reading_is_never_seen_half_written()
    {
        // Each reading's parts agree: value n, time n, index n. A torn one would mix two.
        var store = Store(1);
        store.Apply([Consistent(1)], Noon);
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 2).Select(writer => Task.Run(() =>
        {
            for (var n = 1; n <= 200_000; n++) store.Apply([Consistent((n % 50_000) + 1)], Noon.AddTicks(n));
        })).ToArray();
        var reads = 0;
        while (!Task.WhenAll(writers).IsCompleted || reads < 1000)
        {
            var seen = store.Read(0);
            Assert.Equal(seen.Value.AsSigned(), seen.Quality.Index);
            Assert.Equal(seen.Value.AsSigned(), (seen.SourceTime - Noon.AddYears(1)).Ticks);
            reads++;
        }

        await Task.WhenAll(writers);

        // Beyond the tolerance for the future, so that order does not matter.
        static Reading Consistent(int n) => new(0, PointValue.From((long)n), Noon.AddYears(1).AddTicks(n), ReadingStatus.Good, new QualityCode(QualityOrigin.Other, 0, (ushort)n));
    }

    [Theory]
    // portal-model.md, "Data and its quality": the status that goes with a code.
    [InlineData("3.0.1", ReadingStatus.Good)]
    [InlineData("1.0.0", ReadingStatus.Good)]
    [InlineData("3.7.0", ReadingStatus.GoodLocalOverride)]
    [InlineData("3.8.0", ReadingStatus.UncertainSubstituteValue)]
    [InlineData("3.10.0", ReadingStatus.Uncertain)]
    [InlineData("2.5.256", ReadingStatus.UncertainEngineeringUnitsExceeded)]
    [InlineData("2.5.259", ReadingStatus.BadNoData)]
    [InlineData("1.1.3", ReadingStatus.BadSensorFailure)]
    public void A_quality_code_decides_the_status_of_a_good_reading_and_never_betters_a_bad_one(string code, ReadingStatus expected)
    {
        Assert.True(QualityCode.TryParse(code, out var quality));
        Assert.Equal(expected, QualityStatus.StatusOf(ReadingStatus.Good, quality));
        Assert.Equal(ReadingStatus.BadNotConnected, QualityStatus.StatusOf(ReadingStatus.BadNotConnected, quality));
    }

    private static PointStore Store(int points)
    {
        var store = new PointStore();
        store.EnsurePoints(points);
        return store;
    }

    private sealed class Recorder : PointWatcher
    {
        public List<long> Seen { get; } = [];

        public override void OnReading(in StoredReading reading) => Seen.Add(reading.Value.AsSigned());
    }
}
