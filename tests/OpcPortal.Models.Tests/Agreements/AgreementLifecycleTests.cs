using CsCheck;

namespace OpcPortal.Models.Tests;

public sealed class AgreementLifecycleTests
{
    private static readonly DateTime Now = Party.Now;
    private int _nonce;

    [Fact]
    public void What_one_party_proposes_and_the_other_accepts_is_active()
    {
        var proposed = Taken(null, "customer-1", AgreementAct.Propose, Terms.Plain);
        Assert.Equal(AgreementStatus.Proposed, proposed.Status);
        Assert.False(proposed.IsInForce(Now));

        Assert.Equal("customer-1 proposed it: the other party accepts.", Refusal(proposed, "customer-1", AgreementAct.Accept));
        var active = Taken(proposed, "retailer", AgreementAct.Accept);

        Assert.Equal(AgreementStatus.Active, active.Status);
        Assert.True(active.IsInForce(Now));
        Assert.Equal([AgreementAct.Propose, AgreementAct.Accept], active.Acts.Select(act => act.Act));
    }

    [Theory]
    [InlineData("customer-1")]
    [InlineData("retailer")]
    public void A_proposal_is_rejected_or_taken_back_and_then_over(string by)
    {
        var rejected = Taken(Taken(null, "customer-1", AgreementAct.Propose, Terms.Plain), by, AgreementAct.Reject);

        Assert.Equal(AgreementStatus.Rejected, rejected.Status);
        Assert.NotNull(Refusal(rejected, "retailer", AgreementAct.Accept));
    }

    [Fact]
    public void The_party_that_suspended_resumes_and_nobody_else()
    {
        var suspended = Taken(Active(), "retailer", AgreementAct.Suspend);
        Assert.False(suspended.IsInForce(Now));

        Assert.Equal("retailer suspended it: that party alone resumes it.", Refusal(suspended, "customer-1", AgreementAct.Resume));
        var resumed = Taken(suspended, "retailer", AgreementAct.Resume);

        Assert.True(resumed.IsInForce(Now));
        Assert.Null(resumed.SuspendedBy);
    }

    [Theory]
    [InlineData("customer-1")]
    [InlineData("retailer")]
    public void Either_party_revokes_what_is_active_or_suspended(string by)
    {
        Assert.Equal(AgreementStatus.Revoked, Taken(Active(), by, AgreementAct.Revoke).Status);
        Assert.Equal(AgreementStatus.Revoked, Taken(Taken(Active(), "customer-1", AgreementAct.Suspend), by, AgreementAct.Revoke).Status);
        Assert.NotNull(Refusal(Taken(null, "customer-1", AgreementAct.Propose, Terms.Plain), by, AgreementAct.Revoke));
    }

    [Fact]
    public void Whoever_is_no_party_can_do_nothing()
    {
        foreach (var act in Enum.GetValues<AgreementAct>().Except([AgreementAct.Propose]))
            Assert.Equal("stranger is no party of it.", Refusal(Active(), "stranger", act, act == AgreementAct.Renew ? Terms.Plain : null));
        Assert.Equal("stranger is no party of it.", Refusal(null, "stranger", AgreementAct.Propose, Terms.Plain));
    }

    [Fact]
    public void An_agreement_has_two_sides() =>
        Assert.Equal("Grantor and grantee are one: an agreement has two sides.", Refusal(null, "customer-1", AgreementAct.Propose, Terms.Plain with { Grantee = "customer-1" }));

    [Fact]
    public void It_ends_at_the_very_instant_of_its_end()
    {
        var active = Active();
        var end = active.Terms.Period.Until;

        Assert.Same(active, AgreementLifecycle.Expire(active, end.AddTicks(-1)));
        Assert.True(active.IsInForce(end.AddTicks(-1)));
        Assert.False(active.IsInForce(end));
        var expired = AgreementLifecycle.Expire(active, end);
        Assert.Equal(AgreementStatus.Expired, expired.Status);
        Assert.Equal(end, expired.ChangedAt);
    }

    [Fact]
    public void What_has_expired_stays_so_though_the_clock_is_set_back()
    {
        var expired = AgreementLifecycle.Expire(Active(), Terms.Plain.Period.Until);

        Assert.False(expired.IsInForce(Now));
        Assert.Same(expired, AgreementLifecycle.Expire(expired, Now));
        foreach (var act in new[] { AgreementAct.Accept, AgreementAct.Resume, AgreementAct.Suspend, AgreementAct.Revoke, AgreementAct.Reject }) Assert.NotNull(Refusal(expired, "customer-1", act));
        Assert.NotNull(Refusal(expired, "customer-1", AgreementAct.Renew, Terms.Plain with { Period = new ActivePeriod(Now, Now.AddYears(2)) }));
    }

