using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>A reading as its source gave it and the server took it in.</summary>
/// <param name="ServerTime">UTC, whole milliseconds.</param>
/// <param name="Note">The number of what was said of it on arrival; 0: nothing.</param>
internal readonly record struct RawReading(PointValue Value, DateTime SourceTime, DateTime ServerTime, ReadingStatus Status, QualityCode Quality, int Note)
{
    /// <summary>Whether its source said the same again.</summary>
    public bool Repeats(in RawReading earlier) => Value == earlier.Value && Status == earlier.Status && Quality == earlier.Quality;
}

/// <summary>A revision as it is stored.</summary>
/// <param name="Series">The number of its point's name.</param>
/// <param name="DataClass">Of the point.</param>
/// <param name="Sequence">In the order in which revisions and annotations were added, over all points.</param>
/// <param name="Revision">Its point's number means nothing.</param>
internal sealed record StoredRevision(long Series, byte DataClass, long Sequence, ReadingRevision Revision);

/// <summary>An annotation as it is stored.</summary>
/// <inheritdoc cref="StoredRevision"/>
internal sealed record StoredAnnotation(long Series, byte DataClass, long Sequence, ReadingAnnotation Annotation);
