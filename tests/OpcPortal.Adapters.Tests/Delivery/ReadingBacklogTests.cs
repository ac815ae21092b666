using OpcPortal.Models;

namespace OpcPortal.Adapters.Tests.Delivery;

public sealed class ReadingBacklogTests : IDisposable
{
    private const int Many = 100_000;

    private readonly TestFleet _fleet = new();

    public void Dispose() => _fleet.Dispose();

    private ReadingBacklog Open(string? folder = null, BacklogNames? names = null, StoreAndForwardOptions? limits = null) =>
        new(folder ?? _fleet.Folder, names ?? TestFleet.Names(), limits ?? new StoreAndForwardOptions { SegmentBytes = 4096 });

    // All that is in it, delivered.
    private static List<Reading> Drain(ReadingBacklog backlog, int max = 100)
    {
        var all = new List<Reading>();
        var batch = new List<Reading>();
        while (true)
        {
            backlog.Peek(batch, max);
            if (batch.Count == 0) return all;
            all.AddRange(batch);
            backlog.Remove();
        }
    }

    [Fact]
    public void Readings_come_out_as_they_went_in_and_in_their_order()
    {
        using var backlog = Open();
        var readings = new Reading[]
        {
            new(0, PointValue.From(41.25), TestFleet.Noon),
            new(1, PointValue.From(-7L), TestFleet.Noon.AddYears(-56), ReadingStatus.UncertainSubstituteValue, new QualityCode(QualityOrigin.EndDevice, 4, 128)),
            new(2, PointValue.From(ulong.MaxValue), DateTime.MaxValue.ToUniversalTime()),
            new(3, PointValue.From("Zähler ≠ null"), new DateTime(0, DateTimeKind.Utc)),
            new(0, PointValue.From(true), TestFleet.Noon),
            new(1, PointValue.From(TestFleet.Noon), TestFleet.Noon),
            new(2, PointValue.None, TestFleet.Noon, ReadingStatus.BadNoCommunication, new QualityCode(QualityOrigin.External, ushort.MaxValue, ushort.MaxValue)),
            new(3, PointValue.From(double.NaN), TestFleet.Noon),
        };
        Assert.True(backlog.TryAdd(readings));
        Assert.Equal(readings, Drain(backlog));
        Assert.True(backlog.IsEmpty);
        Assert.Equal(0, backlog.Bytes);
    }

    [Fact]
    public void Many_files_are_delivered_one_after_the_other_and_then_gone()
    {
        using var backlog = Open();
        for (var i = 0; i < 5000; i += 50) Assert.True(backlog.TryAdd(TestFleet.Readings(i, 50)));
        Assert.True(Directory.GetFiles(_fleet.Folder, "*.backlog").Length > 5);
        Assert.Equal(TestFleet.Range(0, 5000), TestFleet.Numbers(Drain(backlog, 333)));
        Assert.Empty(Directory.GetFiles(_fleet.Folder, "*.backlog"));
    }

    [Fact]
    public void What_was_peeked_at_and_not_removed_is_given_again()
    {
        using var backlog = Open();
        Assert.True(backlog.TryAdd(TestFleet.Readings(0, 10)));
        var batch = new List<Reading>();
        backlog.Peek(batch, 100);
        Assert.True(backlog.TryAdd(TestFleet.Readings(10, 10)));
        backlog.Peek(batch, 100);
        Assert.Equal(TestFleet.Range(0, 10), TestFleet.Numbers(batch));
        Assert.Equal(TestFleet.Range(0, 20), TestFleet.Numbers(Drain(backlog)));
    }

    [Fact]
    public void A_new_process_delivers_what_the_last_one_kept_from_where_that_had_come_to()
    {
        using (var first = Open())
        {
            for (var i = 0; i < 1000; i += 10) Assert.True(first.TryAdd(TestFleet.Readings(i, 10)));
            var batch = new List<Reading>();
            for (var i = 0; i < 3; i++)
            {
                first.Peek(batch, 50);
                first.Remove();
            }

            Assert.Equal(TestFleet.Range(100, 50), TestFleet.Numbers(batch));
        }

        using var second = Open();
        Assert.True(second.TryAdd(TestFleet.Readings(1000, 10)));
        Assert.Equal(TestFleet.Range(150, 860), TestFleet.Numbers(Drain(second)));
        // Numbers of files are not given twice, so that what was delivered of one is not taken for that of another.
        Assert.True(second.TryAdd(TestFleet.Readings(0, 5)));
        second.Dispose();
        using var third = Open();
        Assert.Equal(TestFleet.Range(0, 5), TestFleet.Numbers(Drain(third)));
    }

