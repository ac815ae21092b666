using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Who may ask devices of the fleet for what: by agreements, interlocks, caps and the arming of switches.</summary>
public sealed class ControlServiceTests
{
    private const Operations Commanding = Operations.Browse | Operations.Call;

    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;
    private static readonly AccessSubject Aggregator = new("aggregator", EntityKind.Aggregator);
    private static readonly AccessSubject Utility = new("utility", EntityKind.DistributionCompany);
    private static readonly AccessSubject Anna = new("anna", EntityKind.Customer);
    private static readonly AccessSubject Bert = new("bert", EntityKind.Customer);

    private static ControlRequest Shed(House house, AccessSubject who, ControlTarget? target = null) => new()
    {
        Id = Guid.NewGuid(),
        Entity = who.Entity!,
        Kind = who.Kind,
        Individual = who.Individual,
        Target = target ?? new ControlTarget { DeviceTypes = ["LoadControlDeviceType"] },
        Action = ControlAction.Shed,
        Measure = LoadMeasure.Off,
        CreatedAt = default,
        Start = house.Server.Now,
        Duration = TimeSpan.FromMinutes(30),
    };

    private static ControlRequest Switch(House house, AccessSubject who, ControlAction action) => Shed(house, who) with { Action = action, Measure = default, Duration = TimeSpan.Zero, Target = new ControlTarget { Devices = ["oak-1/plant"] } };

    private static (ControlRefusalKind Kind, string? Rule) Of(ControlRefusal? refusal) => (refusal!.Kind, refusal.Rule);

    [Fact]
    public async Task Who_has_an_agreement_sheds_what_it_names_and_for_others_it_does_not_exist()
    {
        await using var house = await House.OpenAsync();
        Assert.Equal(ControlRefusalKind.UnknownTarget, (await house.Control.SubmitAsync(Shed(house, Aggregator), Cancellation)).Refusal!.Kind);
        await house.Server.ApplyAsync(house.Server.Agreement("a-1", "anna", "aggregator", Commanding));
        var answer = await house.Control.SubmitAsync(Shed(house, Aggregator), Cancellation);
        Assert.Equal((null, 1, 0.002), (answer.Refusal, answer.Accepted, answer.MegaWatts));
        await house.Control.IdleAsync();
        Assert.Equal(["Open"], house.Invoked);
        Assert.Equal(ControlRefusalKind.UnknownTarget, (await house.Control.SubmitAsync(Shed(house, Bert), Cancellation)).Refusal!.Kind);
    }

    [Fact]
    public async Task Power_that_a_device_gives_as_an_integer_counts_like_any_other()
    {
        await using var house = await House.OpenAsync();
        await house.Server.ApplyAsync(house.Server.Agreement("a-1", "anna", "aggregator", Commanding));
        var registry = house.Server.Space.Registry;
        house.Server.Space.Store.Apply([new Reading(registry.Point("oak-1", "heater", "ActivePower"), PointValue.From(-3000L), house.Server.Now.AddSeconds(1))], house.Server.Now.AddSeconds(1));
        Assert.Null((await house.Control.SubmitAsync(Shed(house, Aggregator), Cancellation)).Refusal);
        house.Server.Space.Store.Apply([new Reading(registry.Point("oak-1", "heater", "ActivePower"), PointValue.From(3000L), house.Server.Now.AddSeconds(2))], house.Server.Now.AddSeconds(2));
        Assert.Equal(0.003, house.Control.Rehearse(Shed(house, Aggregator)).MegaWatts, 9);
    }

    [Fact]
    public async Task Who_may_browse_and_not_call_is_told_why()
    {
        await using var house = await House.OpenAsync();
        await house.Server.ApplyAsync(house.Server.Agreement("a-1", "anna", "aggregator", Operations.Browse));
        var answer = await house.Control.SubmitAsync(Shed(house, Aggregator), Cancellation);
        Assert.Equal(ControlRefusalKind.Denied, answer.Refusal!.Kind);
        Assert.Equal("oak-1/heater", Assert.Single(answer.Refused).Device);
        Assert.Empty(house.Invoked);
    }

