namespace OpcPortal.Models.Tests.Access;

/// <summary>What is withheld although it may be read, by example. The description, "Ownership": history before the date stays with the former owner.</summary>
public sealed class TermsTests
{
    private const Operations Readings = Operations.Read | Operations.Subscribe | Operations.ReadHistory;

    private static readonly Place Here = new();

    private static readonly AccessRule Allowed = World.Rule(PolicyLayer.Class, RuleEffect.Allow, Readings);

    public static TheoryData<Relation, string, DateTime> SinceByRelation => new()
    {
        { Relation.Owner, "owner", Here.OwnedSince },
        { Relation.Customer, "customer", Here.CustomerSince },
        { Relation.Custodian, "custodian", DateTime.MinValue },
        { Relation.Operator, "operator", DateTime.MinValue },
        { Relation.Owner | Relation.Customer, "owner customer", Here.OwnedSince },
        { Relation.Owner | Relation.Operator, "owner operator", DateTime.MinValue },
        { Relation.Owner | Relation.Operator, "owner", Here.OwnedSince },
        { Relation.None, "owner", DateTime.MinValue },
        { Relation.None, "customer", Here.CustomerSince },
        { Relation.None, "customer operator", DateTime.MinValue },
    };

    [Theory]
    [MemberData(nameof(SinceByRelation))]
    public void What_was_before_the_relation_is_anothers(Relation byRule, string standing, DateTime since)
    {
        string? If(string relation) => standing.Split(' ').Contains(relation) ? "ada" : "grid";
        var place = Here with { Owner = If("owner"), Customer = If("customer"), Custodian = If("custodian"), Operator = If("operator") };
        var permit = Permit(place, [Allowed with { Subjects = new RuleSubjects { Relations = byRule } }]);
        Assert.Equal((Readings, since), (permit.Allowed, (permit.Terms ?? ReadTerms.Unbound).NotBefore));
        Assert.Equal(since == DateTime.MinValue, permit.Terms is null);
        Assert.True((permit.Terms ?? ReadTerms.Unbound).Shows(since));
        Assert.Equal(since == DateTime.MinValue, (permit.Terms ?? ReadTerms.Unbound).Shows(since == DateTime.MinValue ? since : since.AddTicks(-1)));
    }

    [Fact]
    public void Of_two_relations_the_longer_counts_whichever_it_is()
    {
        var both = Allowed with { Subjects = new RuleSubjects { Relations = Relation.Owner | Relation.Customer } };
        var bought = Here with { Owner = "ada", OwnedSince = World.Now.AddDays(-1) };
        Assert.Equal(bought.CustomerSince, Permit(bought, [both]).Terms!.NotBefore);
        Assert.Equal(bought.OwnedSince, Permit(bought with { CustomerSince = World.Now }, [both]).Terms!.NotBefore);
    }

    [Fact]
    public void A_scope_of_owners_or_customers_means_them_and_not_those_before()
    {
        DateTime Since(AccessScope scope, PolicyLayer layer = PolicyLayer.Mandate) =>
            (Permit(Here, [Allowed with { Layer = layer, Scope = scope }], "puc").Terms ?? ReadTerms.Unbound).NotBefore;
        Assert.Equal(DateTime.MinValue, Since(new AccessScope()));
        Assert.Equal(DateTime.MinValue, Since(new AccessScope { Portals = ["p1"] }));
        Assert.Equal(Here.OwnedSince, Since(new AccessScope { Owners = ["grid"] }));
        Assert.Equal(Here.CustomerSince, Since(new AccessScope { Customers = ["ada"] }));
        Assert.Equal(Here.CustomerSince, Since(new AccessScope { CustomerClasses = ["residential"] }));
        Assert.Equal(Here.CustomerSince, Since(new AccessScope { Owners = ["grid"], Customers = ["ada"] }));
    }

    // A mandate may have its reasons; nobody below may show a new occupant what was the former one's.
    [Theory]
    [InlineData(PolicyLayer.Mandate, false)]
    [InlineData(PolicyLayer.Operator, false)]
    [InlineData(PolicyLayer.Owner, true)]
    [InlineData(PolicyLayer.Class, true)]
    public void An_occupant_is_not_shown_what_was_the_former_ones(PolicyLayer layer, bool isBound)
    {
        Assert.Equal(isBound ? Here.CustomerSince : null, Permit(Here, [Allowed with { Layer = layer }]).Terms?.NotBefore);
        Assert.Null(Permit(Here, [Allowed with { Layer = layer }], "shed").Terms);
    }

