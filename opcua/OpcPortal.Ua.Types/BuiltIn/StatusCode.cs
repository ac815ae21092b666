namespace OpcPortal.Ua;

/// <summary>A numeric result: severity in the two top bits, sub-code, flag bits. Part 4 7.39.</summary>
public readonly struct StatusCode(uint code) : IEquatable<StatusCode>
{
    private const uint SeverityMask = 0xC000_0000;
    private const uint InfoTypeDataValue = 0x0000_0400;
    private const uint OverflowBit = 0x0000_0080;
    private const uint LimitBits = 0x0000_0300;
    private const uint InfoTypeMask = 0x0000_0C00;
    private const uint AggregateMask = 0x0000_001F;
    private const uint StructureChangedBit = 0x0000_8000;
    private const uint SemanticsChangedBit = 0x0000_4000;

    public uint Code { get; } = code;

    /// <summary>The code without flag and info bits: what <c>StatusCodes</c> names.</summary>
    public uint CodeBits => Code & 0xFFFF_0000;

    public bool IsGood => (Code & SeverityMask) == 0;
    public bool IsUncertain => (Code & SeverityMask) == 0x4000_0000;
    public bool IsBad => (Code & 0x8000_0000) != 0;
    public bool IsNotBad => !IsBad;

    /// <summary>Whether a monitored item's queue lost values just before or after this one. Part 4 7.39.1, bit 7 of DataValue info.</summary>
    public bool HasOverflow => (Code & (InfoTypeDataValue | OverflowBit)) == (InfoTypeDataValue | OverflowBit);

    public bool HasSemanticsChanged => (Code & SemanticsChangedBit) != 0;

    public StatusCode WithOverflow() => new(Code | InfoTypeDataValue | OverflowBit);

    /// <summary>The status as it was before a queue overflowed; limit and aggregate bits, which share the info type, stay.</summary>
    public StatusCode WithoutOverflow() => (Code & (LimitBits | AggregateMask)) != 0 ? new(Code & ~OverflowBit) : new(Code & ~(OverflowBit | InfoTypeDataValue));

    /// <summary>Where an aggregate's value came from; Raw where the code says nothing of it.</summary>
    public AggregateBits AggregateBits => (Code & InfoTypeMask) == InfoTypeDataValue ? (AggregateBits)(Code & AggregateMask) : AggregateBits.Raw;

    /// <summary>The code with these bits in place of those it had. Raw alone needs no info, and gets none.</summary>
    public StatusCode WithAggregateBits(AggregateBits bits) =>
        bits == AggregateBits.Raw ? new(Code & ~AggregateMask) : new((Code & ~AggregateMask) | InfoTypeDataValue | (uint)bits);

    public StatusCode WithSemanticsChanged() => new(Code | SemanticsChangedBit);
    public StatusCode WithStructureChanged() => new(Code | StructureChangedBit);

    public bool Equals(StatusCode other) => Code == other.Code;
    public override bool Equals(object? obj) => obj is StatusCode other && Equals(other);
    public override int GetHashCode() => (int)Code;
    public static bool operator ==(StatusCode left, StatusCode right) => left.Code == right.Code;
    public static bool operator !=(StatusCode left, StatusCode right) => left.Code != right.Code;
    public static implicit operator StatusCode(uint code) => new(code);

    /// <summary>The symbolic name if the code has one, then the number in hexadecimal.</summary>
    public override string ToString() =>
        StatusCodeNames.TryGetName(CodeBits, out var name)
            ? CodeBits == Code ? name : $"{name} (0x{Code:X8})"
            : $"0x{Code:X8}";
}
