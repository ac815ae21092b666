namespace OpcPortal.Models;

/// <summary>What an act makes of an agreement, or why it makes nothing of it.</summary>
/// <param name="Agreement">As it is after the act; null where the act is refused.</param>
/// <param name="Refusal">For people; null where the act was taken.</param>
public readonly record struct AgreementStep(Agreement? Agreement, string? Refusal)
{
    internal static AgreementStep Refused(string reason) => new(null, reason);
}

/// <summary>
/// The life of an agreement, pure: Proposed, then Active when the other party accepts, or Rejected; Active and Suspended in turn, where the party that suspended resumes; Revoked by either
/// party; Expired by the clock. Renewed terms that one party puts forward replace the old ones when the other accepts them; until then the old ones stay in force. Signatures and ownership
/// are asked elsewhere.
/// </summary>
public static class AgreementLifecycle
{
    /// <summary>What <paramref name="act"/> would be about, and so what its signature must cover.</summary>
    /// <param name="agreement">As it is; null where it is to be proposed.</param>
    /// <param name="terms">What Propose and Renew put forward; not looked at for other acts.</param>
    /// <returns>Null where there is nothing that such an act could be about.</returns>
    public static ActStatement? StatementOf(string agreementId, Agreement? agreement, AgreementAct act, AgreementTerms? terms) => (act, agreement) switch
    {
        (AgreementAct.Propose, _) => terms is null ? null : new ActStatement(agreementId, 1, terms),
        (_, null) => null,
        (AgreementAct.Renew, _) => terms is null ? null : new ActStatement(agreementId, agreement.Revision + 1, terms),
        (AgreementAct.Accept or AgreementAct.Reject, { Renewal: { } renewal }) => new ActStatement(agreementId, agreement.Revision + 1, renewal),
        _ => new ActStatement(agreementId, agreement.Revision, agreement.Terms),
    };

    /// <summary>Takes an act, or says why not.</summary>
    /// <param name="agreement">As it is; null where it is to be proposed.</param>
    /// <param name="act">Its signature is not looked at.</param>
    /// <param name="now">UTC, by the server's clock.</param>
    public static AgreementStep Apply(string agreementId, Agreement? agreement, SignedAct act, DateTime now)
    {
        ArgumentException.ThrowIfNullOrEmpty(agreementId);
        ArgumentNullException.ThrowIfNull(act);
        if ((act.Act is AgreementAct.Propose or AgreementAct.Renew) != (act.Terms is not null)) return AgreementStep.Refused("Propose and Renew bring terms; other acts do not.");
        if (act.Act == AgreementAct.Propose) return agreement is null ? Propose(agreementId, act, act.Terms!, now) : AgreementStep.Refused($"There is an agreement {agreementId} already.");
        if (agreement is null) return AgreementStep.Refused($"There is no agreement {agreementId}.");
        if (!IsParty(agreement.Terms, act.Party)) return AgreementStep.Refused($"{act.Party} is no party of it.");
        if (agreement.Acts.Any(taken => taken.Nonce == act.Nonce)) return AgreementStep.Refused("This act was taken before.");
        if (agreement.Acts.Count >= AgreementLimits.MaxActs && act.Act != AgreementAct.Revoke) return AgreementStep.Refused($"It has {AgreementLimits.MaxActs} acts: only Revoke is possible, and a new agreement.");
        agreement = Expire(agreement, now);
        var step = act.Act switch
        {
            AgreementAct.Accept => agreement.Renewal is null ? Accept(agreement, act) : AcceptRenewal(agreement, act, now),
            AgreementAct.Reject => agreement.Renewal is null ? Reject(agreement) : new AgreementStep(agreement with { Renewal = null }, null),
            AgreementAct.Suspend => Suspend(agreement, act),
            AgreementAct.Resume => Resume(agreement, act),
            AgreementAct.Revoke => Revoke(agreement),
            AgreementAct.Renew => Renew(agreement, act.Terms!, now),
            _ => AgreementStep.Refused($"There is no act {(byte)act.Act}."),
        };
        return step.Agreement is { } taken ? new AgreementStep(taken with { Acts = [.. taken.Acts, act], ChangedAt = Later(now, agreement.ChangedAt) }, null) : step;
    }

    /// <summary>
    /// The agreement as the clock leaves it: expired from the end of its period on, where it was not ended otherwise; so too a proposal that nobody accepted in time. The same object where
    /// nothing changes. What has expired stays so, whatever the clock says later.
    /// </summary>
    public static Agreement Expire(Agreement agreement, DateTime now)
    {
        ArgumentNullException.ThrowIfNull(agreement);
        if (!IsOpen(agreement.Status) || now < agreement.Terms.Period.Until) return agreement;
        return agreement with { Status = AgreementStatus.Expired, Renewal = null, SuspendedBy = null, ChangedAt = Later(now, agreement.ChangedAt) };
    }