    [Fact]
    public void An_agreement_gives_what_was_in_its_owners_time()
    {
        var agreement = World.Agreement("a1", "grid", "shed", Readings);
        Assert.Equal(Here.OwnedSince, Permit(Here, [], "shed", agreement).Terms!.NotBefore);
        Assert.Null(Permit(Here with { OwnedSince = DateTime.MinValue }, [], "shed", agreement).Terms);
        Assert.Equal(Here.CustomerSince, Permit(Here, [], "ada", World.Agreement("a1", "grid", "ada", Readings)).Terms!.NotBefore);
    }

    [Fact]
    public void An_occupant_does_not_pass_on_what_was_the_former_ones()
    {
        var parent = AgreementTests.With(World.Agreement("a1", "grid", "ada", Readings), terms => terms with { MayDelegate = true });
        var child = AgreementTests.With(World.Agreement("a2", "ada", "shed", Readings), terms => terms with { BasedOn = "a1" });
        Assert.Equal(Here.CustomerSince, Permit(Here, [], "shed", parent, child).Terms!.NotBefore);
        Assert.Equal(Here.OwnedSince, Permit(Here with { Customer = "puc" }, [], "shed", parent, child).Terms!.NotBefore);
    }

    [Fact]
    public void Of_what_allows_it_in_a_layer_the_loosest_counts()
    {
        var strict = Conditions(QualityLevel.Validated, 30);
        var lax = Conditions(QualityLevel.Any, 1);
        Assert.Equal(new ReadTerms(QualityLevel.Any, DateTime.MinValue, TimeSpan.FromDays(30)), Permit(Here, [strict, lax], "shed").Terms!.For(Operations.ReadHistory));
        Assert.Equal(new ReadTerms(QualityLevel.Any, DateTime.MinValue, TimeSpan.FromDays(30)), Permit(Here, [lax, strict], "shed").Terms!.For(Operations.ReadHistory));
        Assert.Equal(new ReadTerms(QualityLevel.Validated, DateTime.MinValue, TimeSpan.FromDays(30)), Permit(Here, [strict], "shed").Terms!.For(Operations.ReadHistory));
        Assert.Null(Permit(Here, [strict, lax, Allowed], "shed").Terms);
    }

    [Fact]
    public void Of_two_beginnings_the_earlier_counts_in_whatever_order_they_stand()
    {
        var (owners, customers) = (Allowed with { Scope = new AccessScope { Owners = ["grid"] } }, Allowed with { Scope = new AccessScope { Customers = ["ada"] } });
        Assert.Equal([Here.OwnedSince, Here.OwnedSince, Here.CustomerSince], new[] { Permit(Here, [owners, customers], "shed"), Permit(Here, [customers, owners], "shed"), Permit(Here, [customers], "shed") }.Select(p => p.Terms!.NotBefore));
    }

    [Fact]
    public void How_far_back_history_goes_does_not_bind_the_present_value()
    {
        var terms = Permit(Here, [Conditions(QualityLevel.Any, 1)], "shed").Terms!;
        Assert.Equal([null, null, TimeSpan.FromDays(1)], [terms.For(Operations.Read).HistoryDepth, terms.For(Operations.Subscribe).HistoryDepth, terms.For(Operations.ReadHistory).HistoryDepth]);
        Assert.Equal(TimeSpan.FromDays(1), terms.HistoryDepth);
        Assert.Same(terms, terms.For(Operations.Write));
    }

    // A rule that lets one watch loosens nothing of what another lets one read.
    [Theory]
    [InlineData(Operations.Read)]
    [InlineData(Operations.Subscribe)]
    [InlineData(Operations.ReadHistory)]
    public void What_one_rule_allows_does_not_loosen_what_another_does(Operations strictly)
    {
        var terms = Permit(Here, [Conditions(QualityLevel.Validated, null) with { Operations = strictly }, Conditions(QualityLevel.Estimated, null) with { Operations = Readings & ~strictly }], "shed").Terms!;
        Assert.All([Operations.Read, Operations.Subscribe, Operations.ReadHistory], operation =>
            Assert.Equal(operation == strictly ? QualityLevel.Validated : QualityLevel.Estimated, terms.For(operation).MinimumQuality));
        Assert.Equal(QualityLevel.Validated, terms.MinimumQuality);
    }

