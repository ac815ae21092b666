namespace OpcPortal.Models.Tests.Access;

/// <summary>A small world of names, so that what is made at random meets often.</summary>
internal static class World
{
    public static readonly DateTime Now = new(2026, 7, 1, 12, 0, 0, DateTimeKind.Utc);

    public static readonly string[] Entities = ["grid", "ada", "shed", "puc"];
    public static readonly string[] Kinds = [EntityKind.DistributionCompany, EntityKind.Customer, EntityKind.Aggregator, EntityKind.Government];
    public static readonly string[] Portals = ["p1", "p2", "p3"];
    public static readonly string[] Types = ["Electricity", "Gas", "Heater"];
    public static readonly string[] DataClasses = ["Unclassified", "Energy", "PowerQuality", "LoadState", "Diagnostics", "Communication"];
    public static readonly string[] Groups = ["LoadControl", "SupplyControl"];
    public static readonly string[] Points = ["ActivePower", "Voltage"];
    public static readonly string[] Classes = ["residential", "industrial"];
    public static readonly string[] Jurisdictions = ["US-CA", "US-NY"];
    public static readonly string[] Commodities = ["electricity", "gas"];
    public static readonly string[] Flags = ["life-support", "medical"];

    /// <summary>A name that nothing has.</summary>
    public const string Unknown = "unknown";

    /// <summary>Device types by name, with their subtypes.</summary>
    public static IReadOnlyList<string> TypesOf(string name) => name switch
    {
        "Meter" => ["Electricity", "Gas"],
        _ when Types.Contains(name) => [name],
        _ => [],
    };

    public static string KindOf(string entity) => Kinds[Array.IndexOf(Entities, entity)];

    public static AccessSubject Subject(string entity) => new(entity, KindOf(entity));

    public static AccessRules Compile(IReadOnlyList<AccessRule> rules, params IReadOnlyCollection<Agreement> agreements) =>
        AccessRules.Compile(new PolicyDocument(rules, agreements), new WorldNumbers(), Now);

    public static AccessRule Rule(PolicyLayer layer, RuleEffect effect, Operations operations, string id = "r") =>
        new() { Id = id, Layer = layer, Effect = effect, Operations = operations, Citation = $"citation of {id}" };

    public static Agreement Agreement(string id, string grantor, string grantee, Operations operations) => new()
    {
        Id = id,
        Status = AgreementStatus.Active,
        Acts = [],
        ChangedAt = Now.AddDays(-1),
        Terms = new AgreementTerms
        {
            Grantor = grantor,
            Grantee = grantee,
            Purpose = "billing",
            Scope = new AccessScope(),
            Operations = operations,
            Period = ActivePeriod.Since(Now.AddYears(-1)),
        },
    };
}

/// <summary>Part of the fleet by names.</summary>
internal sealed record Place
{
    public string? Portal { get; init; } = "p1";
    public string? DeviceType { get; init; } = "Electricity";
    public string DataClass { get; init; } = "Energy";
    public string? FunctionGroup { get; init; }
    public string? Point { get; init; } = "ActivePower";
    public string? Owner { get; init; } = "grid";
    public string? Custodian { get; init; } = "grid";
    public string? Operator { get; init; } = "grid";
    public string? Customer { get; init; } = "ada";
    public string? CustomerClass { get; init; } = "residential";
    public string? Jurisdiction { get; init; } = "US-CA";
    public string? Commodity { get; init; } = "electricity";
    public IReadOnlyList<string> Flags { get; init; } = [];
    public DateTime OwnedSince { get; init; } = World.Now.AddYears(-10);
    public DateTime CustomerSince { get; init; } = World.Now.AddYears(-2);

    public AccessTarget ToTarget()
    {
        var numbers = new WorldNumbers();
        return new AccessTarget
        {
            Portal = Number(Portal, numbers.Portal),
            DeviceType = Array.IndexOf(World.Types, DeviceType),
            DataClass = numbers.DataClass(DataClass),
            FunctionGroup = Number(FunctionGroup, numbers.Word),
            Point = Number(Point, numbers.Word),
            Owner = Number(Owner, numbers.Party),
            Custodian = Number(Custodian, numbers.Party),
            Operator = Number(Operator, numbers.Party),
            Customer = Number(Customer, numbers.Party),
            CustomerClass = Number(CustomerClass, numbers.Word),
            Jurisdiction = Number(Jurisdiction, numbers.Word),
            Commodity = Number(Commodity, numbers.Word),
            Flags = Flags.Aggregate(0UL, (bits, flag) => bits | (1UL << numbers.PremisesFlag(flag))),
            OwnedSince = OwnedSince,
            CustomerSince = CustomerSince,
        };
    }

    private static int Number(string? name, Func<string, int> numberOf) => name is null ? -1 : numberOf(name);
}

/// <summary>Numbers of the world's names; what it does not know gets -1.</summary>
internal sealed class WorldNumbers : IAccessNumbers
{
    private static readonly string[] Words = [.. World.Groups, .. World.Points, .. World.Classes, .. World.Jurisdictions, .. World.Commodities];

    public int Party(string entity) => Array.IndexOf(World.Entities, entity);
    public int Portal(string portal) => Array.IndexOf(World.Portals, portal);
    public IReadOnlyCollection<int> DeviceTypes(string typeName) => [.. World.TypesOf(typeName).Select(type => Array.IndexOf(World.Types, type))];
    public int DataClass(string name) => Array.IndexOf(World.DataClasses, name);
    public int Word(string word) => Array.IndexOf(Words, word);
    public int PremisesFlag(string flag) => Array.IndexOf(World.Flags, flag);
}
