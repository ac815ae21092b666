using System.Text;
using System.Text.Json;
using Json.Schema;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Files of rules: what is wrong is refused by file, line and reason, and the rest holds. The reader is the oracle of docs/validation.schema.json.</summary>
public sealed class RuleFileTests
{
    private static readonly Lazy<(JsonSchema Schema, JsonElement Json)> Loaded = new(() =>
    {
        var text = File.ReadAllText(Path.Combine(Repository(), "docs", "validation.schema.json"));
        return (JsonSchema.FromText(text), JsonDocument.Parse(text).RootElement);
    });

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "OpcPortal.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    private static (RuleSetReader Reader, List<ConfigurationException> Refused) Read(string text)
    {
        var refused = new List<ConfigurationException>();
        var reader = new RuleSetReader(refused);
        reader.Read("rules.json", Encoding.UTF8.GetBytes(text));
        return (reader, refused);
    }

    private static bool Allows(string text) => Loaded.Value.Schema.Evaluate(JsonDocument.Parse(text).RootElement.Clone()).IsValid;

    private static string Set(string members, string head = "\"id\": \"a\", \"version\": \"1\", \"deviceTypes\": [\"ElectricityMeterType\"]") => $$"""{ "ruleSets": [ { {{head}}{{(members.Length == 0 ? "" : ", ")}}{{members}} } ] }""";

    private static string Channel(string members) => Set($$"""
        "channels": [ { "interval": "I", "register": "R", {{members}} } ]
        """);

    [Fact]
    public void A_bad_rule_is_refused_by_its_line_and_the_others_hold()
    {
        var (reader, refused) = Read("""
            { "ruleSets": [ {
              "id": "a", "version": "1", "deviceTypes": ["ElectricityMeterType"],
              "arrival": [
                { "maxAhead": "soon" },
                { "points": ["ActiveEnergyImport"] }
              ],
              "channels": [
                { "interval": "IntervalEnergyImport", "checks": { "spike": { "ratio": -1 } } },
                { "interval": "IntervalEnergyExport" }
              ]
            }, {
              "id": "a", "version": "2", "deviceTypes": ["GasMeterType"]
            } ],
            "exchanges": [ { "device": "p/m", "register": "R", "at": "2026-01-01", "final": 1, "oldSerial": "A", "newSerial": "B" }, { "device": "p" } ] }
            """);
        Assert.Equal(
            ["rules.json:4: ", "rules.json:8: ", "rules.json:12: ", "rules.json:14: "],
            refused.Select(wrong => wrong.Message[..(wrong.Message.IndexOf(": ", StringComparison.Ordinal) + 2)]));
        Assert.Contains("a number from 0 on is wanted here", refused[1].Message, StringComparison.Ordinal);
        var set = Assert.Single(reader.Sets);
        Assert.Equal("ActiveEnergyImport", Assert.Single(Assert.Single(set.Arrival).Points));
        Assert.Equal("IntervalEnergyExport", Assert.Single(set.Channels).Rules.Interval);
        Assert.Single(reader.Exchanges);
    }

    [Fact]
    public void Names_that_no_type_has_are_refused_once_types_are_known()
    {
        var (reader, refused) = Read("""
            { "ruleSets": [
              { "id": "a", "version": "1", "deviceTypes": ["ElectricityMeter"] },
              { "id": "b", "version": "1", "deviceTypes": ["MeterType"], "channels": [
                { "interval": "IntervalVolume" },
                { "interval": "IntervalEnergyInport" } ] }
            ] }
            """);
        var fleet = new FleetFixture();
        var book = new RuleBook(new ValidationRules(reader.Sets, [], refused), fleet.Service, fleet.Model, _ => -1);
        Assert.Equal(["rules.json:2: ruleSets[0].deviceTypes: there is no type 'ElectricityMeter'", "rules.json:5: ruleSets[1].channels[1]: none of the types has a point 'IntervalEnergyInport'"], book.Refused.Select(wrong => wrong.Message));
        Assert.False(book.IsEmpty);
    }