    [Fact]
    public void A_proposal_that_nobody_accepted_in_time_can_no_longer_be_accepted()
    {
        var proposed = Taken(null, "customer-1", AgreementAct.Propose, Terms.Plain);
        var end = Terms.Plain.Period.Until;

        Assert.NotNull(AgreementLifecycle.Apply("17", proposed, Act("retailer", AgreementAct.Accept), end).Refusal);
        Assert.Null(AgreementLifecycle.Apply("17", proposed, Act("retailer", AgreementAct.Accept), end.AddTicks(-1)).Refusal);
    }

    [Fact]
    public void What_is_over_before_it_begins_is_not_proposed()
    {
        Assert.Equal("Its period is over.", Refusal(null, "customer-1", AgreementAct.Propose, Terms.Plain with { Period = new ActivePeriod(Now.AddDays(-2), Now) }));
        Taken(null, "customer-1", AgreementAct.Propose, Terms.Plain with { Period = new ActivePeriod(Now.AddDays(-2), Now.AddTicks(1)) });
    }

    [Fact]
    public void Renewed_terms_hold_when_the_other_party_accepts_them_and_the_old_ones_until_then()
    {
        var longer = Terms.Plain with { Period = new ActivePeriod(Now, Now.AddYears(1)) };
        var renewing = Taken(Active(), "retailer", AgreementAct.Renew, longer);

        Assert.True(renewing.IsInForce(Now));
        Assert.Same(Terms.Plain, renewing.Terms);
        Assert.Equal("retailer put the new terms forward: the other party accepts.", Refusal(renewing, "retailer", AgreementAct.Accept));
        Assert.Equal("A renewal waits already: it is accepted or rejected first.", Refusal(renewing, "customer-1", AgreementAct.Renew, longer));
        var renewed = Taken(renewing, "customer-1", AgreementAct.Accept);

        Assert.Equal(2, renewed.Revision);
        Assert.Same(longer, renewed.Terms);
        Assert.Null(renewed.Renewal);
        Assert.True(renewed.IsInForce(Terms.Plain.Period.Until));
    }

    [Fact]
    public void A_rejected_renewal_leaves_the_old_terms_in_force()
    {
        var kept = Taken(Taken(Active(), "retailer", AgreementAct.Renew, Terms.Plain with { Operations = Operations.All }), "customer-1", AgreementAct.Reject);

        Assert.True(kept.IsInForce(Now));
        Assert.Same(Terms.Plain, kept.Terms);
        Assert.Equal(1, kept.Revision);
    }

    [Fact]
    public void A_renewal_leaves_the_parties_and_begins_at_once()
    {
        Assert.NotNull(Refusal(Active(), "retailer", AgreementAct.Renew, Terms.Plain with { Grantor = "customer-2" }));
        Assert.NotNull(Refusal(Active(), "retailer", AgreementAct.Renew, Terms.Plain with { Grantor = "retailer", Grantee = "customer-1" }));
        Assert.NotNull(Refusal(Active(), "retailer", AgreementAct.Renew, Terms.Plain with { Period = new ActivePeriod(Now.AddTicks(1), Now.AddYears(1)) }));
        Taken(Active(), "retailer", AgreementAct.Renew, Terms.Plain with { Period = new ActivePeriod(Now, Now.AddYears(1)) });
    }

    [Fact]
    public void New_terms_do_not_resume_what_is_suspended()
    {
        var renewing = Taken(Taken(Active(), "customer-1", AgreementAct.Suspend), "retailer", AgreementAct.Renew, Terms.Plain with { Purpose = "settlement" });

        Assert.Equal(AgreementStatus.Suspended, Taken(renewing, "customer-1", AgreementAct.Accept).Status);
    }

    [Fact]
    public void An_act_is_taken_once()
    {
        var suspend = Act("retailer", AgreementAct.Suspend);
        var resumed = Taken(AgreementLifecycle.Apply("17", Active(), suspend, Now).Agreement!, "retailer", AgreementAct.Resume);

        Assert.Equal("This act was taken before.", AgreementLifecycle.Apply("17", resumed, suspend, Now).Refusal);
        Taken(resumed, "retailer", AgreementAct.Suspend);
    }

    [Fact]
    public void Terms_come_with_Propose_and_Renew_alone()
    {
        Assert.NotNull(AgreementLifecycle.Apply("17", null, Act("customer-1", AgreementAct.Propose), Now).Refusal);
        Assert.NotNull(AgreementLifecycle.Apply("17", Active(), Act("customer-1", AgreementAct.Suspend) with { Terms = Terms.Plain }, Now).Refusal);
    }

