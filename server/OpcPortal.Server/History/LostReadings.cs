using System.Globalization;
using System.Runtime.InteropServices;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What could not be kept, by series: from when to when, and how many. Not thread-safe.</summary>
internal sealed class LostReadings
{
    /// <summary>Series of which it is remembered: 5 MB. Of others it is counted alone.</summary>
    private const int MaxSeries = 100_000;

    // IEC 61968-9 Annex C: known missing, by the head end.
    private static readonly QualityCode KnownMissing = new(QualityOrigin.MeteringSystem, QualityCode.Reasonability, 259);

    private readonly Dictionary<long, Lost> _lost = [];

    public bool IsEmpty => _lost.Count == 0;

    public void Add(ReadOnlySpan<KeptReading> readings)
    {
        foreach (ref readonly var kept in readings)
        {
            if (_lost.Count >= MaxSeries && !_lost.ContainsKey(kept.Series)) continue;
            ref var lost = ref CollectionsMarshal.GetValueRefOrAddDefault(_lost, kept.Series, out var isKnown);
            var time = kept.Reading.SourceTime;
            lost = isKnown
                ? lost with { First = time < lost.First ? time : lost.First, Last = time > lost.Last ? time : lost.Last, Count = lost.Count + 1 }
                : new Lost(kept.DataClass, time, time, 1);
        }
    }

    /// <summary>Makes a revision for each series.</summary>
    /// <param name="sequence">The number before that of the first.</param>
    public List<StoredRevision> Tell(DateTime now, long sequence)
    {
        var told = new List<StoredRevision>(_lost.Count);
        foreach (var (series, lost) in _lost)
        {
            var reason = string.Create(CultureInfo.InvariantCulture, $"{lost.Count} readings of {lost.First:u} to {lost.Last:u} could not be kept: the journal refused them");
            var note = new QualityNote(KnownMissing, new QualityAuthor(null, "OpcPortal store"), reason);
            told.Add(new StoredRevision(series, lost.DataClass, ++sequence, new ReadingRevision(-1, lost.First, RevisionKind.Insert, now, note) { Status = ReadingStatus.BadNoData }));
        }

        return told;
    }

    /// <summary>They are told.</summary>
    public void Clear() => _lost.Clear();

    private readonly record struct Lost(byte DataClass, DateTime First, DateTime Last, long Count);
}
