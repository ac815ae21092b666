namespace OpcPortal.Models;

/// <summary>
/// A kind of business entity. Kinds are data: a new business model brings a new one by configuration. Those that the mission names are known from the start.
/// </summary>
/// <param name="Id">Such as <c>distribution-company</c>: lower case, digits and hyphens.</param>
/// <param name="Name">For people.</param>
/// <param name="IsNaturalPerson">Whether such entities are persons, who share one namespace for each customer class.</param>
public sealed record EntityKind(string Id, string Name, bool IsNaturalPerson = false)
{
    public const string DistributionCompany = "distribution-company";
    public const string Customer = "customer";
    public const string CustomerFirm = "customer-firm";
    public const string PortalOperator = "portal-operator";
    public const string Retailer = "retailer";
    public const string Aggregator = "aggregator";
    public const string MarketOperator = "market-operator";
    public const string IndependentGenerator = "independent-generator";
    public const string ApplianceMaker = "appliance-maker";
    public const string Government = "government";

    /// <summary>Whoever runs this server: the organisation of the three managers.</summary>
    public const string House = "house";

    /// <summary>What the server knows without configuration.</summary>
    public static IReadOnlyList<EntityKind> WellKnown { get; } =
    [
        new(DistributionCompany, "Distribution company"),
        new(Customer, "Customer, natural person", IsNaturalPerson: true),
        new(CustomerFirm, "Customer, firm"),
        new(PortalOperator, "Portal operator"),
        new(Retailer, "Retailer"),
        new(Aggregator, "Aggregator"),
        new(MarketOperator, "Market operator"),
        new(IndependentGenerator, "Independent generator"),
        new(ApplianceMaker, "Appliance maker"),
        new(Government, "Government"),
        new(House, "The house that runs the server"),
    ];
}
