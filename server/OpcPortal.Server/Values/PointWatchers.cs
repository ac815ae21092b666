using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Hands readings on as values of a point.</summary>
internal sealed class ValueWatcher(PointConversion conversion, IValueObserver observer) : PointWatcher
{
    public override void OnReading(in StoredReading reading) => observer.OnValueChanged(conversion.ToDataValue(reading));
}

/// <summary>Hands readings on as values of a point's Quality.</summary>
internal sealed class QualityWatcher(ReadingQualityIds ids, IValueObserver observer) : PointWatcher
{
    public override void OnReading(in StoredReading reading) => observer.OnValueChanged(ToDataValue(reading, ids));

    /// <summary>Quality is known as soon as there is a reading, however bad that is.</summary>
    public static DataValue ToDataValue(in StoredReading reading, ReadingQualityIds ids) => reading.ServerTime == default
        ? DataValue.FromStatus(StatusCodes.BadWaitingForInitialData)
        : new DataValue(Variant.From(ReadingQuality.Of(reading, ids)), StatusCodes.Good, reading.SourceTime, reading.ServerTime);
}
