using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>What holds for stored readings, whatever database they are in.</summary>
public abstract class ReadingStoreTests(DatabaseKind kind, PostgreSqlServer server)
{
    private static readonly DateTime Noon = StoreUnderTest.Start;
    private static readonly QualityCode Estimated = new(QualityOrigin.MeterDataManagement, QualityCode.Estimated, 0);
    private static readonly QualityCode Edited = new(QualityOrigin.MeterDataManagement, QualityCode.Edited, 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Reading At(int point, int minutes, double value, QualityCode quality = default) => new(point, PointValue.From(value), Noon.AddMinutes(minutes), ReadingStatus.Good, quality);

    private static HistoryWalk All => new(DateTime.MinValue, DateTime.MaxValue, 1000);

    private Task<StoreUnderTest> OpenAsync(Func<ReadingStoreOptions, ReadingStoreOptions>? with = null) => StoreUnderTest.OpenAsync(kind, server, with);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_kept_is_found_in_memory_in_the_database_and_after_a_restart(bool isKilled)
    {
        await using var test = await OpenAsync();
        Reading[] kept =
        [
            At(1, 0, 1.5), At(1, 15, -0.0), At(1, 30, double.NaN), new(1, PointValue.None, Noon.AddMinutes(45), ReadingStatus.BadSensorFailure, new QualityCode(QualityOrigin.EndDevice, 1, 3)),
            new(2, PointValue.From("Straße"), Noon), new(2, PointValue.From(""), Noon.AddTicks(1)), new(3, PointValue.From(true), Noon), new(3, PointValue.From(long.MinValue), Noon.AddTicks(7)),
            new(3, PointValue.From(ulong.MaxValue), Noon.AddHours(1)), new(3, PointValue.From(Noon), Noon.AddYears(-57)),
        ];
        await test.KeepAsync(kept);
        await CheckAsync();
        await test.Store.FlushAsync(Token);
        Assert.Equal(0, test.Store.Counts.Waiting);
        await CheckAsync();
        await test.ReopenAsync(isKilled);
        await CheckAsync();
        Assert.False(test.Store.Keeps(1000));
        Assert.Equal(Noon, await test.Store.FirstTimeAsync(1, Token));
        Assert.Null(await test.Store.FirstTimeAsync(4, Token));

        async Task CheckAsync()
        {
            foreach (var point in (int[])[1, 2, 3])
            {
                var expected = kept.Where(reading => reading.Point == point).OrderBy(reading => reading.SourceTime).Select(reading => (reading.Value, reading.SourceTime, reading.Quality, QualityStatus.StatusOf(reading.Status, reading.Quality), Noon));
                Assert.Equal(expected, (await test.ReadAsync(point)).Select(reading => (reading.Value, reading.SourceTime, reading.Quality, reading.Status, reading.ServerTime)));
            }
        }
    }

    [Fact]
    public async Task What_was_kept_survives_the_end_of_the_process_before_any_of_it_is_in_the_database()
    {
        await using var test = await OpenAsync();
        var note = new QualityNote(new QualityCode(QualityOrigin.MeterDataManagement, 0, 1), new QualityAuthor("house", "rules 3"), "validated");
        await test.Store.KeepAsync(new[] { At(1, 0, 5) }, new[] { test.Store.NumberOf(note) }, test.Now);
        await test.Store.ReviseAsync([new ReadingRevision(1, Noon, RevisionKind.Replace, test.Now, new QualityNote(Edited, new QualityAuthor("utility", null, "ann"), "typo")) { Value = PointValue.From(6.0) }], Token);
        await test.Store.AnnotateAsync([new ReadingAnnotation(1, Noon, test.Now, new QualityAuthor("utility"), "looked at")], Token);
        await test.ReopenAsync(isKilled: true);
        var chained = Assert.Single((await test.Store.ReadChainsAsync(1, All, Token)).Items);
        Assert.Equal(6.0, chained.Reading.Value.AsReal());
        Assert.Equal([note, new QualityNote(Edited, new QualityAuthor("utility", null, "ann"), "typo")], chained.Chain.Select(link => link.Note));
        Assert.Equal(ReadingStatus.GoodLocalOverride, chained.Reading.Status);
        Assert.Equal("looked at", Assert.Single((await test.Store.ReadAnnotationsAsync(1, All, Token)).Items).Text);
        // The numbers of notes go on where they were.
        Assert.Equal(1, test.Store.NumberOf(note));
        Assert.Equal(2, test.Store.NumberOf(note with { Reason = "again" }));
    }

    [Fact]
    public async Task The_last_of_one_time_is_the_best_and_those_before_are_versions_and_the_same_again_is_none()
    {
        await using var test = await OpenAsync();
        await test.KeepAsync(At(1, 0, 1));
        await test.Store.FlushAsync(Token);
        test.Time.Advance(TimeSpan.FromMinutes(1));
        await test.KeepAsync(At(1, 0, 1), At(1, 0, 2));
        await test.Store.FlushAsync(Token);
        await test.KeepAsync(At(1, 0, 2));
        var best = Assert.Single(await test.ReadAsync(1));
        Assert.Equal((2.0, false), (best.Value.AsReal(), best.IsRevised));
        var version = Assert.Single((await test.Store.ReadVersionsAsync(1, All, Token)).Items);
        Assert.Equal((1.0, 1, 2.0), (version.Reading.Value.AsReal(), version.By.Point, version.By.Value.AsReal()));
    }

    [Fact]
    public async Task A_late_reading_takes_the_place_of_an_estimate_and_not_of_an_edit()
    {
        await using var test = await OpenAsync();
        await test.Store.ReviseAsync([Insert(1, Estimated, 10), Insert(2, Edited, 20)], Token);
        test.Time.Advance(TimeSpan.FromMinutes(1));
        await test.KeepAsync(At(1, 0, 11), At(2, 0, 21));
        foreach (var isFlushed in (bool[])[false, true])
        {
            if (isFlushed) await test.Store.FlushAsync(Token);
            Assert.Equal(11, Assert.Single(await test.ReadAsync(1)).Value.AsReal());
            Assert.Equal(20, Assert.Single(await test.ReadAsync(2)).Value.AsReal());
            Assert.Equal(10, Assert.Single((await test.Store.ReadVersionsAsync(1, All, Token)).Items).Reading.Value.AsReal());
            Assert.Equal(21, Assert.Single((await test.Store.ReadVersionsAsync(2, All, Token)).Items).Reading.Value.AsReal());
            // The chain of the real one ends with its source: the estimate is no longer in force.
            Assert.Equal([Estimated, default], (await test.Store.ReadChainsAsync(1, All, Token)).Items[0].Chain.Select(link => link.Note.Code));
        }

        ReadingRevision Insert(int point, QualityCode code, double value) =>
            new(point, Noon, RevisionKind.Insert, test.Now, new QualityNote(code, new QualityAuthor("house"))) { Value = PointValue.From(value) };
    }

    [Fact]
    public async Task What_is_deleted_is_a_version_and_can_be_put_back()
    {
        await using var test = await OpenAsync();
        await test.KeepAsync(At(1, 0, 1), At(1, 15, 2));
        var note = new QualityNote(Edited, new QualityAuthor("utility"));
        await test.Store.ReviseAsync([new ReadingRevision(1, Noon, RevisionKind.Delete, test.Now, note)], Token);
        Assert.Equal(2, Assert.Single(await test.ReadAsync(1)).Value.AsReal());
        Assert.Equal(Noon.AddMinutes(15), await test.Store.FirstTimeAsync(1, Token));
        await test.Store.FlushAsync(Token);
        await test.Store.ReviseAsync([new ReadingRevision(1, Noon, RevisionKind.Insert, test.Now, note) { Value = PointValue.From(3.0) }], Token);
        Assert.Equal([3.0, 2.0], (await test.ReadAsync(1)).Select(reading => reading.Value.AsReal()));
        Assert.Equal(RevisionKind.Delete, Assert.Single((await test.Store.ReadVersionsAsync(1, All, Token)).Items).By.Kind);
    }

    [Fact]
    public async Task An_annotation_without_text_takes_its_authors_earlier_ones_from_view_and_nobody_elses()
    {
        await using var test = await OpenAsync();
        var (ann, bob) = (new QualityAuthor("utility", null, "ann"), new QualityAuthor("utility", null, "bob"));
        await test.Store.AnnotateAsync([Annotation(0, ann, "one"), Annotation(0, bob, "two"), Annotation(60 * 24 * 40, ann, "three")], Token);
        await test.Store.FlushAsync(Token);
        await test.Store.AnnotateAsync([Annotation(0, ann, "")], Token);
        Assert.Equal(["two", "three"], (await test.Store.ReadAnnotationsAsync(1, All, Token)).Items.Select(annotation => annotation.Text));
        await test.Store.FlushAsync(Token);
        var page = await test.Store.ReadAnnotationsAsync(1, new HistoryWalk(DateTime.MaxValue.AddTicks(-1), DateTime.MinValue, 1), Token);
        Assert.Equal("three", Assert.Single(page.Items).Text);
        page = await test.Store.ReadAnnotationsAsync(1, new HistoryWalk(DateTime.MaxValue.AddTicks(-1), DateTime.MinValue, 1).Resume(page.Next!.Value), Token);
        Assert.Equal("two", Assert.Single(page.Items).Text);

        ReadingAnnotation Annotation(int minutes, QualityAuthor author, string text) => new(1, Noon.AddMinutes(minutes), test.Now, author, text);
    }

    [Fact]
    public async Task Nothing_is_kept_of_a_class_that_is_not_to_be_kept_and_its_neighbour_is()
    {
        await using var test = await OpenAsync(options => options with { Retention = new Dictionary<int, TimeSpan>(options.Retention) { [5] = TimeSpan.Zero } });
        await test.KeepAsync(At(TestPoints.FirstOfCommunication, 0, 1), At(1, 0, 1));
        Assert.False(test.Store.Keeps(TestPoints.FirstOfCommunication));
        Assert.True(test.Store.Keeps(1));
        Assert.Empty(await test.ReadAsync(TestPoints.FirstOfCommunication));
        Assert.Single(await test.ReadAsync(1));
        await Assert.ThrowsAsync<StorageException>(async () => await test.Store.ReviseAsync([new ReadingRevision(TestPoints.FirstOfCommunication, Noon, RevisionKind.Note, test.Now, new QualityNote(Edited, QualityAuthor.Source))], Token));
    }

    [Fact]
    public async Task Months_whose_time_is_over_are_deleted_by_class_and_told_and_what_is_younger_stays()
    {
        await using var test = await OpenAsync(options => options with { Retention = new Dictionary<int, TimeSpan> { [1] = TimeSpan.FromDays(365), [5] = TimeSpan.FromDays(90) } });
        var retired = new List<RetiredReadings>();
        test.Store.Retired += retired.Add;
        await test.KeepAsync(At(1, 0, 1), At(TestPoints.FirstOfCommunication, 0, 1), At(TestPoints.FirstOfCommunication, 60 * 24 * 40, 2), new(1, PointValue.From(1.0), new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc)));
        await test.Store.ReviseAsync([new ReadingRevision(TestPoints.FirstOfCommunication, Noon, RevisionKind.Note, test.Now, new QualityNote(Edited, QualityAuthor.Source))], Token);
        await test.Store.FlushAsync(Token);
        // June ends 90 days before 29 September.
        test.Time.SetUtcNow(new DateTimeOffset(2026, 9, 29, 0, 0, 0, TimeSpan.Zero).AddTicks(-1));
        await test.Store.KeepUpOnceAsync();
        Assert.Empty(retired);
        test.Time.Advance(TimeSpan.FromTicks(1));
        await test.Store.KeepUpOnceAsync();
        Assert.Equal(new RetiredReadings(5, new DateTime(2026, 6, 1), new DateTime(2026, 7, 1), TimeSpan.FromDays(90), 1, 1, 0), Assert.Single(retired));
        Assert.Equal(2, Assert.Single(await test.ReadAsync(TestPoints.FirstOfCommunication)).Value.AsReal());
        Assert.Equal(2, (await test.ReadAsync(1)).Count);
        // What comes of it after all is kept, until the next time.
        await test.KeepAsync(At(TestPoints.FirstOfCommunication, 0, 3));
        await test.Store.FlushAsync(Token);
        Assert.Equal(2, (await test.ReadAsync(TestPoints.FirstOfCommunication)).Count);
        await test.ReopenAsync(isKilled: false);
        Assert.Equal(2, (await test.ReadAsync(TestPoints.FirstOfCommunication)).Count);
    }

