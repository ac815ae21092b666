namespace OpcPortal.Models.Tests.Access;

/// <summary>Mandates, moratoria and the order of layers, by example. The domain's description, "Agreements": rules, in this order.</summary>
public sealed class LayerTests
{
    private static readonly AccessRule OwnersDoAll = World.Rule(PolicyLayer.Owner, RuleEffect.Allow, Operations.All, "owner.own") with { Subjects = new RuleSubjects { Relations = Relation.Owner } };

    // IECSA C-2.2 and the description, "Commands": life-support customers are interlocks held as data per jurisdiction and commodity.
    private static readonly AccessRule LifeSupport = World.Rule(PolicyLayer.Mandate, RuleEffect.Deny, Operations.Call, "life-support") with
    {
        Citation = "State code 779.3: no disconnection where life support runs",
        Scope = new AccessScope { FunctionGroups = ["SupplyControl"] },
        PremisesFlags = ["life-support"],
        Jurisdictions = ["US-CA"],
        Commodities = ["electricity"],
    };

    private static readonly Place Switch = new() { DataClass = "LoadState", Point = null, FunctionGroup = "SupplyControl", Flags = ["life-support"] };

    [Fact]
    public void A_moratorium_stops_even_the_owner_and_cites_its_rule()
    {
        var rules = World.Compile([OwnersDoAll, LifeSupport]);
        var refused = rules.Explain(World.Subject("grid"), Operations.Call, Switch.ToTarget());
        Assert.Equal((false, PolicyLayer.Mandate, "life-support"), (refused.IsAllowed, refused.Layer, refused.Rule));
        Assert.Equal("refused by rule life-support (State code 779.3: no disconnection where life support runs)", refused.Reason);
        Assert.Equal(Operations.All & ~Operations.Call, Permit(rules, "grid", Switch));
    }

    public static TheoryData<string> WhereTheMoratoriumDoesNotReach => ["no flag", "other flag", "other jurisdiction", "no jurisdiction", "other commodity", "other group"];

    [Theory]
    [MemberData(nameof(WhereTheMoratoriumDoesNotReach))]
    public void A_moratorium_reaches_no_further_than_its_words(string what)
    {
        var place = what switch
        {
            "no flag" => Switch with { Flags = [] },
            "other flag" => Switch with { Flags = ["medical"] },
            "other jurisdiction" => Switch with { Jurisdiction = "US-NY" },
            "no jurisdiction" => Switch with { Jurisdiction = null },
            "other commodity" => Switch with { Commodity = "gas" },
            _ => Switch with { FunctionGroup = "LoadControl" },
        };
        var rules = World.Compile([OwnersDoAll, LifeSupport]);
        Assert.Equal(Operations.All, Permit(rules, "grid", place));
        Assert.Equal("allowed by rule owner.own (citation of owner.own)", rules.Explain(World.Subject("grid"), Operations.Call, place.ToTarget()).Reason);
    }

    [Fact]
    public void A_winter_moratorium_holds_from_its_first_instant_to_its_last()
    {
        var (from, until) = (new DateTime(2026, 11, 15, 0, 0, 0, DateTimeKind.Utc), new DateTime(2027, 3, 15, 0, 0, 0, DateTimeKind.Utc));
        var winter = LifeSupport with { Id = "winter", PremisesFlags = [], Period = new ActivePeriod(from, until) };
        bool MayDisconnect(DateTime at) => (At(at, OwnersDoAll, winter).For(World.Subject("grid")).Permit(Switch.ToTarget()).Allowed & Operations.Call) != 0;
        Assert.Equal([true, false, false, true], [MayDisconnect(from.AddTicks(-1)), MayDisconnect(from), MayDisconnect(until.AddTicks(-1)), MayDisconnect(until)]);
        Assert.Equal([from, until, until, DateTime.MaxValue], [At(from.AddTicks(-1), winter).ValidUntil, At(from, winter).ValidUntil, At(until.AddTicks(-1), winter).ValidUntil, At(until, winter).ValidUntil]);
    }

