using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Hands readings on as values of a point.</summary>
/// <param name="terms">What is withheld; null: nothing.</param>
/// <param name="interval">What a reading covers, ending with its time; zero: an instant.</param>
internal sealed class ValueWatcher(PointConversion conversion, ReadTerms? terms, TimeSpan interval, IValueObserver observer) : PointWatcher
{
    public override void OnReading(in StoredReading reading) => observer.OnValueChanged(ToDataValue(reading, conversion, terms, interval));

    public static DataValue ToDataValue(in StoredReading reading, PointConversion conversion, ReadTerms? terms, TimeSpan interval = default) =>
        ReadingTerms.Withholds(terms, reading, interval) ? ReadingTerms.Withheld : conversion.ToDataValue(reading);
}

/// <summary>Hands readings on as values of a point's Quality.</summary>
internal sealed class QualityWatcher(CurrentQuality quality, IValueObserver observer) : PointWatcher
{
    public override void OnReading(in StoredReading reading) => observer.OnValueChanged(quality.ToDataValue(reading));
}

/// <summary>The quality of a point's current value, for one user.</summary>
/// <param name="terms">What is withheld; null: nothing.</param>
/// <param name="chains">Where the chains are; null: none are kept.</param>
/// <param name="rights">Whether persons are shown; null: they are.</param>
internal sealed class CurrentQuality(int point, ReadingQualityIds ids, ReadTerms? terms, TimeSpan interval, CurrentRevisions? chains, IHistoryRights? rights, NodeGrant grant)
{
    /// <summary>Quality is known as soon as there is a reading, however bad that is.</summary>
    public DataValue ToDataValue(in StoredReading reading)
    {
        if (reading.ServerTime == default) return DataValue.FromStatus(StatusCodes.BadWaitingForInitialData);
        if (ReadingTerms.Withholds(terms, reading, interval)) return ReadingTerms.Withheld;
        var shown = chains?.ChainOf(point, reading) is { } chained ? ReadingQuality.Of(chained, ids, rights?.SeesPersons(grant) ?? true) : ReadingQuality.Of(reading, ids);
        return new DataValue(Variant.From(shown), StatusCodes.Good, reading.SourceTime, reading.ServerTime);
    }
}
