using System.Collections.Frozen;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>A load profile: records that a device keeps in a ring of registers, one for each interval, so that what was missed can be read after. The object <c>profiles.NAME</c> of a device.</summary>
internal sealed record ProfileSettings
{
    /// <summary>Records of a profile: a year of quarter hours.</summary>
    public const int MaxCapacity = 36_000;

    public required string Name { get; init; }
    public required ModbusTable Table { get; init; }

    /// <summary>The first register of the first record.</summary>
    public required int Address { get; init; }

    /// <summary>Registers of a record.</summary>
    public required int Length { get; init; }

    /// <summary>Records that there is room for.</summary>
    public required int Capacity { get; init; }

    /// <summary>The time from one record to the next.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>How often it is looked for new records.</summary>
    public required TimeSpan Poll { get; init; }

    /// <summary>How many records there are.</summary>
    public required RegisterMapping Count { get; init; }

    /// <summary>Which of them is the newest.</summary>
    public required RegisterMapping Newest { get; init; }

    /// <summary>The number that the device gives to the first record: 0 or 1.</summary>
    public required int First { get; init; }

    public required ProfileTime Time { get; init; }

    /// <summary>Null: its records have no status.</summary>
    public ProfileStatus? Status { get; init; }

    /// <summary>The points that its records bring: places count from the record's first register.</summary>
    public required IReadOnlyList<ModbusPoint> Points { get; init; }
}

/// <summary>How a record states the end of its interval.</summary>
internal enum ProfileTimeFormat
{
    /// <summary>Seconds since 1970, 32 bits.</summary>
    EpochSeconds,

    /// <summary>Seconds since 2000, 32 bits.</summary>
    EpochSeconds2000,

    /// <summary>Six registers: year, month, day, hour, minute, second.</summary>
    Calendar,
}

/// <summary>The time of a record.</summary>
/// <param name="At">Its first register in the record.</param>
/// <param name="WordOrder">Of the two registers of a number.</param>
/// <param name="UtcOffset">What the device's clock is ahead of UTC, all the year round.</param>
internal sealed record ProfileTime(int At, ProfileTimeFormat Format, RegisterOrder WordOrder, TimeSpan UtcOffset)
{
    private const int CalendarRegisters = 6;
    private static readonly DateTime Epoch2000 = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Registers that it takes.</summary>
    public int Length => Format == ProfileTimeFormat.Calendar ? CalendarRegisters : 2;

    /// <summary>Reads the time of a record.</summary>
    /// <param name="record">As on the wire.</param>
    /// <param name="utc">UTC.</param>
    /// <returns>False where it is none.</returns>
    public bool TryRead(ReadOnlySpan<byte> record, out DateTime utc)
    {
        utc = default;
        var registers = record.Slice(At * 2, Length * 2);
        if (Format == ProfileTimeFormat.Calendar) return TryReadCalendar(registers, out utc);
        var (high, low) = (Register(registers, 0), Register(registers, 1));
        var seconds = WordOrder == RegisterOrder.Big ? ((uint)high << 16) | (uint)low : ((uint)low << 16) | (uint)high;
        // All bits clear or set is what erased memory has.
        if (seconds is 0 or uint.MaxValue) return false;
        utc = (Format == ProfileTimeFormat.EpochSeconds ? DateTime.UnixEpoch : Epoch2000).AddSeconds(seconds) - UtcOffset;
        return true;
    }

    private bool TryReadCalendar(ReadOnlySpan<byte> registers, out DateTime utc)
    {
        utc = default;
        var (year, month, day) = (Register(registers, 0), Register(registers, 1), Register(registers, 2));
        var (hour, minute, second) = (Register(registers, 3), Register(registers, 4), Register(registers, 5));
        // Where the year has two digits the century is ours.
        if (year < 100) year += 2000;
        if (year is < 1970 or > 9998 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        // 24:00 ends the day, as some meters write it.
        if (hour > 24 || minute > 59 || second > 59 || (hour == 24 && (minute | second) != 0)) return false;
        utc = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc) + new TimeSpan(hour, minute, second) - UtcOffset;
        return true;
    }

    private static int Register(ReadOnlySpan<byte> registers, int index) => (registers[2 * index] << 8) | registers[(2 * index) + 1];
}

/// <summary>The status of a record: bits, each with what it says of the values.</summary>
/// <param name="At">Its register in the record.</param>
/// <param name="Bits">From 0, the lowest; of several that are set, the lowest that makes values bad counts, else the lowest.</param>
internal sealed record ProfileStatus(int At, FrozenDictionary<int, QualityCode> Bits)
{
    /// <returns>The default code where nothing is said.</returns>
    public QualityCode Read(ReadOnlySpan<byte> record)
    {
        QualityCode said = default;
        var bits = (record[At * 2] << 8) | record[(At * 2) + 1];
        for (var bit = 15; bit >= 0; bit--)
        {
            if ((bits & (1 << bit)) == 0 || !Bits.TryGetValue(bit, out var code)) continue;
            if (said == default || IsBad(code) || !IsBad(said)) said = code;
        }

        return said;
    }

    private static bool IsBad(QualityCode code) => ProfileJudge.IsBad(QualityStatus.StatusOf(ReadingStatus.Good, code));
}
