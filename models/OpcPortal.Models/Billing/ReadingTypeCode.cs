using System.Globalization;

namespace OpcPortal.Models;

/// <summary>
/// A ReadingType of IEC 61968-9 Annex C: what a point measures, as 18 numbers with dots, such as <c>0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0</c>. Green Button (NAESB REQ.21) uses the same numbers.
/// </summary>
public sealed class ReadingTypeCode : IEquatable<ReadingTypeCode>
{
    private const int Parts = 18;

    private readonly int[] _parts;

    private ReadingTypeCode(int[] parts) => _parts = parts;

    /// <summary>The period that it is about, such as 11 (daily); 0: none.</summary>
    public int MacroPeriod => _parts[0];

    /// <summary>Such as 2 (average) or 8 (maximum); 0: none, 12: normal.</summary>
    public int Aggregate => _parts[1];

    /// <summary>Such as 2 (15 minutes) or 7 (60 minutes); 0: none.</summary>
    public int MeasuringPeriod => _parts[2];

    /// <summary>Such as 1 (bulk quantity: a register) or 4 (delta data: an interval).</summary>
    public int Accumulation => _parts[3];

    /// <summary>Such as 1 (forward) or 19 (reverse).</summary>
    public int FlowDirection => _parts[4];

    /// <summary>Such as 1 (electricity), 7 (natural gas) or 9 (potable water).</summary>
    public int Commodity => _parts[5];

    /// <summary>Such as 12 (energy) or 58 (volume).</summary>
    public int MeasurementKind => _parts[6];

    public int Phases => _parts[14];

    /// <summary>The power of ten of the unit, such as 3 (kilo).</summary>
    public int Multiplier => _parts[15];

    /// <summary>Such as 72 (watt hour) or 42 (cubic metre).</summary>
    public int Unit => _parts[16];

    /// <summary>ISO 4217, as a number; 0: none.</summary>
    public int Currency => _parts[17];

    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ReadingTypeCode? code)
    {
        code = null;
        ArgumentNullException.ThrowIfNull(text);
        var texts = text.Split('.');
        if (texts.Length != Parts) return false;
        var parts = new int[Parts];
        for (var i = 0; i < Parts; i++)
            if (!int.TryParse(texts[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out parts[i])) return false;
        code = new ReadingTypeCode(parts);
        return true;
    }

    public bool Equals(ReadingTypeCode? other) => other is not null && _parts.AsSpan().SequenceEqual(other._parts);

    public override bool Equals(object? obj) => Equals(obj as ReadingTypeCode);

    public override int GetHashCode() => _parts.Aggregate(0, HashCode.Combine);

    public override string ToString() => string.Join('.', _parts.Select(part => part.ToString(CultureInfo.InvariantCulture)));
}
