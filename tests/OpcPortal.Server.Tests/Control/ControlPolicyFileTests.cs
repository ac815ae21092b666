using System.Text;
using System.Text.Json;
using Json.Schema;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>The file of what the house has decided of control: what is wrong is refused by file, line and reason. The reader is the oracle of docs/control.schema.json.</summary>
public sealed class ControlPolicyFileTests
{
    private static readonly Lazy<(JsonSchema Schema, JsonElement Json)> Loaded = new(() =>
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "OpcPortal.sln"))) folder = folder.Parent;
        var text = File.ReadAllText(Path.Combine(folder.FullName, "docs", "control.schema.json"));
        return (JsonSchema.FromText(text), JsonDocument.Parse(text).RootElement);
    });

    private static ControlPolicy Read(string text) => ControlPolicyReader.Read("control.json", Encoding.UTF8.GetBytes(text));

    private static string? WrongOf(string text)
    {
        try
        {
            Read(text);
            return null;
        }
        catch (ConfigurationException wrong)
        {
            return wrong.Message;
        }
    }

    private static string Interlock(string members) => $$"""{ "weatherPoint": "oak-1/station/Outside", "interlocks": [ { "id": "a", "text": "Because.", {{members}} } ] }""";
    private static string Cap(string members) => $$"""{ "caps": [ { "id": "a", "megaWatts": 20, {{members}} } ] }""";
    private static string OffTimes(string members) => $$"""{ "offTimes": [ { "deviceType": "ThermostatType", {{members}} } ] }""";

    private const string Whole = """
        {
          "$schema": "control.schema.json", "timeZone": "America/Chicago", "weatherPoint": "oak-1/station/Outside", "maxWeatherAge": "30 min", "otherWatts": 1500, "grace": "2 min",
          "primacy": { "entities": { "river-power": 0 }, "kinds": { "aggregator": 2 }, "others": 5 },
          "leaves": { "max": 3, "window": "7 d" },
          "offTimes": [ { "deviceType": "ThermostatType", "minOff": "5 min", "minOn": "7 min", "maxOff": "1 h", "dutyPeriod": "20 min", "pickupShare": 0.5, "maxPickup": "10 min" } ],
          "caps": [ { "id": "cap-window", "scope": "window", "megaWatts": 20, "approvalAbove": 5, "entity": "brightline", "window": "10 min" }, { "id": "cap-request", "scope": "request", "megaWatts": 8 } ],
          "paces": { "Cellular": { "perSecond": 0.5, "inFlight": 10 } }, "otherPace": { "perSecond": 100, "inFlight": 50 },
          "supplySwitches": { "armedFor": "1 min", "maxLoadSideVoltage": 25, "maxVoltageAge": "30 s", "requiresVoltage": false },
          "interlocks": [ {
            "id": "cold", "text": "No disconnection in the cold.", "actions": ["disconnectSupply", "shed"], "jurisdiction": "US-MN", "deviceTypes": ["MeterType"], "flag": "life-support", "customerClasses": ["residential"],
            "season": { "from": "11-01", "until": "02-29" }, "dates": ["2026-12-25"], "weekdays": ["friday"], "from": "18:00", "until": "08:00", "below": 0, "above": 35 } ]
        }
        """;

    [Fact]
    public void All_that_is_said_is_read()
    {
        var policy = Read(Whole);
        Assert.Equal((0, 2, 5), ((int)policy.PrimacyOf("river-power", "aggregator"), (int)policy.PrimacyOf("brightline", "aggregator"), (int)policy.PrimacyOf("x", null)));
        Assert.Equal(("America/Chicago", "oak-1/station/Outside", 1500.0, TimeSpan.FromMinutes(2)), (policy.Zone.Id, policy.WeatherPoint, policy.OtherWatts, policy.Grace));
        Assert.Equal(TimeSpan.FromMinutes(30), policy.MaxWeatherAge);
        Assert.Equal((3, TimeSpan.FromDays(7)), (policy.MaxLeaves, policy.LeaveWindow));
        Assert.Equal(
            new TypedOffTimes("ThermostatType", new OffTimeRules { MinOff = TimeSpan.FromMinutes(5), MinOn = TimeSpan.FromMinutes(7), MaxOff = TimeSpan.FromHours(1), DutyPeriod = TimeSpan.FromMinutes(20), PickupShare = 0.5, MaxPickup = TimeSpan.FromMinutes(10) }),
            Assert.Single(policy.OffTimes));
        Assert.Equal([new PowerCap("cap-window", PowerCapScope.Window, 20, 5, "brightline", TimeSpan.FromMinutes(10)), new PowerCap("cap-request", PowerCapScope.Request, 8, 8)], policy.Caps);
        Assert.Equal((new ControlPace(0.5, 10), new ControlPace(100, 50)), (policy.Paces["Cellular"], policy.OtherPace));
        Assert.Equal(new SupplySwitchRules { ArmedFor = TimeSpan.FromMinutes(1), MaxLoadSideVoltage = 25, MaxVoltageAge = TimeSpan.FromSeconds(30), RequiresVoltage = false }, policy.Switches);
        var interlock = Assert.Single(policy.Interlocks);
        Assert.Equal(("cold", "US-MN", "life-support", new YearlySeason(11, 1, 2, 29)), (interlock.Id, interlock.Jurisdiction, interlock.Flag, interlock.Season!.Value));
        Assert.Equal([ControlAction.DisconnectSupply, ControlAction.Shed], interlock.Actions);
        Assert.Equal(["MeterType", "residential"], interlock.DeviceTypes.Concat(interlock.CustomerClasses));
        Assert.Equal([new DateOnly(2026, 12, 25)], interlock.Dates);
        Assert.Equal([DayOfWeek.Friday], interlock.Weekdays);
        Assert.Equal((new TimeOnly(18, 0), new TimeOnly(8, 0), 0.0, 35.0), (interlock.From!.Value, interlock.Until!.Value, interlock.Below!.Value, interlock.Above!.Value));
    }

    [Fact]
    public void Where_nothing_is_said_the_defaults_hold_and_an_interlock_forbids_disconnection()
    {
        var (policy, otherwise) = (Read("{}"), new ControlPolicy());
        Assert.Equal((otherwise.Grace, otherwise.MaxLeaves, otherwise.OtherWatts, otherwise.Switches), (policy.Grace, policy.MaxLeaves, policy.OtherWatts, policy.Switches));
        Assert.Equal(otherwise.OtherPrimacy, policy.OtherPrimacy);
        Assert.Equal(otherwise.PrimacyOfKind, policy.PrimacyOfKind);
        Assert.Equal([ControlAction.DisconnectSupply], Assert.Single(Read("""{ "interlocks": [ { "id": "a", "text": "Never." } ] }""").Interlocks).Actions);
    }

    [Fact]
    public void A_file_that_is_not_there_leaves_the_defaults_and_one_that_is_wrong_leaves_nothing()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var file = Path.Combine(folder.FullName, "control.json");
            Assert.Empty(ControlPolicyReader.Load(file).Interlocks);
            File.WriteAllText(file, Whole);
            Assert.Single(ControlPolicyReader.Load(file).Interlocks);
            // One that is right beside one that is wrong does not hold alone: the server would do what the other forbids.
            File.WriteAllText(file, """
                { "interlocks": [
                  { "id": "life-support", "text": "Somebody's life depends on it.", "flag": "life-support" },
                  { "id": "winter", "text": "No disconnection in winter.",
                    "season": { "from": "10-01", "until": "02-30" } } ] }
                """);
            Assert.Equal($"{file}:4: interlocks[1].season.until: a day of the year such as \"10-01\" is wanted here", Assert.Throws<ConfigurationException>(() => ControlPolicyReader.Load(file)).Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static TheoryData<string> Cases =>
    [
        "{}",
        Whole,
        """{ "interlock": [] }""",
        """{ "weatherPoint": "" }""",
        """{ "otherWatts": -1 }""",
        """{ "grace": 60 }""",
        """{ "primacy": { "others": 256 } }""",
        """{ "primacy": { "entities": { "a": -1 } } }""",
        """{ "leaves": { "max": -1 } }""",
        """{ "leaves": { "max": 0 } }""",
        """{ "paces": { "Cellular": { "perSecond": 0, "inFlight": 1 } } }""",
        """{ "otherPace": { "perSecond": 1 } }""",
        """{ "otherPace": { "perSecond": 1, "inFlight": 0 } }""",
        """{ "supplySwitches": { "requiresVoltage": "no" } }""",
        """{ "supplySwitches": { "maxLoadSideVoltage": -1 } }""",
        """{ "offTimes": [ { } ] }""",
        OffTimes("\"minOff\": \"soon\""),
        OffTimes("\"pickupShare\": 1"),
        OffTimes("\"pickupShare\": 1.1"),
        Cap("\"scope\": \"request\""),
        Cap("\"scope\": \"day\""),
        """{ "caps": [ { "id": "a", "scope": "request" } ] }""",
        """{ "caps": [ { "id": "a b", "scope": "request", "megaWatts": 1 } ] }""",
        """{ "interlocks": [ { "id": "a" } ] }""",
        """{ "interlocks": [ { "text": "a" } ] }""",
        Interlock("\"actions\": []"),
        Interlock("\"actions\": [\"explode\"]"),
        Interlock("\"weekdays\": [\"someday\"]"),
        Interlock("\"dates\": [\"25.12.2026\"]"),
        Interlock("\"season\": { \"from\": \"10-01\" }"),
        Interlock("\"from\": \"6 pm\""),
        Interlock("\"below\": \"0\""),
        Interlock("\"below\": -5"),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Schema_and_reader_agree(string text) => Assert.Equal(WrongOf(text) is null, Loaded.Value.Schema.Evaluate(JsonDocument.Parse(text).RootElement.Clone()).IsValid);

    // What a schema cannot say the reader does; each beside what is right.
    public static TheoryData<string, string, string> Contradictions => new()
    {
        { Cap("\"scope\": \"window\""), "a \"window\" goes with the scope \"window\"", Cap("\"scope\": \"window\", \"window\": \"10 min\"") },
        { Cap("\"scope\": \"entity\", \"window\": \"10 min\""), "a \"window\" goes with the scope \"window\"", Cap("\"scope\": \"entity\"") },
        { Cap("\"scope\": \"request\", \"approvalAbove\": 20.1"), "nobody would ever be asked", Cap("\"scope\": \"request\", \"approvalAbove\": 20") },
        { """{ "caps": [ { "id": "a", "scope": "request", "megaWatts": 1 }, { "id": "a", "scope": "entity", "megaWatts": 1 } ] }""", "'a' is given twice", """{ "caps": [ { "id": "a", "scope": "request", "megaWatts": 1 }, { "id": "b", "scope": "entity", "megaWatts": 1 } ] }""" },
        { OffTimes("\"minOff\": \"10 min\", \"maxOff\": \"9 min\""), "less than \"minOff\"", OffTimes("\"minOff\": \"10 min\", \"maxOff\": \"10 min\"") },
        { """{ "timeZone": "Mars/Olympus" }""", "no time zone", """{ "timeZone": "Europe/Berlin" }""" },
        { """{ "weatherPoint": "oak-1/station" }""", "no point", """{ "weatherPoint": "oak-1/station/Outside" }""" },
        { """{ "interlocks": [ { "id": "a", "text": "b", "below": 0 } ] }""", "not known without \"weatherPoint\"", Interlock("\"below\": 0") },
        { Interlock("\"below\": 5, \"above\": 5"), "in every weather", Interlock("\"below\": 5, \"above\": 5.1") },
        { Interlock("\"from\": \"08:00\", \"until\": \"08:00\""), "for the whole day", Interlock("\"from\": \"08:00\", \"until\": \"07:59\"") },
        { Interlock("\"from\": \"24:00\""), "a time of day", Interlock("\"from\": \"23:59\"") },
        { Interlock("\"dates\": [\"2026-02-29\"]"), "a date", Interlock("\"dates\": [\"2028-02-29\"]") },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void What_contradicts_itself_is_refused(string wrong, string reason, string right)
    {
        Assert.Contains(reason, WrongOf(wrong) ?? "nothing", StringComparison.Ordinal);
        Assert.Null(WrongOf(right));
    }

    // A setting that nobody knows is refused with the names of those that are known: these are what the schema must have, neither more nor less.
    [Theory]
    [InlineData("", "{ \"?\": 1 }")]
    [InlineData("primacy", "{ \"primacy\": { \"?\": 1 } }")]
    [InlineData("offTimes", "{ \"offTimes\": [ { \"deviceType\": \"T\", \"?\": 1 } ] }")]
    [InlineData("cap", "{ \"caps\": [ { \"id\": \"a\", \"scope\": \"request\", \"megaWatts\": 1, \"?\": 1 } ] }")]
    [InlineData("pace", "{ \"otherPace\": { \"perSecond\": 1, \"inFlight\": 1, \"?\": 1 } }")]
    [InlineData("supplySwitches", "{ \"supplySwitches\": { \"?\": 1 } }")]
    [InlineData("interlock", "{ \"interlocks\": [ { \"id\": \"a\", \"text\": \"b\", \"?\": 1 } ] }")]
    public void Every_setting_that_is_read_stands_in_the_schema(string definition, string text)
    {
        var message = WrongOf(text) ?? "nothing";
        Assert.Contains("there is no setting '?' here; known are ", message, StringComparison.Ordinal);
        var known = message[(message.IndexOf("known are ", StringComparison.Ordinal) + "known are ".Length)..].Split(", ");
        var json = Loaded.Value.Json;
        var within = definition.Length == 0 ? json : json.GetProperty("$defs").GetProperty(definition);
        Assert.Equal(known.Order(StringComparer.Ordinal), within.GetProperty("properties").EnumerateObject().Select(static property => property.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void More_interlocks_than_can_be_asked_are_refused()
    {
        static string Of(int count) => $$"""{ "interlocks": [ {{string.Join(", ", Enumerable.Range(0, count).Select(static i => $$"""{ "id": "i{{i}}", "text": "b" }"""))}} ] }""";
        Assert.Null(WrongOf(Of(ControlPolicyReader.MaxInterlocks)));
        Assert.Contains("at most 500", WrongOf(Of(ControlPolicyReader.MaxInterlocks + 1)) ?? "nothing", StringComparison.Ordinal);
    }
}