    [Fact]
    public async Task A_rehearsal_tells_what_would_be_and_does_nothing()
    {
        await using var house = await House.OpenAsync();
        await house.Server.ApplyAsync(house.Server.Agreement("a-1", "anna", "aggregator", Commanding));
        var request = Shed(house, Aggregator);
        var answer = house.Control.Rehearse(request);
        Assert.Equal((null, 1, 0.002), (answer.Refusal, answer.Accepted, answer.MegaWatts));
        await house.Control.IdleAsync();
        Assert.Empty(house.Invoked);
        Assert.Null(await house.Control.FindAsync(request.Id, Aggregator, Cancellation));
    }

    [Fact]
    public async Task The_same_id_again_is_the_same_request_and_with_other_content_it_is_refused()
    {
        await using var house = await House.OpenAsync();
        await house.Server.ApplyAsync(house.Server.Agreement("a-1", "anna", "aggregator", Commanding));
        var request = Shed(house, Aggregator);
        Assert.Null((await house.Control.SubmitAsync(request, Cancellation)).Refusal);
        house.Server.Time.Advance(TimeSpan.FromSeconds(30));
        var again = await house.Control.SubmitAsync(request, Cancellation);
        Assert.Equal((null, 1), (again.Refusal, again.Accepted));
        Assert.Equal(ControlRefusalKind.IdTaken, (await house.Control.SubmitAsync(request with { Duration = TimeSpan.FromMinutes(31) }, Cancellation)).Refusal!.Kind);
        await house.Control.IdleAsync();
        Assert.Equal(["Open"], house.Invoked);
    }

    [Theory]
    [InlineData(false, ControlStatus.Rejected, "Open Close")]
    [InlineData(true, ControlStatus.Started, "Open")]
    public async Task Revocation_while_it_runs_stops_it_or_lets_it_finish_as_the_agreement_says(bool finishes, ControlStatus status, string invoked)
    {
        await using var house = await House.OpenAsync();
        var agreement = house.Server.Agreement("a-1", "anna", "aggregator", Commanding);
        agreement = agreement with { Terms = agreement.Terms with { FinishesCommands = finishes } };
        await house.Server.ApplyAsync(agreement);
        var request = Shed(house, Aggregator);
        Assert.Null((await house.Control.SubmitAsync(request, Cancellation)).Refusal);
        await house.Control.IdleAsync();
        await house.Server.ApplyAsync(agreement with { Status = AgreementStatus.Revoked });
        await house.Control.IdleAsync();
        Assert.Equal(invoked, string.Join(' ', house.Invoked));
        Assert.Equal(status, (await house.Control.FindAsync(request.Id, Aggregator, Cancellation))!.Orders[0].Status);
    }

    [Fact]
    public async Task Whoever_lives_there_leaves_and_nobody_else()
    {
        await using var house = await House.OpenAsync();
        await house.Server.ApplyAsync(house.Server.Agreement("a-1", "anna", "aggregator", Commanding));
        var request = Shed(house, Aggregator);
        await house.Control.SubmitAsync(request, Cancellation);
        await house.Control.IdleAsync();
        Assert.Equal(ControlRefusalKind.UnknownTarget, (await house.Control.OptOutAsync("oak-1/heater", Bert, null, Cancellation)).Refusal!.Kind);
        Assert.Equal(ControlRefusalKind.UnknownTarget, (await house.Control.OptOutAsync("oak-1/heater", Aggregator, null, Cancellation)).Refusal!.Kind);
        Assert.Equal(ControlRefusalKind.UnknownTarget, (await house.Control.OptOutAsync("oak-9/heater", Anna, null, Cancellation)).Refusal!.Kind);
        Assert.Equal(ControlRefusalKind.OutOfRange, (await house.Control.OptOutAsync("oak-1/heater", Anna, TimeSpan.FromSeconds(-1), Cancellation)).Refusal!.Kind);
        Assert.Equal((1, null), await house.Control.OptOutAsync("oak-1/heater", Anna, null, Cancellation));
        await house.Control.IdleAsync();
        Assert.Equal(["Open", "Close"], house.Invoked);
        Assert.Equal(ControlStatus.OptOut, (await house.Control.FindAsync(request.Id, Aggregator, Cancellation))!.Orders[0].Status);
    }

