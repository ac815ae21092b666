namespace OpcPortal.Adapters.Modbus.Tests;

public sealed class ProfileTimeTests
{
    private static readonly DateTime Expected = new(2026, 3, 4, 12, 15, 0, DateTimeKind.Utc);

    private static DateTime? Read(ProfileTime time, params ushort[] registers) =>
        time.TryRead(registers.SelectMany(register => new[] { (byte)(register >> 8), (byte)register }).ToArray(), out var utc) ? utc : null;

    private static ProfileTime Of(ProfileTimeFormat format, RegisterOrder order = RegisterOrder.Big, int at = 0, int offset = 0) => new(at, format, order, TimeSpan.FromMinutes(offset));

    [Fact]
    public void Seconds_are_counted_from_1970_or_from_2000_in_either_order_of_words()
    {
        const uint Seconds = 1_772_626_500;
        const uint Seconds2000 = Seconds - 946_684_800;
        Assert.Equal(Expected, Read(Of(ProfileTimeFormat.EpochSeconds), (ushort)(Seconds >> 16), (ushort)(Seconds & 0xFFFF)));
        Assert.Equal(Expected, Read(Of(ProfileTimeFormat.EpochSeconds, RegisterOrder.Little, at: 1), 9, (ushort)(Seconds & 0xFFFF), (ushort)(Seconds >> 16)));
        Assert.Equal(Expected, Read(Of(ProfileTimeFormat.EpochSeconds2000), (ushort)(Seconds2000 >> 16), (ushort)(Seconds2000 & 0xFFFF)));
    }

    [Fact]
    public void A_clock_that_is_ahead_of_UTC_is_brought_to_it()
    {
        Assert.Equal(Expected, Read(Of(ProfileTimeFormat.Calendar, offset: 60), 2026, 3, 4, 13, 15, 0));
        Assert.Equal(Expected, Read(Of(ProfileTimeFormat.Calendar, offset: -210), 26, 3, 4, 8, 45, 0));
    }

    [Fact]
    public void The_end_of_a_day_may_be_written_as_24_hours() =>
        Assert.Equal(new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc), Read(Of(ProfileTimeFormat.Calendar), 2026, 2, 28, 24, 0, 0));

    [Theory]
    [InlineData(2026, 2, 29, 0, 0, 0)]
    [InlineData(2026, 13, 1, 0, 0, 0)]
    [InlineData(2026, 0, 1, 0, 0, 0)]
    [InlineData(2026, 3, 4, 24, 1, 0)]
    [InlineData(2026, 3, 4, 12, 60, 0)]
    [InlineData(65535, 65535, 65535, 65535, 65535, 65535)]
    [InlineData(0, 0, 0, 0, 0, 0)]
    public void What_is_no_time_is_not_read_as_one(int year, int month, int day, int hour, int minute, int second) =>
        Assert.Null(Read(Of(ProfileTimeFormat.Calendar), (ushort)year, (ushort)month, (ushort)day, (ushort)hour, (ushort)minute, (ushort)second));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0xFFFF, 0xFFFF)]
    public void Erased_memory_is_no_time(int high, int low) => Assert.Null(Read(Of(ProfileTimeFormat.EpochSeconds), (ushort)high, (ushort)low));
}
