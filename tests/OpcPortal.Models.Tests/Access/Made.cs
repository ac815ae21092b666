using CsCheck;

namespace OpcPortal.Models.Tests.Access;

/// <summary>Policies, subjects and places made at random, small enough to meet.</summary>
internal static class Made
{
    private static readonly Gen<Operations> SomeOperations = Gen.Frequency((3, Gen.Int[1, 255].Select(bits => (Operations)bits)), (2, Gen.Const(Operations.All)));

    // All boundaries that matter: just before, at, and just after now.
    private static readonly Gen<DateTime> Boundary = Gen.OneOf(World.Now.AddDays(-3), World.Now.AddTicks(-1), World.Now, World.Now.AddTicks(1), World.Now.AddDays(3), DateTime.MaxValue);

    private static readonly Gen<ActivePeriod> Period = Gen.Frequency((4, Gen.Const(ActivePeriod.Always)), (2, Gen.Select(Boundary, Boundary, (from, until) => new ActivePeriod(from, until))));

    private static readonly Gen<WeeklyWindow> Window = Gen.Select(Gen.Int[0, 127], Gen.Int[0, 23], Gen.Int[0, 24],
        (days, from, until) => new WeeklyWindow((byte)days, TimeSpan.FromHours(from), TimeSpan.FromHours(until)));

    private static readonly Gen<AccessConditions> Conditions = Gen.Select(
        Gen.Frequency((3, Gen.Const(QualityLevel.Any)), (2, Gen.Enum<QualityLevel>())),
        Gen.Frequency((3, Gen.Const((TimeSpan?)null)), (2, Gen.OneOf<TimeSpan?>(TimeSpan.FromDays(1), TimeSpan.FromDays(30)))),
        Gen.Frequency((5, Gen.Const(Array.Empty<WeeklyWindow>())), (2, Window.Array[1, 2])),
        Gen.Frequency((7, Gen.Const((AggregationFloor?)null)), (1, Gen.OneOf<AggregationFloor?>(new AggregationFloor(15, 0.15), new AggregationFloor(5, 0.5)))),
        (quality, depth, windows, floor) => new AccessConditions { MinimumQuality = quality, HistoryDepth = depth, Windows = windows, Floor = floor });

    private static readonly Gen<AccessScope> Scope = Gen.Select(
        Names(World.Entities), Names(World.Classes), Names(World.Portals), Names([.. World.Types, "Meter"]), Names(World.DataClasses), Names(World.Groups), Names(World.Points), Names(World.Entities),
        (customers, classes, portals, types, dataClasses, groups, points, owners) => new AccessScope
        {
            Customers = customers,
            CustomerClasses = classes,
            Portals = portals,
            DeviceTypes = types,
            DataClasses = dataClasses,
            FunctionGroups = groups,
            Points = points,
            Owners = owners,
        });

    private static readonly Gen<Relation> SomeRelations = Gen.Frequency((3, Gen.Const(Relation.None)), (2, Gen.Int[1, 15].Select(bits => (Relation)bits)));

    private static readonly Gen<RuleSubjects> Subjects = Gen.Select(
        Names(World.Entities), Names(World.Kinds), SomeRelations, Gen.Frequency((6, Gen.Const(Relation.None)), (1, SomeRelations)),
        Gen.Frequency((5, Gen.Const(ManagerPower.None)), (1, Gen.Enum<ManagerPower>())),
        (entities, kinds, relations, without, power) => new RuleSubjects { Entities = entities, Kinds = kinds, Relations = relations, Without = without, Power = power });

    /// <summary>A rule of any layer but that of agreements.</summary>
    public static readonly Gen<AccessRule> Rule = Gen.Select(
        Gen.OneOf(PolicyLayer.Mandate, PolicyLayer.Operator, PolicyLayer.Owner, PolicyLayer.Class), Gen.Frequency((3, Gen.Const(RuleEffect.Allow)), (1, Gen.Const(RuleEffect.Deny))), SomeOperations,
        Subjects, Scope, Conditions, Gen.Select(Names(World.Jurisdictions), Names(World.Commodities), Names(World.Flags)), Period,
        (layer, effect, operations, subjects, scope, conditions, premises, period) => new AccessRule
        {
            Id = "r",
            Citation = "c",
            Layer = layer,
            Effect = effect,
            Operations = operations,
            Subjects = subjects,
            Scope = scope,
            Conditions = conditions,
            Jurisdictions = premises.Item1,
            Commodities = premises.Item2,
            PremisesFlags = premises.Item3,
            Period = period,
        });

    private static readonly Gen<AgreementTerms> Terms = Gen.Select(
        Gen.OneOf(World.Entities), Gen.OneOf(World.Entities), Gen.Select(Maybe("app1", "app2"), Maybe("ann", "bob")), Gen.OneOf("billing", "shedding"),
        Gen.Frequency((3, Gen.Const(new AccessScope())), (2, Scope)), SomeOperations, Gen.Frequency((3, Gen.Const(AccessConditions.None)), (2, Conditions)), Gen.Select(Period, Gen.Int[0, 3].Select(n => n > 0), Gen.Int[0, 6]),
        (grantor, grantee, only, purpose, scope, operations, conditions, rest) => new AgreementTerms
        {
            Grantor = grantor,
            Grantee = grantee,
            GranteeApplication = only.Item1,
            GranteeIndividual = only.Item2,
            Purpose = purpose,
            Scope = scope,
            Operations = operations,
            Conditions = conditions,
            Period = rest.Item1,
            MayDelegate = rest.Item2,
            BasedOn = rest.Item3 < 2 ? $"a{rest.Item3}" : null,
        });