    [Fact]
    public void Where_layers_share_the_decision_all_together_is_the_tighter()
    {
        var terms = Permit(Here, [Conditions(QualityLevel.Valid, null) with { Layer = PolicyLayer.Mandate, Operations = Operations.Read }, Conditions(QualityLevel.Estimated, 1) with { Operations = Operations.ReadHistory }], "shed").Terms!;
        Assert.Equal((QualityLevel.Valid, TimeSpan.FromDays(1)), (terms.MinimumQuality, terms.HistoryDepth));
        Assert.Equal([QualityLevel.Valid, QualityLevel.Any, QualityLevel.Estimated], [terms.For(Operations.Read).MinimumQuality, terms.For(Operations.Subscribe).MinimumQuality, terms.For(Operations.ReadHistory).MinimumQuality]);
    }

    // Else an entity would be shown more by the end of an agreement.
    [Fact]
    public void An_agreement_takes_nothing_from_what_the_class_is_shown()
    {
        var agreement = AgreementTests.With(World.Agreement("a1", "grid", "shed", Readings), terms => terms with { Conditions = new AccessConditions { MinimumQuality = QualityLevel.Validated, HistoryDepth = TimeSpan.FromDays(1) } });
        Assert.Null(Permit(Here, [Allowed], "shed", agreement).Terms);
        Assert.Equal(QualityLevel.Validated, Permit(Here, [Allowed with { Operations = Operations.Browse }], "shed", agreement).Terms!.MinimumQuality);
        // What the class is denied, the agreement gives on its own terms; what a layer above gives, the class does not better.
        var denied = Permit(Here, [Allowed, Allowed with { Effect = RuleEffect.Deny }], "shed", agreement).Terms!;
        Assert.All([Operations.Read, Operations.Subscribe, Operations.ReadHistory], operation => Assert.Equal(QualityLevel.Validated, denied.For(operation).MinimumQuality));
        Assert.Equal(QualityLevel.Valid, Permit(Here, [Conditions(QualityLevel.Valid, null) with { Layer = PolicyLayer.Owner }, Allowed], "shed", agreement).Terms!.MinimumQuality);
    }

    [Fact]
    public void What_is_passed_on_is_bound_by_the_tightest_of_all_links()
    {
        var parent = AgreementTests.With(World.Agreement("a1", "grid", "puc", Readings), terms => terms with { MayDelegate = true, Conditions = new AccessConditions { MinimumQuality = QualityLevel.Valid, HistoryDepth = TimeSpan.FromDays(30) } });
        var child = AgreementTests.With(World.Agreement("a2", "puc", "shed", Readings), terms => terms with { BasedOn = "a1", Conditions = new AccessConditions { MinimumQuality = QualityLevel.Estimated, HistoryDepth = TimeSpan.FromDays(7) } });
        var terms = Permit(Here, [], "shed", parent, child).Terms!;
        Assert.Equal((QualityLevel.Valid, TimeSpan.FromDays(7)), (terms.MinimumQuality, terms.HistoryDepth));
    }

    [Fact]
    public void The_same_bounds_are_told_by_the_same_terms_and_others_by_others()
    {
        var subject = World.Compile([Allowed]).For(World.Subject("ada"));
        var first = subject.Permit(Here.ToTarget()).Terms;
        Assert.Same(first, subject.Permit((Here with { Portal = "p2" }).ToTarget()).Terms);
        // More dates than there are places for.
        Assert.All(Enumerable.Range(0, 10_000), day => Assert.Equal(Here.CustomerSince.AddHours(-day), subject.Permit((Here with { CustomerSince = Here.CustomerSince.AddHours(-day) }).ToTarget()).Terms!.NotBefore));
    }

    [Fact]
    public void What_may_not_be_read_has_no_terms() =>
        Assert.Equal(new Permit(Operations.Write, null), Permit(Here, [Conditions(QualityLevel.Validated, 1) with { Operations = Operations.Write }]));

    private static AccessRule Conditions(QualityLevel quality, int? days) =>
        Allowed with { Conditions = new AccessConditions { MinimumQuality = quality, HistoryDepth = days is { } d ? TimeSpan.FromDays(d) : null } };

    private static Permit Permit(Place place, AccessRule[] rules, string who = "ada", params Agreement[] agreements) =>
        World.Compile(rules, agreements).For(World.Subject(who)).Permit(place.ToTarget());
}
