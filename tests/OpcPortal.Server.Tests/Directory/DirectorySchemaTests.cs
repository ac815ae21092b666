using System.Text;
using System.Text.Json;
using Json.Schema;
using OpcPortal.Adapters;

namespace OpcPortal.Server.Tests;

/// <summary><c>docs/directory.schema.json</c> says what the reader does: the reader is the oracle.</summary>
public sealed class DirectorySchemaTests
{
    private static readonly Lazy<(JsonSchema Schema, JsonElement Json)> Loaded = new(() =>
    {
        var text = File.ReadAllText(Path.Combine(Repository(), "docs", "directory.schema.json"));
        return (JsonSchema.FromText(text), JsonDocument.Parse(text).RootElement);
    });

    private static string Certificate { get; } = Convert.ToBase64String(Parties.CertificateOf("schema"));

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "OpcPortal.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    private static bool Allows(string text) => Loaded.Value.Schema.Evaluate(JsonDocument.Parse(text).RootElement.Clone()).IsValid;

    private static string? ErrorOf(string text)
    {
        try
        {
            DirectoryFile.Read("s.json", Encoding.UTF8.GetBytes(text), mayReadFiles: true);
            return null;
        }
        catch (ConfigurationException wrong)
        {
            return wrong.Message;
        }
    }

    private const string Rule = """ "id": "r", "layer": "Mandate", "effect": "Deny", "operations": ["Call"], "citation": "c" """;

