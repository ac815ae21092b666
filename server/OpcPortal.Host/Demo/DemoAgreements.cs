using OpcPortal.Models;

namespace OpcPortal.Host;

/// <summary>An agreement of the demonstration as its parties make it.</summary>
/// <param name="Id">Chosen by who proposes it.</param>
/// <param name="Proposer">The party that proposes; the other accepts.</param>
/// <param name="IsAccepted">False: the other party is asked and has not answered yet.</param>
internal sealed record DemoAgreement(string Id, string Proposer, AgreementTerms Terms, bool IsAccepted = true)
{
    /// <summary>Who has to accept it.</summary>
    public string Counterparty => Proposer == Terms.Grantor ? Terms.Grantee : Terms.Grantor;
}

/// <summary>What the entities of the demonstration agree on at its first start, each with its own key.</summary>
internal static class DemoAgreements
{
    /// <summary>Waits for Bob: the guide accepts it.</summary>
    public const string Open = "flexpool-bob";

    private const Operations Look = Operations.Browse | Operations.Read | Operations.Subscribe;

    private static readonly TimeSpan Term = TimeSpan.FromDays(730);
    private static readonly TimeSpan BillingDepth = TimeSpan.FromDays(400);

    /// <param name="now">UTC: when they are made.</param>
    public static IReadOnlyList<DemoAgreement> At(DateTime now)
    {
        var period = new ActivePeriod(now, now + Term);
        return
        [
            new("brightline-billing", DemoEntities.Brightline, Terms(DemoEntities.RiverPower, DemoEntities.Brightline, "billing", Look | Operations.ReadHistory, period,
                new AccessScope { Customers = [DemoEntities.Ann, DemoEntities.HarbourTrading], DeviceTypes = ["ElectricityMeterType"], DataClasses = ["Energy"] }) with
            {
                Conditions = new AccessConditions { HistoryDepth = BillingDepth },
            }),
            new("flexpool-ann", DemoEntities.Flexpool, LoadControl(DemoEntities.Ann, period)),
            new("flexpool-harbour", DemoEntities.Flexpool, LoadControl(DemoEntities.HarbourTrading, period)),
            new(Open, DemoEntities.Flexpool, LoadControl(DemoEntities.Bob, period), IsAccepted: false),
            new("voltwell-bob", DemoEntities.Voltwell, Diagnostics(DemoEntities.Bob, period)),
            new("voltwell-cold-store", DemoEntities.Voltwell, Diagnostics(DemoEntities.ColdStore, period)),
            new("iso-demand", DemoEntities.GridIso, Terms(DemoEntities.RiverPower, DemoEntities.GridIso, "demand forecast", Operations.Browse | Operations.Read, period,
                new AccessScope { DeviceTypes = ["ElectricityMeterType"], DataClasses = ["Energy"] }) with
            {
                Conditions = new AccessConditions { Floor = new AggregationFloor(15, 0.15) },
            }),
        ];
    }

    private static AgreementTerms LoadControl(string customer, ActivePeriod period) => Terms(customer, DemoEntities.Flexpool, "load control", Look | Operations.Call, period,
        new AccessScope { DeviceTypes = ["LoadControlDeviceType"], DataClasses = ["LoadState"], FunctionGroups = ["LoadControl"] });

    private static AgreementTerms Diagnostics(string customer, ActivePeriod period) => Terms(customer, DemoEntities.Voltwell, "maintenance", Look, period,
        new AccessScope { DeviceTypes = ["BatteryType"], DataClasses = ["Diagnostics"] });

    private static AgreementTerms Terms(string grantor, string grantee, string purpose, Operations operations, ActivePeriod period, AccessScope scope) =>
        new() { Grantor = grantor, Grantee = grantee, Purpose = purpose, Scope = scope, Operations = operations, Period = period };
}
