using CsCheck;

namespace OpcPortal.Models.Tests.Access;

/// <summary>Where there can be anything for a subject, and what it is given in sums alone.</summary>
public sealed class ReachAndAggregateTests
{
    private static readonly AccessRule Browsing = World.Rule(PolicyLayer.Class, RuleEffect.Allow, Operations.Browse);
    private static readonly WorldNumbers Numbers = new();

    private static readonly AccessConditions InSums = new() { Floor = new AggregationFloor(15, 0.15) };

    [Fact]
    public void Without_leave_to_browse_there_is_nothing_to_reach()
    {
        Assert.True(Reach("shed", [Browsing with { Operations = Operations.All & ~Operations.Browse }]).IsEmpty);
        Assert.True(Reach("shed", [Browsing with { Effect = RuleEffect.Deny }]).IsEmpty);
        Assert.True(Reach("shed", [Browsing with { Conditions = InSums }]).IsEmpty);
        Assert.False(Reach("shed", [Browsing]).IsEmpty);
        Assert.True(World.Compile([Browsing]).For(AccessSubject.Nobody).Reach is { IsEmpty: true, Party: -1 });
    }

    [Fact]
    public void Reach_is_bound_by_what_each_rule_names()
    {
        Assert.True(Reach("shed", [Browsing]).IsUnbounded);
        Assert.Equal([Numbers.Portal("p1"), Numbers.Portal("p2")], Reach("shed", [Browsing with { Scope = new AccessScope { Portals = ["p2", "p1"] } }]).Portals.Order());
        Assert.Equal([Numbers.Party("ada")], Reach("shed", [Browsing with { Scope = new AccessScope { Customers = ["ada"], Owners = ["grid"] } }]).Customers);
        Assert.Equal([Numbers.Party("grid")], Reach("shed", [Browsing with { Scope = new AccessScope { Owners = ["grid"] } }]).Owners);
        Assert.Equal([Numbers.Party("grid")], Reach("shed", [], World.Agreement("a1", "grid", "shed", Operations.Browse)).Owners);
        var own = Reach("ada", [Browsing with { Subjects = new RuleSubjects { Relations = Relation.Customer | Relation.Owner } }]);
        Assert.Equal((Numbers.Party("ada"), Relation.Customer | Relation.Owner, false), (own.Party, own.Own, own.IsUnbounded));
    }

    [Fact]
    public void Reach_of_a_relation_includes_what_stands_in_it_and_nothing_else()
    {
        var own = Reach("ada", [Browsing with { Subjects = new RuleSubjects { Relations = Relation.Customer } }]);
        Assert.True(own.Includes(new Place().ToTarget()));
        Assert.False(own.Includes(new Place { Customer = "puc", Owner = "ada" }.ToTarget()));
        Assert.False(own.Includes(new Place { Customer = null }.ToTarget()));
    }

    [Fact]
    public void An_agreement_with_a_floor_gives_nothing_of_a_single_point()
    {
        var agreement = AgreementTests.With(World.Agreement("a1", "grid", "shed", Operations.Read), terms => terms with { Conditions = InSums });
        var rules = World.Compile([], agreement).For(World.Subject("shed"));
        Assert.Equal(default, rules.Permit(new Place().ToTarget()));
        var sums = Assert.Single(rules.Aggregates);
        Assert.Equal(("a1", PolicyLayer.Agreement, new AggregationFloor(15, 0.15), Operations.Read), (sums.Id, sums.Layer, sums.Floor, sums.Operations));
        Assert.Equal((Operations.Read, new Place().OwnedSince), (sums.PermitWithin(new Place().ToTarget()).Allowed, sums.PermitWithin(new Place().ToTarget()).Terms!.NotBefore));
        Assert.Equal(default, sums.PermitWithin(new Place { Owner = "ada" }.ToTarget()));
        Assert.Equal([Numbers.Party("grid")], sums.Reach.Owners);
        Assert.Same(sums, rules.AggregateOf("a1"));
        Assert.Null(rules.AggregateOf("a2"));
        Assert.Empty(World.Compile([], World.Agreement("a1", "grid", "shed", Operations.Read)).For(World.Subject("shed")).Aggregates);
    }

    [Theory]
    [InlineData(PolicyLayer.Mandate, Operations.Browse)]
    [InlineData(PolicyLayer.Owner, Operations.Browse)]
    [InlineData(PolicyLayer.Agreement, Operations.Browse)]
    [InlineData(PolicyLayer.Class, Operations.Browse | Operations.Read)]
    public void No_sum_goes_round_a_denial_of_its_layer_or_one_above(PolicyLayer layer, Operations expected)
    {
        var agreement = AgreementTests.With(World.Agreement("a1", "grid", "shed", Operations.Browse | Operations.Read), terms => terms with { Conditions = InSums });
        var deny = World.Rule(layer, RuleEffect.Deny, Operations.Read);
        Assert.Equal(expected, World.Compile([deny], agreement).For(World.Subject("shed")).Aggregates.Single().PermitWithin(new Place().ToTarget()).Allowed);
    }

