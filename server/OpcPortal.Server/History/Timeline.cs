using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// What became of one time of a point: the readings that its source gave of it and the revisions, in the order in which they were. Pure. A reading that comes after another, an estimate or a note that it
/// is missing takes their place; what a person edited stands until a person edits it again. The chain of quality holds what was said of each, oldest first.
/// </summary>
internal ref struct Timeline(NoteTable notes)
{
    private RawReading _lastRaw;
    private HistoricReading _current;
    private ReadingStatus _told;
    private ReadingRevision? _edit;
    private bool _hasRaw;
    private bool _hasHistory;

    /// <summary>Where the links of the chain go; null: they are not wanted.</summary>
    public List<QualityEntry>? Chain { get; init; }

    /// <summary>Where earlier values go; null: they are not wanted.</summary>
    public List<ReadingVersion>? Versions { get; init; }

    /// <summary>Whether there is a best value.</summary>
    public bool HasValue { get; private set; }

    /// <summary>The best value.</summary>
    public readonly HistoricReading Best => _current;

    /// <param name="raws">Of one time, in the order in which they came.</param>
    /// <param name="revisions">Of the same time, in their order.</param>
    public void Fold(ReadOnlySpan<RawReading> raws, ReadOnlySpan<StoredRevision> revisions)
    {
        var next = 0;
        foreach (ref readonly var raw in raws)
        {
            while (next < revisions.Length && revisions[next].Revision.At < raw.ServerTime) Apply(revisions[next++].Revision);
            if (!_hasRaw || !raw.Repeats(_lastRaw)) Apply(raw);
            _lastRaw = raw;
            _hasRaw = true;
        }

        while (next < revisions.Length) Apply(revisions[next++].Revision);
    }

    private void Apply(in RawReading raw)
    {
        if (_edit is not null)
        {
            // It came too late: the edit stands, and it is kept beside it.
            Versions?.Add(new ReadingVersion(Historic(raw), _edit));
            return;
        }

        if (HasValue) Replaced(Supersedes(raw));
        _current = Historic(raw);
        _told = raw.Status;
        HasValue = true;
        // What came before it would else be the last word of the chain.
        if (_hasHistory || raw.Quality != default) Chain?.Add(new QualityEntry(raw.ServerTime, new QualityNote(raw.Quality, QualityAuthor.Source)));
        if (raw.Note != 0) Chain?.Add(new QualityEntry(raw.ServerTime, notes[raw.Note]));
        _hasHistory = true;
    }

    private readonly HistoricReading Historic(in RawReading raw)
    {
        var quality = raw.Note == 0 ? raw.Quality : notes[raw.Note].Code;
        return new HistoricReading(raw.Value, raw.SourceTime, raw.ServerTime, QualityStatus.StatusOf(raw.Status, quality), quality, IsRevised: false);
    }

    private static ReadingRevision Supersedes(in RawReading raw) =>
        new(-1, raw.SourceTime, RevisionKind.Replace, raw.ServerTime, new QualityNote(raw.Quality, QualityAuthor.Source)) { Value = raw.Value, Status = raw.Status };

    private void Apply(ReadingRevision revision)
    {
        var code = revision.Note.Code;
        switch (revision.Kind)
        {
            case RevisionKind.Note when HasValue:
                _current = _current with { Quality = code, Status = QualityStatus.StatusOf(_told, code) };
                break;
            case RevisionKind.Insert or RevisionKind.Replace:
                if (HasValue) Replaced(revision);
                _told = revision.Status;
                _current = new HistoricReading(revision.Value, revision.SourceTime, revision.At, QualityStatus.StatusOf(_told, code), code, IsRevised: true);
                HasValue = true;
                _edit = code.Category == QualityCode.Edited ? revision : null;
                break;
            case RevisionKind.Delete:
                if (HasValue) Replaced(revision);
                HasValue = false;
                _edit = code.Category == QualityCode.Edited ? revision : null;
                break;
        }

        Chain?.Add(new QualityEntry(revision.At, revision.Note));
        _hasHistory = true;
    }

    private readonly void Replaced(ReadingRevision by) => Versions?.Add(new ReadingVersion(_current, by));
}
