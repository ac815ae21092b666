namespace OpcPortal.Models.Tests.Access;

/// <summary>What agreements give, by example: to whom, of what, until when, and what is passed on.</summary>
public sealed class AgreementTests
{
    private const Operations Look = Operations.Browse | Operations.Read;

    private static readonly Agreement Plain = World.Agreement("a1", "grid", "shed", Look);

    [Fact]
    public void An_agreement_gives_its_grantee_what_its_grantor_owns()
    {
        Assert.Equal(Look, Permit(new Place(), Plain));
        Assert.Equal(Operations.None, Permit(new Place { Owner = "ada" }, Plain));
        Assert.Equal(Operations.None, World.Compile([], Plain).For(World.Subject("puc")).Permit(new Place().ToTarget()).Allowed);
        Assert.Equal("does not fit: owner", Outcome(new Place { Owner = "ada" }, Plain));
    }

    // Only owners grant: who lives there gives what is theirs by ownership of data classes.
    [Fact]
    public void A_customer_grants_what_it_owns_and_not_what_others_own_at_its_premises()
    {
        var agreement = World.Agreement("a1", "ada", "shed", Look);
        Assert.Equal(Operations.None, Permit(new Place { Customer = "ada", Owner = "grid" }, agreement));
        Assert.Equal(Look, Permit(new Place { Customer = "ada", Owner = "ada" }, agreement));
    }

    [Theory]
    [InlineData(AgreementStatus.Proposed)]
    [InlineData(AgreementStatus.Suspended)]
    [InlineData(AgreementStatus.Expired)]
    [InlineData(AgreementStatus.Revoked)]
    [InlineData(AgreementStatus.Rejected)]
    public void An_agreement_that_is_not_active_gives_nothing(AgreementStatus status)
    {
        Assert.Equal(Operations.None, Permit(new Place(), Plain with { Status = status }));
        Assert.Equal($"is {status}", Outcome(new Place(), Plain with { Status = status }));
        Assert.Equal("allows", Outcome(new Place(), Plain));
    }

    [Fact]
    public void An_agreement_ends_at_the_instant_that_it_names()
    {
        var agreement = With(Plain, terms => terms with { Period = new ActivePeriod(World.Now.AddHours(-1), World.Now.AddHours(1)) });
        bool Gives(DateTime at) => At(at, agreement).For(World.Subject("shed")).Permit(new Place().ToTarget()).Allowed == Look;
        Assert.Equal([false, true, true, false], [Gives(World.Now.AddHours(-1).AddTicks(-1)), Gives(World.Now.AddHours(-1)), Gives(World.Now.AddHours(1).AddTicks(-1)), Gives(World.Now.AddHours(1))]);
        Assert.Equal([World.Now.AddHours(-1), World.Now.AddHours(1), DateTime.MaxValue], [At(World.Now.AddDays(-1), agreement).ValidUntil, At(World.Now, agreement).ValidUntil, At(World.Now.AddHours(1), agreement).ValidUntil]);
        Assert.Equal("is in force from 2026-07-01T11:00:00Z", Explain(At(World.Now.AddDays(-1), agreement)).Considered.Single().Outcome);
        Assert.Equal("ended 2026-07-01T13:00:00Z", Explain(At(World.Now.AddHours(1), agreement)).Considered.Single().Outcome);
        Assert.Equal((World.Now.AddHours(1), "allowed by agreement a1 until 2026-07-01T13:00:00Z"), (Explain(At(World.Now, agreement)).Until, Explain(At(World.Now, agreement)).Reason));
    }

    // What is over, or will not come by itself, makes no snapshot old.
    [Fact]
    public void An_agreement_that_is_not_active_has_no_hour()
    {
        var agreement = With(Plain, terms => terms with { Period = new ActivePeriod(World.Now.AddHours(-1), World.Now.AddHours(1)) });
        Assert.Equal(DateTime.MaxValue, At(World.Now, agreement with { Status = AgreementStatus.Suspended }).ValidUntil);
        Assert.Equal(World.Now.AddHours(1), At(World.Now, agreement).ValidUntil);
        Assert.Equal(DateTime.MaxValue, Explain(At(World.Now, agreement with { Status = AgreementStatus.Suspended })).Until);
    }

    [Fact]
    public void Of_two_that_allow_it_the_one_that_lasts_longer_is_cited()
    {
        var shorter = With(Plain, terms => terms with { Period = new ActivePeriod(World.Now, World.Now.AddDays(1)) });
        var longer = With(Plain with { Id = "a2" }, terms => terms with { Period = new ActivePeriod(World.Now, World.Now.AddDays(2)) });
        Assert.Equal(("a2", World.Now.AddDays(1)), (Explain(At(World.Now, shorter, longer)).Rule, Explain(At(World.Now, shorter, longer)).Until));
        Assert.Equal("a2", Explain(At(World.Now, longer, shorter)).Rule);
        Assert.Equal("a2", Explain(At(World.Now, longer, longer with { Id = "a3" })).Rule);
    }