    private static readonly Gen<(AgreementTerms Terms, AgreementStatus Status, bool IsPassedOn)> Drawn = Gen.Select(
        Terms, Gen.Frequency((5, Gen.Const(AgreementStatus.Active)), (1, Gen.Enum<AgreementStatus>())), Gen.Bool);

    /// <summary>Agreements of which many pass on what the one before gives.</summary>
    public static readonly Gen<IReadOnlyList<Agreement>> Agreements = Drawn.Array[0, 8].Select(Chained);

    public static readonly Gen<PolicyDocument> Policy = Gen.Select(Rule.Array[0, 8], Agreements, (rules, agreements) =>
        new PolicyDocument([.. rules.Select((rule, i) => rule with { Id = $"r{i}" })], [.. agreements]));

    public static readonly Gen<AccessSubject> Subject = Gen.Select(
        Gen.Frequency((12, Gen.OneOf<string?>(World.Entities)), (1, Gen.Const((string?)null))), Gen.OneOf<string?>([.. World.Kinds, null]),
        Maybe("app1", "app2"), Maybe("ann", "bob"), Gen.Enum<ManagerPower>(), Gen.Frequency((3, Gen.Const(Array.Empty<string>())), (1, Gen.OneOf(["billing"], new[] { "shedding", "billing" }))),
        (entity, kind, application, individual, power, purposes) => new AccessSubject(entity, kind, application, individual, power) { Purposes = purposes });

    public static readonly Gen<Place> Place = Gen.Select(
        Gen.Select(OneOf(World.Portals), OneOf(World.Types), Gen.OneOf(World.DataClasses), OneOf(World.Groups), OneOf(World.Points)),
        Gen.Select(OneOf(World.Entities), OneOf(World.Entities), OneOf(World.Entities), OneOf(World.Entities)),
        Gen.Select(OneOf(World.Classes), OneOf(World.Jurisdictions), OneOf(World.Commodities), Gen.OneOf(World.Flags).Array[0, 2]),
        Gen.OneOf(DateTime.MinValue, World.Now.AddYears(-5), World.Now.AddYears(-1)), Gen.OneOf(DateTime.MinValue, World.Now.AddYears(-3), World.Now.AddDays(-10)),
        (what, who, where, owned, customer) => new Place
        {
            Portal = what.Item1,
            DeviceType = what.Item2,
            DataClass = what.Item3,
            FunctionGroup = what.Item4,
            Point = what.Item5,
            Owner = who.Item1,
            Custodian = who.Item2,
            Operator = who.Item3,
            Customer = who.Item4,
            CustomerClass = where.Item1,
            Jurisdiction = where.Item2,
            Commodity = where.Item3,
            Flags = where.Item4,
            OwnedSince = owned,
            CustomerSince = customer,
        });

    /// <summary>A policy with a subject and a place that, half of the time, one of its agreements is for.</summary>
    public static readonly Gen<(PolicyDocument Policy, AccessSubject Who, Place Place)> Case = Gen.Select(Policy, Subject, Place, Gen.Int[0, 15]).Select(Meeting);

    private static (PolicyDocument Policy, AccessSubject Who, Place Place) Meeting(PolicyDocument policy, AccessSubject who, Place place, int which)
    {
        var agreement = which < 8 ? policy.Agreements.ElementAtOrDefault(which) : policy.Agreements.LastOrDefault(a => a.Terms.BasedOn is not null);
        if (agreement is null) return (policy, who, place);
        var first = agreement;
        for (var i = 0; i < 8 && policy.Agreements.FirstOrDefault(a => a.Id == first.Terms.BasedOn) is { } parent; i++) first = parent;
        who = who with { Entity = agreement.Terms.Grantee, Application = agreement.Terms.GranteeApplication ?? who.Application, Individual = agreement.Terms.GranteeIndividual ?? who.Individual };
        return (policy, who, place with { Owner = first.Terms.Grantor });
    }

    private static IReadOnlyList<Agreement> Chained((AgreementTerms Terms, AgreementStatus Status, bool IsPassedOn)[] drawn)
    {
        var made = new List<Agreement>();
        foreach (var (terms, status, isPassedOn) in drawn)
        {
            var agreement = World.Agreement($"a{made.Count}", "", "", Operations.None) with { Terms = terms, Status = status };
            if (isPassedOn && made.Count > 0) agreement = agreement with { Terms = terms with { BasedOn = made[^1].Id, Grantor = made[^1].Terms.Grantee, Purpose = made[^1].Terms.Purpose } };
            made.Add(agreement);
        }

        return made;
    }

    private static Gen<IReadOnlyList<string>> Names(string[] names) => Gen.Frequency(
        (7, Gen.Const<IReadOnlyList<string>>([])), (2, Gen.OneOf([.. names, World.Unknown]).Array[1, 3].Select(list => (IReadOnlyList<string>)list)));

    private static Gen<string?> OneOf(string[] names) => Gen.Frequency((9, Gen.OneOf<string?>(names)), (1, Gen.Const((string?)null)));

    private static Gen<string?> Maybe(params string[] names) => Gen.Frequency((2, Gen.Const((string?)null)), (1, Gen.OneOf<string?>(names)));
}
