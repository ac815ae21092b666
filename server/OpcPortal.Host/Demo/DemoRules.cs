using OpcPortal.Models;

namespace OpcPortal.Host;

/// <summary>
/// The mandates and interlocks of the demonstration. The authorities are real, what they order here is made up: it shows that a mandate names whom, what and for how long, and that
/// who has none sees nothing.
/// </summary>
internal static class DemoRules
{
    private const Operations Look = Operations.Browse | Operations.Read;
    private const Operations Watch = Look | Operations.Subscribe | Operations.ReadHistory;

    /// <param name="now">UTC; mandates begin with its year, so that a later start of the same year writes nothing anew.</param>
    public static IReadOnlyList<AccessRule> At(DateTime now)
    {
        var year = new DateTime(now.Year, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var current = new ActivePeriod(year, year.AddYears(3));
        return [.. Mandates(current), ExpiredMandate(year), .. Prohibitions(current)];
    }

    private static IEnumerable<AccessRule> Mandates(ActivePeriod period) =>
    [
        Allow("puc-service-quality", DemoEntities.Puc, Watch, "PUC order 26-104 (demonstration), section 3: quality of supply of regulated networks", period,
            new AccessScope { DataClasses = ["PowerQuality"], Owners = [DemoEntities.RiverPower] }) with { Jurisdictions = [DemoEntities.Jurisdiction], Commodities = ["electricity"] },
        Allow("fcc-communication", DemoEntities.Fcc, Watch, "47 CFR part 4 (demonstration): outages of communications networks", period, new AccessScope { DataClasses = ["Communication"] }),
        Allow("dhs-critical-sites", DemoEntities.Dhs, Watch | Operations.ReceiveEvents, "DHS directive 26-02 (demonstration): reachability of critical sites", period,
            new AccessScope { DataClasses = ["Communication"], Portals = ["steel-works", "cold-store"] }),
        Allow("nist-waveforms", DemoEntities.Nist, Look, "NIST cooperation 26-7 (demonstration): power-quality research at industrial sites", period,
            new AccessScope { DataClasses = ["PowerQuality"], CustomerClasses = ["industrial"] }),
        Allow("state-industrial-energy", DemoEntities.StateEnergy, Look | Operations.ReadHistory, "State energy act (demonstration), section 12: consumption of industry", period,
            new AccessScope { DataClasses = ["Energy"], CustomerClasses = ["industrial"] }) with { Jurisdictions = [DemoEntities.Jurisdiction] },
        Allow("ferc-market-aggregates", DemoEntities.Ferc, Look, "18 CFR part 141 (demonstration): sums of demand, no single customer", period, new AccessScope { DataClasses = ["Energy"] }) with
        {
            Conditions = new AccessConditions { Floor = new AggregationFloor(15, 0.15) },
        },
    ];

    // "No more, for as long as it says": what an order named stays hidden after its end.
    private static AccessRule ExpiredMandate(DateTime year) => Allow("ftc-appliance-claims", DemoEntities.Ftc, Look, "FTC order 25-31 (demonstration): claims of battery makers", new ActivePeriod(year.AddYears(-1), year),
        new AccessScope { DataClasses = ["Diagnostics"], DeviceTypes = ["BatteryType"] });

    private static IEnumerable<AccessRule> Prohibitions(ActivePeriod period) =>
    [
        new AccessRule
        {
            Id = "nist-nothing-personal",
            Layer = PolicyLayer.Mandate,
            Effect = RuleEffect.Deny,
            Operations = Operations.All,
            Citation = "Privacy act (demonstration): research sees nothing personal",
            Subjects = new RuleSubjects { Entities = [DemoEntities.Nist] },
            Scope = new AccessScope { CustomerClasses = ["residential"] },
            Period = period,
        },
        new AccessRule
        {
            Id = "life-support-moratorium",
            Layer = PolicyLayer.Mandate,
            Effect = RuleEffect.Deny,
            Operations = Operations.Call,
            Citation = "WAC 480-100-128 (demonstration): no disconnection where life-support equipment runs",
            Scope = new AccessScope { DeviceTypes = ["SwitchType"], FunctionGroups = ["LoadControl"], Points = ["Open"] },
            Jurisdictions = [DemoEntities.Jurisdiction],
            PremisesFlags = ["life-support"],
            Period = period,
        },
    ];

    private static AccessRule Allow(string id, string entity, Operations operations, string citation, ActivePeriod period, AccessScope scope) => new()
    {
        Id = id,
        Layer = PolicyLayer.Mandate,
        Effect = RuleEffect.Allow,
        Operations = operations,
        Citation = citation,
        Subjects = new RuleSubjects { Entities = [entity] },
        Scope = scope,
        Period = period,
    };
}
