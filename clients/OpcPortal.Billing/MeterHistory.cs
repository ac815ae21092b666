using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Billing;

/// <summary>Reads the readings of a point with the quality code of each, as far as the session's user may: from the history of the point and from that of its Quality.</summary>
internal sealed class MeterHistory(UaSession session)
{
    /// <summary>Readings of one channel: ten years of 15 minutes, in memory once.</summary>
    public const int MaxReadings = 400_000;

    // Values of one answer: a week of 15 minutes with its chains is some 100 KB.
    private const uint PageSize = 1_000;

    /// <summary>The readings after <paramref name="from"/> up to <paramref name="to"/>, UTC, in order.</summary>
    /// <exception cref="UaException">The history cannot be read.</exception>
    /// <exception cref="BillingExportException">There are too many.</exception>
    public async Task<List<BillingReading>> ReadAsync(BilledPoint point, DateTime from, DateTime to, CancellationToken cancellation)
    {
        // Part 11 6.5.3: the end is not included.
        var values = await WalkAsync(point, point.Node, from.AddTicks(1), to.AddTicks(1), MaxReadings, cancellation).ConfigureAwait(false);
        var codes = await WalkAsync(point, point.Quality, from.AddTicks(1), to.AddTicks(1), MaxReadings, cancellation).ConfigureAwait(false);
        return Join(values, codes);
    }

    /// <summary>The last reading at or before a time, UTC, and not before <paramref name="earliest"/>; null: there is none.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public async Task<BillingReading?> LastAsync(BilledPoint point, DateTime at, DateTime earliest, CancellationToken cancellation)
    {
        var values = await WalkAsync(point, point.Node, at, earliest, 1, cancellation).ConfigureAwait(false);
        if (values.Count == 0) return null;
        var codes = await WalkAsync(point, point.Quality, values[0].SourceTimestamp, values[0].SourceTimestamp.AddTicks(1), 1, cancellation).ConfigureAwait(false);
        return Join(values, codes)[0];
    }

    // From later to earlier: back in time.
    private async Task<List<DataValue>> WalkAsync(BilledPoint point, NodeId node, DateTime from, DateTime to, int limit, CancellationToken cancellation)
    {
        var found = new List<DataValue>();
        var range = new HistoryRange { Start = from, End = to, Count = (uint)Math.Min(PageSize, limit) };
        await foreach (var value in session.ReadHistoryAsync(node, range, cancellation: cancellation).ConfigureAwait(false))
        {
            found.Add(value);
            if (found.Count < limit) continue;
            if (limit == MaxReadings) throw new BillingExportException($"{point.Channel.Meter}/{point.Channel.Point} has more than {MaxReadings} readings in the period: export shorter ones.");
            break;
        }

        return found;
    }

    // Both come in the order of their times; a reading whose quality is withheld or not there has said nothing of itself.
    private static List<BillingReading> Join(List<DataValue> values, List<DataValue> codes)
    {
        var readings = new List<BillingReading>(values.Count);
        var next = 0;
        foreach (var value in values)
        {
            while (next < codes.Count && codes[next].SourceTimestamp < value.SourceTimestamp) next++;
            var quality = next < codes.Count && codes[next].SourceTimestamp == value.SourceTimestamp ? CodeOf(codes[next]) : default;
            readings.Add(new BillingReading(value.SourceTimestamp, value.Value.TryGetNumber(out var number) ? number : double.NaN, (ReadingStatus)value.StatusCode.CodeBits, quality));
        }

        return readings;
    }

    // ReadingQualityDataType of the portal's model: Code is the one in force.
    private static QualityCode CodeOf(in DataValue value) =>
        value.Value.AsStructure<StructureValue>() is { } quality && quality["Code"].ToObject() is string text && QualityCode.TryParse(text, out var code) ? code : default;
}
