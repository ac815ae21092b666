using System.Text;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>Validation within a server that knows whose is what.</summary>
public sealed class PortalValidationTests
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    private static ValidationRules Rules(string billableFor = "utility")
    {
        var refused = new List<ConfigurationException>();
        var reader = new RuleSetReader(refused);
        reader.Read("rules.json", Encoding.UTF8.GetBytes($$"""
            { "ruleSets": [ {
              "id": "house", "version": "1", "deviceTypes": ["MeterType"], "billableFor": ["{{billableFor}}"],
              "arrival": [ { "dataClasses": ["Energy"] } ],
              "channels": [ { "interval": "IntervalEnergyImport", "checks": { "missingAfter": "15 min" }, "estimation": { "after": "15 min" } } ]
            } ] }
            """));
        return new ValidationRules(reader.Sets, [], refused);
    }

    private static int Interval(GovernedServer server) => server.Space.Registry.Point("oak-1", "meter", "IntervalEnergyImport");

    /// <summary>The last end of an interval.</summary>
    private static DateTime Quarter(GovernedServer server) => LocalDay.EndAfter(server.Now, TimeSpan.FromMinutes(15)).AddMinutes(-15);

    private static async Task PublishAsync(GovernedServer server, DateTime at, double value)
    {
        await server.Portal.Ingest.PublishAsync(new[] { new Reading(Interval(server), PointValue.From(value), at) }, Cancellation);
        await server.Portal.Ingest.CommitAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    private static async Task<ChainedReading> ReadAsync(GovernedServer server, DateTime at) =>
        Assert.Single((await server.Portal.History!.ReadChainsAsync(Interval(server), new HistoryWalk(at, at.AddTicks(1), 9), Cancellation)).Items);

    // The server's own loop looks each second of its clock, which stands still here: the test looks in its place.
    private static async Task LookAsync(GovernedServer server, TimeSpan after)
    {
        await server.Portal.Validation!.StopLookingAsync();
        server.Time.Advance(after);
        await server.Portal.Validation!.Work.LookAsync(Cancellation);
    }

    [Fact]
    public async Task What_passes_names_the_custodian_of_its_time_and_another_one_after_a_change()
    {
        await using var server = await GovernedServer.StartWithValidationAsync(Rules(), new Stewardship { Id = "s", Portal = "oak-1", Device = "meter", Custodian = "operator", Period = ActivePeriod.Always });
        var quarter = Quarter(server);
        await PublishAsync(server, quarter.AddMinutes(-15), 0.4);
        await server.ApplyAsync(new Stewardship { Id = "s", Portal = "oak-1", Device = "meter", Custodian = "aggregator", Period = ActivePeriod.Always });
        await PublishAsync(server, quarter, 0.4);
        var (before, after) = ((await ReadAsync(server, quarter.AddMinutes(-15))).Chain[^1].Note, (await ReadAsync(server, quarter)).Chain[^1].Note);
        Assert.Equal(("operator", "aggregator"), (before.Responsible, after.Responsible));
        Assert.Equal(new QualityAuthor("aggregator", "house/1"), after.Author);
        Assert.Equal(QualityCodes.Validated.By(QualityOrigin.MeterDataManagement), server.Space.Store.Read(Interval(server)).Quality);
    }

    [Theory]
    [InlineData("utility", true)]
    [InlineData("aggregator", false)]
    public async Task Estimates_are_fit_for_billing_where_the_owner_has_said_so(string billableFor, bool isBillable)
    {
        await using var server = await GovernedServer.StartWithValidationAsync(Rules(billableFor));
        var quarter = Quarter(server);
        await PublishAsync(server, quarter.AddMinutes(-60), 0.4);
        await PublishAsync(server, quarter.AddMinutes(-30), 0.6);
        await LookAsync(server, TimeSpan.FromMinutes(1));
        var (reading, chain) = await ReadAsync(server, quarter.AddMinutes(-45));
        Assert.Equal((0.5, QualityCode.Estimated), (reading.Value.AsReal(), reading.Quality.Category));
        Assert.Equal("utility", chain[^1].Note.Responsible);
        Assert.Equal(isBillable, QualityGrade.IsBillable(reading.Status, reading.Quality));
    }

    [Fact]
    public async Task What_somebody_edits_is_looked_at_again_and_validated()
    {
        await using var server = await GovernedServer.StartWithValidationAsync(Rules());
        var quarter = Quarter(server);
        await PublishAsync(server, quarter, -0.4);
        Assert.Equal(QualityCodes.Negative.By(QualityOrigin.MeterDataManagement), (await ReadAsync(server, quarter)).Reading.Quality);
        await server.Portal.Validation!.StopLookingAsync();
        server.Time.Advance(TimeSpan.FromSeconds(5));
        var note = new QualityNote(QualityCodes.Edited.By(QualityOrigin.MeteringSystem), new QualityAuthor("utility", Person: "ann"), "read by hand");
        await server.Portal.History!.ReviseAsync([new ReadingRevision(Interval(server), quarter, RevisionKind.Replace, server.Now, note) { Value = PointValue.From(0.4) }], Cancellation);
        await LookAsync(server, TimeSpan.FromMinutes(1));
        var (reading, chain) = await ReadAsync(server, quarter);
        Assert.Equal((0.4, QualityCodes.Validated.By(QualityOrigin.MeterDataManagement)), (reading.Value.AsReal(), reading.Quality));
        Assert.Equal(["FailedNegative", "ManuallyEdited", "Validated"], chain.TakeLast(3).Select(link => QualityCodes.Find(link.Note.Code)!.Name));
    }

    [Fact]
    public async Task An_outage_that_an_adapter_tells_has_its_days_looked_at()
    {
        await using var server = await GovernedServer.StartWithValidationAsync(Rules());
        var quarter = Quarter(server);
        await PublishAsync(server, quarter.AddMinutes(-60), 0.4);
        await LookAsync(server, TimeSpan.FromMinutes(1));
        var before = server.Portal.Validation!.Counts.Waiting;
        server.Portal.Validation.Report(new Outage(server.Space.Registry.Device("oak-1", "meter"), quarter.AddDays(-3), quarter, "no answer"));
        Assert.InRange(server.Portal.Validation.Counts.Waiting, before + 3, before + 4);
    }

    [Fact]
    public async Task Managers_see_rule_by_rule_how_much_was_checked_and_found_and_nobody_else_does()
    {
        await using var server = await GovernedServer.StartWithValidationAsync(Rules());
        // A look between two readings would find the second missing.
        await server.Portal.Validation!.StopLookingAsync();
        var quarter = Quarter(server);
        await PublishAsync(server, quarter.AddMinutes(-60), 0.4);
        await PublishAsync(server, quarter.AddMinutes(-45), -0.1);
        await PublishAsync(server, quarter.AddMinutes(-15), 0.6);
        await LookAsync(server, TimeSpan.FromMinutes(1));
        var (rules, judged) = (server.Node(8400, ModelLoader.PortalUri), server.Node(8401, ModelLoader.PortalUri));
        var manager = await server.ConnectEncryptedAsync("security");
        var counts = (await manager.ReadAsync(rules)).Value.AsArray<ExtensionObject>()!.Select(RuleOf).ToDictionary(rule => rule.Rule);
        Assert.Equal(("FailedNegative", "3.6.1003", 3, 1), counts["FailedNegative"]);
        var (missing, estimated) = (counts["KnownMissingRead"], counts["EstimatedByLikeDays"]);
        Assert.True(missing is { Checked: > 0, Found: 1 }, $"{missing}");
        // What is estimated under the owner's rules has the code of that.
        Assert.True(estimated.Checked > 0 && counts.Values.Where(rule => rule.Rule.StartsWith("Billable", StringComparison.Ordinal)).Sum(rule => rule.Found) == 1, $"{estimated}");
        Assert.Equal(3, (await manager.ReadAsync(judged)).Value.AsInt64());
        // Not over a channel that others can listen to, and nobody but managers.
        Assert.True((await (await server.ConnectAsync("security")).ReadAsync(judged)).StatusCode.IsBad);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await (await server.ConnectEncryptedAsync("utility")).ReadAsync(judged)).StatusCode);

        static (string Rule, string Code, long Checked, long Found) RuleOf(ExtensionObject structure)
        {
            var decoder = new BinaryDecoder(structure.BinaryBody().Span, CodecContext.Default);
            return (decoder.ReadString()!, decoder.ReadString()!, decoder.ReadInt64(), decoder.ReadInt64());
        }
    }
}