    public static TheoryData<string> Cases =>
    [
        "{}",
        """{ "ruleSets": [], "exchanges": [] }""",
        """{ "rules": [] }""",
        Set(""),
        Set("", head: "\"id\": \"a\", \"version\": \"1\""),
        Set("", head: "\"id\": \"a b\", \"version\": \"1\", \"deviceTypes\": [\"T\"]"),
        Set("", head: "\"id\": \"a\", \"version\": \"1\", \"deviceTypes\": []"),
        Set("\"holidays\": [\"2026-12-25\"], \"timeZone\": \"Europe/Berlin\", \"timeZones\": { \"US-CA\": \"America/Los_Angeles\" }, \"billableFor\": [\"utility\"]"),
        Set("\"holidays\": [\"25.12.2026\"]"),
        Set("\"arrival\": [ { \"unit\": \"KWH\", \"maxAhead\": \"1 min\", \"earliest\": \"2010-01-01\", \"range\": false, \"source\": false, \"points\": [\"A\"], \"dataClasses\": [\"Energy\"] } ]"),
        Set("\"arrival\": [ { \"unit\": \"kWh\" } ]"),
        Set("\"arrival\": [ { \"maxAhead\": 5 } ]"),
        Set("\"channels\": [ { } ]"),
        Channel("\"length\": \"15 min\", \"registerForm\": { \"digits\": 6, \"allowsReset\": true }"),
        Channel("\"registerForm\": { \"digits\": 13 }"),
        Channel("\"checks\": { \"missingAfter\": \"1 h\", \"duplicates\": false, \"zero\": { \"maxIntervals\": 96 }, \"limits\": { \"low\": 0, \"high\": 5 }, \"likeDays\": { \"low\": 0.1, \"high\": 4, \"above\": 1 }, \"spike\": {}, \"sum\": { \"percent\": 1, \"slack\": 0.1, \"maxSpan\": \"35 d\" }, \"inactive\": { \"point\": \"S\" }, \"sibling\": { \"point\": \"E\", \"above\": 1 }, \"acceptConfirmed\": false }"),
        Channel("\"checks\": { \"zero\": { \"maxIntervals\": 0 } }"),
        Channel("\"checks\": { \"limits\": { \"low\": 0 } }"),
        Channel("\"checks\": { \"sums\": {} }"),
        Channel("\"checks\": { \"inactive\": {} }"),
        Channel("\"estimation\": { \"after\": \"1 d\", \"order\": [\"likeDays\", \"interpolation\"], \"maxInterpolated\": 0, \"likeDays\": { \"days\": 5, \"atLeast\": 3, \"weeks\": 6 }, \"maxDays\": 0, \"replaceFailed\": true }"),
        Channel("\"estimation\": { \"order\": [] }"),
        Channel("\"estimation\": { \"order\": [\"guess\"] }"),
        Channel("\"estimation\": { \"order\": [\"likeDays\", \"likeDays\"] }"),
        Channel("\"estimation\": { \"profile\": [1, 2, 3] }"),
        Channel("\"estimation\": { \"likeDays\": { \"days\": 0 } }"),
        """{ "exchanges": [ { "device": "p/m", "register": "R", "at": "2026-01-01T00:00:00Z", "final": 1, "first": 2, "oldSerial": "A", "newSerial": "B" } ] }""",
        """{ "exchanges": [ { "device": "p/m", "register": "R", "final": 1, "oldSerial": "A", "newSerial": "B" } ] }""",
        """{ "exchanges": [ { "device": "p/m/R", "register": "R", "at": "2026-01-01T00:00:00Z", "final": 1, "oldSerial": "A", "newSerial": "B" } ] }""",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Schema_and_reader_agree(string text) => Assert.Equal(Read(text).Refused.Count == 0, Allows(text));

    // What a schema cannot say the reader does.
    [Theory]
    [InlineData("\"length\": \"7 h\"", "a whole number of them")]
    [InlineData("\"checks\": { \"limits\": { \"low\": 5, \"high\": 5 } }", "not above")]
    [InlineData("\"estimation\": { \"likeDays\": { \"days\": 2, \"atLeast\": 3 } }", "\"atLeast\" is more than \"days\"")]
    public void What_contradicts_itself_is_refused(string members, string reason)
    {
        var message = Assert.Single(Read(Channel(members)).Refused).Message;
        Assert.True(message.Contains(reason, StringComparison.Ordinal) || message.Contains("whole number of intervals", StringComparison.Ordinal), message);
    }

    // A setting that nobody knows is refused with the names of those that are known: these are what the schema must have, neither more nor less.
    [Theory]
    [InlineData("ruleSet", "\"?\": 1")]
    [InlineData("arrival", "\"arrival\": [ { \"?\": 1 } ]")]
    [InlineData("channel", "\"channels\": [ { \"interval\": \"I\", \"?\": 1 } ]")]
    [InlineData("checks", "\"channels\": [ { \"interval\": \"I\", \"checks\": { \"?\": 1 } } ]")]
    [InlineData("estimation", "\"channels\": [ { \"interval\": \"I\", \"estimation\": { \"?\": 1 } } ]")]
    public void Every_setting_that_is_read_stands_in_the_schema(string definition, string members)
    {
        var message = Assert.Single(Read(Set(members)).Refused).Message;
        Assert.Contains("there is no setting '?' here; known are ", message, StringComparison.Ordinal);
        var known = message[(message.IndexOf("known are ", StringComparison.Ordinal) + "known are ".Length)..].Split(", ");
        var inSchema = Loaded.Value.Json.GetProperty("$defs").GetProperty(definition).GetProperty("properties").EnumerateObject().Select(property => property.Name);
        Assert.Equal(known.Order(StringComparer.Ordinal), inSchema.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_rules_that_ship_are_right_and_hold_where_no_file_says_otherwise()
    {
        Assert.True(Allows(File.ReadAllText(ValidationFolder.DefaultFile)));
        var folder = Directory.CreateTempSubdirectory("rules").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "own.json"), Set(""));
            File.WriteAllText(Path.Combine(folder, "worse.json"), "{");
            var rules = ValidationFolder.Load(folder);
            Assert.Equal(["a", "default-electricity", "default-gas", "default-water"], rules.Sets.Select(set => set.Id));
            Assert.EndsWith("worse.json", Assert.Single(rules.Refused).Message.Split(':')[0], StringComparison.Ordinal);
            var fleet = new FleetFixture();
            Assert.Equal(rules.Refused, new RuleBook(rules, fleet.Service, fleet.Model, name => DataClassDefinition.WellKnown.First(known => known.Name == name).Number).Refused);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Assert.Empty(ValidationFolder.Load(null).Sets);
    }
}