    [Fact]
    public async Task Small_blocks_of_a_month_become_one_when_it_is_over_and_nothing_is_lost_by_it()
    {
        await using var test = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await test.KeepAsync(At(1, i * 15, i), At(1, (i * 15) - 30, i + 100), At(2, 60 * 24 * 31 * i, i));
            await test.Store.FlushAsync(Token);
        }

        var before = (await test.ReadAsync(1), await test.ReadAsync(2), await VersionsAsync());
        Assert.Equal(18, before.Item3.Count);
        test.Time.SetUtcNow(new DateTimeOffset(2026, 7, 10, 0, 0, 0, TimeSpan.Zero));
        await test.Store.KeepUpOnceAsync();
        Assert.Equal(before, (await test.ReadAsync(1), await test.ReadAsync(2), await VersionsAsync()), Same);
        var blocks = await test.Database.ReadAsync(
            async (connection, transaction) =>
            {
                await using var count = PortalDatabase.Command(connection, transaction, "SELECT COUNT(*) FROM reading_blocks WHERE series = @series", ("series", SeriesId.Of("oak-0/meter/P1")));
                return Convert.ToInt64(await count.ExecuteScalarAsync(Token), System.Globalization.CultureInfo.InvariantCulture);
            },
            Token);
        Assert.Equal(1, blocks);

