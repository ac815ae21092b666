using System.Text.RegularExpressions;
using OpcPortal.Adapters;
using OpcPortal.Host;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>opcportal.json: what it gives, and that what is wrong is told by file and line.</summary>
public sealed class HostConfigurationTests : IDisposable
{
    private const string Hash = "pbkdf2-sha256$600000$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void By_default_nothing_is_unprotected_nobody_anonymous_and_owners_data_encrypted()
    {
        var configuration = Read($$"""{ "users": [ { "name": "ann", "passwordHash": "{{Hash}}", "roles": ["Operator"] } ] }""");
        Assert.All(configuration.Endpoints.Security, security => Assert.False(security.Policy.IsNone));
        Assert.Equal(6, configuration.Endpoints.Security.Count);
        Assert.False(configuration.Endpoints.AllowAnonymous);
        Assert.Equal(AccessRestrictionType.SigningRequired | AccessRestrictionType.EncryptionRequired, configuration.Portal.OwnerRestrictions);
        Assert.Equal(Path.Combine(_folder, "pki"), configuration.Pki);
        Assert.Equal(Path.Combine(_folder, "adapters"), configuration.Portal.AdapterFolder);
        Assert.Equal([new IdentityMappings.Rule(RoleTable.Operator, IdentityCriteriaType.UserName, "ann")], configuration.Identities);
    }

    [Fact]
    public void Every_setting_has_its_place()
    {
        var configuration = Read($$"""
            {
              "application": { "uri": "urn:x:portal", "name": "X" },
              "endpoints": { "urls": ["opc.tcp://a.example:5000/x"], "listen": ["127.0.0.1:5001"], "policies": ["Basic256Sha256"], "modes": ["SignAndEncrypt"], "allowNone": true, "allowAnonymous": true, "certificateHosts": ["b.example"] },
              "pki": "certificates", "adapters": "/field", "nodeSets": ["more.xml"], "owners": { "encryptionRequired": false },
              "identities": [ { "anonymous": true, "roles": ["Observer"] }, { "certificate": "0123456789abcdef0123456789abcdef01234567", "roles": ["Supervisor"] } ],
              "limits": { "maxSessions": 7, "commandDeadline": "3 s", "maxNodesPerRead": 12 }
            }
            """);
        var options = configuration.Ua(configuration.Endpoints);
        Assert.Equal(["127.0.0.1:5001"], configuration.Listen.Select(address => address.ToString()));
        Assert.Equal(2, options.Endpoints.Security.Count);
        Assert.Contains("b.example", configuration.CertificateHosts);
        Assert.Contains("a.example", configuration.CertificateHosts);
        Assert.Equal(Path.Combine(_folder, "more.xml"), Assert.Single(configuration.NodeSets));
        Assert.Equal("/field", configuration.Portal.AdapterFolder);
        Assert.Equal(default, configuration.Portal.OwnerRestrictions);
        Assert.Equal((7, 12u, TimeSpan.FromSeconds(3)), (options.Sessions.MaxSessions, options.Operations.MaxNodesPerRead, configuration.Portal.Commands.Deadline));
        Assert.Equal("0123456789ABCDEF0123456789ABCDEF01234567", configuration.Identities[1].Value);
    }

    [Fact]
    public void What_the_house_has_decided_of_control_stands_in_a_file_of_its_own()
    {
        const string Way = "{ \"endpoints\": { \"allowAnonymous\": true }, \"identities\": [ { \"anonymous\": true, \"roles\": [\"Observer\"] } ] }";
        Assert.Empty(Read(Way).Portal.Control.Policy.Interlocks);
        var file = Path.Combine(_folder, "control.json");
        File.WriteAllText(file, "{ \"interlocks\": [ { \"id\": \"life-support\", \"text\": \"Somebody's life depends on it.\", \"flag\": \"life-support\" } ] }");
        Assert.Equal("life-support", Assert.Single(Read(Way).Portal.Control.Policy.Interlocks).Id);
        File.WriteAllText(file, "{ \"interlocks\": [ { \"id\": \"life-support\" } ] }");
        Assert.Equal($"{file}:1: interlocks[0]: 'text' is missing", Assert.Throws<ConfigurationException>(() => Read(Way)).Message);
    }

