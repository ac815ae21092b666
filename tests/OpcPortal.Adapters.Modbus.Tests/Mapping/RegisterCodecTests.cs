using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

public sealed class RegisterCodecTests
{
    private static RegisterMapping Of(RegisterFormat format) => new() { Table = ModbusTable.Holding, Address = 0, Format = format };

    private static PointValue Good(RegisterMapping mapping, string registers)
    {
        Assert.Equal(ReadingStatus.Good, RegisterCodec.Decode(mapping, Convert.FromHexString(registers), out var value));
        return value;
    }

    // IEEE 754: 1.5f is 3FC00000, -2.0 is C000000000000000.
    [Theory]
    [InlineData(RegisterFormat.UInt16, "FFFE", "65534")]
    [InlineData(RegisterFormat.Int16, "FFFE", "-2")]
    [InlineData(RegisterFormat.UInt32, "FFFFFFFE", "4294967294")]
    [InlineData(RegisterFormat.Int32, "FFFFFFFE", "-2")]
    [InlineData(RegisterFormat.Int64, "FFFFFFFFFFFFFFFE", "-2")]
    [InlineData(RegisterFormat.UInt64, "FFFFFFFFFFFFFFFE", "18446744073709551614")]
    [InlineData(RegisterFormat.Float32, "3FC00000", "1.5")]
    [InlineData(RegisterFormat.Float64, "C000000000000000", "-2")]
    [InlineData(RegisterFormat.Bcd16, "1234", "1234")]
    [InlineData(RegisterFormat.Bcd32, "98765432", "98765432")]
    [InlineData(RegisterFormat.Bool, "0000", "false")]
    [InlineData(RegisterFormat.Bool, "0100", "true")]
    public void Each_format_is_read_high_byte_and_high_word_first(RegisterFormat format, string registers, string expected) =>
        Assert.Equal(expected, Good(Of(format), registers).ToString());

    [Theory]
    [InlineData(RegisterOrder.Big, RegisterOrder.Big, "12345678")]
    [InlineData(RegisterOrder.Little, RegisterOrder.Big, "56781234")]
    [InlineData(RegisterOrder.Big, RegisterOrder.Little, "34127856")]
    [InlineData(RegisterOrder.Little, RegisterOrder.Little, "78563412")]
    public void Words_and_bytes_may_be_swapped_each_for_itself(RegisterOrder words, RegisterOrder bytes, string registers)
    {
        var mapping = Of(RegisterFormat.UInt32) with { WordOrder = words, ByteOrder = bytes };
        Assert.Equal(0x12345678UL, Good(mapping, registers).AsUnsigned());
        var written = new byte[4];
        Assert.Equal(ReadingStatus.Good, RegisterCodec.Encode(mapping, PointValue.From(0x12345678UL), written));
        Assert.Equal(registers, Convert.ToHexString(written));
    }

    [Fact]
    public void A_decimal_scale_gives_the_number_nearest_to_the_decimal_one()
    {
        Assert.Equal(230.1, Good(Of(RegisterFormat.UInt16) with { Scaling = new Scaling(0.1, 0) }, "08FD").AsReal());
        Assert.NotEqual(230.1, 2301 * 0.1);
        Assert.Equal(-39.5, Good(Of(RegisterFormat.Int16) with { Scaling = new Scaling(0.5, -40) }, "0001").AsReal());
        Assert.Equal(5000, Good(Of(RegisterFormat.UInt16) with { Scaling = new Scaling(1000, 0) }, "0005").AsReal());
    }

    [Fact]
    public void A_value_that_means_no_value_gives_none()
    {
        var mapping = Of(RegisterFormat.Int16) with { NotAvailable = 0x8000 };
        Assert.Equal(ReadingStatus.BadNoData, RegisterCodec.Decode(mapping, [0x80, 0x00], out var none));
        Assert.Equal(PointValue.None, none);
        Assert.Equal(-32767, Good(mapping, "8001").AsSigned());
        Assert.Equal(ReadingStatus.BadNoData, RegisterCodec.Decode(Of(RegisterFormat.Float32), [0x7F, 0xC0, 0, 0], out _));
    }

