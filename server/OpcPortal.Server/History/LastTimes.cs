namespace OpcPortal.Server;

/// <summary>The newest times of the series that are asked for. Used by one.</summary>
/// <param name="since">Older ones are of no interest, UTC.</param>
/// <param name="until">Later ones are of clocks that are ahead, UTC.</param>
internal sealed class LastTimes(DateTime since, DateTime until) : IJournalVisitor
{
    private readonly Dictionary<long, long> _bySeries = [];

    public DateTime Until => until;

    public IEnumerable<long> Series => _bySeries.Keys;

    /// <summary>Has a series looked for.</summary>
    public void Want(long series) => _bySeries[series] = 0;

    /// <summary>Those of which nothing as new as a time is known yet.</summary>
    public IReadOnlyCollection<long> Before(DateTime time) => [.. _bySeries.Where(known => known.Value < time.Ticks).Select(known => known.Key)];

    public bool TryGet(long series, out DateTime time)
    {
        time = default;
        if (!_bySeries.TryGetValue(series, out var ticks) || ticks < since.Ticks) return false;
        time = new DateTime(ticks, DateTimeKind.Utc);
        return true;
    }

    /// <summary>Notes what there is of a series, whether it is asked for or not.</summary>
    public void Note(long series, long ticks)
    {
        ref var known = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrNullRef(_bySeries, series);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref known)) known = ticks > until.Ticks ? known : Math.Max(known, ticks);
    }

    bool IJournalVisitor.WantsReadings => true;

    void IJournalVisitor.Visit(NamedSeries name)
    {
    }

    void IJournalVisitor.Visit(NumberedNote note)
    {
    }

    void IJournalVisitor.Visit(ReadOnlySpan<KeptReading> readings, long serverTicks)
    {
        foreach (ref readonly var kept in readings) Note(kept.Series, kept.Reading.SourceTime.Ticks);
    }

    void IJournalVisitor.Visit(StoredRevision revision) => Note(revision.Series, revision.Revision.SourceTime.Ticks);

    void IJournalVisitor.Visit(StoredAnnotation annotation)
    {
    }
}
