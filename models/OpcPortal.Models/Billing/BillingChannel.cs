namespace OpcPortal.Models;

/// <summary>A point that is billed: of a meter, with what it measures.</summary>
/// <param name="Meter">Names the meter, such as <c>oak-1/meter</c>.</param>
/// <param name="Point">The name of the point, such as <c>IntervalEnergyImport</c>.</param>
/// <param name="Type">What it measures.</param>
/// <param name="Unit">For people, such as kWh.</param>
/// <param name="Interval">What a reading covers, ending with its time; zero: it is a register.</param>
public sealed record BillingChannel(string Meter, string Point, ReadingTypeCode Type, string Unit, TimeSpan Interval)
{
    /// <summary>IEC 62056-61, where there is one.</summary>
    public string? Obis { get; init; }

    /// <summary>Where it was read, for machines: stable over exports.</summary>
    public required string Source { get; init; }

    public bool IsRegister => Interval == TimeSpan.Zero;
}

/// <summary>A reading as it is billed.</summary>
/// <param name="At">UTC: the end of its interval, or when a register was read.</param>
/// <param name="Quality">The code in force.</param>
public readonly record struct BillingReading(DateTime At, double Value, ReadingStatus Status, QualityCode Quality);

/// <summary>Why something cannot be billed.</summary>
/// <param name="From">UTC, excluded.</param>
/// <param name="To">UTC, included.</param>
/// <param name="Code">The code of the readings; null: there are none.</param>
/// <param name="Reason">For people.</param>
public sealed record BillingFlaw(BillingChannel Channel, DateTime From, DateTime To, QualityCode? Code, string Reason);