    [Fact]
    public void A_moratorium_by_the_hour_holds_within_its_windows()
    {
        var weekend = LifeSupport with { PremisesFlags = [], Conditions = new AccessConditions { Windows = [new WeeklyWindow(0b0100_0000, TimeSpan.FromHours(20), TimeSpan.FromHours(6))] } };
        var saturday = new DateTime(2026, 7, 4, 0, 0, 0, DateTimeKind.Utc);
        bool MayDisconnect(double hours) => (At(saturday.AddHours(hours), OwnersDoAll, weekend).For(World.Subject("grid")).Permit(Switch.ToTarget()).Allowed & Operations.Call) != 0;
        Assert.Equal([true, false, false, true], [MayDisconnect(19.99), MayDisconnect(20), MayDisconnect(29.99), MayDisconnect(30)]);
        Assert.Equal("does not hold at this hour", Outcome(At(saturday, OwnersDoAll, weekend).Explain(World.Subject("grid"), Operations.Call, Switch.ToTarget()), "life-support"));
    }

    [Fact]
    public void What_ended_has_no_hours_any_more()
    {
        var hours = LifeSupport with { Period = new ActivePeriod(World.Now.AddDays(-1), World.Now), Conditions = new AccessConditions { Windows = [new WeeklyWindow(0x7F, TimeSpan.FromHours(13), TimeSpan.FromHours(14))] } };
        Assert.Equal(DateTime.MaxValue, At(World.Now, hours).ValidUntil);
        Assert.Equal(World.Now, At(World.Now.AddTicks(-1), hours).ValidUntil);
        Assert.Equal(World.Now.AddHours(1), At(World.Now, hours with { Period = ActivePeriod.Always }).ValidUntil);
        Assert.Equal("ended 2026-07-01T12:00:00Z", Outcome(At(World.Now, hours with { PremisesFlags = [] }).Explain(World.Subject("grid"), Operations.Call, Switch.ToTarget()), "life-support"));
        Assert.Equal("is in force from 2026-06-30T12:00:00Z", Outcome(At(World.Now.AddDays(-2), hours with { PremisesFlags = [] }).Explain(World.Subject("grid"), Operations.Call, Switch.ToTarget()), "life-support"));
    }

