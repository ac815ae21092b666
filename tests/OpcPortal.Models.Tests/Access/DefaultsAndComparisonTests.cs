namespace OpcPortal.Models.Tests.Access;

/// <summary>The rules that the house begins with, cell by cell from "Who" of the domain's description, and dry runs over what was recorded.</summary>
public sealed class DefaultsAndComparisonTests
{
    private const Operations See = Operations.Browse | Operations.Read | Operations.Subscribe;

    private static readonly string[] Payload = ["Energy", "PowerQuality", "LoadState"];

    // "portal operator: owns portals, access networks; needs portal health, never payload".
    [Fact]
    public void A_portal_operator_sees_communication_of_what_it_runs_and_never_payload()
    {
        var who = new AccessSubject("grid", EntityKind.PortalOperator);
        var run = new Place { Owner = "shed", Custodian = "shed", Operator = "grid" };
        Assert.Equal(See | Operations.ReceiveEvents, Defaults(who, run with { DataClass = "Communication" }));
        Assert.Equal(Operations.None, Defaults(who, run with { DataClass = "Communication", Operator = "puc" }));
        Assert.Equal(Operations.None, Defaults(who, run with { DataClass = "Diagnostics" }));
        Assert.All(Payload, data => Assert.Equal(Operations.None, Defaults(who, run with { DataClass = data })));
        Assert.All(Payload, data => Assert.Equal(Operations.All, Defaults(who, run with { DataClass = data, Owner = "grid" })));
    }

    // No tenant can shadow it: not even an agreement with the owner.
    [Fact]
    public void No_agreement_gives_payload_to_a_portal_operator()
    {
        var rules = World.Compile(AccessDefaults.Rules, World.Agreement("a1", "shed", "grid", Operations.Read));
        var place = new Place { Owner = "shed", Custodian = "shed", Operator = "grid" };
        var told = rules.Explain(new AccessSubject("grid", EntityKind.PortalOperator), Operations.Read, place.ToTarget());
        Assert.Equal((false, "operator.no-payload"), (told.IsAllowed, told.Rule));
        Assert.True(rules.Explain(new AccessSubject("grid", EntityKind.Retailer), Operations.Read, place.ToTarget()).IsAllowed);
        Assert.True(rules.Explain(new AccessSubject("grid", EntityKind.PortalOperator), Operations.Read, (place with { DataClass = "Diagnostics" }).ToTarget()).IsAllowed);
    }

    [Fact]
    public void An_owner_does_everything_with_its_own_and_nothing_with_what_is_anothers()
    {
        var who = new AccessSubject("grid", EntityKind.DistributionCompany);
        Assert.All(World.DataClasses, data => Assert.Equal(Operations.All, Defaults(who, new Place { DataClass = data })));
        Assert.All(World.DataClasses, data => Assert.Equal(Operations.None, Defaults(who, new Place { DataClass = data, Owner = "ada", Custodian = "ada", Operator = "ada" })));
    }

    [Fact]
    public void A_custodian_reads_and_corrects_what_it_answers_for()
    {
        var who = new AccessSubject("puc", EntityKind.Retailer);
        Assert.Equal(See | Operations.ReadHistory | Operations.EditHistory, Defaults(who, new Place { Custodian = "puc" }));
        Assert.Equal(Operations.None, Defaults(who, new Place()));
    }

    // "customer: own data". The state of the device itself is its owner's.
    [Fact]
    public void A_customer_reads_what_is_measured_at_its_premises()
    {
        var who = new AccessSubject("ada", EntityKind.Customer);
        Assert.All([.. Payload, "Communication"], data => Assert.Equal(See | Operations.ReadHistory, Defaults(who, new Place { DataClass = data })));
        Assert.All([.. Payload, "Communication"], data => Assert.Equal(Operations.None, Defaults(who, new Place { DataClass = data, Customer = "puc" })));
        Assert.All(["Diagnostics", "Unclassified"], data => Assert.Equal(Operations.None, Defaults(who, new Place { DataClass = data })));
    }

