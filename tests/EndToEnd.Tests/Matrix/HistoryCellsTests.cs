using OpcPortal.Host;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>
/// What of history the parties of the demonstration see, over the wire. portal-model.md, Agreements: "read history to a depth", "conditions (minimum quality"; Ownership: "history before the date stays with
/// the former owner".
/// </summary>
public sealed class HistoryCellsTests(DemoFixture demo) : IClassFixture<DemoFixture>
{
    private static readonly QualityCode Estimated = new(QualityOrigin.MeterDataManagement, QualityCode.Estimated, 0);
    private static readonly QualityCode Validated = new(QualityOrigin.MeterDataManagement, QualityCode.Valid, 1);

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    private static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    // The agreement of the demonstration goes back 400 days.
    [Fact]
    public async Task A_retailer_sees_as_far_back_as_was_agreed_and_the_company_all_of_it()
    {
        await KeepAsync("harbour-office", "meter", "ActiveEnergyImport", (Now.AddDays(-401), 1, Validated), (Now.AddDays(-399), 2, Validated));
        var energy = demo.Node(DemoNeighbourhood.PowerCompany, "harbour-office/meter/ActiveEnergyImport");
        Assert.Equal("2", await ReadAsync(DemoEntities.Brightline, energy, Now.AddDays(-500), Now.AddDays(-300)));
        Assert.Equal("1 2", await ReadAsync(DemoEntities.RiverPower, energy, Now.AddDays(-500), Now.AddDays(-300)));
        Assert.Equal("1 2", await ReadAsync(DemoEntities.HarbourTrading, energy, Now.AddDays(-500), Now.AddDays(-300)));
    }

    [Fact]
    public async Task What_is_poorer_than_agreed_is_not_there()
    {
        await KeepAsync("cold-store", "battery", "StateOfHealth", (Now.AddDays(-3), 91, Validated), (Now.AddDays(-2), 92, Estimated), (Now.AddDays(-1), 93, Validated));
        var directory = demo.Demo.Portal.Storage!.Directory;
        var agreement = directory.Agreements["voltwell-cold-store"];
        // Who signed what is shown elsewhere.
        await directory.ApplyAsync(
            [agreement with { Terms = agreement.Terms with { Operations = agreement.Terms.Operations | Operations.ReadHistory, Conditions = new AccessConditions { MinimumQuality = QualityLevel.Validated } } }], "test", "better data", _cancellation);
        await demo.Demo.Portal.Server.Governance!.CurrentAsync();
        var health = demo.Node(DemoNeighbourhood.ColdStore, "cold-store/battery/StateOfHealth");
        Assert.Equal("91 93", await ReadAsync(DemoEntities.Voltwell, health, Now.AddDays(-4), Now.AddHours(-1)));
        Assert.Equal("91 92 93", await ReadAsync(DemoEntities.ColdStore, health, Now.AddDays(-4), Now.AddHours(-1)));
    }

    [Fact]
    public async Task A_former_owner_keeps_its_time_and_the_new_one_begins_with_its_own()
    {
        var sold = Now.AddDays(-2);
        await KeepAsync("harbour-office", "quality", "VoltageThdL1", (sold.AddHours(-1), 1, Validated), (sold.AddHours(1), 2, Validated));
        await demo.Demo.Portal.Storage!.Directory.ApplyAsync(
            [new Stewardship { Id = "monitor-sold", Portal = "harbour-office", Device = "quality", Owner = DemoEntities.RiverPower, Period = new ActivePeriod(sold, DateTime.MaxValue) }], "test", "the monitor is sold", _cancellation);
        await demo.Demo.Portal.Server.Governance!.CurrentAsync();
        var before = demo.Node("urn:demo:harbour-trading", "harbour-office/quality/VoltageThdL1");
        var since = demo.Node(DemoNeighbourhood.PowerCompany, "harbour-office/quality/VoltageThdL1");

        Assert.Equal("1", await ReadAsync(DemoEntities.HarbourTrading, before, sold.AddDays(-1), Now.AddHours(-1)));
        Assert.Equal("2", await ReadAsync(DemoEntities.RiverPower, since, sold.AddDays(-1), Now.AddHours(-1)));
        Assert.Null(await ReadAsync(DemoEntities.RiverPower, before, sold.AddDays(-1), Now.AddHours(-1)));
        Assert.Null(await ReadAsync(DemoEntities.Fbi, before, sold.AddDays(-1), Now.AddHours(-1)));
    }

    [Fact]
    public async Task History_is_no_way_around_to_what_may_not_be_browsed()
    {
        foreach (var id in (string[])["TemperatureSetpoint", "TemperatureSetpoint/Quality", "TemperatureSetpoint/Annotations"])
        {
            var node = demo.Node(DemoNeighbourhood.ResidentialCustomers, $"ann@maple-1/thermostat/{id}");
            Assert.Null(await ReadAsync(DemoEntities.Fbi, node, Now.AddDays(-1), Now));
            Assert.NotNull(await ReadAsync(DemoEntities.Ann, node, Now.AddDays(-1), Now));
        }
    }

    private async Task KeepAsync(string portal, string device, string point, params (DateTime At, double Value, QualityCode Quality)[] values)
    {
        var server = demo.Demo.Portal.Server;
        var number = server.Space.Registry.Point(portal, device, point);
        Reading[] readings = [.. values.Select(value => new Reading(number, PointValue.From(value.Value), value.At, Quality: value.Quality))];
        await server.History!.KeepAsync(readings, new int[readings.Length], Now);
    }

    /// <returns>Null where the node does not exist for the party.</returns>
    private async Task<string?> ReadAsync(string party, NodeId node, DateTime from, DateTime to)
    {
        await using var session = await demo.ConnectAsEntityAsync(party);
        var request = new HistoryReadRequest
        {
            HistoryReadDetails = ExtensionObject.From(new ReadRawModifiedDetails { StartTime = from, EndTime = to }),
            TimestampsToReturn = TimestampsToReturn.Source,
            NodesToRead = [new HistoryReadValueId { NodeId = node }],
        };
        var result = (await session.InvokeAsync<HistoryReadResponse>(request, cancellation: _cancellation)).Results![0];
        if (result.StatusCode == StatusCodes.BadNodeIdUnknown) return null;
        Assert.True(result.StatusCode.IsGood, $"{result.StatusCode}");
        return string.Join(' ', ((HistoryData)result.HistoryData!.Structure!).DataValues!.Select(value => value.Value.ToString()));
    }
}
