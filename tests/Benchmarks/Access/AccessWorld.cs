using OpcPortal.Models;

namespace OpcPortal.Benchmarks;

/// <summary>
/// Policies of the size that is aimed at: a million premises, ten thousand customers who each let one aggregator see and command what they own, or ten thousand agreements between
/// many, with the rules of the house and a thousand more.
/// </summary>
internal sealed class AccessWorld : IAccessNumbers
{
    public const int Premises = 1_000_000;
    public const int Agreements = 10_000;
    private const int Rules = 1_000;
    private const int Energy = 1;
    private const int LoadState = 3;

    private static readonly string[] Words = ["LoadControl", "SupplyControl", "residential", "US-CA", "US-NY", "electricity"];
    private static readonly string[] DataClasses = ["Unclassified", "Energy", "PowerQuality", "LoadState", "Diagnostics", "Communication"];

    public static DateTime Now { get; } = new(2026, 7, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>One aggregator with ten thousand customers, each of whom owns its load-control devices.</summary>
    public static PolicyDocument OneAggregator { get; } = new(HouseRules(), [.. Enumerable.Range(0, Agreements).Select(i => Agreement(i, $"c{i}", "aggregator", new AccessScope { DataClasses = ["LoadState"] }))]);

    /// <summary>One owner, one grantee, an agreement for each of ten thousand portals.</summary>
    public static PolicyDocument OneOwner { get; } = new(HouseRules(), [.. Enumerable.Range(0, Agreements).Select(i => Agreement(i, "grid", "aggregator", new AccessScope { Portals = [$"p{i}"] }))]);

    /// <summary>Ten thousand agreements of a hundred grantees.</summary>
    public static PolicyDocument Many { get; } = new(HouseRules(), [.. Enumerable.Range(0, Agreements).Select(i => Agreement(i, $"c{i}", i % 100 == 0 ? "aggregator" : $"retailer{i % 100}", new AccessScope { Customers = [$"c{i}"] }))]);

    public static AccessSubject Aggregator { get; } = new("aggregator", EntityKind.Aggregator, "shedder");

    /// <summary>The load-control device at the i-th premises: owned by who lives there.</summary>
    public AccessTarget Load(int i) => new()
    {
        Portal = i,
        DeviceType = 3,
        DataClass = LoadState,
        FunctionGroup = Word("LoadControl"),
        Owner = Party($"c{i}"),
        Custodian = Party($"c{i}"),
        Operator = Party($"c{i}"),
        Customer = Party($"c{i}"),
        CustomerClass = Word("residential"),
        Jurisdiction = Word("US-CA"),
        Commodity = Word("electricity"),
        OwnedSince = Now.AddDays(-(i % 1_000)),
        CustomerSince = Now.AddDays(-(i % 1_000)),
    };

    /// <summary>The meter there: the distribution company's.</summary>
    public AccessTarget Meter(int i) => Load(i) with { DataClass = Energy, FunctionGroup = -1, Owner = Party("grid"), Custodian = Party("grid"), Operator = Party("grid"), OwnedSince = Now.AddYears(-10) };

    public int Party(string entity) => entity[0] == 'c' ? int.Parse(entity.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) : Premises + (entity == "grid" ? 0 : entity == "aggregator" ? 1 : 2);

    public int Portal(string portal) => int.Parse(portal.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);

    public IReadOnlyCollection<int> DeviceTypes(string typeName) => [3];

    public int DataClass(string name) => Array.IndexOf(DataClasses, name);

    public int Word(string word) => Array.IndexOf(Words, word);

    public int PremisesFlag(string flag) => 0;

    // Moratoria for single portals and mandates of single entities, besides the rules that the house begins with.
    private static AccessRule[] HouseRules() =>
    [
        .. AccessDefaults.Rules,
        .. Enumerable.Range(0, Rules).Select(i => new AccessRule
        {
            Id = $"rule{i}",
            Layer = PolicyLayer.Mandate,
            Effect = i % 2 == 0 ? RuleEffect.Deny : RuleEffect.Allow,
            Operations = i % 2 == 0 ? Operations.Call : Operations.Browse | Operations.Read,
            Citation = $"order {i}",
            Subjects = i % 2 == 0 ? new RuleSubjects() : new RuleSubjects { Entities = [$"regulator{i % 20}"] },
            Scope = new AccessScope { Portals = [$"p{i * 7}"], FunctionGroups = i % 2 == 0 ? ["SupplyControl"] : [] },
            Jurisdictions = ["US-CA"],
            Commodities = ["electricity"],
        }),
    ];

    private static Agreement Agreement(int i, string grantor, string grantee, AccessScope scope) => new()
    {
        Id = $"a{i}",
        Status = AgreementStatus.Active,
        Acts = [],
        ChangedAt = Now,
        Terms = new AgreementTerms
        {
            Grantor = grantor,
            Grantee = grantee,
            Purpose = "load control",
            Scope = scope,
            Operations = Operations.Browse | Operations.Read | Operations.Subscribe | Operations.Call,
            Period = new ActivePeriod(Now.AddYears(-1), Now.AddYears(1)),
        },
    };
}
