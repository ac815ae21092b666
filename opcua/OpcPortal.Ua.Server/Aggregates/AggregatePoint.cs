namespace OpcPortal.Ua.Server;

/// <summary>How far a value may be relied upon, before a configuration says what becomes of the uncertain.</summary>
internal enum PointQuality : byte
{
    Good,
    Uncertain,
    Bad,
}

/// <summary>A raw value, or a bounding value, as aggregates work with it. Part 13 3.1.7.</summary>
internal readonly struct AggregatePoint
{
    private AggregatePoint(long ticks, long serverTicks, in Variant value, StatusCode status, PointQuality quality, double number, bool hasNumber, bool isRaw)
    {
        Ticks = ticks;
        ServerTicks = serverTicks;
        Value = value;
        Status = status;
        Quality = quality;
        Number = number;
        HasNumber = hasNumber;
        IsRaw = isRaw;
    }

    /// <summary>UTC, in ticks.</summary>
    public long Ticks { get; }

    /// <summary>When the server got it, UTC; 0 where that is not known.</summary>
    public long ServerTicks { get; }

    public Variant Value { get; }
    public StatusCode Status { get; }
    public PointQuality Quality { get; }

    /// <summary>The value as a number, where <see cref="HasNumber"/>.</summary>
    public double Number { get; }

    public bool HasNumber { get; }

    /// <summary>A value that was stored; else one that was estimated for the edge of an interval.</summary>
    public bool IsRaw { get; }

    public bool IsGood => Quality == PointQuality.Good;
    public bool IsBad => Quality == PointQuality.Bad;

    /// <summary>Whether calculations may use it. Part 13 4.2.1.2 (TreatUncertainAsBad).</summary>
    public bool IsUsable(bool treatUncertainAsBad) => Quality == PointQuality.Good || (Quality == PointQuality.Uncertain && !treatUncertainAsBad);

    public static AggregatePoint Raw(in DataValue value, long ticks)
    {
        var hasNumber = value.Value.TryGetNumber(out var number);
        var quality = value.StatusCode.IsBad ? PointQuality.Bad : value.StatusCode.IsGood ? PointQuality.Good : PointQuality.Uncertain;
        // What holds nothing, or is no number among numbers, would spoil every sum: whatever its status says, nothing can be calculated with it.
        if (value.Value.IsNull || (hasNumber && !double.IsFinite(number))) quality = PointQuality.Bad;
        return new(ticks, value.ServerTimestamp.Ticks, value.Value, value.StatusCode, quality, number, hasNumber, isRaw: true);
    }

    public static AggregatePoint Raw(in DataValue value) => Raw(value, value.SourceTimestamp.Ticks);

    /// <summary>There is no bounding value. Part 13 3.1.8, 3.1.9.</summary>
    public static AggregatePoint Missing(long ticks) => new(ticks, ticks, default, StatusCodes.BadNoData, PointQuality.Bad, 0, hasNumber: false, isRaw: false);

    /// <summary>The value of a point, held until another time.</summary>
    public AggregatePoint HeldAt(long ticks, bool isCertain) => Estimate(ticks, Value, Number, HasNumber, isCertain);

    /// <summary>The value at a time on the line through two points; of the type of this one.</summary>
    public AggregatePoint OnLineTo(in AggregatePoint other, long ticks, bool isCertain)
    {
        // Text and the like is on no line: it holds.
        if (!HasNumber || !other.HasNumber) return HeldAt(ticks, isCertain);
        var number = Number + ((other.Number - Number) * ((double)(ticks - Ticks) / (other.Ticks - Ticks)));
        return Estimate(ticks, AggregateNumbers.As(Value.Type, number), number, hasNumber: true, isCertain);
    }

    private static AggregatePoint Estimate(long ticks, in Variant value, double number, bool hasNumber, bool isCertain) =>
        new(ticks, ticks, value, isCertain ? StatusCodes.Good : StatusCodes.UncertainDataSubNormal, isCertain ? PointQuality.Good : PointQuality.Uncertain, number, hasNumber, isRaw: false);
}

/// <summary>Numbers back in the type of the values that they were made of. Part 13 5.4.2.3 (Raw data type).</summary>
internal static class AggregateNumbers
{
    /// <summary>The nearest value that the type holds.</summary>
    public static Variant As(BuiltInType type, double number) => type switch
    {
        BuiltInType.Boolean => new Variant(number >= 0.5),
        BuiltInType.SByte => new Variant(sbyte.CreateSaturating(Math.Round(number))),
        BuiltInType.Byte => new Variant(byte.CreateSaturating(Math.Round(number))),
        BuiltInType.Int16 => new Variant(short.CreateSaturating(Math.Round(number))),
        BuiltInType.UInt16 => new Variant(ushort.CreateSaturating(Math.Round(number))),
        BuiltInType.Int32 => new Variant(int.CreateSaturating(Math.Round(number))),
        BuiltInType.UInt32 => new Variant(uint.CreateSaturating(Math.Round(number))),
        BuiltInType.Int64 => new Variant(long.CreateSaturating(Math.Round(number))),
        BuiltInType.UInt64 => new Variant(ulong.CreateSaturating(Math.Round(number))),
        BuiltInType.Float => new Variant((float)number),
        _ => new Variant(number),
    };

    /// <summary>A difference of two values: of their type, but a Double where an unsigned type would hide that it is negative.</summary>
    public static Variant Difference(BuiltInType type, double number) =>
        number < 0 && type is BuiltInType.Boolean or BuiltInType.Byte or BuiltInType.UInt16 or BuiltInType.UInt32 or BuiltInType.UInt64 ? new Variant(number) : As(type, number);
}
