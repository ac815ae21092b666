using System.Text;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>
/// The method ExchangeMeter over the wire. portal-model.md, Data and its quality: "meter exchange (old and new serial, register discontinuity)" has a rule and a trace; a register that went down is
/// compared with nothing until somebody explains it.
/// </summary>
public sealed class MeterExchangeTests
{
    private const string Register = "ActiveEnergyImport";
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    private static ValidationRules Rules()
    {
        var refused = new List<ConfigurationException>();
        var reader = new RuleSetReader(refused);
        reader.Read("rules.json", Encoding.UTF8.GetBytes("""
            { "ruleSets": [ {
              "id": "house", "version": "1", "deviceTypes": ["MeterType"],
              "arrival": [ { "dataClasses": ["Energy"] } ],
              "channels": [ { "interval": "IntervalEnergyImport", "register": "ActiveEnergyImport", "length": "1 h", "registerForm": { "digits": 6 }, "checks": { "missingAfter": "2 d", "sum": { "percent": 0.5 } } } ]
            } ] }
            """));
        Assert.Empty(refused);
        return new ValidationRules(reader.Sets, [], refused);
    }

    private static Task<GovernedServer> StartAsync(params object[] records) => GovernedServer.StartWithValidationAsync(Rules(), records);

    private static int Point(GovernedServer server, string point) => server.Space.Registry.Point("oak-1", "meter", point);

    private static NodeId Meter(GovernedServer server, string member = "") => server.Node(member.Length == 0 ? "oak-1/meter" : $"oak-1/meter/{member}", GovernedServer.Utility);

    /// <summary>Yesterday, UTC.</summary>
    private static DateTime Day(GovernedServer server) => server.Now.Date.AddDays(-1);

