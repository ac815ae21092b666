using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Passing on what was given: never more, never in a circle.</summary>
public sealed class DelegationTests
{
    private static readonly AgreementTerms Given = AgreementWorld.Terms with { MayDelegate = true };
    private static readonly AgreementTerms PassedOn = Given with { Grantor = "retailer", Grantee = "aggregator", BasedOn = "17" };

    [Fact]
    public async Task What_may_be_passed_on_is_passed_on()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17", Given);
        Assert.Equal(AgreementStatus.Active, (await world.ConcludeAsync("18", PassedOn)).Status);
    }

    [Fact]
    public async Task What_is_not_owned_and_not_given_is_not_passed_on()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17", Given);
        // Without BasedOn it says that it owns it.
        await Refused(world, PassedOn with { BasedOn = null }, "exceeds what retailer owns");
        await Refused(world, PassedOn with { BasedOn = "99" }, "gives nothing to retailer");
        await Refused(world, PassedOn with { Grantor = "stranger" }, "gives nothing to stranger");
        await world.ProposeAsync("18", PassedOn, world.Retailer);
    }

    [Fact]
    public async Task What_may_not_be_passed_on_is_not()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17", Given with { MayDelegate = false });
        await Refused(world, PassedOn, "may not be passed on");
    }

    [Fact]
    public async Task No_more_is_passed_on_than_was_given()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17", Given);
        await Refused(world, PassedOn with { Operations = Operations.Read | Operations.Write }, "does not give to Write");
        await Refused(world, PassedOn with { Purpose = "advertising" }, "does not give for advertising");
        await Refused(world, PassedOn with { Scope = Given.Scope with { Portals = ["p1", "p2"] } }, "does not give p2");
        await Refused(world, PassedOn with { Scope = Given.Scope with { DataClasses = ["PowerQuality"] } }, "does not give PowerQuality");
        await world.ProposeAsync("18", PassedOn with { Operations = Operations.Read, Scope = Given.Scope with { Points = ["ActivePower"] } }, world.Retailer);
    }

    [Fact]
    public async Task What_is_over_or_was_never_concluded_carries_nothing()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ProposeAsync("17", Given);
        await Refused(world, PassedOn, "is Proposed");
        await world.ActAsync("17", world.Retailer, AgreementAct.Accept);
        await world.ProposeAsync("18", PassedOn, world.Retailer);
        await world.ActAsync("17", world.Customer, AgreementAct.Revoke);
        await Refused(world, PassedOn with { Operations = Operations.Read }, "is Revoked", id: "19");
    }

    [Fact]
    public async Task Nothing_is_based_on_itself()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17", Given);
        await world.ConcludeAsync("18", PassedOn);
        await world.ConcludeAsync("19", PassedOn with { Grantor = "aggregator", Grantee = "retailer", BasedOn = "18" });
        // 19 gives to the retailer what the retailer gave: 18 must not rest on it.
        var (refusal, reason) = await world.RefusedAsync(() => world.ActAsync("18", world.Retailer, AgreementAct.Renew, PassedOn with { BasedOn = "19" }));
        Assert.Equal(AgreementRefusal.Terms, refusal);
        Assert.Contains("18, 19, 18", reason, StringComparison.Ordinal);
        await world.ActAsync("18", world.Retailer, AgreementAct.Renew, PassedOn with { FinishesCommands = true });
    }

    [Fact]
    public async Task It_goes_through_four_hands_at_most()
    {
        await using var world = await AgreementWorld.CreateAsync();
        await world.ConcludeAsync("17", Given);
        var last = "17";
        for (var i = 0; i < AgreementLimits.MaxDelegationLinks; i++)
        {
            var (grantor, grantee) = i % 2 == 0 ? ("retailer", "aggregator") : ("aggregator", "retailer");
            var id = $"link-{i}";
            await world.ConcludeAsync(id, PassedOn with { Grantor = grantor, Grantee = grantee, BasedOn = last });
            last = id;
        }

        var next = PassedOn with { BasedOn = last };
        Assert.Contains("hands at most", (await world.RefusedAsync(() => world.ProposeAsync("too-far", next, world.Retailer))).Reason, StringComparison.Ordinal);
    }

    private static async Task Refused(AgreementWorld world, AgreementTerms terms, string reason, string id = "18")
    {
        var refused = await world.RefusedAsync(() => world.ProposeAsync(id, terms, world.PartyOf(terms.Grantor)));
        Assert.Equal(AgreementRefusal.Terms, refused.Refusal);
        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
    }
}