    [Fact]
    public void What_the_server_does_not_take_is_kept_below_its_folder_or_where_it_is_told()
    {
        const string Way = """
            "users": [ { "name": "ann", "passwordHash": "HASH", "roles": ["Operator"] } ]
            """;
        var way = Way.Replace("HASH", Hash, StringComparison.Ordinal);
        Assert.Equal(new StoreAndForwardOptions { Folder = Path.Combine(_folder, "backlog") }, Read($$"""{ {{way}} }""").Portal.Adapters.StoreAndForward);
        Assert.Equal(
            new StoreAndForwardOptions { Folder = "/spare/backlog", MaxBytes = 1L << 30, DrainPerSecond = 500 },
            Read($$"""{ {{way}}, "backlog": { "folder": "/spare/backlog", "maxMegabytes": 1024, "readingsPerSecond": 500 } }""").Portal.Adapters.StoreAndForward);
        var wrong = Assert.Throws<ConfigurationException>(() => Read($$"""{ {{way}}, "backlog": { "maxMegabytes": 0 } }"""));
        Assert.Contains("from 1 to", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_models_of_the_folder_are_loaded_beside_those_listed_each_once()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "more")).FullName;
        foreach (var name in (string[])["b.xml", "a.xml", "notes.txt"]) File.WriteAllText(Path.Combine(folder, name), "");
        var configuration = Read("""{ "models": "more", "nodeSets": ["more/b.xml", "c.xml"] }""");
        Assert.Equal([Path.Combine(folder, "b.xml"), Path.Combine(_folder, "c.xml"), Path.Combine(folder, "a.xml")], configuration.NodeSets);
        Assert.Equal(folder, configuration.Portal.ModelFolder);
        var byDefault = Read("{}");
        Assert.Empty(byDefault.NodeSets);
        Assert.Equal(Path.Combine(_folder, "models"), byDefault.Portal.ModelFolder);
    }

    [Theory]
    [InlineData("""{ "endpoints": { "allowNon": true } }""", 1, "allowNon")]
    [InlineData("{\n\"endpoints\": {\n\"urls\": [\"http://a/\"] } }", 3, "opc.tcp")]
    [InlineData("{\n\"endpoints\": { \"policies\": [\"Basic128Rsa15\"] } }", 2, "Basic256Sha256")]
    [InlineData("{\n\"endpoints\": { \"listen\": [\"nowhere\"] } }", 2, "0.0.0.0:4840")]
    [InlineData("{\n\n\"users\": [ { \"name\": \"ann\", \"passwordHash\": \"hunter2\", \"roles\": [\"Operator\"] } ] }", 3, "hash-password")]
    [InlineData("{\n\"identities\": [ { \"anonymous\": true, \"roles\": [\"King\"] } ] }", 2, "SecurityAdmin")]
    [InlineData("{\n\"identities\": [ { \"roles\": [\"Observer\"] } ] }", 2, "certificate")]
    [InlineData("{\n\"limits\": { \"maxSessions\": 0 } }", 2, "from 1")]
    [InlineData("{\n\"limits\": { \"minSessionTimeout\": \"1 h\", \"maxSessionTimeout\": \"1 min\" } }", 2, "longer")]
    [InlineData("{\n\"endpoints\": { \"allowCertificate\": false } }", 1, "nobody could log in")]
    [InlineData("{\n\"pki\": }", 2, "not JSON")]
    [InlineData("{\n\"storage\": { \"sqlite\": \"a.db\", \"postgresql\": \"Host=x\" } }", 2, "one of")]
    [InlineData("{\n\"storage\": { \"mysql\": \"x\" } }", 2, "mysql")]
    public void What_is_wrong_is_told_in_one_line_with_its_place(string json, int line, string reason)
    {
        var wrong = Assert.Throws<ConfigurationException>(() => Read(json));
        Assert.StartsWith($"{Path.Combine(_folder, "opcportal.json")}:{line}: ", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(reason, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', wrong.Message);
        Assert.DoesNotContain("hunter2", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "portal.db")]
    [InlineData(""", "storage": { "sqlite": "data/other.db" }""", "data/other.db")]
    [InlineData(""", "storage": { "postgresql": "Host=db.example.org;Database=portals;Username=u;Password=hunter2" }""", "portals at db.example.org")]
    public async Task Records_are_kept_in_the_database_that_is_named(string storage, string name)
    {
        await using var database = Read($$"""{ "directory": "parties"{{storage}} }""").Database!();
        Assert.EndsWith(name, database.Name, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", database.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_string_may_stand_in_the_environment_so_that_no_password_stands_in_a_file()
    {
        const string Variable = "OPCPORTAL_TEST_DATABASE";
        var wrong = Assert.Throws<ConfigurationException>(() => Read($$"""{ "storage": { "postgresqlVariable": "{{Variable}}" } }"""));
        Assert.Contains(Variable, wrong.Message, StringComparison.Ordinal);
        Environment.SetEnvironmentVariable(Variable, "Host=db.example.org;Database=portals");
        try
        {
            await using var database = Read($$"""{ "storage": { "postgresqlVariable": "{{Variable}}" } }""").Database!();
            Assert.EndsWith("portals at db.example.org", database.Name, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Fact]
    public void A_connection_string_that_is_none_is_told_by_its_place_and_never_repeated()
    {
        var wrong = Assert.Throws<ConfigurationException>(() => Read("{\n\"storage\": { \"postgresql\": \"Hots=x;Password=hunter2\" } }").Database!());
        Assert.StartsWith($"{Path.Combine(_folder, "opcportal.json")}:2: ", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_kept_of_readings_is_said_by_class_and_the_rest_has_its_defaults()
    {
        var otherwise = Read("""{ "directory": "parties" }""").History!;
        Assert.Equal((Path.Combine(_folder, "journal"), TimeSpan.FromDays(90)), (otherwise.JournalFolder, otherwise.Retention[5]));
        var history = Read("""{ "directory": "parties", "history": { "journal": "/var/journal", "days": { "Energy": 100, "7": 0, "other": 5 }, "syncInterval": "1 s", "maxJournalMegabytes": 64 } }""").History!;
        Assert.Equal(("/var/journal", TimeSpan.FromDays(100), TimeSpan.Zero, TimeSpan.FromDays(5)), (history.JournalFolder, history.Retention[1], history.Retention[7], history.OtherRetention));
        Assert.Equal((TimeSpan.FromSeconds(1), 64L << 20, otherwise.Retention[5]), (history.SyncInterval, history.MaxJournalBytes, history.Retention[5]));
        Assert.Contains("'Energie' is no class of data", Assert.Throws<ConfigurationException>(() => Read("""{ "history": { "days": { "Energie": 100 } } }""")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_documentation_names_every_limit_and_no_other()
    {
        var documentation = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));
        var limits = documentation[documentation.IndexOf("## Limits", StringComparison.Ordinal)..];
        var documented = Regex.Matches(limits, "`([a-zA-Z]+)`").Select(match => match.Groups[1].Value).Where(name => name != "limits").ToHashSet();
        // A limit that is not known is refused with the names of those that are.
        var wrong = Assert.Throws<ConfigurationException>(() => Read("""{ "limits": { "?": 1 } }"""));
        var known = wrong.Reason[(wrong.Reason.IndexOf("known are ", StringComparison.Ordinal) + 10)..].Split(", ").ToHashSet();
        Assert.Equal(known.Order(), documented.Order());
    }

    private HostConfiguration Read(string json)
    {
        var file = Path.Combine(_folder, "opcportal.json");
        File.WriteAllText(file, json);
        return HostConfigurationReader.Read(file);
    }
}
