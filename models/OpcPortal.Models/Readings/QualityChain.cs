namespace OpcPortal.Models;

/// <summary>Who said something of a reading: the entity, and where known its application and the person. All null: its source itself.</summary>
/// <param name="Entity">The id in the directory.</param>
/// <param name="Application">The application's id; for validation the rule set and its version.</param>
/// <param name="Person">The individual's id.</param>
public sealed record QualityAuthor(string? Entity, string? Application = null, string? Person = null)
{
    /// <summary>The device or head end that gave the reading.</summary>
    public static QualityAuthor Source { get; } = new(Entity: null);
}

/// <summary>Something that was said of a reading, without when.</summary>
/// <param name="Code">What, as IEC 61968-9 codes it.</param>
/// <param name="Author">By whom.</param>
/// <param name="Reason">Why, for people, with the figures it rests on; empty where the code says it all.</param>
/// <param name="Responsible">The entity that answers for the reading from then on; null: as before.</param>
public sealed record QualityNote(QualityCode Code, QualityAuthor Author, string Reason = "", string? Responsible = null);

/// <summary>A link of the chain of quality of a reading: the chain only grows, and its last link says what holds.</summary>
/// <param name="At">When it was said, UTC.</param>
public sealed record QualityEntry(DateTime At, QualityNote Note);

/// <summary>What a revision does to a stored reading.</summary>
public enum RevisionKind : byte
{
    /// <summary>Says something of the reading; its value stays.</summary>
    Note,

    /// <summary>Puts a value where there was none.</summary>
    Insert,

    /// <summary>Puts another value in the place of the one there; that one is kept as modified.</summary>
    Replace,

    /// <summary>The reading is no more; it is kept as modified.</summary>
    Delete,
}

/// <summary>A change to what is stored of one time of a point. Revisions are only ever added; those of one time take effect in the order in which they were.</summary>
/// <param name="Point">The point's number in the fleet.</param>
/// <param name="SourceTime">The time that it is about, UTC.</param>
/// <param name="At">When it was made, UTC.</param>
/// <param name="Note">Who, why, and with which code.</param>
public sealed record ReadingRevision(int Point, DateTime SourceTime, RevisionKind Kind, DateTime At, QualityNote Note)
{
    /// <summary>The new value of <see cref="RevisionKind.Insert"/> and <see cref="RevisionKind.Replace"/>; none otherwise.</summary>
    public PointValue Value { get; init; }

    /// <summary>Its status before the note's code shades it (<see cref="QualityStatus"/>).</summary>
    public ReadingStatus Status { get; init; }
}