    [Fact]
    public async Task Another_entity_neither_sees_nor_cancels_a_request()
    {
        await using var house = await House.OpenAsync();
        await house.Server.ApplyAsync(house.Server.Agreement("a-1", "anna", "aggregator", Commanding));
        var request = Shed(house, Aggregator);
        await house.Control.SubmitAsync(request, Cancellation);
        Assert.Null(await house.Control.FindAsync(request.Id, Utility, Cancellation));
        Assert.Equal(ControlRefusalKind.UnknownRequest, (await house.Control.CancelAsync(request.Id, Utility, cancellation: Cancellation)).Refusal!.Kind);
        Assert.Equal((1, null), await house.Control.CancelAsync(request.Id, Aggregator, cancellation: Cancellation));
        await house.Control.IdleAsync();
        Assert.Equal(ControlRefusalKind.UnknownRequest, (await house.Control.CancelAsync(request.Id, Aggregator, cancellation: Cancellation)).Refusal!.Kind);
        Assert.Equal(ControlStatus.Cancelled, (await house.Control.FindAsync(request.Id, Aggregator, Cancellation))!.Orders[0].Status);
    }

    [Fact]
    public async Task Above_a_threshold_a_second_person_approves_and_above_the_cap_nobody_can()
    {
        await using var house = await House.OpenAsync(new ControlPolicy { Caps = [new PowerCap("cap-1", PowerCapScope.Entity, 0.003, 0.001)] });
        await house.Server.ApplyAsync(house.Server.Agreement("a-1", "anna", "aggregator", Commanding));
        var ann = Aggregator with { Individual = "ann" };
        var request = Shed(house, ann);
        var answer = await house.Control.SubmitAsync(request, Cancellation);
        Assert.Equal((null, (ControlRefusalKind.NeedsApproval, "cap-1")), (answer.Refusal, Of(answer.NeedsApproval)));
        await house.Control.IdleAsync();
        Assert.Empty(house.Invoked);
        Assert.Equal(ControlRefusalKind.Denied, (await house.Control.ApproveAsync(request.Id, ann, Cancellation))!.Kind);
        Assert.Equal(ControlRefusalKind.UnknownRequest, (await house.Control.ApproveAsync(request.Id, Utility with { Individual = "una" }, Cancellation))!.Kind);
        Assert.Null(await house.Control.ApproveAsync(request.Id, Aggregator with { Individual = "ben" }, Cancellation));
        await house.Control.IdleAsync();
        Assert.Equal(["Open"], house.Invoked);
        Assert.Equal((ControlRefusalKind.AboveCap, "cap-1"), Of((await house.Control.SubmitAsync(Shed(house, ann), Cancellation)).Refusal));
    }