    [Theory]
    [InlineData(RegisterFormat.Bcd16, "12A4")]
    [InlineData(RegisterFormat.Bcd32, "F0000000")]
    [InlineData(RegisterFormat.Float32, "7F800000")]
    [InlineData(RegisterFormat.String, "FFFF")]
    public void What_cannot_be_a_value_of_the_format_is_a_decoding_error(RegisterFormat format, string registers)
    {
        Assert.Equal(ReadingStatus.BadDecodingError, RegisterCodec.Decode(Of(format), Convert.FromHexString(registers), out var value));
        Assert.Equal(PointValue.None, value);
    }

    [Theory]
    [InlineData("41424300", "ABC")]
    [InlineData("41422020", "AB")]
    [InlineData("00000000", "")]
    public void A_text_ends_at_its_padding(string registers, string expected) => Assert.Equal(expected, Good(Of(RegisterFormat.String) with { TextRegisters = 2 }, registers).AsText());

    [Fact]
    public void A_text_is_written_padded_and_refused_where_it_does_not_fit()
    {
        var mapping = Of(RegisterFormat.String) with { TextRegisters = 2, ByteOrder = RegisterOrder.Little };
        var registers = new byte[4];
        Assert.Equal(ReadingStatus.Good, RegisterCodec.Encode(mapping, PointValue.From("ABC"), registers));
        Assert.Equal("42410043", Convert.ToHexString(registers));
        Assert.Equal(ReadingStatus.BadOutOfRange, RegisterCodec.Encode(mapping, PointValue.From("ABCDE"), registers));
        Assert.Equal(ReadingStatus.BadTypeMismatch, RegisterCodec.Encode(mapping, PointValue.From(1.0), registers));
    }

    [Fact]
    public void Bits_of_a_register_are_read_and_written_without_their_neighbours()
    {
        var field = Of(RegisterFormat.UInt16) with { Mask = 0x0F00 };
        Assert.Equal(0xBUL, Good(field, "ABCD").AsUnsigned());
        Assert.True(Good(Of(RegisterFormat.Bool) with { Mask = 0x0004 }, "ABCD").AsBoolean());
        Assert.False(Good(Of(RegisterFormat.Bool) with { Mask = 0x0002 }, "ABCD").AsBoolean());

        Assert.Equal(ReadingStatus.Good, RegisterCodec.EncodeField(field, PointValue.From(5UL), out var and, out var or));
        Assert.Equal(0xA5CD, (0xABCD & and) | (or & ~and));
        Assert.Equal(ReadingStatus.BadOutOfRange, RegisterCodec.EncodeField(field, PointValue.From(16UL), out _, out _));
        Assert.Equal(ReadingStatus.BadTypeMismatch, RegisterCodec.EncodeField(field, PointValue.From("5"), out _, out _));
    }

    [Theory]
    [InlineData(RegisterFormat.UInt16, 65535, ReadingStatus.Good)]
    [InlineData(RegisterFormat.UInt16, 65536, ReadingStatus.BadOutOfRange)]
    [InlineData(RegisterFormat.UInt16, -1, ReadingStatus.BadOutOfRange)]
    [InlineData(RegisterFormat.Int16, -32768, ReadingStatus.Good)]
    [InlineData(RegisterFormat.Int16, -32769, ReadingStatus.BadOutOfRange)]
    [InlineData(RegisterFormat.Bcd16, 9999, ReadingStatus.Good)]
    [InlineData(RegisterFormat.Bcd16, 10000, ReadingStatus.BadOutOfRange)]
    [InlineData(RegisterFormat.UInt32, 4294967295, ReadingStatus.Good)]
    [InlineData(RegisterFormat.UInt32, 4294967296, ReadingStatus.BadOutOfRange)]
    [InlineData(RegisterFormat.Int64, 9.3e18, ReadingStatus.BadOutOfRange)]
    [InlineData(RegisterFormat.UInt64, 1.9e19, ReadingStatus.BadOutOfRange)]
    [InlineData(RegisterFormat.Float32, 1e39, ReadingStatus.BadOutOfRange)]
    [InlineData(RegisterFormat.Float32, 1e38, ReadingStatus.Good)]
    [InlineData(RegisterFormat.UInt16, double.NaN, ReadingStatus.BadOutOfRange)]
    public void What_the_registers_cannot_hold_is_refused_and_its_neighbour_is_not(RegisterFormat format, double value, ReadingStatus expected) =>
        Assert.Equal(expected, RegisterCodec.Encode(Of(format), PointValue.From(value), new byte[Of(format).Length * 2]));

