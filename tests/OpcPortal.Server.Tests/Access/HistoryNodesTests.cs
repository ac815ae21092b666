using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>What tells clients that and how history of a point is kept. Part 3 5.6.2 (AccessLevel, Historizing), Part 11 5.1.2, 5.2.2.</summary>
public sealed class HistoryNodesTests
{
    [Fact]
    public async Task A_points_history_shows_in_its_access_levels()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var utility = await server.ConnectAsync("utility");

        Assert.Equal(AccessLevelType.CurrentRead | AccessLevelType.HistoryRead | AccessLevelType.HistoryWrite, await LevelAsync(utility, power));
        Assert.True((await utility.ReadAsync(power, AttributeIds.Historizing)).Value.AsBoolean());
        // Quality changes with the value alone; annotations are no present value.
        Assert.Equal(AccessLevelType.CurrentRead | AccessLevelType.HistoryRead, await LevelAsync(utility, server.Node("oak-1/meter/ActivePower/Quality", GovernedServer.Utility)));
        Assert.Equal(AccessLevelType.HistoryRead | AccessLevelType.HistoryWrite, await LevelAsync(utility, server.Node("oak-1/meter/ActivePower/Annotations", GovernedServer.Utility)));
        Assert.Equal("BadNotReadable", await utility.StatusAsync(server.Node("oak-1/meter/ActivePower/Annotations", GovernedServer.Utility)));
        Assert.Equal(AccessLevelType.CurrentRead, await LevelAsync(utility, server.Node("oak-1/meter/Manufacturer", GovernedServer.Utility)));
        // Who may not change it sees that: the customer reads.
        var anna = await server.ConnectAsync("anna");
        Assert.Equal(AccessLevelType.CurrentRead | AccessLevelType.HistoryRead, (AccessLevelType)(await anna.ReadAsync(power, AttributeIds.UserAccessLevel)).Value.AsByte());
    }

    [Fact]
    public async Task Where_no_history_is_kept_nothing_tells_of_any()
    {
        await using var server = await GovernedServer.StartAsync();
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var utility = await server.ConnectAsync("utility");

        Assert.Equal(AccessLevelType.CurrentRead, await LevelAsync(utility, power));
        Assert.False((await utility.ReadAsync(power, AttributeIds.Historizing)).Value.AsBoolean());
        Assert.Equal("BadHistoryOperationUnsupported", await utility.ValuesAsync(power, server.Now.AddDays(-1), server.Now));
        Assert.Equal("BadNodeIdUnknown", await utility.StatusAsync(server.Node("oak-1/meter/ActivePower/HA Configuration/Stepped", GovernedServer.Utility)));
        Assert.DoesNotContain(await utility.BrowseAsync(power) ?? [], child => child.Text!.EndsWith("/Annotations", StringComparison.Ordinal) || child.Text!.Contains("HA Configuration", StringComparison.Ordinal));
    }

    // Part 13 4.2.1.2 (TreatUncertainAsBad): what rests on an estimate does not pass for measured, unless who asks wants it so.
    [Fact]
    public async Task An_estimate_counts_as_bad_in_aggregates_unless_it_is_asked_for_otherwise()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var from = server.Now.AddHours(-2);
        foreach (var (quarter, value) in new[] { (0, 1.0), (2, 3.0), (3, 2.0) }) await server.MeasureAsync("meter", "IntervalEnergyImport", value, from.AddMinutes(15 * quarter));
        await server.MeasureAsync("meter", "IntervalEnergyImport", 10, from.AddMinutes(15), new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.Estimated, 0));
        var (utility, energy) = (await server.ConnectAsync("utility"), server.Node("oak-1/meter/IntervalEnergyImport", GovernedServer.Utility));

        Assert.Equal((3.0, 15 * 60_000.0), await OfThreeQuartersAsync(new AggregateConfiguration { UseServerCapabilitiesDefaults = true }));
        Assert.Equal((10.0, 0.0), await OfThreeQuartersAsync(Stated(isUncertainBad: false)));
        Assert.Equal((3.0, 15 * 60_000.0), await OfThreeQuartersAsync(Stated(isUncertainBad: true)));

        static AggregateConfiguration Stated(bool isUncertainBad) => new() { TreatUncertainAsBad = isUncertainBad, PercentDataBad = 100, PercentDataGood = 100 };

        async Task<(double Greatest, double BadMilliseconds)> OfThreeQuartersAsync(AggregateConfiguration configuration)
        {
            var response = await utility.CallAsync<HistoryReadResponse>(new HistoryReadRequest
            {
                HistoryReadDetails = ExtensionObject.From(new ReadProcessedDetails
                {
                    StartTime = from,
                    EndTime = from.AddMinutes(45),
                    AggregateType = [ObjectIds.AggregateFunction_Maximum2, ObjectIds.AggregateFunction_DurationBad],
                    AggregateConfiguration = configuration,
                }),
                TimestampsToReturn = TimestampsToReturn.Both,
                NodesToRead = [new HistoryReadValueId { NodeId = energy }, new HistoryReadValueId { NodeId = energy }],
            });
            var values = response.Results!.Select(result => Assert.Single(((HistoryData)result.HistoryData!.Structure!).DataValues!).Value.AsDouble()).ToArray();
            return (values[0], values[1]);
        }
    }

    [Theory]
    [InlineData("oak-1/meter/ActivePower", GovernedServer.Utility, false, null)]
    [InlineData("oak-1/meter/IntervalEnergyImport", GovernedServer.Utility, true, 900_000.0)]
    [InlineData("anna@oak-1/heater/SwitchState", GovernedServer.Residents, true, null)]
    public async Task How_values_behave_between_readings_is_told(string point, string owner, bool isStepped, double? interval)
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var client = await server.ConnectAsync(owner == GovernedServer.Utility ? "utility" : "anna");
        var node = server.Node(point, owner);
        var configuration = server.Node($"{point}/HA Configuration", owner);

        var found = await client.CallAsync<BrowseResponse>(new BrowseRequest
        {
            NodesToBrowse = [new BrowseDescription { NodeId = node, BrowseDirection = BrowseDirection.Forward, ReferenceTypeId = ReferenceTypeIds.HasHistoricalConfiguration, ResultMask = 63 }],
        });
        var reference = Assert.Single(found.Results![0].References!);
        Assert.Equal((configuration, new QualifiedName("HA Configuration"), new NodeId(ObjectTypeIds.HistoricalDataConfigurationType)), (reference.NodeId.NodeId, reference.BrowseName, reference.TypeDefinition.NodeId));
        Assert.Equal(isStepped, (await ReadAsync("Stepped")).Value.AsBoolean());
        Assert.Equal(100, (await ReadAsync("AggregateConfiguration/PercentDataGood")).Value.AsByte());
        Assert.True((await ReadAsync("AggregateConfiguration/TreatUncertainAsBad")).Value.AsBoolean());
        foreach (var name in new[] { "MaxTimeInterval", "MinTimeInterval" })
        {
            if (interval is { } length) Assert.Equal(length, (await ReadAsync(name)).Value.AsDouble());
            else Assert.Equal("BadNodeIdUnknown", (await ReadAsync(name)).StatusCode.ToString());
        }

        // By path too: clients look for it so.
        var path = await client.CallAsync<TranslateBrowsePathsToNodeIdsResponse>(new TranslateBrowsePathsToNodeIdsRequest
        {
            BrowsePaths =
            [
                new BrowsePath
                {
                    StartingNode = node,
                    RelativePath = new RelativePath
                    {
                        Elements =
                        [
                            new RelativePathElement { ReferenceTypeId = ReferenceTypeIds.HasHistoricalConfiguration, IncludeSubtypes = true, TargetName = "HA Configuration" },
                            new RelativePathElement { ReferenceTypeId = ReferenceTypeIds.HasComponent, IncludeSubtypes = true, TargetName = "AggregateConfiguration" },
                        ],
                    },
                },
            ],
        });
        Assert.Equal(server.Node($"{point}/HA Configuration/AggregateConfiguration", owner), Assert.Single(path.Results![0].Targets!).TargetId.NodeId);

        Task<DataValue> ReadAsync(string name) => client.ReadAsync(server.Node($"{point}/HA Configuration/{name}", owner));
    }

    [Fact]
    public async Task The_archive_begins_with_the_first_reading_that_may_be_seen()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var (utility, start) = (await server.ConnectAsync("utility"), server.Node("oak-1/meter/ActivePower/HA Configuration/StartOfArchive", GovernedServer.Utility));
        Assert.Equal("BadWaitingForInitialData", await utility.StatusAsync(start));
        await server.Portal.RevisedAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("BadNoData", await utility.StatusAsync(start));
        var first = server.Now.AddDays(-9);
        await server.MeasureAsync("meter", "ActivePower", 1, first);
        // What was found is believed for a minute.
        await server.AdvanceAsync(TimeSpan.FromMinutes(1));
        await utility.StatusAsync(start);
        await server.Portal.RevisedAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(first, (await utility.ReadAsync(start)).Value.AsDateTime());
        var movedIn = server.Now.AddDays(-2);
        await server.ApplyAsync(new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(movedIn, DateTime.MaxValue) });
        Assert.Equal(movedIn, (await (await server.ConnectAsync("anna")).ReadAsync(start)).Value.AsDateTime());
    }

    private static async Task<AccessLevelType> LevelAsync(WireClient client, NodeId node) => (AccessLevelType)(await client.ReadAsync(node, AttributeIds.AccessLevel)).Value.AsByte();
}
