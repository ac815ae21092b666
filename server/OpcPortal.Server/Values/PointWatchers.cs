using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Hands readings on as values of a point.</summary>
/// <param name="terms">What is withheld; null: nothing.</param>
internal sealed class ValueWatcher(PointConversion conversion, ReadTerms? terms, IValueObserver observer) : PointWatcher
{
    public override void OnReading(in StoredReading reading) => observer.OnValueChanged(ToDataValue(reading, conversion, terms));

    public static DataValue ToDataValue(in StoredReading reading, PointConversion conversion, ReadTerms? terms) =>
        ReadingTerms.Withholds(terms, reading) ? ReadingTerms.Withheld : conversion.ToDataValue(reading);
}

/// <summary>Hands readings on as values of a point's Quality.</summary>
/// <param name="terms">What is withheld; null: nothing.</param>
internal sealed class QualityWatcher(ReadingQualityIds ids, ReadTerms? terms, IValueObserver observer) : PointWatcher
{
    public override void OnReading(in StoredReading reading) => observer.OnValueChanged(ToDataValue(reading, ids, terms));

    /// <summary>Quality is known as soon as there is a reading, however bad that is.</summary>
    public static DataValue ToDataValue(in StoredReading reading, ReadingQualityIds ids, ReadTerms? terms)
    {
        if (reading.ServerTime == default) return DataValue.FromStatus(StatusCodes.BadWaitingForInitialData);
        return ReadingTerms.Withholds(terms, reading) ? ReadingTerms.Withheld : new DataValue(Variant.From(ReadingQuality.Of(reading, ids)), StatusCodes.Good, reading.SourceTime, reading.ServerTime);
    }
}
