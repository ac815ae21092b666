using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>A reading as history gives it: the best that is known of its time.</summary>
/// <param name="Value">None where it is known to be missing.</param>
/// <param name="SourceTime">UTC.</param>
/// <param name="ServerTime">When the server got it or, of a revised one, when it was revised, UTC.</param>
/// <param name="Status">As the code in force shades it.</param>
/// <param name="Quality">The code in force: the last of its chain.</param>
/// <param name="IsRevised">Whether its value is not the one that its source gave.</param>
public readonly record struct HistoricReading(PointValue Value, DateTime SourceTime, DateTime ServerTime, ReadingStatus Status, QualityCode Quality, bool IsRevised);

/// <summary>A reading with all that was ever said of it, oldest first.</summary>
public readonly record struct ChainedReading(HistoricReading Reading, IReadOnlyList<QualityEntry> Chain);

/// <summary>A value that is no longer the best of its time.</summary>
/// <param name="Reading">As it was.</param>
/// <param name="By">What came in its place.</param>
public readonly record struct ReadingVersion(HistoricReading Reading, ReadingRevision By);

/// <summary>What somebody noted on a reading. It is not part of its quality.</summary>
/// <param name="Point">The point's number in the fleet.</param>
/// <param name="SourceTime">The time of the reading, UTC.</param>
/// <param name="At">When it was noted, UTC.</param>
public sealed record ReadingAnnotation(int Point, DateTime SourceTime, DateTime At, QualityAuthor Author, string Text);

/// <summary>
/// The stored readings of the fleet's points: append-only, so that the best value, every earlier one and the whole chain of quality of each can be told at any time. Knows no users. Thread-safe.
/// What was appended is found at once, stored or not.
/// </summary>
public interface IReadingHistory
{
    /// <summary>Whether history is kept of a point.</summary>
    bool Keeps(int point);

    /// <summary>The best values.</summary>
    ValueTask<HistoryPage<HistoricReading>> ReadAsync(int point, HistoryWalk walk, CancellationToken cancellation);

    /// <summary>The best values with their chains.</summary>
    ValueTask<HistoryPage<ChainedReading>> ReadChainsAsync(int point, HistoryWalk walk, CancellationToken cancellation);

    /// <summary>Every earlier value; those of one time newest first, and backward oldest first. Part 11 6.5.3.3.</summary>
    ValueTask<HistoryPage<ReadingVersion>> ReadVersionsAsync(int point, HistoryWalk walk, CancellationToken cancellation);

    /// <summary>What was noted.</summary>
    ValueTask<HistoryPage<ReadingAnnotation>> ReadAnnotationsAsync(int point, HistoryWalk walk, CancellationToken cancellation);

    /// <summary>The times of the newest readings of many points: a few queries, however many points there are.</summary>
    /// <param name="since">What is older is not looked for, UTC.</param>
    /// <param name="until">What is later is of a clock that is ahead, UTC.</param>
    /// <returns>Points of which there is nothing are not in it.</returns>
    ValueTask<IReadOnlyDictionary<int, DateTime>> LastTimesAsync(IReadOnlyCollection<int> points, DateTime since, DateTime until, CancellationToken cancellation);

    /// <summary>The time of the oldest reading of a point, UTC; null: there is none.</summary>
    ValueTask<DateTime?> FirstTimeAsync(int point, CancellationToken cancellation);

    /// <summary>
    /// The days, UTC, of readings of a point that had come late (<see cref="ReadingStore.LateBy"/>) shortly before the process that took them ended: whoever was to look at them may not have.
    /// </summary>
    IReadOnlyCollection<DateTime> RecoveredDays(int point);

    /// <summary>Adds revisions, which survive the end of the process when the task has completed.</summary>
    /// <exception cref="StorageException">They could not be kept; none of them was.</exception>
    ValueTask ReviseAsync(IReadOnlyList<ReadingRevision> revisions, CancellationToken cancellation);

    /// <summary>Told of revisions once they are kept and can be found, by whoever keeps them: returns at once, never throws.</summary>
    event Action<IReadOnlyList<ReadingRevision>>? Revised;

    /// <summary>Adds annotations, which survive the end of the process when the task has completed. An empty text removes the author's earlier one of that time from view.</summary>
    /// <exception cref="StorageException">They could not be kept; none of them was.</exception>
    ValueTask AnnotateAsync(IReadOnlyList<ReadingAnnotation> annotations, CancellationToken cancellation);
}

/// <summary>Keeps readings as they come in: for the one ingest loop, and beside it for who knows how communication goes. Thread-safe.</summary>
public interface IReadingKeeper
{
    /// <summary>The number of a note, to be given with readings: there are few different ones, kept once each. 0 is no note.</summary>
    int NumberOf(QualityNote note);

    /// <summary>Keeps a batch: when the task has completed, it survives the end of the process. Never waits for the database.</summary>
    /// <param name="readings">In the order in which they came in; the memory may be used again after the task.</param>
    /// <param name="notes">For each the number of what validation says of it on arrival; 0: nothing.</param>
    /// <param name="serverTime">When they came in, UTC.</param>
    /// <exception cref="StorageException">They could not be kept: their source is to be told.</exception>
    ValueTask KeepAsync(ReadOnlyMemory<Reading> readings, ReadOnlyMemory<int> notes, DateTime serverTime);
}

/// <summary>Looks at readings as they come in. Called by the one ingest loop, for every batch: quick, and never throws.</summary>
public interface IReadingScreen
{
    /// <summary>Judges a batch before it is kept.</summary>
    /// <param name="readings">The status may be made worse; values, times and what the source said of quality stay as they came.</param>
    /// <param name="notes">To be filled with the numbers of notes (<see cref="IReadingKeeper.NumberOf"/>); all 0 before.</param>
    /// <param name="serverTime">When they came in, UTC.</param>
    void Screen(Span<Reading> readings, Span<int> notes, DateTime serverTime);

    /// <summary>Told of the same batch once it is kept, before it becomes current: what its notes say comes into force.</summary>
    /// <param name="readings">The quality becomes that of the note.</param>
    /// <param name="notes">As <see cref="Screen"/> filled it.</param>
    void Shade(Span<Reading> readings, ReadOnlySpan<int> notes);

    /// <summary>Told of the same batch once it is current: what takes longer begins here.</summary>
    void Kept(ReadOnlySpan<Reading> readings, DateTime serverTime);
}