    [Fact]
    public void Acts_are_bounded_and_the_last_is_to_revoke()
    {
        var agreement = Active();
        while (agreement.Acts.Count < AgreementLimits.MaxActs)
            agreement = Taken(agreement, "retailer", agreement.Status == AgreementStatus.Active ? AgreementAct.Suspend : AgreementAct.Resume);

        Assert.NotNull(Refusal(agreement, "retailer", agreement.Status == AgreementStatus.Active ? AgreementAct.Suspend : AgreementAct.Resume));
        Assert.Equal(AgreementStatus.Revoked, Taken(agreement, "customer-1", AgreementAct.Revoke).Status);
    }

    /// <summary>Against the table of portal-model.md "Agreements", written down as a table: status, who is who, and the clock.</summary>
    [Fact]
    public void Random_lives_end_as_in_the_table_of_the_domain()
    {
        var step = Gen.Select(Gen.Enum<AgreementAct>(), Gen.OneOf("customer-1", "retailer", "stranger"), Gen.Int[0, 12]);

        step.List[1, 40].Sample(steps =>
        {
            var agreement = (Agreement?)null;
            var model = new ReferenceLife();
            var now = Now;
            foreach (var (act, by, days) in steps)
            {
                now = now.AddDays(days == 0 ? 5 : 0);
                var terms = act is AgreementAct.Propose or AgreementAct.Renew ? Terms.Plain : null;
                var taken = AgreementLifecycle.Apply("17", agreement, Act(by, act, terms), now);
                var expected = model.Take(act, by, isOver: now >= Terms.Plain.Period.Until);
                if (expected != (taken.Refusal is null)) return false;
                agreement = taken.Agreement ?? (agreement is null ? null : AgreementLifecycle.Expire(agreement, now));
                if (agreement?.Status.ToString() != model.Status || (agreement?.Renewal is null) == model.IsRenewing || (agreement?.Acts.Count ?? 0) != model.Taken || (agreement?.Revision ?? 1) != model.Revision) return false;
            }

            return true;
        }, iter: 5_000, print: steps => string.Join("; ", steps));
    }

    private sealed class ReferenceLife
    {
        private string _proposer = "", _suspender = "", _renewer = "";

        public string? Status { get; private set; }
        public bool IsRenewing { get; private set; }
        public int Revision { get; private set; } = 1;
        public int Taken { get; private set; }

        public bool Take(AgreementAct act, string by, bool isOver)
        {
            if (isOver && Status is ("Proposed" or "Active" or "Suspended")) (Status, IsRenewing) = ("Expired", false);
            var isTaken = by != "stranger" && (Status, act) switch
            {
                (null, AgreementAct.Propose) when !isOver => Become("Proposed", _proposer = by),
                ("Proposed", AgreementAct.Accept) when by != _proposer => Become("Active"),
                ("Proposed", AgreementAct.Reject) => Become("Rejected"),
                ("Active" or "Suspended", AgreementAct.Revoke) => Become("Revoked") && !(IsRenewing = false),
                ("Active" or "Suspended", AgreementAct.Renew) when !IsRenewing && !isOver => (IsRenewing = true) && Become(Status!, _renewer = by),
                ("Active" or "Suspended", AgreementAct.Accept) when IsRenewing && by != _renewer => !(IsRenewing = false) && ++Revision > 0,
                ("Active" or "Suspended", AgreementAct.Reject) when IsRenewing => !(IsRenewing = false),
                ("Active", AgreementAct.Suspend) => Become("Suspended", _suspender = by),
                ("Suspended", AgreementAct.Resume) when by == _suspender => Become("Active"),
                _ => false,
            };
            if (isTaken) Taken++;
            return isTaken;
        }

        private bool Become(string status, string? by = null)
        {
            Status = status;
            return by != "";
        }
    }

    private Agreement Active() => Taken(Taken(null, "customer-1", AgreementAct.Propose, Terms.Plain), "retailer", AgreementAct.Accept);

    private Agreement Taken(Agreement? agreement, string by, AgreementAct act, AgreementTerms? terms = null)
    {
        var step = AgreementLifecycle.Apply("17", agreement, Act(by, act, terms), Now);
        Assert.Null(step.Refusal);
        return step.Agreement!;
    }

    private string? Refusal(Agreement? agreement, string by, AgreementAct act, AgreementTerms? terms = null) => AgreementLifecycle.Apply("17", agreement, Act(by, act, terms), Now).Refusal;

    private SignedAct Act(string by, AgreementAct act, AgreementTerms? terms = null) =>
        new() { Act = act, Party = by, Signer = by, At = Now, Nonce = $"{_nonce++}", Certificate = "", Signature = "", Terms = terms };
}
