using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>A store and a plain list of what was done to it are asked the same, after random readings, late ones, repeated ones, revisions, flushes, merges and restarts.</summary>
public sealed class HistoryModelTests(PostgreSqlServer server, ITestOutputHelper output)
{
    private const int Points = 3;
    private static readonly DateTime Start = StoreUnderTest.Start;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite, 12, 60)]
    [InlineData(DatabaseKind.PostgreSql, 2, 60)]
    public async Task A_store_says_what_a_plain_list_of_all_that_was_done_says(DatabaseKind kind, int rounds, int steps)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < rounds; round++)
        {
            await using var test = await StoreUnderTest.OpenAsync(kind, server, options => options with { MaxTableReadings = random.Next(20, 200) });
            var list = new PlainHistory();
            for (var step = 0; step < steps; step++)
            {
                // What is done has a time of its own: so it has an order.
                test.Time.Advance(TimeSpan.FromSeconds(1));
                await StepAsync(test, list, random);
                if (step % 10 == 9) await CompareAsync(test, list, random);
            }
        }
    }

    private static async Task StepAsync(StoreUnderTest test, PlainHistory list, Random random)
    {
        switch (random.Next(12))
        {
            case < 6:
                var batch = Enumerable.Range(0, random.Next(1, 30)).Select(_ => RandomReading(random)).ToArray();
                await test.KeepAsync(batch);
                foreach (var reading in batch) list.Add(reading);
                break;
            case < 9:
                var revisions = Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomRevision(random, test.Now)).ToArray();
                await test.Store.ReviseAsync(revisions, Token);
                foreach (var revision in revisions) list.Add(revision);
                break;
            case 9:
                await test.Store.FlushAsync(Token);
                break;
            case 10:
                await test.Store.FlushAsync(Token);
                await test.Store.KeepUpOnceAsync();
                break;
            default:
                await test.ReopenAsync(isKilled: random.Next(2) == 0);
                break;
        }
    }

    // Few times and values: that many are late, or the same again, is the point of it.
    private static DateTime RandomTime(Random random) => Start.AddMinutes(15 * random.Next(12)).AddMonths(-random.Next(3));

    private static PointValue RandomValue(Random random) => PointValue.From((double)random.Next(4));

    private static Reading RandomReading(Random random) => new(
        random.Next(Points), RandomValue(random), RandomTime(random), random.Next(4) == 0 ? ReadingStatus.Uncertain : ReadingStatus.Good, random.Next(4) == 0 ? new QualityCode(QualityOrigin.EndDevice, 4, 9) : default);

    private static ReadingRevision RandomRevision(Random random, DateTime now)
    {
        var kind = (RevisionKind)random.Next(4);
        var category = random.Next(3) == 0 ? QualityCode.Edited : random.Next(2) == 0 ? QualityCode.Estimated : QualityCode.Valid;
        var hasValue = kind is RevisionKind.Insert or RevisionKind.Replace;
        return new ReadingRevision(random.Next(Points), RandomTime(random), kind, now, new QualityNote(new QualityCode(QualityOrigin.MeterDataManagement, category, (ushort)random.Next(3)), new QualityAuthor("house", $"rule {random.Next(3)}")))
        {
            Value = hasValue ? RandomValue(random) : default,
        };
    }

    private static async Task CompareAsync(StoreUnderTest test, PlainHistory list, Random random)
    {
        for (var point = 0; point < Points; point++)
        {
            var expected = list.BestOf(point);
            var limit = random.Next(1, 20);
            Assert.Equal(expected, (await test.ReadAsync(point, isForward: true, limit)).Select(Plain));
            Assert.Equal(Enumerable.Reverse(expected), (await test.ReadAsync(point, isForward: false, limit)).Select(Plain));
            // Part 11 6.5.3.3: of one time the newest first, and backward all the other way round.
            Assert.Equal(list.VersionsOf(point).GroupBy(version => version.Time).SelectMany(time => time.Reverse()), await VersionsAsync(test.Store, point, isForward: true, random.Next(1, 5)));
            Assert.Equal(list.VersionsOf(point).GroupBy(version => version.Time).Reverse().SelectMany(time => time), await VersionsAsync(test.Store, point, isForward: false, random.Next(1, 5)));
            var chains = await test.Store.ReadChainsAsync(point, new HistoryWalk(DateTime.MinValue, DateTime.MaxValue, 1000), Token);
            foreach (var chained in chains.Items) Assert.Equal(list.ChainOf(point, chained.Reading.SourceTime), chained.Chain.Select(link => link.Note.Code));
        }
    }

    private static PlainValue Plain(HistoricReading reading) => new(reading.SourceTime, reading.Value, reading.Quality);

    private static async Task<List<PlainValue>> VersionsAsync(ReadingStore store, int point, bool isForward, int limit)
    {
        var all = new List<PlainValue>();
        HistoryWalk? walk = isForward ? new HistoryWalk(DateTime.MinValue, DateTime.MaxValue, limit) : new HistoryWalk(DateTime.MaxValue.AddTicks(-1), DateTime.MinValue, limit);
        while (walk is { } rest)
        {
            var page = await store.ReadVersionsAsync(point, rest, Token);
            all.AddRange(page.Items.Select(version => Plain(version.Reading)));
            walk = page.Next is { } next ? rest.Resume(next) : null;
        }

        return all;
    }

    internal readonly record struct PlainValue(DateTime Time, PointValue Value, QualityCode Quality);

    /// <summary>All that was done, in its order.</summary>
    private sealed class PlainHistory
    {
        private readonly List<(int Point, DateTime Time, object What)> _done = [];

        public void Add(Reading reading) => _done.Add((reading.Point, reading.SourceTime, reading));
        public void Add(ReadingRevision revision) => _done.Add((revision.Point, revision.SourceTime, revision));

        public List<PlainValue> BestOf(int point) => [.. Times(point).Select(time => Tell(point, time)).Where(told => told.Best is not null).Select(told => told.Best!.Value)];

        public List<PlainValue> VersionsOf(int point) => [.. Times(point).SelectMany(time => Tell(point, time).Versions)];

        public List<QualityCode> ChainOf(int point, DateTime time) => Tell(point, time).Chain;

        private IEnumerable<DateTime> Times(int point) => _done.Where(done => done.Point == point).Select(done => done.Time).Distinct().Order();

        // What stands is the last that was put there; but what a person has edited gives way to a person alone.
        private (PlainValue? Best, List<PlainValue> Versions, List<QualityCode> Chain) Tell(int point, DateTime time)
        {
            var (versions, chain) = (new List<PlainValue>(), new List<QualityCode>());
            PlainValue? best = null;
            Reading? before = null;
            var isEdited = false;
            foreach (var (_, _, what) in _done.Where(done => done.Point == point && done.Time == time))
            {
                if (what is Reading reading)
                {
                    var isRepeated = before is { } last && last.Value == reading.Value && last.Status == reading.Status && last.Quality == reading.Quality;
                    before = reading;
                    var value = new PlainValue(time, reading.Value, reading.Quality);
                    if (isRepeated) continue;
                    if (isEdited)
                    {
                        versions.Add(value);
                        continue;
                    }

                    if (best is { } old) versions.Add(old);
                    if (chain.Count > 0 || best is not null || versions.Count > 0 || reading.Quality != default) chain.Add(reading.Quality);
                    best = value;
                    continue;
                }

                var revision = (ReadingRevision)what;
                chain.Add(revision.Note.Code);
                if (revision.Kind == RevisionKind.Note)
                {
                    if (best is { } noted) best = noted with { Quality = revision.Note.Code };
                    continue;
                }

                if (best is { } replaced) versions.Add(replaced);
                best = revision.Kind == RevisionKind.Delete ? null : new PlainValue(time, revision.Value, revision.Note.Code);
                isEdited = revision.Note.Code.Category == QualityCode.Edited;
            }

            return (best, versions, chain);
        }
    }
}