    [Theory]
    [InlineData("app1", "ann", Look)]
    [InlineData("app2", "ann", Operations.None)]
    [InlineData(null, "ann", Operations.None)]
    [InlineData("app1", "bob", Operations.None)]
    [InlineData("app1", null, Operations.None)]
    public void An_agreement_can_be_for_one_application_and_individual(string? application, string? individual, Operations expected)
    {
        var agreement = With(Plain, terms => terms with { GranteeApplication = "app1", GranteeIndividual = "ann" });
        var who = World.Subject("shed") with { Application = application, Individual = individual };
        Assert.Equal(expected, At(World.Now, agreement).For(who).Permit(new Place().ToTarget()).Allowed);
        var outcome = At(World.Now, agreement).Explain(who, Operations.Read, new Place().ToTarget()).Considered.Single().Outcome;
        Assert.Equal(application != "app1" ? "does not fit: application" : individual != "ann" ? "does not fit: individual" : "allows", outcome);
    }

    [Fact]
    public void An_application_uses_agreements_for_its_purposes_alone()
    {
        Operations For(params string[] purposes) => At(World.Now, Plain).For(World.Subject("shed") with { Purposes = purposes }).Permit(new Place().ToTarget()).Allowed;
        Assert.Equal([Look, Look, Operations.None], [For(), For("shedding", "billing"), For("shedding")]);
        Assert.Equal("does not fit: purpose billing", At(World.Now, Plain).Explain(World.Subject("shed") with { Purposes = ["shedding"] }, Operations.Read, new Place().ToTarget()).Considered.Single().Outcome);
    }

    [Fact]
    public void Function_groups_bind_calls_alone()
    {
        var agreement = With(Plain, terms => terms with { Operations = Operations.Call | Operations.Read, Scope = new AccessScope { FunctionGroups = ["LoadControl"] } });
        Assert.Equal(Operations.Call | Operations.Read, Permit(new Place { FunctionGroup = "LoadControl" }, agreement));
        Assert.Equal(Operations.Read, Permit(new Place { FunctionGroup = "SupplyControl" }, agreement));
        Assert.Equal(Operations.Read, Permit(new Place(), agreement));
        Assert.Equal("does not fit: function group", At(World.Now, agreement).Explain(World.Subject("shed"), Operations.Call, new Place().ToTarget()).Considered.Single().Outcome);
    }

    [Fact]
    public void A_device_type_means_its_subtypes_too()
    {
        var meters = With(Plain, terms => terms with { Scope = new AccessScope { DeviceTypes = ["Meter"] } });
        Assert.Equal([Look, Look, Operations.None], new[] { "Electricity", "Gas", "Heater" }.Select(type => Permit(new Place { DeviceType = type }, meters)));
    }

    // ---- passing on ----

    private static readonly Agreement Parent = With(World.Agreement("parent", "grid", "ada", Operations.All), terms => terms with { MayDelegate = true });
    private static readonly Agreement Child = With(World.Agreement("child", "ada", "shed", Look), terms => terms with { BasedOn = "parent" });

    [Fact]
    public void What_may_be_passed_on_can_be_passed_on()
    {
        Assert.Equal(Look, Permit(new Place(), Parent, Child));
        Assert.Equal("allowed by agreement child", Explain(At(World.Now, Parent, Child)).Reason);
    }

    public static TheoryData<string, string> WhatBreaksTheChain => new()
    {
        { "may not be passed on", "is based on agreement parent, which may not be passed on" },
        { "other grantee", "is based on agreement parent, which gives nothing to ada" },
        { "other purpose", "is based on agreement parent, which is for shedding" },
        { "suspended", "is based on agreement parent, which is Suspended" },
        { "ended", "is based on agreement parent, which ended 2026-07-01T12:00:00Z" },
        { "no parent", "is based on agreement parent, which does not exist" },
        { "other scope", "does not fit: portal" },
        { "other owner", "does not fit: owner" },
        { "fewer operations", "is not about Read" },
        { "only sums", "gives sums alone" },
        { "itself", "is based on itself by way of agreement child" },
        { "other hours", "is based on agreement parent, which does not hold at this hour" },
    };

