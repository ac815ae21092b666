using System.Globalization;

namespace OpcPortal.Models;

/// <summary>Who set a quality code. IEC 61968-9 Annex C (ReadingQualityType), first part of the code.</summary>
public enum QualityOrigin : byte
{
    NotApplicable = 0,
    EndDevice = 1,
    MeteringSystem = 2,
    MeterDataManagement = 3,
    Other = 4,
    External = 5,
}

/// <summary>
/// A reading quality <c>origin.category.index</c> of IEC 61968-9. Any number is allowed: utilities add indexes of their own, from 1001 on.
/// The default value is "not applicable, valid": nothing was said about the reading.
/// </summary>
public readonly record struct QualityCode(QualityOrigin Origin, ushort Category, ushort Index)
{
    /// <summary>Categories. IEC 61968-9 Annex C, second part of the code.</summary>
    public const ushort Valid = 0;
    public const ushort Diagnostics = 1;
    public const ushort PowerQuality = 2;
    public const ushort Tamper = 3;
    public const ushort Collection = 4;
    public const ushort Reasonability = 5;
    public const ushort ValidationFailed = 6;
    public const ushort Edited = 7;
    public const ushort Estimated = 8;
    public const ushort Questionable = 10;
    public const ushort Derived = 11;
    public const ushort Projected = 12;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(byte)Origin}.{Category}.{Index}");

    /// <summary>Reads the form <c>2.5.259</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out QualityCode code)
    {
        code = default;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, '.') != 3) return false;
        if (!byte.TryParse(text[parts[0]], NumberStyles.None, CultureInfo.InvariantCulture, out var origin) || origin > (byte)QualityOrigin.External) return false;
        if (!ushort.TryParse(text[parts[1]], NumberStyles.None, CultureInfo.InvariantCulture, out var category)) return false;
        if (!ushort.TryParse(text[parts[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var index)) return false;
        code = new QualityCode((QualityOrigin)origin, category, index);
        return true;
    }
}
