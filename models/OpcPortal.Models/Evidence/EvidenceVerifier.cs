using System.Text;

namespace OpcPortal.Models;

/// <summary>What is wrong with a chain.</summary>
public enum EvidenceFlaw : byte
{
    /// <summary>The row is not what was written: its hash does not follow from it.</summary>
    Altered,

    /// <summary>Rows are missing before this one.</summary>
    Gap,

    /// <summary>The row stands where another stood, or stands twice.</summary>
    OutOfOrder,

    /// <summary>The row does not follow the one before: one of the two was written anew.</summary>
    BrokenLink,

    /// <summary>The oldest rows are missing, and no checkpoint says that their time was over.</summary>
    CutHead,

    /// <summary>Rows that an anchor saw are missing at the end.</summary>
    CutTail,

    /// <summary>An anchor saw another row here: the chain was written anew.</summary>
    Rewritten,
}

/// <summary>The first thing that is wrong with a chain.</summary>
/// <param name="Sequence">Of the row where it shows.</param>
/// <param name="Reason">For people.</param>
public sealed record EvidenceFault(EvidenceClass Class, long Sequence, EvidenceFlaw Flaw, string Reason);

/// <summary>Checks the rows of one class, handed over in the order of their sequence numbers, and stops at the first that is wrong. Holds no rows: a chain may be longer than memory.</summary>
/// <param name="anchors">Where the chain is known to have stood; those of other classes are passed over. One of the row before the first stands for all that is not there.</param>
public sealed class EvidenceVerifier(EvidenceClass @class, IReadOnlyList<EvidenceAnchor> anchors)
{
    private EvidenceAnchor _last = EvidenceAnchor.Start(@class);
    private EvidenceCheckpoint? _removed;
    private EvidenceCheckpoint? _vouched;

    /// <summary>Rows that were found right.</summary>
    public long Count { get; private set; }

    /// <summary>The sequence number of the oldest row; 0 where there is none.</summary>
    public long First { get; private set; }

    /// <summary>Where the chain stands.</summary>
    public EvidenceAnchor Last => _last;

    /// <summary>What the log itself says it could not record: rows of kind <see cref="EvidenceKind.Lost"/>.</summary>
    public long LostRows { get; private set; }

    /// <summary>The first fault; once there is one, nothing more is checked.</summary>
    public EvidenceFault? Fault { get; private set; }

    /// <returns>False where the row is wrong, or one before it was.</returns>
    public bool Add(EvidenceRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Fault ??= Check(row);
        if (Fault is not null) return false;
        Count++;
        if (First == 0) First = row.Sequence;
        if (row.Kind == EvidenceKind.Lost) LostRows++;
        if (EvidenceCheckpoint.TryRead(row, out var checkpoint)) _vouched = Newer(checkpoint);
        _last = row.Anchor;
        return true;
    }

    /// <summary>To be called after the last row.</summary>
    /// <returns>The first fault; null: the chain is whole.</returns>
    public EvidenceFault? Complete()
    {
        if (Fault is not null) return Fault;
        if (_removed is { } removed && _vouched != removed && !anchors.Contains(new EvidenceAnchor(@class, removed.Through, removed.Hash)))
            return Fault = Is(First, EvidenceFlaw.CutHead, $"The rows up to {removed.Through} are missing, and no checkpoint in the log says that their time was over.");
        foreach (var anchor in anchors)
            if (anchor.Class == @class && anchor.Sequence > _last.Sequence)
                return Fault = Is(_last.Sequence, EvidenceFlaw.CutTail, $"The log ends with row {_last.Sequence}, but row {anchor.Sequence} had been written: the rows after {_last.Sequence} were cut off.");
        return null;
    }

    private EvidenceCheckpoint Newer(EvidenceCheckpoint checkpoint) => _vouched is { } known && known.Through > checkpoint.Through ? known : checkpoint;

    private EvidenceFault? Check(EvidenceRow row)
    {
        if (row.Class != @class) return Is(row.Sequence, EvidenceFlaw.OutOfOrder, $"A row of class {row.Class} stands among those of {@class}.");
        if (!IsHashRight(row)) return Is(row.Sequence, EvidenceFlaw.Altered, $"Row {row.Sequence} is not what was written: its hash is not that of its content.");
        return (_last.Sequence == 0 ? CheckFirst(row) : CheckNext(row)) ?? CheckAnchors(row);
    }

    private static bool IsHashRight(EvidenceRow row)
    {
        try
        {
            return EvidenceDigest.Of(row) == row.Hash;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private EvidenceFault? CheckFirst(EvidenceRow row)
    {
        if (row.Sequence < 1) return Is(row.Sequence, EvidenceFlaw.OutOfOrder, $"No row has the number {row.Sequence}.");
        if (row.Sequence > 1) _removed = new(row.Sequence - 1, row.Previous);
        else if (row.Previous != default) return Is(row.Sequence, EvidenceFlaw.BrokenLink, "Row 1 says that there was one before it.");
        return null;
    }

    private EvidenceFault? CheckNext(EvidenceRow row)
    {
        var expected = _last.Sequence + 1;
        if (row.Sequence > expected)
        {
            var missing = row.Sequence - 1 == expected ? $"Row {expected} is missing." : $"The rows {expected} to {row.Sequence - 1} are missing.";
            return Is(row.Sequence, EvidenceFlaw.Gap, missing);
        }

        if (row.Sequence < expected) return Is(row.Sequence, EvidenceFlaw.OutOfOrder, $"Row {row.Sequence} stands after row {_last.Sequence}.");
        return row.Previous == _last.Hash ? null : Is(row.Sequence, EvidenceFlaw.BrokenLink, $"Row {row.Sequence} does not follow row {_last.Sequence}: one of the two was written anew.");
    }

    private EvidenceFault? CheckAnchors(EvidenceRow row)
    {
        foreach (var anchor in anchors)
            if (anchor.Class == @class && anchor.Sequence == row.Sequence && anchor.Hash != row.Hash)
                return Is(row.Sequence, EvidenceFlaw.Rewritten, $"Row {row.Sequence} is another than the one that was anchored: the log was written anew.");
        return null;
    }

    private EvidenceFault Is(long sequence, EvidenceFlaw flaw, string reason) => new(@class, sequence, flaw, $"{@class}: {reason}");
}
