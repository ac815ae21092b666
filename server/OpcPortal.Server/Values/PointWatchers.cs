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
/// <param name="history">Where the chains are; null: none are kept.</param>
/// <param name="rights">Whether persons are shown; null: they are.</param>
internal sealed class CurrentQuality(int point, ReadingQualityIds ids, ReadTerms? terms, TimeSpan interval, IReadingHistory? history, IHistoryRights? rights, NodeGrant grant)
{
    /// <summary>Quality is known as soon as there is a reading, however bad that is.</summary>
    public DataValue ToDataValue(in StoredReading reading)
    {
        if (reading.ServerTime == default) return DataValue.FromStatus(StatusCodes.BadWaitingForInitialData);
        if (ReadingTerms.Withholds(terms, reading, interval)) return ReadingTerms.Withheld;
        var shown = ChainOf(reading) is { } chained ? ReadingQuality.Of(chained, ids, rights?.SeesPersons(grant) ?? true) : ReadingQuality.Of(reading, ids);
        return new DataValue(Variant.From(shown), StatusCodes.Good, reading.SourceTime, reading.ServerTime);
    }

    // What is current was kept a moment ago, and so is at hand. Nobody waits here: where it is not, the code in force is all that is shown.
    private ChainedReading? ChainOf(in StoredReading reading)
    {
        if (history is null || !history.Keeps(point)) return null;
        var page = history.ReadChainsAsync(point, new HistoryWalk(reading.SourceTime, reading.SourceTime.AddTicks(1), 1), CancellationToken.None);
        if (page.IsCompletedSuccessfully) return page.Result.Items is [var chained, ..] ? chained : null;
        // Looked at once, as its kind of task wants; whatever became of it is no matter here.
        _ = page.AsTask().ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return null;
    }
}
