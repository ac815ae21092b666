namespace OpcPortal.Models;

/// <summary>A class of record, by which evidence is kept and pruned. Each is a chain of its own, so that the rows of one can go while those of another stay.</summary>
public enum EvidenceClass : byte
{
    /// <summary>Who came in, by what channel and certificate, and who was refused: audit events of AuditSecurityEventType. Part 5 6.4.4.</summary>
    Security = 0,

    /// <summary>What was done and changed: writes, calls, roles, rights, agreements, the directory. Part 5 6.4.24.</summary>
    Change = 1,

    /// <summary>Who saw or commanded what of whom.</summary>
    Disclosure = 2,
}

/// <summary>What a row says.</summary>
public enum EvidenceKind : byte
{
    /// <summary>Something was done as it was asked.</summary>
    Done = 0,

    /// <summary>Something was asked and refused, or failed.</summary>
    Refused = 1,

    /// <summary>So many events could not be recorded.</summary>
    Lost = 2,

    /// <summary>Rows that were old enough were removed: which, and the hash of the last of them. See <see cref="EvidenceCheckpoint"/>.</summary>
    Checkpoint = 3,
}

/// <summary>One row of an append-only log whose rows are chained by hash: to change one is to change all that follow.</summary>
public sealed record EvidenceRow
{
    public required EvidenceClass Class { get; init; }

    /// <summary>1 for the first row of a class, and one more for each that follows.</summary>
    public required long Sequence { get; init; }

    /// <summary>When it happened, UTC, by the server's clock.</summary>
    public required DateTime Time { get; init; }

    public required EvidenceKind Kind { get; init; }

    /// <summary>The name of the event's type, such as <c>AuditWriteUpdateEventType</c>; for rows that are no events, what they are.</summary>
    public required string Type { get; init; }

    /// <summary>The entity whose record it is, and who alone may read it; empty where it is the Security Manager's.</summary>
    public string Party { get; init; } = "";

    /// <summary>What is told, as JSON without white space, its members in ordinal order; no secrets.</summary>
    public required string Body { get; init; }

    /// <summary>The hash of the row before; zeros in the first.</summary>
    public required EvidenceDigest Previous { get; init; }

    /// <summary>The hash of all the above, as <see cref="EvidenceDigest.Of"/> makes it.</summary>
    public required EvidenceDigest Hash { get; init; }

    /// <summary>The row that follows <paramref name="previous"/>; with a sequence number of 0 there, the first of its class.</summary>
    public static EvidenceRow After(EvidenceAnchor previous, DateTime time, EvidenceKind kind, string type, string party, string body)
    {
        var row = new EvidenceRow
        {
            Class = previous.Class,
            Sequence = previous.Sequence + 1,
            Time = time,
            Kind = kind,
            Type = type,
            Party = party,
            Body = body,
            Previous = previous.Hash,
            Hash = default,
        };
        return row with { Hash = EvidenceDigest.Of(row) };
    }

    /// <summary>Where the chain stands with this row.</summary>
    public EvidenceAnchor Anchor => new(Class, Sequence, Hash);
}