    // "Custodian (who is responsible that the data is correct)": whoever else sees readings corrects none, but the owner.
    [Fact]
    public void By_default_owner_and_custodian_alone_edit_history()
    {
        var place = new Place { Owner = "grid", Custodian = "puc", Operator = "shed", Customer = "ada" };
        Assert.All(World.DataClasses, data =>
        {
            var here = place with { DataClass = data };
            Assert.Equal(["grid", "puc"], new[] { "grid", "puc", "shed", "ada", "solo" }.Where(entity => EntityKind.WellKnown.All(kind => kind.Id == EntityKind.PortalOperator
                || (Defaults(new AccessSubject(entity, kind.Id), here) & Operations.EditHistory) != 0)));
        });
        Assert.Equal(Operations.None, Defaults(new AccessSubject("puc", EntityKind.House, Power: ManagerPower.System), place with { Custodian = "grid" }) & Operations.EditHistory);
    }

    // "Network Manager: access networks, portals' communication state".
    [Fact]
    public void A_network_manager_of_the_house_sees_communication_everywhere_and_never_payload()
    {
        var who = new AccessSubject("puc", EntityKind.House, Power: ManagerPower.Network);
        Assert.Equal(See | Operations.ReadHistory | Operations.ReceiveEvents, Defaults(who, new Place { DataClass = "Communication" }));
        Assert.All(Payload, data => Assert.Equal(Operations.None, Defaults(who, new Place { DataClass = data, Owner = "puc" })));
        Assert.Equal(Operations.None, Defaults(who with { Power = ManagerPower.System }, new Place { DataClass = "Communication" }));
        Assert.Equal(Operations.None, Defaults(who with { Kind = EntityKind.Retailer }, new Place { DataClass = "Communication" }));
    }

    [Fact]
    public void All_others_get_nothing_without_agreement_or_mandate() => Assert.All(EntityKind.WellKnown, kind =>
        Assert.All(World.DataClasses, data => Assert.Equal(Operations.None, Defaults(new AccessSubject("shed", kind.Id), new Place { DataClass = data }))));

    [Fact]
    public void Each_default_rule_has_an_id_of_its_own_and_cites_what_it_rests_on()
    {
        Assert.Equal(AccessDefaults.Rules.Count, AccessDefaults.Rules.Select(rule => rule.Id).Distinct().Count());
        Assert.All(AccessDefaults.Rules, rule => Assert.StartsWith("IECSA C-2.2 1.", rule.Citation));
    }

    // ---- dry runs ----

    private static readonly Agreement Reading = World.Agreement("a1", "grid", "shed", Operations.Read);

    [Fact]
    public void A_dry_run_tells_who_gains_and_who_loses_what()
    {
        var before = World.Compile([], Reading);
        var after = World.Compile([], World.Agreement("a2", "grid", "puc", Operations.Read));
        var compared = PolicyComparison.Compare([Access("shed", 3), Access("puc", 5), Access("ada", 7), Access("shed", 2) with { Node = "n2" }], before, after);
        Assert.Equal(17, compared.Replayed);
        Assert.Equal([new PolicyTotals("puc", 5, 0, 0, 0), new PolicyTotals("shed", 0, 5, 0, 0)], compared.Totals);
        Assert.Equal([PolicyEffect.Lost, PolicyEffect.Gained, PolicyEffect.Lost], compared.Changes.Select(change => change.Effect));
        Assert.Equal(("allowed by agreement a1", "refused: no rule and no agreement allows Read"), (compared.Changes[0].Before.Reason, compared.Changes[0].After.Reason));
        Assert.Equal("n2", compared.Changes[2].Access.Node);
    }