    [Fact]
    public void Bounds_are_in_the_engineering_unit_and_the_sign_for_no_value_cannot_be_written()
    {
        var mapping = Of(RegisterFormat.Int16) with { Scaling = new Scaling(0.1, 0), Min = 5, Max = 30, NotAvailable = 200 };
        var registers = new byte[2];
        Assert.Equal(ReadingStatus.Good, RegisterCodec.Encode(mapping, PointValue.From(30.0), registers));
        Assert.Equal("012C", Convert.ToHexString(registers));
        Assert.Equal(ReadingStatus.BadOutOfRange, RegisterCodec.Encode(mapping, PointValue.From(30.1), registers));
        Assert.Equal(ReadingStatus.BadOutOfRange, RegisterCodec.Encode(mapping, PointValue.From(4.9), registers));
        Assert.Equal(ReadingStatus.BadOutOfRange, RegisterCodec.Encode(mapping, PointValue.From(20.0), registers));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_was_written_is_what_is_read(int seed)
    {
        var random = new Random(seed);
        RegisterFormat[] formats = [RegisterFormat.Int16, RegisterFormat.UInt16, RegisterFormat.Int32, RegisterFormat.UInt32, RegisterFormat.Int64, RegisterFormat.UInt64, RegisterFormat.Float64];
        double[] scales = [1, 0.1, 0.01, 0.001, 10, 0.25];
        for (var round = 0; round < 5_000; round++)
        {
            var scaling = new Scaling(scales[random.Next(scales.Length)], random.Next(-50, 50));
            var mapping = Of(formats[random.Next(formats.Length)]) with { Scaling = scaling, WordOrder = (RegisterOrder)random.Next(2), ByteOrder = (RegisterOrder)random.Next(2) };
            var value = scaling.ToUnit(random.Next(0, 30_000));
            var registers = new byte[mapping.Length * 2];
            Assert.Equal(ReadingStatus.Good, RegisterCodec.Encode(mapping, PointValue.From(value), registers));
            Assert.True(Good(mapping, Convert.ToHexString(registers)).TryGetNumber(out var read));
            Assert.Equal(value, read, 9);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Whatever_the_registers_hold_is_a_value_or_a_status(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 20_000; round++)
        {
            var mapping = Of((RegisterFormat)random.Next(12)) with { Scaling = new Scaling(0.01, 1) };
            var registers = new byte[mapping.Length * 2];
            random.NextBytes(registers);
            var status = RegisterCodec.Decode(mapping, registers, out var value);
            Assert.Equal(status == ReadingStatus.Good, value.Kind != PointValueKind.None);
        }
    }

    [Fact]
    public void Whole_numbers_of_64_bits_pass_without_loss()
    {
        var registers = new byte[8];
        Assert.Equal(ReadingStatus.Good, RegisterCodec.Encode(Of(RegisterFormat.UInt64), PointValue.From(ulong.MaxValue - 1), registers));
        Assert.Equal("FFFFFFFFFFFFFFFE", Convert.ToHexString(registers));
        Assert.Equal(ReadingStatus.Good, RegisterCodec.Encode(Of(RegisterFormat.Int64), PointValue.From(long.MinValue + 1), registers));
        Assert.Equal("8000000000000001", Convert.ToHexString(registers));
        Assert.Equal(ReadingStatus.BadOutOfRange, RegisterCodec.Encode(Of(RegisterFormat.UInt64), PointValue.From(-1L), registers));
    }
}
