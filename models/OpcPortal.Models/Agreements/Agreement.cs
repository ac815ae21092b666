namespace OpcPortal.Models;

/// <summary>What two parties agree on: what they sign. Never changed once proposed; a renewal is a new revision.</summary>
public sealed record AgreementTerms
{
    /// <summary>The entity that gives: it owns what the scope names, or passes on what it was given under <see cref="BasedOn"/>.</summary>
    public required string Grantor { get; init; }

    /// <summary>The entity that gets.</summary>
    public required string Grantee { get; init; }

    /// <summary>Only this application of the grantee; null: any.</summary>
    public string? GranteeApplication { get; init; }

    /// <summary>Only this individual of the grantee; null: any.</summary>
    public string? GranteeIndividual { get; init; }

    /// <summary>What for, such as <c>billing</c>. Applications registered for other purposes alone cannot use it.</summary>
    public required string Purpose { get; init; }

    public required AccessScope Scope { get; init; }
    public required Operations Operations { get; init; }
    public AccessConditions Conditions { get; init; } = AccessConditions.None;
    public required ActivePeriod Period { get; init; }

    /// <summary>The agreement under which the grantor itself was given this; null: it is the owner.</summary>
    public string? BasedOn { get; init; }

    /// <summary>Whether the grantee may pass on what it is given.</summary>
    public bool MayDelegate { get; init; }

    /// <summary>Whether commands under way when it ends are finished; else they are stopped.</summary>
    public bool FinishesCommands { get; init; }
}

public enum AgreementStatus : byte
{
    Proposed = 0,
    Active = 1,
    Suspended = 2,
    Expired = 3,
    Revoked = 4,
    Rejected = 5,
}

/// <summary>What a party's signature says.</summary>
public enum AgreementAct : byte
{
    Propose = 0,
    Accept = 1,
    Reject = 2,
    Suspend = 3,
    Resume = 4,
    Revoke = 5,
    Renew = 6,
}

/// <summary>An act of a party with the signature that proves it.</summary>
public sealed record SignedAct
{
    public required AgreementAct Act { get; init; }

    /// <summary>The entity that acts.</summary>
    public required string Party { get; init; }

    /// <summary>The application or individual whose key signed.</summary>
    public required string Signer { get; init; }

    /// <summary>When it was signed, UTC, as the signer says: part of what is signed.</summary>
    public required DateTime At { get; init; }

    /// <summary>A number used once by the signer: an act is taken once. Hexadecimal, 32 digits.</summary>
    public required string Nonce { get; init; }

    /// <summary>Why, where the party says so.</summary>
    public string? Reason { get; init; }

    /// <summary>The terms that Propose and Renew put forward, so that every act can be verified for ever; null for other acts, which are about terms that are there already.</summary>
    public AgreementTerms? Terms { get; init; }

    /// <summary>The certificate whose key signed, DER in Base64.</summary>
    public required string Certificate { get; init; }

    /// <summary>RSA-PSS with SHA-256 over the canonical bytes of the act, Base64.</summary>
    public required string Signature { get; init; }
}

/// <summary>An agreement with its life so far.</summary>
public sealed record Agreement
{
    public required string Id { get; init; }

    /// <summary>1, and one more for each renewal.</summary>
    public int Revision { get; init; } = 1;

    public required AgreementTerms Terms { get; init; }
    public required AgreementStatus Status { get; init; }

    /// <summary>All that was done with it, oldest first; never shortened.</summary>
    public required IReadOnlyList<SignedAct> Acts { get; init; }

    /// <summary>The renewed terms that one party has proposed and the other not yet accepted; null where there are none.</summary>
    public AgreementTerms? Renewal { get; init; }

    /// <summary>When its status last changed, UTC, by the server's clock.</summary>
    public required DateTime ChangedAt { get; init; }

    /// <summary>Whoever suspended it: that party alone may resume. Null where it is not suspended.</summary>
    public string? SuspendedBy { get; init; }

    /// <summary>Whether it may be used at that instant.</summary>
    public bool IsInForce(DateTime at) => Status == AgreementStatus.Active && Terms.Period.Contains(at);
}
