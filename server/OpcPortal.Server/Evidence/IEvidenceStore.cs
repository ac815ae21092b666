using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Which rows are wanted, in the order of their sequence numbers.</summary>
public sealed record EvidenceQuery
{
    public required EvidenceClass Class { get; init; }

    /// <summary>Rows with a higher sequence number alone.</summary>
    public long After { get; init; }

    /// <summary>UTC, included; null: from the oldest on.</summary>
    public DateTime? From { get; init; }

    /// <summary>UTC, excluded; null: to the newest.</summary>
    public DateTime? Until { get; init; }

    /// <summary>Null: of any kind.</summary>
    public EvidenceKind? Kind { get; init; }

    /// <summary>Null: whosesoever they are.</summary>
    public string? Party { get; init; }

    /// <summary>How many at most.</summary>
    public int Limit { get; init; } = int.MaxValue;
}

/// <summary>When an identity was last let in.</summary>
/// <param name="Identity"><c>application:ID</c> or <c>individual:ID</c>.</param>
/// <param name="At">UTC.</param>
public readonly record struct SeenIdentity(string Identity, DateTime At);

/// <summary>Keeps rows of evidence: appended, never changed, removed only where a checkpoint among them says so. Written by one <see cref="AuditLog"/>; read by many.</summary>
public interface IEvidenceStore : IAsyncDisposable
{
    /// <summary>Where a chain stands.</summary>
    Task<EvidenceAnchor> HeadAsync(EvidenceClass @class, CancellationToken cancellation);

    /// <summary>
    /// Stores all of these or none, durably: when it returns they survive a crash. With a row of kind <see cref="EvidenceKind.Checkpoint"/> the rows go that it speaks of.
    /// </summary>
    Task AppendAsync(IReadOnlyList<EvidenceRow> rows, IReadOnlyCollection<SeenIdentity> seen, CancellationToken cancellation);

    IAsyncEnumerable<EvidenceRow> ReadAsync(EvidenceQuery query, CancellationToken cancellation);

    /// <summary>The last of at most <paramref name="limit"/> oldest rows that happened before an instant; null where there is none.</summary>
    Task<EvidenceCheckpoint?> FindExpiredAsync(EvidenceClass @class, DateTime before, int limit, CancellationToken cancellation);

    /// <summary>When identities were last let in; those that never were are not there.</summary>
    Task<IReadOnlyDictionary<string, DateTime>> SeenAsync(CancellationToken cancellation);
}