    [Fact]
    public void What_an_earlier_layer_allows_no_later_one_keeps_from_a_sum()
    {
        var sums = World.Rule(PolicyLayer.Owner, RuleEffect.Allow, Operations.Read, "sums") with { Conditions = InSums };
        var mandate = World.Rule(PolicyLayer.Mandate, RuleEffect.Allow, Operations.Read, "mandate");
        var deny = World.Rule(PolicyLayer.Operator, RuleEffect.Deny, Operations.Read, "deny");
        Assert.Equal(Operations.Read, World.Compile([mandate, deny, sums]).For(World.Subject("shed")).Aggregates.Single().PermitWithin(new Place().ToTarget()).Allowed);
        Assert.Equal(Operations.None, World.Compile([deny, sums]).For(World.Subject("shed")).Aggregates.Single().PermitWithin(new Place().ToTarget()).Allowed);
    }

    [Fact]
    public void A_denial_with_a_floor_denies_all_the_same()
    {
        var rules = World.Compile([Browsing, Browsing with { Effect = RuleEffect.Deny, Conditions = InSums }]).For(World.Subject("shed"));
        Assert.Equal(Operations.None, rules.Permit(new Place().ToTarget()).Allowed);
        Assert.Empty(rules.Aggregates);
    }

    [Fact]
    public void Sums_that_are_passed_on_are_of_no_fewer_customers()
    {
        var parent = AgreementTests.With(World.Agreement("a1", "grid", "puc", Operations.Read), terms => terms with { MayDelegate = true, Conditions = new AccessConditions { Floor = new AggregationFloor(15, 0.5) } });
        var child = AgreementTests.With(World.Agreement("a2", "puc", "shed", Operations.Read), terms => terms with { BasedOn = "a1" });
        var stricter = AgreementTests.With(child, terms => terms with { Conditions = new AccessConditions { Floor = new AggregationFloor(5, 0.1) } });
        Assert.Equal(new AggregationFloor(15, 0.5), World.Compile([], parent, child).For(World.Subject("shed")).Aggregates.Single().Floor);
        Assert.Equal(new AggregationFloor(15, 0.1), World.Compile([], parent, stricter).For(World.Subject("shed")).Aggregates.Single().Floor);
        Assert.Equal("gives sums alone", World.Compile([], parent, child).Explain(World.Subject("shed"), Operations.Read, new Place().ToTarget()).Considered.Single().Outcome);
        Assert.Equal("does not fit: owner", World.Compile([], parent, child).Explain(World.Subject("shed"), Operations.Read, new Place { Owner = "ada" }.ToTarget()).Considered.Single().Outcome);
    }

    [Fact]
    public void Quality_and_depth_bind_what_enters_a_sum()
    {
        var agreement = AgreementTests.With(World.Agreement("a1", "grid", "shed", Operations.ReadHistory), terms => terms with { Conditions = InSums with { MinimumQuality = QualityLevel.Valid, HistoryDepth = TimeSpan.FromDays(7) } });
        var terms = World.Compile([], agreement).For(World.Subject("shed")).Aggregates.Single().PermitWithin(new Place().ToTarget()).Terms!;
        Assert.Equal((QualityLevel.Valid, TimeSpan.FromDays(7), (TimeSpan?)null), (terms.MinimumQuality, terms.HistoryDepth, terms.For(Operations.Read).HistoryDepth));
    }

    // Without the floor the same agreement would give just that of each point.
    [Fact]
    public void A_sum_takes_in_no_point_that_would_be_refused_without_the_floor() => Made.Case.Sample((policy, who, place) =>
    {
        var target = place.ToTarget();
        foreach (var sums in World.Compile(policy.Rules, policy.Agreements).For(who).Aggregates)
        {
            var bare = World.Compile([.. policy.Rules.Select(WithoutFloor)], [.. policy.Agreements.Select(WithoutFloor)]).For(who).Permit(target).Allowed;
            if ((sums.PermitWithin(target).Allowed & ~bare) != 0) return false;
        }

        return true;
    }, iter: 1_500);

    private static AccessRule WithoutFloor(AccessRule rule) => rule with { Conditions = rule.Conditions with { Floor = null } };

    private static Agreement WithoutFloor(Agreement agreement) => AgreementTests.With(agreement, terms => terms with { Conditions = terms.Conditions with { Floor = null } });

    private static Reach Reach(string entity, AccessRule[] rules, params Agreement[] agreements) => World.Compile(rules, agreements).For(World.Subject(entity)).Reach;
}