    public static TheoryData<string> Cases =>
    [
        "{}",
        """{ "$schema": "x", "agreements": [] }""",
        """{ "kinds": [ { "id": "co-op", "name": "Co-op", "isNaturalPerson": true } ], "dataClasses": [ { "name": "A", "number": 63 } ] }""",
        """{ "dataClasses": [ { "name": "A", "number": 64 } ] }""",
        """{ "entities": [ { "id": "a", "kind": "k", "name": "n", "namespace": "urn:a", "customerClass": "c", "jurisdiction": "US", "from": "2026-01-01", "until": "2027-01-01T00:00:00.5Z" } ] }""",
        """{ "entities": [ { "id": "a/b", "kind": "k", "name": "n", "namespace": "urn:a" } ] }""",
        """{ "entities": [ { "id": "a", "kind": "k", "name": "n" } ] }""",
        """{ "entities": [ { "id": "a", "kind": "k", "name": "n", "namespace": "urn:a", "until": "soon" } ] }""",
        """{ "applications": [ { "id": "a", "entity": "e" } ] }""",
        """{ "applications": [ { "id": "a", "entity": "e", "certificate": "CERT", "purposes": ["billing"] } ] }""",
        """{ "applications": [ { "id": "a", "entity": "e", "certificate": "CERT", "certificateFile": "x.der" } ] }""",
        """{ "individuals": [ { "id": "a", "entity": "e", "name": "n", "userName": "u", "power": "Network" } ] }""",
        """{ "individuals": [ { "id": "a", "entity": "e", "name": "n", "power": "King" } ] }""",
        """{ "stewardships": [ { "id": "a", "portal": "p", "device": "d", "dataClass": "Energy", "owner": "o", "custodian": "c", "operator": "x", "from": "2026-01-01" } ] }""",
        """{ "stewardships": [ { "id": "a", "device": "d" } ] }""",
        """{ "tenancies": [ { "id": "a", "portal": "p", "customer": "c" } ], "premises": [ { "portal": "p", "flags": [""] } ] }""",
        """{ "premises": [ { "portal": "p", "jurisdiction": "US-CA", "flags": ["life-support"] } ] }""",
        "{ \"rules\": [ { RULE } ] }",
        "{ \"rules\": [ { RULE, \"subjects\": { \"relations\": [\"Owner\"], \"power\": \"System\" }, \"scope\": { \"points\": [\"ActivePower\"] } } ] }",
        "{ \"rules\": [ { RULE, \"scope\": { \"meters\": [] } } ] }",
        "{ \"rules\": [ { RULE, \"conditions\": { \"historyDepth\": \"30 d\", \"windows\": [ { \"days\": [\"Monday\"], \"from\": \"22:00\", \"until\": \"06:00:30\" } ], \"floor\": { \"minCustomers\": 15, \"maxShare\": 0.15 } } } ] }",
        "{ \"rules\": [ { RULE, \"conditions\": { \"windows\": [ { \"days\": [], \"from\": \"22:00\", \"until\": \"06:00\" } ] } } ] }",
        "{ \"rules\": [ { RULE, \"conditions\": { \"windows\": [ { \"days\": [\"Monday\"], \"from\": \"24:00\", \"until\": \"06:00\" } ] } } ] }",
        "{ \"rules\": [ { RULE, \"conditions\": { \"floor\": { \"minCustomers\": 15, \"maxShare\": 0 } } } ] }",
        """{ "rules": [ { "id": "r", "layer": "Agreement", "effect": "Deny", "operations": ["Call"], "citation": "c" } ] }""",
        """{ "rules": [ { "id": "r", "layer": "Owner", "effect": "Deny", "operations": [], "citation": "c" } ] }""",
        """{ "remove": [ { "kind": "rule", "id": "r" } ] }""",
        """{ "remove": [ { "kind": "entity", "id": "r" } ] }""",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Schema_and_reader_agree(string text)
    {
        text = text.Replace("CERT", Certificate, StringComparison.Ordinal).Replace("RULE", Rule, StringComparison.Ordinal);
        var error = ErrorOf(text);
        Assert.True(Allows(text) == error is null, error ?? "the schema refuses it");
    }

    // A setting that nobody knows is refused with the names of those that are known: these are what the schema must have, neither more nor less.
    [Theory]
    [InlineData("kind", """{ "kinds": [ { "id": "a", "name": "n", "?": 1 } ] }""")]
    [InlineData("entity", """{ "entities": [ { "id": "a", "kind": "k", "name": "n", "namespace": "urn:a", "?": 1 } ] }""")]
    [InlineData("application", """{ "applications": [ { "id": "a", "entity": "e", "certificate": "CERT", "?": 1 } ] }""")]
    [InlineData("individual", """{ "individuals": [ { "id": "a", "entity": "e", "name": "n", "?": 1 } ] }""")]
    [InlineData("stewardship", """{ "stewardships": [ { "id": "a", "portal": "p", "?": 1 } ] }""")]
    [InlineData("tenancy", """{ "tenancies": [ { "id": "a", "portal": "p", "customer": "c", "?": 1 } ] }""")]
    [InlineData("premises", """{ "premises": [ { "portal": "p", "?": 1 } ] }""")]
    [InlineData("rule", "{ \"rules\": [ { RULE, \"?\": 1 } ] }")]
    public void Every_setting_that_is_read_stands_in_the_schema(string definition, string text)
    {
        var error = ErrorOf(text.Replace("CERT", Certificate, StringComparison.Ordinal).Replace("RULE", Rule, StringComparison.Ordinal))!;
        var known = error[(error.IndexOf("known are ", StringComparison.Ordinal) + "known are ".Length)..].Split(", ");
        var inSchema = Loaded.Value.Json.GetProperty("$defs").GetProperty(definition).GetProperty("properties").EnumerateObject().Select(property => property.Name);
        Assert.Equal(known.Order(StringComparer.Ordinal), inSchema.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_example_of_the_guide_is_one()
    {
        var guide = File.ReadAllText(Path.Combine(Repository(), "docs", "guide-operating.md"));
        var from = guide.IndexOf("```json", StringComparison.Ordinal) + "```json".Length;
        var example = guide[from..guide.IndexOf("```", from, StringComparison.Ordinal)];
        Assert.Contains("\"tenancies\"", example, StringComparison.Ordinal);
        Assert.True(Allows(example));
        // Its certificate is nobody's: another stands in.
        Assert.Null(ErrorOf(example.Replace("\"certificateFile\": \"certificates/river-billing.der\"", $"\"certificate\": \"{Certificate}\"", StringComparison.Ordinal)));
    }
}
