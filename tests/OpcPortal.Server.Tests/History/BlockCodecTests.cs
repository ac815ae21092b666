using CsCheck;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Blocks give back what was put in, bit by bit, and refuse what is none.</summary>
public sealed class BlockCodecTests
{
    private static readonly DateTime Start = new(2026, 6, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly Gen<PointValue> Value = Gen.OneOf(
        Gen.Double.Select(PointValue.From), Gen.Int[-1000, 1000].Select(n => PointValue.From(n / 100.0)), Gen.Long.Select(PointValue.From), Gen.ULong.Select(PointValue.From), Gen.Bool.Select(PointValue.From),
        Gen.Char[' ', '\uD7FF'].Array[0, 10].Select(characters => PointValue.From(new string(characters))), Gen.Long[0, DateTime.MaxValue.Ticks].Select(ticks => PointValue.From(new DateTime(ticks, DateTimeKind.Utc))),
        Gen.Const(PointValue.None));

    private static readonly Gen<RawReading> Reading = Gen.Select(
        Value, Gen.OneOf(Gen.Long[0, DateTime.MaxValue.Ticks], Gen.Long[0, 3000].Select(minutes => Start.AddMinutes(minutes).Ticks)), Gen.Long[0, DateTime.MaxValue.Ticks / TimeSpan.TicksPerMillisecond], Gen.UInt, Gen.Int[0, 5],
        (value, ticks, server, status, note) => new RawReading(
            value, new DateTime(ticks, DateTimeKind.Utc), new DateTime(server * TimeSpan.TicksPerMillisecond, DateTimeKind.Utc), note == 0 ? ReadingStatus.Good : (ReadingStatus)status,
            note < 3 ? default : new QualityCode((QualityOrigin)note, (ushort)status, (ushort)(status >> 16)), note));

    // CsCheck prints the seed of a failure.
    [Fact]
    public void Whatever_readings_are_packed_come_back_as_they_were() => Reading.Array[1, 200].Sample(readings => Assert.Equal(readings, Decode(Encode(readings), readings.Length)));

    [Fact]
    public void Numbers_of_any_size_come_back() => Gen.OneOf(Gen.Long, Gen.Long[-3, 3], Gen.Const(long.MinValue), Gen.Const(long.MaxValue)).Array[0, 100].Sample(values =>
    {
        var writer = new StoredBytesWriter();
        IntegerColumn.Write(writer, values);
        var reader = new StoredBytesReader(writer.Span);
        var read = new long[values.Length];
        IntegerColumn.Read(ref reader, read);
        Assert.Equal(values, read);
        Assert.Equal(0, reader.Left);
    });

    [Fact]
    public void The_bits_of_special_numbers_come_back()
    {
        double[] special = [double.NaN, BitConverter.Int64BitsToDouble(unchecked((long)0xFFF8_0000_0000_1234)), -0.0, 0.0, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue, 1.0 / 3, 0.1 + 0.2];
        var readings = special.Select((value, i) => new RawReading(PointValue.From(value), Start.AddMinutes(i), Start, ReadingStatus.Good, default, 0)).ToArray();
        Assert.Equal(special.Select(BitConverter.DoubleToInt64Bits), Decode(Encode(readings), readings.Length).Select(reading => reading.Value.Bits));
        // Each alone too: it may then be a decimal.
        foreach (var reading in readings) Assert.Equal(reading.Value.Bits, Assert.Single(Decode(Encode([reading]), 1)).Value.Bits);
    }

    [Fact]
    public void A_month_of_quarters_of_an_hour_takes_two_to_four_bytes_a_reading()
    {
        var random = new Random(1);
        var register = 12_345.67;
        var intervals = new RawReading[31 * 96];
        var registers = new RawReading[intervals.Length];
        for (var i = 0; i < intervals.Length; i++)
        {
            var consumed = Math.Round(0.05 + (random.NextDouble() * 0.9), 3);
            var time = Start.AddMinutes(15 * i);
            intervals[i] = new RawReading(PointValue.From(consumed), time, time.AddMilliseconds(500 + random.Next(1000)), ReadingStatus.Good, default, 1);
            registers[i] = new RawReading(PointValue.From(register = Math.Round(register + consumed, 3)), time, time.AddMilliseconds(500), ReadingStatus.Good, default, 1);
        }

        Assert.InRange((double)Encode(intervals).Length / intervals.Length, 1, 4.2);
        Assert.InRange((double)Encode(registers).Length / registers.Length, 1, 3);
    }

    [Fact]
    public void What_is_cut_off_or_of_a_newer_server_is_refused_and_the_whole_is_not()
    {
        var block = Encode([new RawReading(PointValue.From("text"), Start, Start, ReadingStatus.BadNoData, new QualityCode(QualityOrigin.EndDevice, 5, 259), 3), new RawReading(PointValue.From(1.0 / 3), Start, Start, ReadingStatus.Good, default, 0)]);
        Assert.Equal(2, Decode(block, 2).Count);
        Assert.Throws<StoredFormatException>(() => Decode(block, 3));
        for (var length = 0; length < block.Length; length++) Assert.Throws<StoredFormatException>(() => Decode(block[..length], 2));
        Assert.Throws<StoredFormatException>(() => Decode([.. block, 0], 2));
        block[0]++;
        Assert.Contains("version 2", Assert.Throws<StoredFormatException>(() => Decode(block, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_end_with_their_month_and_never_within_one_time()
    {
        var packer = new BlockPacker();
        var readings = Enumerable.Range(0, 3 * BlockCodec.MaxReadings).Select(i => new RawReading(PointValue.From((double)i), Start.AddDays(29).AddMinutes(i / 2), Start, ReadingStatus.Good, default, 0)).ToList();
        readings.Reverse();
        var blocks = new List<BlockRow>();
        packer.Pack(new PointSeries(7, 1), readings, 3, blocks);
        Assert.Equal(3 * BlockCodec.MaxReadings, blocks.Sum(block => block.Readings));
        Assert.Equal(blocks, blocks.OrderBy(block => block.First));
        for (var i = 1; i < blocks.Count; i++) Assert.True(blocks[i].First > blocks[i - 1].Last);
        Assert.Equal([Stretch.Of(1, Start), Stretch.Of(1, Start.AddMonths(1))], blocks.Select(block => block.Stretch).Distinct());
        Assert.Contains(blocks, block => block.Last == Start.AddMonths(1).AddMinutes(-1).Ticks);
    }

    private static byte[] Encode(RawReading[] readings)
    {
        var writer = new StoredBytesWriter();
        BlockCodec.Encode(writer, readings);
        return writer.Span.ToArray();
    }

    private static List<RawReading> Decode(byte[] block, int count)
    {
        var readings = new List<RawReading>();
        BlockCodec.Decode(block, count, readings);
        return readings;
    }
}
