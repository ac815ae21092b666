using OpcPortal.Models;

namespace OpcPortal.Host;

/// <summary>The entities of the demonstration: one of each kind at least, and two customers of each class.</summary>
internal static class DemoEntities
{
    public const string Jurisdiction = "US-WA";

    public const string House = "house";
    public const string RiverPower = "river-power";
    public const string RiverGas = "river-gas";
    public const string RiverWater = "river-water";
    public const string Ann = "ann";
    public const string Bob = "bob";
    public const string Dora = "dora";
    public const string HarbourTrading = "harbour-trading";
    public const string SteelWorks = "steel-works";
    public const string ColdStore = "cold-store";
    public const string ValleyTelecom = "valley-telecom";
    public const string SiteServices = "site-services";
    public const string Brightline = "brightline";
    public const string Flexpool = "flexpool";
    public const string GridIso = "grid-iso";
    public const string Sunfield = "sunfield";
    public const string Voltwell = "voltwell";
    public const string Puc = "puc";
    public const string Ferc = "ferc";
    public const string Ftc = "ftc";
    public const string Fcc = "fcc";
    public const string Fbi = "fbi";
    public const string Dhs = "dhs";
    public const string Nist = "nist";
    public const string StateEnergy = "state-energy-office";

    private const string Residential = "residential";
    private const string Commercial = "commercial";
    private const string Industrial = "industrial";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Entity> All { get; } =
    [
        Of(House, "OpcPortal demonstration house", EntityKind.House),
        Of(RiverPower, "River Power, electric distribution", EntityKind.DistributionCompany, DemoNeighbourhood.PowerCompany),
        Of(RiverGas, "River Gas, gas distribution", EntityKind.DistributionCompany, DemoNeighbourhood.GasCompany),
        Of(RiverWater, "River Water, water distribution", EntityKind.DistributionCompany, DemoNeighbourhood.WaterCompany),
        Of(Ann, "Ann, Maple Street 1", EntityKind.Customer, DemoNeighbourhood.ResidentialCustomers, Residential),
        Of(Bob, "Bob, Maple Street 2", EntityKind.Customer, DemoNeighbourhood.ResidentialCustomers, Residential),
        Of(Dora, "Dora's bakery in the Market Hall", EntityKind.Customer, DemoNeighbourhood.CommercialCustomers, Commercial),
        Of(HarbourTrading, "Harbour Trading Ltd", EntityKind.CustomerFirm, DemoNeighbourhood.HarbourTrading, Commercial),
        Of(SteelWorks, "Steel Works Ltd", EntityKind.CustomerFirm, "urn:demo:steel-works", Industrial),
        Of(ColdStore, "Cold Store Ltd", EntityKind.CustomerFirm, DemoNeighbourhood.ColdStore, Industrial),
        Of(ValleyTelecom, "Valley Telecom, portals and access networks", EntityKind.PortalOperator, DemoNeighbourhood.PortalOperator),
        Of(SiteServices, "Site Services, portals at firms", EntityKind.PortalOperator, DemoNeighbourhood.OtherPortalOperator),
        Of(Brightline, "Brightline, electricity retailer", EntityKind.Retailer),
        Of(Flexpool, "Flexpool, load aggregator", EntityKind.Aggregator),
        Of(GridIso, "Independent system operator", EntityKind.MarketOperator),
        Of(Sunfield, "Sunfield, independent generator on leased roofs", EntityKind.IndependentGenerator, DemoNeighbourhood.SolarCompany),
        Of(Voltwell, "Voltwell, maker of batteries", EntityKind.ApplianceMaker),
        Of(Puc, "Public Utility Commission", EntityKind.Government),
        Of(Ferc, "Federal Energy Regulatory Commission", EntityKind.Government),
        Of(Ftc, "Federal Trade Commission", EntityKind.Government),
        Of(Fcc, "Federal Communications Commission", EntityKind.Government),
        Of(Fbi, "Federal Bureau of Investigation", EntityKind.Government),
        Of(Dhs, "Department of Homeland Security", EntityKind.Government),
        Of(Nist, "National Institute of Standards and Technology", EntityKind.Government),
        Of(StateEnergy, "State Energy Office", EntityKind.Government),
    ];

    /// <summary>Who lives or works where.</summary>
    public static IReadOnlyList<(string Portal, string Customer)> Homes { get; } =
    [
        ("maple-1", Ann), ("maple-2", Bob), ("market-hall", Dora), ("harbour-office", HarbourTrading), ("steel-works", SteelWorks), ("cold-store", ColdStore),
    ];

    /// <summary>The id of an entity's application.</summary>
    public static string ApplicationOf(string entity) => $"{entity}-app";

    public static string ApplicationUriOf(string entity) => $"urn:demo:{entity}:app";

    private static Entity Of(string id, string name, string kind, string? namespaceUri = null, string? customerClass = null) =>
        new() { Id = id, Name = name, Kind = kind, NamespaceUri = namespaceUri ?? $"urn:demo:{id}", CustomerClass = customerClass, Jurisdiction = Jurisdiction };
}