    [Fact]
    public async Task A_supply_switch_is_armed_then_operated_alone_and_once()
    {
        await using var house = await House.OpenAsync();
        Assert.Equal(ControlRefusalKind.Denied, (await house.Control.SubmitAsync(Switch(house, Utility, ControlAction.DisconnectSupply), Cancellation)).Refusal!.Kind);
        Assert.Equal(ControlRefusalKind.UnknownTarget, house.Control.Arm("oak-1/plant", ControlAction.DisconnectSupply, Bert)!.Kind);
        Assert.Null(house.Control.Arm("oak-1/plant", ControlAction.DisconnectSupply, Utility));
        Assert.Equal(ControlRefusalKind.Denied, (await house.Control.SubmitAsync(Switch(house, Utility, ControlAction.ConnectSupply), Cancellation)).Refusal!.Kind);
        Assert.Null((await house.Control.SubmitAsync(Switch(house, Utility, ControlAction.DisconnectSupply), Cancellation)).Refusal);
        await house.Control.IdleAsync();
        Assert.Equal(["Disconnect"], house.Invoked);
        Assert.Equal(SupplyState.Disconnected, house.Control.SwitchOf("oak-1/plant").Intended);
        Assert.Contains("not armed", (await house.Control.SubmitAsync(Switch(house, Utility, ControlAction.DisconnectSupply), Cancellation)).Refusal!.Text, StringComparison.Ordinal);
        house.Control.Arm("oak-1/plant", ControlAction.DisconnectSupply, Utility);
        house.Server.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Contains("not armed", (await house.Control.SubmitAsync(Switch(house, Utility, ControlAction.DisconnectSupply), Cancellation)).Refusal!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_switch_is_not_closed_where_nobody_knows_what_is_behind_it_unless_the_house_says_so()
    {
        await using var careful = await House.OpenAsync();
        careful.Control.Arm("oak-1/plant", ControlAction.ConnectSupply, Utility);
        Assert.Equal((ControlRefusalKind.Interlocked, "load-side-voltage"), Of((await careful.Control.SubmitAsync(Switch(careful, Utility, ControlAction.ConnectSupply), Cancellation)).Refusal));
        await using var bold = await House.OpenAsync(new ControlPolicy { Switches = new SupplySwitchRules { RequiresVoltage = false } });
        bold.Control.Arm("oak-1/plant", ControlAction.ConnectSupply, Utility);
        Assert.Null((await bold.Control.SubmitAsync(Switch(bold, Utility, ControlAction.ConnectSupply), Cancellation)).Refusal);
    }

    [Fact]
    public async Task An_interlock_refuses_and_is_cited_also_at_the_moment_of_sending()
    {
        var interlock = new Interlock { Id = "PUC-3.1", Text = "No disconnection in winter.", Jurisdiction = "US-MN", CustomerClasses = ["residential"], DeviceTypes = ["InverterType"] };
        await using var house = await House.OpenAsync(new ControlPolicy { Interlocks = [interlock] });
        // Where it is not known which law holds, it may be that one.
        Assert.Equal((ControlRefusalKind.Interlocked, "PUC-3.1"), Of(house.Control.Arm("oak-1/plant", ControlAction.DisconnectSupply, Utility)));
        await house.Server.ApplyAsync(new Premises { Portal = "oak-1", Jurisdiction = "US-WI" });
        Assert.Null(house.Control.Arm("oak-1/plant", ControlAction.DisconnectSupply, Utility));
        var later = Switch(house, Utility, ControlAction.DisconnectSupply) with { Start = house.Server.Now.AddMinutes(10) };
        Assert.Null((await house.Control.SubmitAsync(later, Cancellation)).Refusal);
        await house.Server.ApplyAsync(new Premises { Portal = "oak-1", Jurisdiction = "US-MN" });
        Assert.Equal((ControlRefusalKind.Interlocked, "PUC-3.1"), Of(house.Control.Arm("oak-1/plant", ControlAction.DisconnectSupply, Utility)));
        Assert.Equal((ControlRefusalKind.Interlocked, "PUC-3.1"), Of((await house.Control.SubmitAsync(Switch(house, Utility, ControlAction.DisconnectSupply), Cancellation)).Refusal));
        await house.Server.AdvanceAsync(TimeSpan.FromMinutes(11));
        await house.Control.IdleAsync();
        Assert.Empty(house.Invoked);
        Assert.Contains("PUC-3.1", (await house.Control.FindAsync(later.Id, Utility, Cancellation))!.Orders[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weather_that_was_read_long_ago_is_not_known_and_forbids()
    {
        var frost = new Interlock { Id = "frost", Text = "No disconnection in frost.", Below = 0 };
        await using var house = await House.OpenAsync(new ControlPolicy { Interlocks = [frost], WeatherPoint = "oak-1/heater/WaterTemperature", MaxWeatherAge = TimeSpan.FromHours(1) });
        Assert.Equal((ControlRefusalKind.Interlocked, "frost"), Of(house.Control.Arm("oak-1/plant", ControlAction.DisconnectSupply, Utility)));
        house.Server.Measure("heater", "WaterTemperature", 5);
        Assert.Null(house.Control.Arm("oak-1/plant", ControlAction.DisconnectSupply, Utility));
        await house.Server.AdvanceAsync(TimeSpan.FromMinutes(61));
        Assert.Equal((ControlRefusalKind.Interlocked, "frost"), Of(house.Control.Arm("oak-1/plant", ControlAction.DisconnectSupply, Utility)));
    }

    // A rule for a type that there is not would never forbid anything, and nobody would notice.
    [Fact]
    public async Task A_policy_that_names_a_type_which_there_is_not_is_refused_at_the_start()
    {
        var interlock = new Interlock { Id = "gas", Text = "Gas is relit by hand.", DeviceTypes = ["GasMeterType"] };
        await using (await House.OpenAsync(new ControlPolicy { Interlocks = [interlock], OffTimes = [new TypedOffTimes("ThermostatType", new OffTimeRules())] }))
        {
        }

        foreach (var wrong in (ControlPolicy[])[new() { Interlocks = [interlock with { DeviceTypes = ["GasMeterType", "GasMeter"] }] }, new() { OffTimes = [new TypedOffTimes("GasMeter", new OffTimeRules())] }])
            Assert.Contains("'GasMeter'", (await Assert.ThrowsAsync<InvalidOperationException>(() => House.OpenAsync(wrong))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("device", "oak-9/heater")]
    [InlineData("device", "nonsense")]
    [InlineData("portal", "oak-9")]
    [InlineData("type", "ToasterType")]
    [InlineData("area", "feeder-99")]
    public async Task What_is_not_there_is_refused_by_its_name(string what, string name)
    {
        await using var house = await House.OpenAsync();
        var target = what switch { "device" => new ControlTarget { Devices = [name] }, "portal" => new ControlTarget { Portals = [name] }, "type" => new ControlTarget { DeviceTypes = [name] }, _ => new ControlTarget { Areas = [name] } };
        var refusal = (await house.Control.SubmitAsync(Shed(house, Aggregator, target), Cancellation)).Refusal!;
        Assert.Equal(ControlRefusalKind.UnknownTarget, refusal.Kind);
        Assert.Contains(name, refusal.Text, StringComparison.Ordinal);
    }

    /// <summary>A governed server with a room of control of its own, whose devices write down what they are told.</summary>
    /// <summary>A governed server with control over devices that do what they are told.</summary>
    internal sealed class House : IAsyncDisposable
    {
        private const string Oak = """
            {
              "portal": { "id": "oak-1", "name": "Oak Street 1", "owner": "urn:operator", "accessNetwork": "Fibre" },
              "connection": { "protocol": "none" },
              "devices": [
                { "id": "plant", "type": "InverterType", "owner": "urn:utility", "points": { "ActivePower": {} }, "commands": { "Connect": {}, "Disconnect": {} } },
                { "id": "heater", "type": "WaterHeaterType", "owner": "urn:customers:residential", "points": { "ActivePower": {}, "WaterTemperature": {}, "SwitchState": {} }, "commands": { "Open": {}, "Close": {} } }
              ]
            }
            """;

        private readonly string _folder;
        private readonly SqliteDatabase _database;

        private House(GovernedServer server, SqliteDatabase database, SqlControlStore store, string folder, ControlPolicy policy)
        {
            (Server, _database, _folder) = (server, database, folder);
            var commands = new CommandService(Execute, server.Time, new CommandOptions());
            Control = new ControlService(store, new ControlOptions { Policy = policy }, server.Space, commands, server.Portal.Governance!, server.Directory, server.Time, NullLogger<ControlService>.Instance);
            ControlObject.Attach(Control, server.Portal.Ua, server.Time);
            Control.Start();
        }

        public GovernedServer Server { get; }
        public ControlService Control { get; }
        public ConcurrentQueue<string> Invoked { get; } = new();

        public static async Task<House> OpenAsync(ControlPolicy? policy = null)
        {
            var folder = Directory.CreateTempSubdirectory("control").FullName;
            var database = new SqliteDatabase(Path.Combine(folder, "portal.db"));
            var server = await GovernedServer.StartAsync(file: Oak);
            server.Measure("heater", "ActivePower", 2000);
            try
            {
                return new House(server, database, await SqlControlStore.OpenAsync(database, Cancellation), folder, policy ?? new ControlPolicy());
            }
            catch (InvalidOperationException)
            {
                await server.DisposeAsync();
                await database.DisposeAsync();
                Directory.Delete(folder, recursive: true);
                throw;
            }
        }

        private ValueTask<ReadingStatus> Execute(DeviceCommand command, CancellationToken cancellation)
        {
            Invoked.Enqueue(((InvokeCommand)command).Name);
            return ValueTask.FromResult(ReadingStatus.Good);
        }

        public async ValueTask DisposeAsync()
        {
            await Control.DisposeAsync();
            await Server.DisposeAsync();
            await _database.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
