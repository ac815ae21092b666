using System.Text;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>The files of the directory: what they give, what is told of what is wrong, and when they are applied.</summary>
public sealed class DirectoryFilesTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("opcportal-directory-").FullName;
    private readonly FakeTimeProvider _time = new(Parties.Start);
    private readonly MemoryRecordStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    private Task<PortalDirectory> OpenAsync() => PortalDirectory.OpenAsync(_store, _time, cancellation: Token);

    private void Write(string name, string json) => File.WriteAllText(Path.Combine(_folder, name), json);

    private Task<DirectoryChange> ApplyAsync(PortalDirectory directory) => DirectoryFolder.ApplyAsync(_folder, directory, Token);

    private const string All = """
        {
          "$schema": "../docs/directory.schema.json",
          // Comments are allowed.
          "kinds": [ { "id": "cooperative", "name": "Community energy cooperative" } ],
          "dataClasses": [ { "name": "SharedStorage", "number": 9 } ],
          "entities": [
            { "id": "river", "kind": "distribution-company", "name": "River Power", "namespace": "urn:river", "jurisdiction": "US-CA" },
            { "id": "house", "kind": "house", "name": "The house", "namespace": "urn:house" },
            { "id": "ann", "kind": "customer", "name": "Ann", "namespace": "urn:residential", "customerClass": "residential", "from": "2026-01-01", "until": "2030-06-30T12:00:00Z" },
          ],
          "applications": [ { "id": "billing", "entity": "river", "certificateFile": "certificates/billing.der", "purposes": ["billing"] } ],
          "individuals": [ { "id": "sam", "entity": "house", "name": "Sam", "userName": "sam", "power": "System" } ],
          "stewardships": [ { "id": "s1", "portal": "oak-1", "device": "meter", "dataClass": "Energy", "owner": "river", "operator": "house" } ],
          "tenancies": [ { "id": "t1", "portal": "oak-1", "customer": "ann", "from": "2026-02-01" } ],
          "premises": [ { "portal": "oak-1", "jurisdiction": "US-CA", "flags": ["life-support"] } ],
          "rules": [ {
            "id": "winter", "layer": "Mandate", "effect": "Deny", "operations": ["Call"], "citation": "Winter moratorium, PUC order 7",
            "subjects": { "kinds": ["distribution-company"], "relations": ["Owner", "Operator"] },
            "scope": { "functionGroups": ["Disconnect"], "customerClasses": ["residential"] },
            "conditions": { "minimumQuality": "Valid", "historyDepth": "30 d", "windows": [ { "days": ["Monday", "Sunday"], "from": "22:00", "until": "06:30" } ], "floor": { "minCustomers": 15, "maxShare": 0.15 } },
            "jurisdictions": ["US-CA"], "commodities": ["electricity"], "premisesFlags": ["life-support"], "from": "2026-12-01", "until": "2027-03-01"
          } ]
        }
        """;

    private void WriteAll(string json = All)
    {
        System.IO.Directory.CreateDirectory(Path.Combine(_folder, "certificates"));
        File.WriteAllBytes(Path.Combine(_folder, "certificates", "billing.der"), Parties.CertificateOf("billing"));
        Write("10-all.json", json);
    }

    [Fact]
    public async Task Every_kind_of_record_can_stand_in_a_file()
    {
        WriteAll();
        var directory = await OpenAsync();
        Assert.Equal("files", (await ApplyAsync(directory)).Author);
        Assert.Equal("Community energy cooperative", directory.Kinds["cooperative"].Name);
        Assert.Equal(9, directory.DataClasses["SharedStorage"].Number);
        Assert.Equal(new ActivePeriod(new DateTime(2026, 1, 1), new DateTime(2030, 6, 30, 12, 0, 0)), directory.Entities["ann"].Active);
        Assert.Equal(Parties.Application("billing", "river").Thumbprint, directory.Applications["billing"].Thumbprint);
        Assert.Equal("urn:test:billing", directory.Applications["billing"].ApplicationUri);
        Assert.Equal(ManagerPower.System, directory.Individuals["sam"].Power);
        Assert.Equal(("river", "house", null), (directory.Stewardships["s1"].Owner, directory.Stewardships["s1"].Operator, directory.Stewardships["s1"].Custodian));
        Assert.Equal("ann", Assert.Single(directory.Tables.TenanciesOf("oak-1")).Customer);
        Assert.Equal(["life-support"], directory.Premises["oak-1"].Flags);
        var rule = directory.Rules["winter"];
        Assert.Equal((PolicyLayer.Mandate, RuleEffect.Deny, Operations.Call), (rule.Layer, rule.Effect, rule.Operations));
        Assert.Equal(Relation.Owner | Relation.Operator, rule.Subjects.Relations);
        Assert.Equal(new WeeklyWindow(0b11, TimeSpan.FromHours(22), TimeSpan.FromHours(6.5)), Assert.Single(rule.Conditions.Windows));
        Assert.Equal((QualityLevel.Valid, TimeSpan.FromDays(30), new AggregationFloor(15, 0.15)), (rule.Conditions.MinimumQuality, rule.Conditions.HistoryDepth, rule.Conditions.Floor));
    }

    [Theory]
    [InlineData("\"kind\": \"distribution-company\"", "\"kind\": \"wizard\"", 7, "no kind 'wizard'")]
    [InlineData("\"namespace\": \"urn:house\"", "\"namespace\": \"urn:river\"", 8, "'river'")]
    [InlineData("\"power\": \"System\"", "\"power\": \"King\"", 12, "Security")]
    [InlineData("\"userName\": \"sam\"", "\"userName\": \"sam\", \"passwordHash\": \"hunter2\"", 12, "hash-password")]
    [InlineData("certificates/billing.der", "certificates/missing.der", 11, "cannot be read")]
    [InlineData("\"customer\": \"ann\"", "\"customer\": \"river\"", 14, "no customer")]
    [InlineData("\"citation\"", "\"quotation\"", 16, "citation")]
    [InlineData("\"windows\"", "\"window\"", 20, "window")]
    [InlineData("\"from\": \"2026-12-01\"", "\"from\": \"2027-12-01\"", 16, "not after")]
    [InlineData("\"from\": \"2026-12-01\"", "\"from\": \"tomorrow\"", 21, "2027-01-31")]
    [InlineData("\"layer\": \"Mandate\"", "\"layer\": \"Agreement\"", 17, "signed, not written")]
    [InlineData("\"id\": \"s1\"", "\"id\": \"s/1\"", 13, "no id")]
    [InlineData("\"tenancies\"", "\"agreements\"", 14, "no setting 'agreements'")]
    public async Task What_is_wrong_is_told_with_its_place_and_nothing_of_the_folder_is_applied(string right, string wrong, int line, string reason)
    {
        Assert.Contains(right, All, StringComparison.Ordinal);
        WriteAll(All.Replace(right, wrong, StringComparison.Ordinal));
        Write("20-more.json", """{ "entities": [ { "id": "bright", "kind": "retailer", "name": "Bright", "namespace": "urn:bright" } ] }""");
        var directory = await OpenAsync();
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => ApplyAsync(directory));
        Assert.StartsWith($"{Path.Combine(_folder, "10-all.json")}:{line}: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, directory.Version);
        WriteAll();
        await ApplyAsync(directory);
        Assert.Contains("bright", directory.Entities.Keys);
    }

    [Fact]
    public async Task A_record_given_in_two_files_is_refused()
    {
        WriteAll();
        Write("20-more.json", """{ "entities": [ { "id": "river", "kind": "retailer", "name": "Other", "namespace": "urn:other" } ] }""");
        var refused = await Assert.ThrowsAsync<ConfigurationException>(async () => await ApplyAsync(await OpenAsync()));
        Assert.Contains("10-all.json, line 7", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_applies_what_was_edited_and_never_undoes_what_was_done_meanwhile()
    {
        WriteAll();
        var directory = await OpenAsync();
        await ApplyAsync(directory);
        var version = directory.Version;
        await ApplyAsync(directory);
        Assert.Equal(version, directory.Version);
        // Sam is locked out by another way.
        await directory.ApplyAsync([directory.Individuals["sam"] with { Active = new ActivePeriod(DateTime.MinValue, Parties.Start) }], "sec", "locked out", Token);
        directory = await OpenAsync();
        WriteAll(All.Replace("River Power", "River Energy", StringComparison.Ordinal));
        await ApplyAsync(directory);
        Assert.Equal("River Energy", directory.Entities["river"].Name);
        Assert.Equal(Parties.Start, directory.Individuals["sam"].Active.Until);
        WriteAll(All.Replace("\"name\": \"Sam\"", "\"name\": \"Sam, again\"", StringComparison.Ordinal));
        await ApplyAsync(directory);
        Assert.Equal(ActivePeriod.Always, directory.Individuals["sam"].Active);
    }

    [Fact]
    public async Task A_file_takes_records_out_once()
    {
        WriteAll();
        var directory = await OpenAsync();
        await ApplyAsync(directory);
        Write("10-all.json", """{ "remove": [ { "kind": "rule", "id": "winter" }, { "kind": "premises", "id": "nowhere" } ] }""");
        await ApplyAsync(directory);
        Assert.Empty(directory.Rules);
        var version = directory.Version;
        await ApplyAsync(directory);
        Assert.Equal(version, directory.Version);
        Write("10-all.json", """{ "remove": [ { "kind": "entity", "id": "river" } ] }""");
        await Assert.ThrowsAsync<ConfigurationException>(() => ApplyAsync(directory));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_has_nothing_to_say()
    {
        var directory = await OpenAsync();
        await DirectoryFolder.ApplyAsync(Path.Combine(_folder, "nowhere"), directory, Token);
        await ApplyAsync(directory);
        Assert.Equal(0, directory.Version);
    }

    [Fact]
    public void A_document_of_a_client_gives_certificates_and_names_no_files()
    {
        var pem = Convert.ToBase64String(Parties.CertificateOf("billing"));
        var application = $$"""{ "applications": [ { "id": "a", "entity": "river", "certificate": "{{pem}}" } ] }""";
        var read = Assert.IsType<EntityApplication>(Assert.Single(DirectoryFile.Read("document", Encoding.UTF8.GetBytes(application), mayReadFiles: false)).Record);
        Assert.Equal(Parties.Application("billing", "river").Thumbprint, read.Thumbprint);
        var path = """{ "applications": [ { "id": "a", "entity": "river", "certificateFile": "/etc/passwd" } ] }""";
        var refused = Assert.Throws<ConfigurationException>(() => DirectoryFile.Read("document", Encoding.UTF8.GetBytes(path), mayReadFiles: false));
        Assert.DoesNotContain("root", refused.Message, StringComparison.Ordinal);
    }
}