    /// <summary>Whether anything can still become of it.</summary>
    public static bool IsOpen(AgreementStatus status) => status is AgreementStatus.Proposed or AgreementStatus.Active or AgreementStatus.Suspended;

    /// <summary>The party that does not act; null where <paramref name="party"/> is none.</summary>
    public static string? OtherParty(AgreementTerms terms, string party)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return party == terms.Grantor ? terms.Grantee : party == terms.Grantee ? terms.Grantor : null;
    }

    private static bool IsParty(AgreementTerms terms, string party) => party == terms.Grantor || party == terms.Grantee;

    private static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;

    private static AgreementStep Propose(string id, SignedAct act, AgreementTerms terms, DateTime now)
    {
        if (!IsParty(terms, act.Party)) return AgreementStep.Refused($"{act.Party} is no party of it.");
        if (terms.Grantor == terms.Grantee) return AgreementStep.Refused("Grantor and grantee are one: an agreement has two sides.");
        if (terms.Period.Until <= now) return AgreementStep.Refused("Its period is over.");
        return new AgreementStep(new Agreement { Id = id, Terms = terms, Status = AgreementStatus.Proposed, Acts = [act], ChangedAt = now }, null);
    }

    private static AgreementStep Accept(Agreement agreement, SignedAct act)
    {
        if (agreement.Status != AgreementStatus.Proposed) return NotPossible(agreement, act);
        if (agreement.Acts is not [var proposal, ..] || proposal.Party == act.Party) return AgreementStep.Refused($"{act.Party} proposed it: the other party accepts.");
        return new AgreementStep(agreement with { Status = AgreementStatus.Active }, null);
    }

    // A suspended agreement stays suspended: who suspended it agrees to new terms, not to their use.
    private static AgreementStep AcceptRenewal(Agreement agreement, SignedAct act, DateTime now)
    {
        if (LastRenewal(agreement) is not { } renewal || renewal.Party == act.Party) return AgreementStep.Refused($"{act.Party} put the new terms forward: the other party accepts.");
        if (agreement.Renewal!.Period.Until <= now) return AgreementStep.Refused("The period of the new terms is over.");
        return new AgreementStep(agreement with { Terms = agreement.Renewal, Renewal = null, Revision = agreement.Revision + 1 }, null);
    }

    // Either party: who proposed it takes it back so.
    private static AgreementStep Reject(Agreement agreement) =>
        agreement.Status == AgreementStatus.Proposed ? new AgreementStep(agreement with { Status = AgreementStatus.Rejected }, null) : AgreementStep.Refused($"It is {agreement.Status}: there is nothing to reject.");

    private static AgreementStep Suspend(Agreement agreement, SignedAct act) =>
        agreement.Status == AgreementStatus.Active ? new AgreementStep(agreement with { Status = AgreementStatus.Suspended, SuspendedBy = act.Party }, null) : NotPossible(agreement, act);

    private static AgreementStep Resume(Agreement agreement, SignedAct act)
    {
        if (agreement.Status != AgreementStatus.Suspended) return NotPossible(agreement, act);
        if (agreement.SuspendedBy != act.Party) return AgreementStep.Refused($"{agreement.SuspendedBy} suspended it: that party alone resumes it.");
        return new AgreementStep(agreement with { Status = AgreementStatus.Active, SuspendedBy = null }, null);
    }

    private static AgreementStep Revoke(Agreement agreement) =>
        agreement.Status is AgreementStatus.Active or AgreementStatus.Suspended
            ? new AgreementStep(agreement with { Status = AgreementStatus.Revoked, Renewal = null, SuspendedBy = null }, null)
            : AgreementStep.Refused($"It is {agreement.Status}: there is nothing to revoke.");

    private static AgreementStep Renew(Agreement agreement, AgreementTerms terms, DateTime now)
    {
        if (agreement.Status is not (AgreementStatus.Active or AgreementStatus.Suspended)) return AgreementStep.Refused($"It is {agreement.Status}: only what is Active or Suspended is renewed.");
        if (agreement.Renewal is not null) return AgreementStep.Refused("A renewal waits already: it is accepted or rejected first.");
        if (terms.Grantor != agreement.Terms.Grantor || terms.Grantee != agreement.Terms.Grantee) return AgreementStep.Refused("A renewal is between the same parties, each on its side.");
        if (terms.Period.Until <= now) return AgreementStep.Refused("The period of the new terms is over.");
        // They replace the old ones at their acceptance: from a later day on, there would be nothing in between.
        if (terms.Period.From > now) return AgreementStep.Refused("The new terms begin in the future: they replace the old ones when they are accepted, so their period begins now or before.");
        return new AgreementStep(agreement with { Renewal = terms }, null);
    }

    private static SignedAct? LastRenewal(Agreement agreement) => agreement.Acts.LastOrDefault(act => act.Act == AgreementAct.Renew);

    private static AgreementStep NotPossible(Agreement agreement, SignedAct act) => AgreementStep.Refused($"It is {agreement.Status}: {act.Act} is not possible.");
}