    private static async Task PublishAsync(GovernedServer server, params (string Point, DateTime At, double Value)[] readings)
    {
        await server.Portal.Ingest.PublishAsync(readings.Select(reading => new Reading(Point(server, reading.Point), PointValue.From(reading.Value), reading.At)).ToArray(), Cancellation);
        await server.Portal.Ingest.CommitAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    private static async Task LookAsync(GovernedServer server)
    {
        await server.Portal.Validation!.StopLookingAsync();
        server.Time.Advance(TimeSpan.FromMinutes(2));
        await server.Portal.Validation.Work.LookAsync(Cancellation);
    }

    private static async Task<ChainedReading> ReadAsync(GovernedServer server, string point, DateTime at) =>
        Assert.Single((await server.Portal.History!.ReadChainsAsync(Point(server, point), new HistoryWalk(at, at.AddTicks(1), 9), Cancellation)).Items);

    private static Variant[] Arguments(DateTime at, double final = 128, double first = 0.2, string old = "A-17", string now = "C-04", string register = Register) =>
        [new Variant(at), new Variant(old), new Variant(now), new Variant((string?[])[register]), new Variant((double[])[final]), new Variant((double[])[first])];

    private static async Task<CallMethodResult> TellAsync(WireClient client, GovernedServer server, params Variant[] arguments) =>
        (await client.CallAsync<CallResponse>(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = Meter(server), MethodId = Meter(server, "ExchangeMeter"), InputArguments = arguments }] })).Results![0];

    private static string[] Names(ChainedReading reading) => [.. reading.Chain.Select(link => QualityCodes.Find(link.Note.Code)!.Name)];

    // A day of 48 kWh; its register read at both ends: 100 before, and 20.2 of another meter after.
    private static async Task MeasureDayAsync(GovernedServer server)
    {
        var day = Day(server);
        await PublishAsync(server, (Register, day, 100));
        await PublishAsync(server, [.. Enumerable.Range(1, 24).Select(hour => ("IntervalEnergyImport", day.AddHours(hour), 2.0))]);
        await PublishAsync(server, (Register, day.AddDays(1), 20.2));
    }

    [Fact]
    public async Task A_register_that_went_down_is_explained_by_the_exchange_that_is_told_afterwards()
    {
        await using var server = await StartAsync();
        await MeasureDayAsync(server);
        var (noon, end) = (Day(server).AddHours(12), Day(server).AddDays(1));
        Assert.Equal("FailedRegisterDecreased", Names(await ReadAsync(server, Register, end))[^1]);

        var utility = await server.ConnectAsync("utility");
        Assert.Equal(StatusCodes.Good, (await TellAsync(utility, server, Arguments(noon))).StatusCode);

        Assert.Equal(["FailedRegisterDecreased", "ConfigurationChanged", "Validated"], Names(await ReadAsync(server, Register, end)).TakeLast(3));
        var noted = Assert.Single(await utility.AnnotationsAsync(Meter(server, $"{Register}/Annotations"), noon));
        Assert.Equal("meter A-17 was exchanged for C-04 at 128.00, beginning with 0.20", noted.Message);
        Assert.Equal("C-04", (await utility.ReadAsync(Meter(server, "SerialNumber"))).Value.AsString());
        // 100 to 128 and 0.2 to 20.2 are the 48 that the intervals have.
        await LookAsync(server);
        Assert.Equal("Validated", Names(await ReadAsync(server, "IntervalEnergyImport", noon))[^1]);
    }

    [Fact]
    public async Task Figures_that_were_told_wrongly_are_told_again_and_the_day_is_summed_up_by_the_new_ones()
    {
        await using var server = await StartAsync();
        await MeasureDayAsync(server);
        var noon = Day(server).AddHours(12);
        var utility = await server.ConnectAsync("utility");
        Assert.Equal(StatusCodes.Good, (await TellAsync(utility, server, Arguments(noon, final: 124))).StatusCode);
        await LookAsync(server);
        var failed = await ReadAsync(server, "IntervalEnergyImport", noon);
        Assert.Equal("FailedSumCheck", Names(failed)[^1]);
        Assert.Contains("intervals 48.00 kW·h, registers 44.00 kW·h", failed.Chain[^1].Note.Reason, StringComparison.Ordinal);
        Assert.Contains("A-17 was exchanged for C-04 at 124.00", failed.Chain[^1].Note.Reason, StringComparison.Ordinal);

        Assert.Equal(StatusCodes.Good, (await TellAsync(utility, server, Arguments(noon, final: 128))).StatusCode);
        await LookAsync(server);
        Assert.Equal("Validated", Names(await ReadAsync(server, "IntervalEnergyImport", noon))[^1]);
        using var next = await server.ReopenExchangesAsync();
        Assert.Equal([new MeterExchange(noon, 128, 0.2, "A-17", "C-04")], next.Of("oak-1/meter", Register));
    }

    [Fact]
    public async Task A_register_of_the_new_meter_that_comes_after_is_explained_on_arrival()
    {
        await using var server = await StartAsync();
        var noon = Day(server).AddHours(12);
        await PublishAsync(server, (Register, Day(server), 100));
        var utility = await server.ConnectAsync("utility");
        Assert.Equal(StatusCodes.Good, (await TellAsync(utility, server, Arguments(noon))).StatusCode);
        await PublishAsync(server, (Register, noon.AddHours(1), 0.7));
        await LookAsync(server);
        Assert.Equal(["ConfigurationChanged", "Validated"], Names(await ReadAsync(server, Register, noon.AddHours(1))).TakeLast(2));
    }

    [Fact]
    public async Task Who_asks_again_because_no_answer_came_changes_nothing()
    {
        await using var server = await StartAsync();
        var noon = Day(server).AddHours(12);
        var utility = await server.ConnectAsync("utility");
        for (var i = 0; i < 2; i++) Assert.Equal(StatusCodes.Good, (await TellAsync(utility, server, Arguments(noon))).StatusCode);
        Assert.Single(await utility.AnnotationsAsync(Meter(server, $"{Register}/Annotations"), noon));
        using var next = await server.ReopenExchangesAsync();
        Assert.Single(next.Of("oak-1/meter", Register));
        Assert.Equal("C-04", next.SerialAt("oak-1/meter", DateTime.MaxValue, "A-17"));
        // A file that was written since knows better.
        Assert.Equal("D-99", next.SerialAt("oak-1/meter", DateTime.MaxValue, "D-99"));
    }

    // portal-model.md: the custodian is responsible that the data is correct; the operator of the portal and the customer of the premises are not.
    [Fact]
    public async Task The_owner_and_the_custodian_tell_of_an_exchange_and_nobody_else_does()
    {
        await using var server = await StartAsync(new Stewardship { Id = "s", Portal = "oak-1", Device = "meter", Custodian = "aggregator", Period = ActivePeriod.Always });
        var noon = Day(server).AddHours(12);
        foreach (var (user, isAllowed) in new[] { ("anna", false), ("operator", false), ("bert", false), ("aggregator", true), ("utility", true) })
        {
            var result = await TellAsync(await server.ConnectAsync(user), server, Arguments(noon));
            Assert.True(isAllowed == result.StatusCode.IsGood, $"{user}: {result.StatusCode}");
        }
    }

    [Fact]
    public async Task Whoever_has_an_agreement_on_the_function_group_tells_of_an_exchange()
    {
        await using var server = await StartAsync();
        var noon = Day(server).AddHours(12);
        var aggregator = await server.ConnectAsync("aggregator");
        Assert.True((await TellAsync(aggregator, server, Arguments(noon))).StatusCode.IsBad);
        await server.ApplyAsync(server.Agreement("a", "utility", "aggregator", Operations.Browse | Operations.Call, new AccessScope { FunctionGroups = ["MeterExchange"] }));
        Assert.Equal(StatusCodes.Good, (await TellAsync(aggregator, server, Arguments(noon))).StatusCode);
    }

    [Theory]
    [InlineData("tomorrow", 0)]
    [InlineData("another old serial", 1)]
    [InlineData("the same serial", 2)]
    [InlineData("no register", 3)]
    [InlineData("a point that is no register", 3)]
    [InlineData("not a number", 4)]
    [InlineData("two readings for one register", 5)]
    public async Task What_cannot_be_is_refused_and_the_argument_at_fault_is_named(string what, int argument)
    {
        await using var server = await StartAsync();
        var noon = Day(server).AddHours(12);
        var utility = await server.ConnectAsync("utility");
        var arguments = what switch
        {
            "tomorrow" => Arguments(server.Now.AddDays(1)),
            "another old serial" => Arguments(noon, old: "B-01"),
            "the same serial" => Arguments(noon, now: "A-17"),
            "no register" => Arguments(noon, register: "Nothing"),
            "a point that is no register" => Arguments(noon, register: "ActivePower"),
            "not a number" => Arguments(noon, final: double.NaN),
            _ => [.. Arguments(noon)[..5], new Variant((double[])[0, 1])],
        };
        var result = await TellAsync(utility, server, arguments);
        Assert.Equal(StatusCodes.BadInvalidArgument, result.StatusCode);
        Assert.Equal([argument], Enumerable.Range(0, 6).Where(i => result.InputArgumentResults![i].IsBad));
        // Nothing of it was kept.
        Assert.Equal("A-17", (await utility.ReadAsync(Meter(server, "SerialNumber"))).Value.AsString());
        Assert.Equal(StatusCodes.Good, (await TellAsync(utility, server, Arguments(noon))).StatusCode);
    }
}