    [Fact]
    public void Readings_are_found_again_by_name_when_numbers_have_changed_and_those_of_points_that_are_gone_are_counted()
    {
        using (var before = Open()) Assert.True(before.TryAdd(TestFleet.Readings(0, 8)));
        using var after = Open(names: TestFleet.Names(before: 100, points: 2));
        var readings = Drain(after);
        Assert.Equal([100, 101, 100, 101], readings.Select(reading => reading.Point));
        Assert.Equal([0, 1, 4, 5], TestFleet.Numbers(readings));
        Assert.Equal(4, after.Unknown);
    }

    [Fact]
    public void More_than_its_bytes_is_not_taken_until_some_is_delivered()
    {
        using var backlog = Open(limits: new StoreAndForwardOptions { MaxBytes = 20_000, SegmentBytes = 4096 });
        var taken = 0;
        while (backlog.TryAdd(TestFleet.Readings(taken, 10))) taken += 10;
        Assert.True(taken > 1000, $"{taken}");
        Assert.True(backlog.Bytes <= 20_000);
        Assert.False(backlog.TryAdd(TestFleet.Readings(taken, Many)));

        var batch = new List<Reading>();
        for (var delivered = 0; delivered < taken / 2; delivered += batch.Count)
        {
            backlog.Peek(batch, 100);
            backlog.Remove();
        }

        Assert.True(backlog.TryAdd(TestFleet.Readings(taken, 10)));
        var rest = TestFleet.Numbers(Drain(backlog));
        Assert.Equal(TestFleet.Range((int)rest[0], rest.Length), rest);
        Assert.Equal(taken + 9, rest[^1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_file_that_a_kill_has_cut_anywhere_gives_every_reading_whose_addition_had_ended(int seed)
    {
        // What an addition has written is the system's: a copy of the folder is what a kill at that moment leaves.
        using var backlog = Open(limits: new StoreAndForwardOptions());
        var lengths = new List<(long Length, int Readings)>();
        for (var i = 0; i < 200; i += 10)
        {
            Assert.True(backlog.TryAdd(TestFleet.Readings(i, 10)));
            lengths.Add((backlog.Bytes, i + 10));
        }

        var bytes = File.ReadAllBytes(Assert.Single(Directory.GetFiles(_fleet.Folder, "*.backlog")).ToString());
        Assert.Equal(lengths[^1].Length, bytes.Length);
        var random = new Random(seed);
        for (var round = 0; round < 100; round++)
        {
            var cut = random.Next(bytes.Length + 1);
            var folder = Path.Combine(_fleet.Folder, $"cut-{round}");
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(Path.Combine(folder, "000000000001.backlog"), bytes[..cut]);
            using var after = Open(folder);
            var whole = lengths.FindLast(added => added.Length <= cut).Readings;
            Assert.True(after.TryAdd(TestFleet.Readings(1000, 5)));
            Assert.Equal([.. TestFleet.Range(0, whole), .. TestFleet.Range(1000, 5)], TestFleet.Numbers(Drain(after)));
            Assert.Equal(0, after.Damaged);
        }
    }

    [Fact]
    public void A_damaged_file_costs_what_follows_the_damage_in_it_and_is_told()
    {
        using (var backlog = Open(limits: new StoreAndForwardOptions { SegmentBytes = 200 }))
            for (var i = 0; i < 60; i += 10) Assert.True(backlog.TryAdd(TestFleet.Readings(i, 10)));
        var files = Directory.GetFiles(_fleet.Folder, "*.backlog").Order(StringComparer.Ordinal).ToArray();
        Assert.True(files.Length >= 3);
        var bytes = File.ReadAllBytes(files[1]);
        bytes[^5] ^= 0x10;
        File.WriteAllBytes(files[1], bytes);

        using var after = Open();
        var numbers = TestFleet.Numbers(Drain(after));
        Assert.True(after.Damaged > 0);
        Assert.Equal(59, numbers[^1]);
        Assert.Equal(numbers.Order(), numbers);
        Assert.InRange(numbers.Length, 40, 50);
    }

    [Fact]
    public void A_folder_belongs_to_one_process_at_a_time()
    {
        using var first = Open();
        Assert.Throws<IOException>(() => Open());
        first.Dispose();
        using var second = Open();
        Assert.True(second.TryAdd(TestFleet.Readings(0, 1)));
    }

    [Fact]
    public void A_text_that_is_longer_than_any_reading_is_kept_as_out_of_range()
    {
        using var backlog = Open();
        Assert.True(backlog.TryAdd([new Reading(0, PointValue.From(new string('x', BacklogCodec.MaxText)), TestFleet.Noon), new Reading(1, PointValue.From(new string('x', BacklogCodec.MaxText + 1)), TestFleet.Noon)]));
        var readings = Drain(backlog);
        Assert.Equal(BacklogCodec.MaxText, readings[0].Value.AsText().Length);
        Assert.Equal((ReadingStatus.BadOutOfRange, PointValueKind.None), (readings[1].Status, readings[1].Value.Kind));
    }
}