        async Task<List<ReadingVersion>> VersionsAsync() => [.. (await test.Store.ReadVersionsAsync(1, All, Token)).Items];

        static bool Same((List<HistoricReading>, List<HistoricReading>, List<ReadingVersion>) a, (List<HistoricReading>, List<HistoricReading>, List<ReadingVersion>) b) =>
            a.Item1.SequenceEqual(b.Item1) && a.Item2.SequenceEqual(b.Item2) && a.Item3.Select(v => v.Reading).SequenceEqual(b.Item3.Select(v => v.Reading));
    }

    [Fact]
    public async Task Two_servers_do_not_share_a_store_and_the_next_one_has_it_when_the_first_ends()
    {
        await using var test = await OpenAsync();
        var other = test.Options with { JournalFolder = test.Journal + "-2" };
        try
        {
            await Assert.ThrowsAsync<StorageException>(() => ReadingStore.OpenAsync(test.Database, other, test.Time, test.Logger, Token));
            await test.Store.DisposeAsync();
            await using (await ReadingStore.OpenAsync(test.Database, other, test.Time, test.Logger, Token)) await Assert.ThrowsAsync<StorageException>(test.OpenAsync);
            await test.OpenAsync();
        }
        finally
        {
            Directory.Delete(other.JournalFolder, recursive: true);
        }
    }

    [Theory]
    [InlineData(6)]
    [InlineData(BlockDatabase.MaxSought + 5)]
    public async Task The_last_of_many_points_is_found_wherever_it_is(int count)
    {
        await using var test = await OpenAsync();
        // 1: two months ago. 2: readings, and a known gap after them. 3: newer in the database than in memory. 4: of a clock that is ahead. 5: longer ago than is asked for. Others: never.
        await test.KeepAsync(
            new Reading(1, PointValue.From(1.0), Noon.AddDays(-60)), new Reading(2, PointValue.From(1.0), Noon.AddDays(-3)), new Reading(3, PointValue.From(1.0), Noon.AddHours(-1)),
            new Reading(4, PointValue.From(1.0), Noon.AddDays(-1)), new Reading(4, PointValue.From(1.0), Noon.AddYears(5)), new Reading(5, PointValue.From(1.0), Noon.AddDays(-500)));
        await test.Store.ReviseAsync([new ReadingRevision(2, Noon.AddDays(-2), RevisionKind.Insert, Noon, new QualityNote(QualityCodes.KnownMissing.By(QualityOrigin.MeterDataManagement), QualityAuthor.Source, ""))], Token);
        await CheckAsync();
        await test.Store.FlushAsync(Token);
        await test.KeepAsync(new Reading(3, PointValue.From(1.0), Noon.AddHours(-2)));
        await CheckAsync();
        await test.ReopenAsync(isKilled: true);
        await CheckAsync();

        async Task CheckAsync()
        {
            var last = await test.Store.LastTimesAsync([.. Enumerable.Range(1, count)], Noon.AddDays(-400), Noon, Token);
            Assert.Equal([(1, Noon.AddDays(-60)), (2, Noon.AddDays(-2)), (3, Noon.AddHours(-1)), (4, Noon.AddDays(-1))], last.OrderBy(found => found.Key).Select(found => (found.Key, found.Value)));
        }
    }

}

public sealed class SqliteReadingStoreTests(PostgreSqlServer server) : ReadingStoreTests(DatabaseKind.Sqlite, server);

public sealed class PostgreSqlReadingStoreTests(PostgreSqlServer server) : ReadingStoreTests(DatabaseKind.PostgreSql, server);
