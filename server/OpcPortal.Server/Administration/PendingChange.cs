using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>How weighty a proposed change is: who has to approve it.</summary>
public enum ChangeWeight : byte
{
    /// <summary>Entities, stewardships, tenancies, premises: the System Manager's own, applied at once.</summary>
    Ordinary = 0,

    /// <summary>Applications and individuals: a Security Manager approves.</summary>
    Identity = 1,

    /// <summary>Rules, kinds, data classes, customer classes, the managers themselves: two managers approve, one of them of Security.</summary>
    Policy = 2,
}

public enum ChangeStatus : byte
{
    Pending = 0,
    Applied = 1,
    Rejected = 2,
}

/// <summary>A manager's approval.</summary>
public sealed record ChangeApproval(string Manager, ManagerPower Power, DateTime At);

/// <summary>A change of the directory that waits for approvals. It is a record itself, so it survives a restart, and what became of it stays recorded.</summary>
public sealed record PendingChange
{
    public required string Id { get; init; }
    public required ChangeWeight Weight { get; init; }

    /// <summary>What is to be changed, in the form of the directory's files.</summary>
    public required string Document { get; init; }

    public required string Reason { get; init; }

    /// <summary>The individual.</summary>
    public required string ProposedBy { get; init; }

    public required DateTime ProposedAt { get; init; }

    /// <summary>SHA-256 over the records that it touches as they were when it was proposed: it is not applied over what somebody else did meanwhile.</summary>
    public required string Basis { get; init; }

    public IReadOnlyList<ChangeApproval> Approvals { get; init; } = [];
    public ChangeStatus Status { get; init; }

    /// <summary>The individual who rejected it.</summary>
    public string? RejectedBy { get; init; }

    public string? Rejection { get; init; }
}
