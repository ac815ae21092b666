using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Who may do what with an agreement, by which proof. portal-model.md: Agreements.</summary>
public sealed class AgreementServiceTests
{
    private static readonly AgreementTerms Terms = AgreementWorld.Terms;

    [Fact]
    public async Task Two_signed_acts_conclude_an_agreement_that_proves_itself_after_a_restart()
    {
        await using var world = await AgreementWorld.CreateAsync();
        Assert.Equal(AgreementStatus.Proposed, (await world.ProposeAsync("17", Terms)).Agreement.Status);
        Assert.Equal(AgreementStatus.Active, (await world.ActAsync("17", world.Retailer, AgreementAct.Accept)).Status);

        await world.RestartAsync();

        var kept = world.Find("17")!;
        Assert.Equal(AgreementStatus.Active, kept.Status);
        Assert.True(kept.IsInForce(world.Now));
        Assert.Null(AgreementSignature.FlawOf(kept));
    }

    [Fact]
    public async Task Whoever_proposes_may_be_the_grantee()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms, world.Retailer);
        var (refusal, _) = await world.RefusedAsync(() => world.ActAsync("17", world.Retailer, AgreementAct.Accept));
        Assert.Equal(AgreementRefusal.State, refusal);
        Assert.Equal(AgreementStatus.Active, (await world.ActAsync("17", world.Customer, AgreementAct.Accept)).Status);
    }

    [Fact]
    public async Task A_forged_signature_is_refused()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms);
        // Signed by the stranger's key, with the retailer's name and certificate put in afterwards.
        var forged = world.Stranger.Sign("17", world.Find("17"), AgreementAct.Accept, world.Now) with { Party = "retailer", Signer = world.Retailer.Signer, Certificate = world.Retailer.Certificate };
        Assert.Equal(AgreementRefusal.Signature, (await world.RefusedAsync(() => world.Service.ActAsync("17", forged, null, "retailer"))).Refusal);
        await world.ActAsync("17", world.Retailer, AgreementAct.Accept);
    }

    [Fact]
    public async Task A_certificate_that_the_directory_has_not_for_the_signer_proves_nothing()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms);
        await Refused(world.Stranger.Sign("17", world.Find("17"), AgreementAct.Accept, world.Now, null, act => act with { Party = "retailer", Signer = world.Retailer.Signer }));
        await Refused(world.Stranger.Sign("17", world.Find("17"), AgreementAct.Accept, world.Now, null, act => act with { Party = "retailer" }));
        await Refused(world.Retailer.Sign("17", world.Find("17"), AgreementAct.Accept, world.Now, null, act => act with { Signer = "nobody" }));
        await world.ActAsync("17", world.Retailer, AgreementAct.Accept);

        async Task Refused(SignedAct act) => Assert.Equal(AgreementRefusal.Signature, (await world.RefusedAsync(() => world.Service.ActAsync("17", act, null, "retailer"))).Refusal);
    }

    [Fact]
    public async Task A_signer_signs_while_it_is_active_and_no_longer()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms);
        await world.Directory.ApplyAsync([world.Retailer.Application with { Active = new ActivePeriod(AgreementWorld.Start.AddDays(-1), world.Now) }], "test", "it is retired");
        Assert.Equal(AgreementRefusal.Signature, (await world.RefusedAsync(() => world.ActAsync("17", world.Retailer, AgreementAct.Accept))).Refusal);
        await world.Directory.ApplyAsync([world.Retailer.Application with { Active = new ActivePeriod(AgreementWorld.Start, world.Now.AddTicks(1)) }], "test", "it is not, yet");
        await world.ActAsync("17", world.Retailer, AgreementAct.Accept);
    }

    [Fact]
    public async Task An_entity_that_is_no_longer_active_signs_nothing()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms);
        var retailer = world.Directory.Entities["retailer"];
        await world.Directory.ApplyAsync([retailer with { Active = new ActivePeriod(AgreementWorld.Start.AddDays(-1), world.Now) }], "test", "it is gone");
        Assert.Equal(AgreementRefusal.Signature, (await world.RefusedAsync(() => world.ActAsync("17", world.Retailer, AgreementAct.Accept))).Refusal);
    }

    [Fact]
    public async Task A_certificate_that_has_run_out_signs_nothing()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms with { Period = new ActivePeriod(AgreementWorld.Start, AgreementWorld.Start.AddYears(10)) });
        // CertificateSubject.Lifetime: 730 days.
        world.Time.Advance(TimeSpan.FromDays(731));
        Assert.Contains("not valid now", (await world.RefusedAsync(() => world.ActAsync("17", world.Retailer, AgreementAct.Accept))).Reason, StringComparison.Ordinal);
        world.Time.AdjustTime(new DateTimeOffset(AgreementWorld.Start.AddDays(729)));
        await world.ActAsync("17", world.Retailer, AgreementAct.Accept);
    }

    [Fact]
    public async Task An_individual_signs_with_its_own_certificate()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms);
        // One certificate may serve an application and an individual of one entity; the act says who of them signed.
        await world.Directory.ApplyAsync([new Individual { Id = "ann", Entity = "retailer", Name = "Ann", Certificate = world.Retailer.Certificate, Thumbprint = world.Retailer.Thumbprint }], "test", "she acts for it");
        var act = world.Retailer.Sign("17", world.Find("17"), AgreementAct.Accept, world.Now, null, unsigned => unsigned with { Signer = "ann" });
        Assert.Equal("ann", (await world.Service.ActAsync("17", act, null, "retailer")).Acts[^1].Signer);
    }

    [Fact]
    public async Task An_act_is_taken_once()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        var suspend = world.Retailer.Sign("17", world.Find("17"), AgreementAct.Suspend, world.Now);
        await world.Service.ActAsync("17", suspend, null, "retailer");
        await world.ActAsync("17", world.Retailer, AgreementAct.Resume);

        Assert.Equal("This act was taken before.", (await world.RefusedAsync(() => world.Service.ActAsync("17", suspend, null, "retailer"))).Reason);
        await world.RestartAsync();
        Assert.Equal("This act was taken before.", (await world.RefusedAsync(() => world.Service.ActAsync("17", suspend, null, "retailer"))).Reason);
        await world.ActAsync("17", world.Retailer, AgreementAct.Suspend);
    }

    [Fact]
    public async Task An_act_on_one_agreement_is_none_on_another()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        await world.ConcludeAsync("18", Terms with { Purpose = "settlement" });
        var revoke = world.Customer.Sign("17", world.Find("17"), AgreementAct.Revoke, world.Now);
        Assert.Equal(AgreementRefusal.Signature, (await world.RefusedAsync(() => world.Service.ActAsync("18", revoke, null, "customer-1"))).Refusal);
        Assert.Equal(AgreementStatus.Revoked, (await world.Service.ActAsync("17", revoke, null, "customer-1")).Status);
    }

    [Theory]
    [InlineData(-301, false)]
    [InlineData(-300, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public async Task An_act_is_signed_just_before_it_is_sent(int seconds, bool isTaken)
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms);
        var act = world.Retailer.Sign("17", world.Find("17"), AgreementAct.Accept, world.Now.AddSeconds(seconds));
        if (isTaken) await world.Service.ActAsync("17", act, null, "retailer");
        else Assert.Equal(AgreementRefusal.NotFresh, (await world.RefusedAsync(() => world.Service.ActAsync("17", act, null, "retailer"))).Refusal);
    }

    [Fact]
    public async Task Nobody_hands_over_the_act_of_another()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms);
        var act = world.Retailer.Sign("17", world.Find("17"), AgreementAct.Accept, world.Now);
        Assert.Equal(AgreementRefusal.NotAParty, (await world.RefusedAsync(() => world.Service.ActAsync("17", act, null, "customer-1"))).Refusal);
        await world.Service.ActAsync("17", act, null, "retailer");
    }

    [Fact]
    public async Task Whoever_is_no_party_learns_not_even_that_there_is_an_agreement()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Terms);
        var there = await world.RefusedAsync(() => world.ActAsync("17", world.Stranger, AgreementAct.Accept));
        var act = world.Stranger.Sign("18", world.Find("17"), AgreementAct.Accept, world.Now);
        var notThere = await world.RefusedAsync(() => world.Service.ActAsync("18", act, null, "stranger"));
        Assert.Equal((AgreementRefusal.Unknown, "There is no agreement 17."), there);
        Assert.Equal((AgreementRefusal.Unknown, "There is no agreement 18."), notThere);
    }

    [Fact]
    public async Task Terms_that_were_altered_after_they_were_signed_are_refused()
    {
        await using var world = await AgreementWorld.CreateAsync();
        var act = world.Customer.Sign("17", null, AgreementAct.Propose, world.Now, Terms);
        var altered = new AgreementDocument { Id = "17", Terms = Terms with { Operations = Operations.All } };
        Assert.Equal(AgreementRefusal.Signature, (await world.RefusedAsync(() => world.Service.ProposeAsync(altered, act, "customer-1"))).Refusal);
        await world.Service.ProposeAsync(new AgreementDocument { Id = "17", Terms = Terms }, act, "customer-1");
    }

    [Fact]
    public async Task A_renewal_accepted_by_one_is_not_accepted_for_the_other_terms()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        var beforeRenewal = world.Find("17");
        await world.ActAsync("17", world.Retailer, AgreementAct.Renew, Terms with { Purpose = "settlement" });
        // Signed for the terms that were in force, not for those put forward.
        var stale = world.Customer.Sign("17", beforeRenewal, AgreementAct.Accept, world.Now);
        Assert.Equal(AgreementRefusal.Signature, (await world.RefusedAsync(() => world.Service.ActAsync("17", stale, null, "customer-1"))).Refusal);
        var renewed = await world.ActAsync("17", world.Customer, AgreementAct.Accept);
        Assert.Equal("settlement", renewed.Terms.Purpose);
        Assert.Null(AgreementSignature.FlawOf(renewed));
    }

    [Theory]
    [InlineData("p9", null, null, "p9")]
    [InlineData("p2", null, null, null)]
    [InlineData(null, "LoadState", null, "LoadState")]
    [InlineData(null, "PowerQuality", null, null)]
    [InlineData(null, "Weather", null, "Weather")]
    [InlineData(null, null, "retailer", "retailer")]
    [InlineData(null, null, "customer-1", null)]
    public async Task A_scope_that_exceeds_what_the_grantor_owns_is_refused_by_name(string? portal, string? dataClass, string? customer, string? named)
    {
        await using var world = await AgreementWorld.CreateAsync();
        // Beside names that it does own: one must not cover for the other.
        var scope = new AccessScope { Portals = portal is null ? ["p1"] : ["p1", portal], DataClasses = dataClass is null ? ["Energy"] : ["Energy", dataClass], Customers = customer is null ? [] : [customer] };
        if (named is null)
        {
            await world.ProposeAsync("17", Terms with { Scope = scope });
            return;
        }

        var (refusal, reason) = await world.RefusedAsync(() => world.ProposeAsync("17", Terms with { Scope = scope }));
        Assert.Equal(AgreementRefusal.Terms, refusal);
        Assert.Contains(named, reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewal_does_not_exceed_what_the_grantor_owns_either()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        Assert.Contains("p9", (await world.RefusedAsync(() => world.ActAsync("17", world.Customer, AgreementAct.Renew, Terms with { Scope = new AccessScope { Portals = ["p9"] } }))).Reason, StringComparison.Ordinal);
        await world.ActAsync("17", world.Customer, AgreementAct.Renew, Terms with { Scope = new AccessScope { Portals = ["p2"] } });
    }

    [Fact]
    public async Task A_proposal_by_the_grantee_tells_it_nothing_of_what_the_grantor_owns_and_is_refused_when_the_grantor_signs()
    {
        await using var world = await AgreementWorld.CreateAsync();
        // Where the customer lives and where not: the same answer.
        await world.ProposeAsync("17", Terms, world.Retailer);
        await world.ProposeAsync("18", Terms with { Scope = new AccessScope { Portals = ["p9"] } }, world.Retailer);
        await world.ProposeAsync("19", Terms with { Purpose = "settlement", BasedOn = "99" }, world.Retailer);

        Assert.Contains("p9", (await world.RefusedAsync(() => world.ActAsync("18", world.Customer, AgreementAct.Accept))).Reason, StringComparison.Ordinal);
        Assert.Contains("99", (await world.RefusedAsync(() => world.ActAsync("19", world.Customer, AgreementAct.Accept))).Reason, StringComparison.Ordinal);
        await world.ActAsync("17", world.Customer, AgreementAct.Accept);
        // And a renewal likewise.
        await world.ActAsync("17", world.Retailer, AgreementAct.Renew, Terms with { Purpose = "audit", Scope = new AccessScope { Portals = ["p9"] } });
        Assert.Contains("p9", (await world.RefusedAsync(() => world.ActAsync("17", world.Customer, AgreementAct.Accept))).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parties_and_whom_they_name_are_there()
    {
        await using var world = await AgreementWorld.CreateAsync();
        Assert.Equal(AgreementRefusal.Terms, (await world.RefusedAsync(() => world.ProposeAsync("17", Terms with { Grantee = "nobody" }))).Refusal);
        // Which applications and individuals the grantee has is told to the grantee alone.
        await Refused("18", Terms with { GranteeApplication = "stranger-app" });
        await Refused("19", Terms with { GranteeIndividual = "ann" });
        await world.ConcludeAsync("20", Terms with { GranteeApplication = "retailer-app" });

        async Task Refused(string id, AgreementTerms terms)
        {
            await world.ProposeAsync(id, terms);
            Assert.Equal(AgreementRefusal.Terms, (await world.RefusedAsync(() => world.ActAsync(id, world.Retailer, AgreementAct.Accept))).Refusal);
        }
    }

    [Fact]
    public async Task What_says_the_same_is_refused_and_what_overlaps_is_told()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        Assert.Equal(AgreementRefusal.Duplicate, (await world.RefusedAsync(() => world.ProposeAsync("18", Terms with { }))).Refusal);
        Assert.Equal(AgreementRefusal.Unknown, (await world.RefusedAsync(() => world.ProposeAsync("17", Terms with { Purpose = "settlement" }))).Refusal);

        Assert.Equal(["17"], (await world.ProposeAsync("18", Terms with { Purpose = "settlement" })).Overlapping);
        Assert.Empty((await world.ProposeAsync("19", Terms with { Scope = new AccessScope { Portals = ["p2"] } })).Overlapping);
        Assert.Empty((await world.ProposeAsync("20", Terms with { Operations = Operations.ReadHistory })).Overlapping);
        // What is over says nothing any more.
        await world.ActAsync("17", world.Customer, AgreementAct.Revoke);
        await world.ProposeAsync("21", Terms with { });
    }

    [Fact]
    public async Task A_party_puts_forward_so_many_and_no_more()
    {
        await using var world = await AgreementWorld.CreateAsync(new AgreementOptions { MaxProposalsPerParty = 2 });
        await world.ProposeAsync("17", Terms);
        await world.ProposeAsync("18", Terms with { Purpose = "b" });
        Assert.Equal(AgreementRefusal.TooMany, (await world.RefusedAsync(() => world.ProposeAsync("19", Terms with { Purpose = "c" }))).Refusal);
        // The other party has its own number.
        await world.ProposeAsync("19", Terms with { Purpose = "c" }, world.Retailer);
    }

    [Fact]
    public async Task A_crash_at_any_step_leaves_what_was_before_and_the_same_act_can_be_sent_again()
    {
        await using var world = await AgreementWorld.CreateAsync();
        var propose = world.Customer.Sign("17", null, AgreementAct.Propose, world.Now, Terms);
        await AtFirstInVain(() => world.Service.ProposeAsync(new AgreementDocument { Id = "17", Terms = Terms }, propose, "customer-1"));
        foreach (var (party, act, terms) in new (TestParty, AgreementAct, AgreementTerms?)[]
                 {
                     (world.Retailer, AgreementAct.Accept, null), (world.Retailer, AgreementAct.Renew, Terms with { Purpose = "settlement" }), (world.Customer, AgreementAct.Accept, null),
                     (world.Customer, AgreementAct.Suspend, null), (world.Customer, AgreementAct.Resume, null), (world.Retailer, AgreementAct.Revoke, null),
                 })
        {
            var signed = party.Sign("17", world.Find("17"), act, world.Now, terms);
            await AtFirstInVain(() => world.Service.ActAsync("17", signed, terms, party.Entity));
        }

        Assert.Equal(AgreementStatus.Revoked, world.Find("17")!.Status);
        Assert.Equal(7, world.Find("17")!.Acts.Count);
        Assert.Null(AgreementSignature.FlawOf(world.Find("17")!));

        async Task AtFirstInVain(Func<Task> act)
        {
            var before = world.Find("17");
            world.Store.NextFailure = new StorageException("The disk is full.");
            Assert.Equal(AgreementRefusal.NotStored, (await world.RefusedAsync(act)).Refusal);
            Assert.Same(before, world.Find("17"));
            await world.RestartAsync();
            await act();
        }
    }

    [Fact]
    public async Task What_has_expired_does_not_come_back_when_the_clock_is_set_back()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        world.Time.Advance(TimeSpan.FromDays(100));
        await world.Service.ExpireAsync(["17"]);
        Assert.Equal(AgreementStatus.Expired, world.Find("17")!.Status);

        world.Time.AdjustTime(new DateTimeOffset(AgreementWorld.Start.AddDays(1)));
        await world.RestartAsync();

        Assert.False(world.Find("17")!.IsInForce(world.Now));
        foreach (var act in new[] { AgreementAct.Accept, AgreementAct.Resume })
            Assert.Equal(AgreementRefusal.State, (await world.RefusedAsync(() => world.ActAsync("17", world.Retailer, act))).Refusal);
        // And nothing is taken for a time that the server knows to be over.
        Assert.Equal("Its period is over.", (await world.RefusedAsync(() => world.ProposeAsync("18", Terms))).Reason);
        await world.ProposeAsync("18", Terms with { Period = new ActivePeriod(AgreementWorld.Start, AgreementWorld.Start.AddDays(101)) });
    }

    [Fact]
    public async Task Expiry_changes_what_is_over_alone()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17");
        await world.ConcludeAsync("18", Terms with { Purpose = "settlement", Period = new ActivePeriod(AgreementWorld.Start, AgreementWorld.Start.AddDays(100).AddTicks(1)) });
        world.Time.Advance(TimeSpan.FromDays(100));
        await world.Service.ExpireAsync(["17", "18", "unknown"]);
        Assert.Equal(AgreementStatus.Expired, world.Find("17")!.Status);
        Assert.Equal(AgreementStatus.Active, world.Find("18")!.Status);
    }
}
