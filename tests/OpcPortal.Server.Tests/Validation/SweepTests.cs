using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>How meters that fell silent are found after a start, of which nothing has come since.</summary>
public sealed class SweepTests
{
    private const int Meters = 60;

    [Fact]
    public async Task A_start_asks_history_once_for_all_meters_that_nothing_came_from_and_finds_the_gap_of_each()
    {
        await using var fixture = await ValidationFixture.CreateAsync();
        fixture.Time.SetUtcNow(ValidationFixture.Start.AddHours(5));
        var points = LoadMeters(fixture);
        // All but the last ten have told two hours; these have not begun.
        Reading[] readings = [.. points[..^10].SelectMany(point => new[] { 1, 2 }.Select(hour => new Reading(point, PointValue.From(1.0), ValidationFixture.Start.AddHours(hour))))];
        await fixture.History.KeepAsync(readings, new int[readings.Length], fixture.Now);
        await fixture.History.FlushAsync(TestContext.Current.CancellationToken);

        var asked = new AskedHistory(fixture.History);
        var (queue, counters) = (new ValidationQueue(), new ValidationCounters());
        var work = new ValidationWork(fixture.Book, fixture.Fleet.Service, asked, queue, counters, null, fixture.Time, NullLogger.Instance);
        await work.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal([Meters + 1], asked.LastTimes);
        // The hour that ended at 3 is missing two hours later; of who has not begun nothing is.
        Assert.Equal(Meters - 10, counters.Read(queue).Rules.Single(rule => rule.Meaning == QualityCodes.KnownMissing).Found);
        foreach (var point in points[..^10]) Assert.Equal(QualityCodes.KnownMissing.By(QualityOrigin.MeterDataManagement), (await fixture.ReadAsync(point, ValidationFixture.Start.AddHours(3))).Reading.Quality);

        // What is known is not asked for again.
        fixture.Time.Advance(ValidationWork.SweepEvery);
        await work.LookAsync(TestContext.Current.CancellationToken);
        Assert.Single(asked.LastTimes);
    }

    private static int[] LoadMeters(ValidationFixture fixture)
    {
        var devices = string.Join(',', Enumerable.Range(0, Meters).Select(meter => $$"""{ "id": "m{{meter}}", "type": "ElectricityMeterType", "points": { "ActiveEnergyImport": {}, "IntervalEnergyImport": {} } }"""));
        Assert.Empty(fixture.Fleet.Load($$"""{ "portal": { "id": "elm-2", "owner": "urn:owner" }, "connection": { "protocol": "none" }, "devices": [ {{devices}} ] }"""));
        return [.. Enumerable.Range(0, Meters).Select(meter => fixture.Fleet.Service.Registry.Point("elm-2", $"m{meter}", "IntervalEnergyImport"))];
    }

    /// <summary>A history that notes for how many points at once it was asked for the last.</summary>
    private sealed class AskedHistory(IReadingHistory history) : IReadingHistory
    {
        public List<int> LastTimes { get; } = [];

        public event Action<IReadOnlyList<ReadingRevision>>? Revised
        {
            add => history.Revised += value;
            remove => history.Revised -= value;
        }

        public bool Keeps(int point) => history.Keeps(point);

        public ValueTask<HistoryPage<HistoricReading>> ReadAsync(int point, HistoryWalk walk, CancellationToken cancellation) => history.ReadAsync(point, walk, cancellation);

        public ValueTask<HistoryPage<ChainedReading>> ReadChainsAsync(int point, HistoryWalk walk, CancellationToken cancellation) => history.ReadChainsAsync(point, walk, cancellation);

        public ValueTask<HistoryPage<ReadingVersion>> ReadVersionsAsync(int point, HistoryWalk walk, CancellationToken cancellation) => history.ReadVersionsAsync(point, walk, cancellation);

        public ValueTask<HistoryPage<ReadingAnnotation>> ReadAnnotationsAsync(int point, HistoryWalk walk, CancellationToken cancellation) => history.ReadAnnotationsAsync(point, walk, cancellation);

        public ValueTask<IReadOnlyDictionary<int, DateTime>> LastTimesAsync(IReadOnlyCollection<int> points, DateTime since, DateTime until, CancellationToken cancellation)
        {
            LastTimes.Add(points.Count);
            return history.LastTimesAsync(points, since, until, cancellation);
        }

        public ValueTask<DateTime?> FirstTimeAsync(int point, CancellationToken cancellation) => history.FirstTimeAsync(point, cancellation);

        public IReadOnlyCollection<DateTime> RecoveredDays(int point) => history.RecoveredDays(point);

        public ValueTask ReviseAsync(IReadOnlyList<ReadingRevision> revisions, CancellationToken cancellation) => history.ReviseAsync(revisions, cancellation);

        public ValueTask AnnotateAsync(IReadOnlyList<ReadingAnnotation> annotations, CancellationToken cancellation) => history.AnnotateAsync(annotations, cancellation);
    }
}
