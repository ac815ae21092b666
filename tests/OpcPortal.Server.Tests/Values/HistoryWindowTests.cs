using CsCheck;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>Walks over what may be seen: forwards the first end is included and the second is not, and backwards as well (see <see cref="HistoryWalk"/>).</summary>
public sealed class HistoryWindowTests
{
    private static readonly DateTime Zero = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly Gen<DateTime> Time = Gen.Int[0, 12].Select(n => Zero.AddTicks(n));

    private static readonly Gen<HistoryWindow> Window = Gen.Select(Gen.OneOf(Time, Gen.Const(DateTime.MinValue)), Gen.OneOf(Time, Gen.Const(DateTime.MaxValue)), (from, until) => new HistoryWindow(from, until));

    [Fact]
    public void The_part_of_a_walk_in_a_window_has_what_lies_in_both() => Gen.Select(Window, Time, Time).Sample((window, from, to) =>
    {
        var walk = new HistoryWalk(from, to, 10) { Skip = 1 };
        var expected = Instants(walk).Where(window.Contains).ToArray();
        if (!window.TryCut(walk, out var part)) return expected.Length == 0;
        // The direction stays, and what was given of the first time counts there alone.
        return Instants(part).SequenceEqual(expected) && part.IsForward == walk.IsForward && part.Skip == (part.From == from ? 1 : 0);
    });

    [Fact]
    public void An_interval_is_seen_where_all_of_it_lies_within() => Gen.Select(Window, Gen.Int[1, 4], Time).Sample((window, length, end) =>
    {
        var shifted = window.OfIntervals(TimeSpan.FromTicks(length));
        var covered = Enumerable.Range(0, length).Select(n => end.AddTicks(n - length));
        return shifted.Contains(end) == covered.All(window.Contains);
    });

    [Fact]
    public void What_is_too_poor_is_not_shown()
    {
        var window = HistoryWindow.Whole with { MinimumQuality = QualityLevel.Validated };
        var reading = new HistoricReading(PointValue.From(1.0), Zero, Zero, ReadingStatus.Good, new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.Valid, 1), false);
        Assert.True(window.Shows(reading));
        Assert.False(window.Shows(reading with { Quality = new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.Estimated, 0) }));
        Assert.True((window with { MinimumQuality = QualityLevel.Any }).Shows(reading with { Status = ReadingStatus.BadNoData }));
    }

    private static IEnumerable<DateTime> Instants(HistoryWalk walk)
    {
        var all = Enumerable.Range(-2, 18).Select(n => Zero.AddTicks(n));
        return walk.IsForward ? all.Where(at => at >= walk.From && at < walk.To) : all.Where(at => at <= walk.From && at > walk.To).Reverse();
    }
}
