namespace OpcPortal.Server;

/// <summary>What became of readings since the start.</summary>
/// <param name="Kept">Journalled.</param>
/// <param name="NotKept">Refused by the journal; whoever brought them was told.</param>
/// <param name="Repeated">Said the same of the same time again, and were not stored twice.</param>
/// <param name="Waiting">Are journalled and not in the database yet, as far as they are in memory.</param>
/// <param name="JournalBytes">Bytes of the journal.</param>
public readonly record struct HistoryCounts(long Kept, long NotKept, long Repeated, long Waiting, long JournalBytes);

/// <summary>How it is with keeping readings.</summary>
public enum HistoryCondition
{
    /// <summary>All is well.</summary>
    Keeping,

    /// <summary>The database does not take readings: the journal does.</summary>
    DatabaseAway,

    /// <summary>The journal does not take readings either: they are lost to history, and current values go on.</summary>
    NotKeeping,
}

/// <summary>How it is, and why.</summary>
/// <param name="Reason">For people; empty where all is well.</param>
public sealed record HistoryStanding(HistoryCondition Condition, string Reason);