    public static TheoryData<QualityLevel, int?, PolicyEffect> OtherTerms => new()
    {
        { QualityLevel.Valid, 30, PolicyEffect.Same },
        { QualityLevel.Validated, 30, PolicyEffect.Narrowed },
        { QualityLevel.Estimated, 30, PolicyEffect.Widened },
        { QualityLevel.Valid, 29, PolicyEffect.Narrowed },
        { QualityLevel.Valid, null, PolicyEffect.Widened },
        { QualityLevel.Validated, null, PolicyEffect.Narrowed },
    };

    [Theory]
    [MemberData(nameof(OtherTerms))]
    public void A_dry_run_tells_where_more_or_less_is_withheld(QualityLevel quality, int? days, PolicyEffect expected)
    {
        AccessRules With(QualityLevel minimum, int? depth) => World.Compile([], AgreementTests.With(World.Agreement("a1", "grid", "shed", Operations.ReadHistory), terms => terms with
        {
            Conditions = new AccessConditions { MinimumQuality = minimum, HistoryDepth = depth is { } d ? TimeSpan.FromDays(d) : null },
        }));
        var compared = PolicyComparison.Compare([Access("shed", 2) with { Operation = Operations.ReadHistory }], With(QualityLevel.Valid, 30), With(quality, days));
        Assert.Equal(expected, compared.Changes.SingleOrDefault()?.Effect ?? PolicyEffect.Same);
        Assert.Equal(expected switch
        {
            PolicyEffect.Same => [],
            PolicyEffect.Narrowed => [new PolicyTotals("shed", 0, 0, 0, 2)],
            _ => new[] { new PolicyTotals("shed", 0, 0, 2, 0) },
        }, compared.Totals);
    }

    [Fact]
    public void A_new_owner_date_narrows()
    {
        var customers = World.Rule(PolicyLayer.Mandate, RuleEffect.Allow, Operations.Read);
        var compared = PolicyComparison.Compare([Access("shed", 1)], World.Compile([customers]), World.Compile([customers with { Scope = new AccessScope { Owners = ["grid"] } }]));
        Assert.Equal(PolicyEffect.Narrowed, compared.Changes.Single().Effect);
        Assert.Equal(PolicyEffect.Widened, PolicyComparison.Compare([Access("shed", 1)], World.Compile([customers with { Scope = new AccessScope { Owners = ["grid"] } }]), World.Compile([customers])).Changes.Single().Effect);
    }

    [Fact]
    public void A_dry_run_tells_a_thousand_changes_and_counts_them_all()
    {
        var compared = PolicyComparison.Compare(Enumerable.Range(0, 1_200).Select(_ => Access("shed", 1)), World.Compile([]), World.Compile([], Reading));
        Assert.Equal((1_000, 1_200L, 1_200L), (compared.Changes.Count, compared.Totals.Single().Gained, compared.Replayed));
    }

    // To a session two subjects with other purposes are one; a decision is another.
    [Fact]
    public void A_dry_run_keeps_purposes_apart()
    {
        var shedding = Access("shed", 1) with { Subject = World.Subject("shed") with { Purposes = ["shedding"] } };
        var billing = Access("shed", 1) with { Subject = World.Subject("shed") with { Purposes = ["billing"] } };
        Assert.Equal([billing], PolicyComparison.Compare([shedding, billing], World.Compile([]), World.Compile([], Reading)).Changes.Select(change => change.Access));
    }

    [Fact]
    public void Nobody_gains_and_loses_nothing() =>
        Assert.Empty(PolicyComparison.Compare([Access("shed", 1) with { Subject = AccessSubject.Nobody }], World.Compile([]), World.Compile([World.Rule(PolicyLayer.Class, RuleEffect.Allow, Operations.All)])).Changes);

    private static RecordedAccess Access(string entity, long count) => new(World.Subject(entity), Operations.Read, new Place().ToTarget(), "n", count);

    private static Operations Defaults(AccessSubject who, Place place) => World.Compile(AccessDefaults.Rules).For(who).Permit(place.ToTarget()).Allowed;
}