    public static TheoryData<string, string> Misfits => new()
    {
        { "operation", "is not about Call" },
        { "relation", "does not fit: relation" },
        { "without", "does not fit: relation" },
        { "owner", "does not fit: owner" },
        { "portal", "does not fit: portal" },
        { "customer", "does not fit: customer" },
        { "data class", "does not fit: data class" },
        { "device type", "does not fit: device type" },
        { "customer class", "does not fit: customer class" },
        { "point", "does not fit: point" },
        { "jurisdiction", "does not fit: jurisdiction" },
        { "commodity", "does not fit: commodity" },
        { "flag", "does not fit: premises flag" },
        { "group", "does not fit: function group" },
        { "floor", "gives sums alone" },
        { "nothing", "allows" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void What_does_not_fit_is_told(string what, string outcome)
    {
        var rule = World.Rule(PolicyLayer.Mandate, RuleEffect.Allow, what == "operation" ? Operations.Read : Operations.Call);
        rule = what switch
        {
            "relation" => rule with { Subjects = new RuleSubjects { Relations = Relation.Customer } },
            "without" => rule with { Subjects = new RuleSubjects { Without = Relation.Owner } },
            "jurisdiction" => rule with { Jurisdictions = ["US-NY"] },
            "commodity" => rule with { Commodities = ["gas"] },
            "flag" => rule with { PremisesFlags = ["medical"] },
            "floor" => rule with { Conditions = new AccessConditions { Floor = new AggregationFloor(15, 0.15) } },
            _ => rule with { Scope = ScopeOf(what) },
        };
        var told = World.Compile([rule]).Explain(World.Subject("grid"), Operations.Call, Switch.ToTarget());
        Assert.Equal((what == "nothing", outcome), (told.IsAllowed, told.Considered.Single().Outcome));
        Assert.Equal(told.IsAllowed, (Permit(World.Compile([rule]), "grid", Switch) & Operations.Call) != 0);
    }

    private static AccessScope ScopeOf(string what) => what switch
    {
        "owner" => new AccessScope { Owners = ["ada"] },
        "portal" => new AccessScope { Portals = ["p2"] },
        "customer" => new AccessScope { Customers = ["puc"] },
        "data class" => new AccessScope { DataClasses = ["Energy"] },
        "device type" => new AccessScope { DeviceTypes = ["Gas"] },
        "customer class" => new AccessScope { CustomerClasses = ["industrial"] },
        "point" => new AccessScope { Points = ["ActivePower"] },
        "group" => new AccessScope { FunctionGroups = ["LoadControl"] },
        _ => new AccessScope(),
    };

    [Fact]
    public void A_mandate_widens_to_what_it_names_and_for_as_long_as_it_says()
    {
        var mandate = World.Rule(PolicyLayer.Mandate, RuleEffect.Allow, Operations.Browse | Operations.Read, "puc-12-345") with
        {
            Citation = "PUC order 12-345 section 4",
            Subjects = new RuleSubjects { Entities = ["puc"] },
            Scope = new AccessScope { DataClasses = ["Energy"], Portals = ["p1"] },
            Period = new ActivePeriod(World.Now, World.Now.AddDays(30)),
        };
        var rules = World.Compile([mandate]);
        Assert.Equal(Operations.Browse | Operations.Read, Permit(rules, "puc", new Place()));
        Assert.Equal("allowed by rule puc-12-345 (PUC order 12-345 section 4) until 2026-07-31T12:00:00Z", rules.Explain(World.Subject("puc"), Operations.Read, new Place().ToTarget()).Reason);
        Assert.Equal(Operations.None, Permit(rules, "puc", new Place { DataClass = "PowerQuality" }));
        Assert.Equal(Operations.None, Permit(rules, "puc", new Place { Portal = "p2" }));
        Assert.Equal(Operations.None, Permit(rules, "shed", new Place()));
        Assert.Equal(Operations.None, At(World.Now.AddDays(30), mandate).For(World.Subject("puc")).Permit(new Place().ToTarget()).Allowed);
    }

    [Fact]
    public void No_tenant_shadows_a_rule_of_the_operator()
    {
        var house = World.Rule(PolicyLayer.Operator, RuleEffect.Deny, Operations.Write, "house.no-write") with { Subjects = new RuleSubjects { Kinds = [EntityKind.Aggregator] } };
        var rules = World.Compile([house], World.Agreement("a1", "grid", "shed", Operations.Read | Operations.Write));
        Assert.Equal(Operations.Read, Permit(rules, "shed", new Place()));
        Assert.Equal("refused by rule house.no-write (citation of house.no-write)", rules.Explain(World.Subject("shed"), Operations.Write, new Place().ToTarget()).Reason);
        Assert.Equal("allowed by agreement a1", rules.Explain(World.Subject("shed"), Operations.Read, new Place().ToTarget()).Reason);
    }

    [Fact]
    public void Deny_wins_within_a_layer_in_whatever_order_they_stand()
    {
        var allow = World.Rule(PolicyLayer.Class, RuleEffect.Allow, Operations.Read | Operations.Browse, "yes");
        var deny = World.Rule(PolicyLayer.Class, RuleEffect.Deny, Operations.Read, "no");
        Assert.Equal(Operations.Browse, Permit(World.Compile([allow, deny]), "ada", new Place()));
        Assert.Equal(Operations.Browse, Permit(World.Compile([deny, allow]), "ada", new Place()));
        Assert.Equal(Operations.Browse | Operations.Read, Permit(World.Compile([allow]), "ada", new Place()));
    }

    [Fact]
    public void Of_several_that_decide_the_first_is_cited()
    {
        var deny = World.Rule(PolicyLayer.Class, RuleEffect.Deny, Operations.Read, "first");
        string? Cited(RuleEffect effect) => World.Compile([deny with { Effect = effect }, deny with { Effect = effect, Id = "second" }]).Explain(World.Subject("ada"), Operations.Read, new Place().ToTarget()).Rule;
        Assert.Equal(["first", "first"], [Cited(RuleEffect.Deny), Cited(RuleEffect.Allow)]);
    }

    // What fits at another time may change the answer; what never fits does not.
    [Fact]
    public void An_explanation_tells_until_when_it_holds()
    {
        var later = World.Rule(PolicyLayer.Mandate, RuleEffect.Allow, Operations.Read) with { Period = new ActivePeriod(World.Now.AddDays(1), DateTime.MaxValue) };
        Decision Told(AccessRule rule) => World.Compile([rule]).Explain(World.Subject("ada"), Operations.Read, new Place().ToTarget());
        Assert.Equal(World.Now.AddDays(1), Told(later).Until);
        Assert.Equal(DateTime.MaxValue, Told(later with { Scope = new AccessScope { Portals = ["p2"] } }).Until);
        Assert.Equal("is in force from 2026-07-02", Told(later with { Period = ActivePeriod.Since(World.Now.Date.AddDays(1)) }).Considered.Single().Outcome);
        Assert.Equal("is in force from 2026-07-02T12:00:00Z", Told(later).Considered.Single().Outcome);
    }

    [Fact]
    public void By_default_it_is_refused_and_said_so()
    {
        var refused = World.Compile([]).Explain(World.Subject("ada"), Operations.Read, new Place().ToTarget());
        Assert.Equal((false, null, null, "refused: no rule and no agreement allows Read"), (refused.IsAllowed, refused.Layer, refused.Rule, refused.Reason));
        Assert.Equal("refused: who asks belongs to no known entity", World.Compile([OwnersDoAll]).Explain(AccessSubject.Nobody, Operations.Read, new Place().ToTarget()).Reason);
    }

    [Fact]
    public void A_list_of_names_that_nobody_has_fits_nothing()
    {
        var rule = World.Rule(PolicyLayer.Class, RuleEffect.Allow, Operations.Read);
        Assert.Equal(Operations.None, Permit(World.Compile([rule with { Scope = new AccessScope { Portals = [World.Unknown] } }]), "ada", new Place { Portal = null }));
        Assert.Equal(Operations.Read, Permit(World.Compile([rule with { Scope = new AccessScope { Portals = [World.Unknown, "p1"] } }]), "ada", new Place()));
    }

    // 0 to 63, else there is no such class: neither wraps round to another.
    [Theory]
    [InlineData(63, 63, true)]
    [InlineData(63, -1, false)]
    [InlineData(64, 0, false)]
    [InlineData(64, 64, false)]
    [InlineData(0, 64, false)]
    [InlineData(0, 0, true)]
    public void Data_classes_are_of_a_range(int named, int asked, bool fits)
    {
        var rule = World.Rule(PolicyLayer.Class, RuleEffect.Allow, Operations.Read) with { Scope = new AccessScope { DataClasses = ["it"] } };
        var subject = AccessRules.Compile(new PolicyDocument([rule], []), new OneDataClass(named), World.Now).For(World.Subject("ada"));
        Assert.Equal(fits, subject.Permit(new AccessTarget { DataClass = asked }).Allowed == Operations.Read);
    }

    private sealed class OneDataClass(int number) : IAccessNumbers
    {
        public int Party(string entity) => 0;
        public int Portal(string portal) => 0;
        public IReadOnlyCollection<int> DeviceTypes(string typeName) => [];
        public int DataClass(string name) => number;
        public int Word(string word) => 0;
        public int PremisesFlag(string flag) => 0;
    }

    // Two parties that have no number are not the same party.
    [Fact]
    public void Who_has_no_number_stands_in_no_relation()
    {
        var rules = World.Compile([OwnersDoAll]);
        Assert.Equal(Operations.None, rules.For(new AccessSubject("stranger")).Permit(new Place { Owner = null, Customer = null }.ToTarget()).Allowed);
        Assert.Equal(Operations.All, Permit(rules, "grid", new Place()));
    }

    [Fact]
    public void A_rule_for_managers_is_for_those_with_its_power()
    {
        var rules = World.Compile([World.Rule(PolicyLayer.Class, RuleEffect.Allow, Operations.Read) with { Subjects = new RuleSubjects { Power = ManagerPower.Network } }]);
        Assert.Equal(Operations.Read, rules.For(new AccessSubject("grid", Power: ManagerPower.Network)).Permit(new Place().ToTarget()).Allowed);
        Assert.Equal(Operations.None, rules.For(new AccessSubject("grid", Power: ManagerPower.System)).Permit(new Place().ToTarget()).Allowed);
    }

    [Theory]
    [InlineData(Operations.None)]
    [InlineData(Operations.Read | Operations.Write)]
    public void One_operation_is_explained_at_a_time(Operations operation)
    {
        var rules = World.Compile([OwnersDoAll]);
        Assert.StartsWith("One operation", Assert.Throws<ArgumentException>(() => rules.Explain(World.Subject("grid"), operation, new Place().ToTarget())).Message);
        Assert.True(rules.Explain(World.Subject("grid"), Operations.Call, new Place().ToTarget()).IsAllowed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void A_rule_of_no_layer_is_refused_as_a_whole(byte layer)
    {
        Assert.StartsWith("Rule owner.own is of no layer.", Assert.Throws<ArgumentException>(() => World.Compile([OwnersDoAll with { Layer = (PolicyLayer)layer }])).Message);
        Assert.NotNull(World.Compile([OwnersDoAll]));
    }

    private static AccessRules At(DateTime at, params AccessRule[] rules) => AccessRules.Compile(new PolicyDocument(rules, []), new WorldNumbers(), at);

    private static Operations Permit(AccessRules rules, string entity, Place place) => rules.For(World.Subject(entity)).Permit(place.ToTarget()).Allowed;

    private static string Outcome(Decision decision, string rule) => decision.Considered.Single(c => c.Rule == rule).Outcome;
}