    [Theory]
    [MemberData(nameof(WhatBreaksTheChain))]
    public void Nothing_is_passed_on_where_the_chain_does_not_hold(string what, string outcome)
    {
        var parent = what switch
        {
            "may not be passed on" => With(Parent, terms => terms with { MayDelegate = false }),
            "other grantee" => With(Parent, terms => terms with { Grantee = "puc" }),
            "other purpose" => With(Parent, terms => terms with { Purpose = "shedding" }),
            "suspended" => Parent with { Status = AgreementStatus.Suspended },
            "ended" => With(Parent, terms => terms with { Period = new ActivePeriod(World.Now.AddDays(-1), World.Now) }),
            "no parent" => Parent with { Id = "another" },
            "other scope" => With(Parent, terms => terms with { Scope = new AccessScope { Portals = ["p2"] } }),
            "other owner" => With(Parent, terms => terms with { Grantor = "puc" }),
            "fewer operations" => With(Parent, terms => terms with { Operations = Operations.Browse }),
            "only sums" => With(Parent, terms => terms with { Conditions = new AccessConditions { Floor = new AggregationFloor(15, 0.15) } }),
            "other hours" => With(Parent, terms => terms with { Conditions = new AccessConditions { Windows = [new WeeklyWindow(0x7F, TimeSpan.FromHours(13), TimeSpan.FromHours(14))] } }),
            _ => With(Parent, terms => terms with { Grantor = "shed", BasedOn = "child" }),
        };
        var told = At(World.Now, parent, Child).Explain(World.Subject("shed"), Operations.Read, new Place().ToTarget());
        Assert.Equal((false, outcome), (told.IsAllowed, told.Considered.Single(c => c.Rule == "child").Outcome));
        Assert.Equal(what == "fewer operations" ? Operations.Browse : Operations.None, Permit(new Place(), parent, Child));
    }

    // The nearest reason is told first.
    [Fact]
    public void An_agreement_that_fails_by_itself_says_so_before_what_it_is_based_on()
    {
        var told = Explain(At(World.Now, Child with { Status = AgreementStatus.Suspended }));
        Assert.Equal("is Suspended", told.Considered.Single().Outcome);
        Assert.Equal("is based on agreement parent, which does not exist", Explain(At(World.Now, Child)).Considered.Single().Outcome);
        var other = With(Child, terms => terms with { Operations = Operations.Browse, Scope = new AccessScope { Portals = ["p2"] } });
        Assert.Equal("is not about Read", Explain(At(World.Now, other)).Considered.Single().Outcome);
        Assert.Equal("does not fit: portal", Explain(At(World.Now, With(other, terms => terms with { Operations = Look }))).Considered.Single().Outcome);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void What_is_passed_on_ends_at_the_fourth_hand(int length, bool isGiven)
    {
        // From grid by way of ada and puc, in turn, to shed: all links but the first are passings on.
        string Party(int i) => i == 0 ? "grid" : i == length ? "shed" : i % 2 == 0 ? "puc" : "ada";
        var chain = Enumerable.Range(0, length).Select(i => With(World.Agreement($"a{i}", Party(i), Party(i + 1), Look), terms => terms with { MayDelegate = true, BasedOn = i == 0 ? null : $"a{i - 1}" })).ToArray();
        Assert.Equal(isGiven ? Look : Operations.None, Permit(new Place(), chain));
        Assert.Equal(isGiven ? "allows" : "is passed on more than 4 times", Explain(At(World.Now, chain)).Considered.Single().Outcome);
    }

    [Fact]
    public void The_end_of_what_it_is_based_on_ends_what_was_passed_on()
    {
        var parent = With(Parent, terms => terms with { Period = new ActivePeriod(World.Now, World.Now.AddHours(1)) });
        Assert.Equal(World.Now.AddHours(1), Explain(At(World.Now, parent, Child)).Until);
        Assert.Equal(World.Now, Explain(At(World.Now.AddDays(-1), parent, Child)).Until);
        Assert.Equal(Operations.None, At(World.Now.AddHours(1), parent, Child).For(World.Subject("shed")).Permit(new Place().ToTarget()).Allowed);
    }

    [Fact]
    public void Two_agreements_of_one_id_are_no_policy() => Assert.Throws<ArgumentException>(() => At(World.Now, Plain, Plain));

    // An explanation is for people: it lists no more than a thousand that do not fit, and still decides by all.
    [Fact]
    public void Of_very_many_that_do_not_fit_a_thousand_are_told()
    {
        var others = Enumerable.Range(0, 1_500).Select(i => With(Plain with { Id = $"x{i}" }, terms => terms with { Scope = new AccessScope { Portals = ["p2"] } }));
        var told = Explain(At(World.Now, [.. others, Plain]));
        Assert.Equal((true, "a1", 1_001), (told.IsAllowed, told.Rule, told.Considered.Count));
    }

    internal static Agreement With(Agreement agreement, Func<AgreementTerms, AgreementTerms> change) => agreement with { Terms = change(agreement.Terms) };

    private static AccessRules At(DateTime at, params Agreement[] agreements) => AccessRules.Compile(new PolicyDocument([], agreements), new WorldNumbers(), at);

    private static Operations Permit(Place place, params Agreement[] agreements) => At(World.Now, agreements).For(World.Subject("shed")).Permit(place.ToTarget()).Allowed;

    private static Decision Explain(AccessRules rules) => rules.Explain(World.Subject("shed"), Operations.Read, new Place().ToTarget());

    private static string Outcome(Place place, Agreement agreement) =>
        At(World.Now, agreement).Explain(World.Subject("shed"), Operations.Read, place.ToTarget()).Considered.Single().Outcome;
}
