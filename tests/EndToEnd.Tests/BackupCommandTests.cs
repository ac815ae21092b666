using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Host;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua.Security;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>The demonstration is backed up while it runs, and another server goes on from the backup.</summary>
public sealed class BackupCommandTests(DemoFixture demo) : IClassFixture<DemoFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-restore-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Config => Path.Combine(_folder, "opcportal.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_server_that_is_restored_elsewhere_shows_what_the_first_one_showed()
    {
        var backup = await BackUpAsync();
        WriteConfiguration();
        var (code, said) = await HostAsync("restore", backup, "--to", Config);
        Assert.True(code == 0, said);
        Assert.Contains("records", said, StringComparison.Ordinal);
        // Adapters go on from where they stood: what brokers were told is kept, and how far devices were read.
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(_folder, "backlog"), "cursors", SearchOption.AllDirectories));

        await using var portal = await RunningPortal.StartAsync(HostConfigurationReader.Read(Config), NullLoggerFactory.Instance, TimeProvider.System);
        var (first, second) = (demo.Demo.Portal.Storage!.Directory, portal.Storage!.Directory);
        Assert.Equal(first.Entities.Keys.Order(), second.Entities.Keys.Order());
        Assert.Equal(first.Rules.Keys.Order(), second.Rules.Keys.Order());
        Assert.NotEmpty(second.Agreements);
        using (var own = new TrustListStore(Path.Combine(_folder, "pki"), TimeProvider.System).LoadOwn()!) new TrustListStore(demo.Demo.Certificates.FolderOf(DemoEntities.Voltwell), TimeProvider.System).Trust(own.Certificate);
        var there = await TypeAsync($"opc.tcp://localhost:{portal.Addresses[0].Port}", "agreement", "list", "--json", "--pki", demo.Demo.Certificates.FolderOf(DemoEntities.Voltwell));
        var here = await TypeAsync(demo.Url, "agreement", "list", "--json", "--pki", demo.Demo.Certificates.FolderOf(DemoEntities.Voltwell));
        Assert.Equal(here, there);
    }

    [Fact]
    public async Task The_restored_log_is_whole_and_tells_of_the_backup_and_of_the_restore()
    {
        var backup = await BackUpAsync();
        WriteConfiguration();
        Assert.Equal(0, (await HostAsync("restore", backup, "--to", Config)).Code);
        var database = Path.Combine(_folder, "portal.db");
        var verified = await TypeAsync(demo.Url, "audit", "verify", database);
        Assert.DoesNotContain("NOT WHOLE", verified, StringComparison.Ordinal);
        await using var restored = new SqliteDatabase(database);
        var types = new List<string>();
        await foreach (var row in (await SqlEvidenceStore.OpenAsync(restored, Token)).ReadAsync(new EvidenceQuery { Class = EvidenceClass.Change, Limit = int.MaxValue }, Token)) types.Add(row.Type);
        Assert.Equal("Restore", types[^1]);
        // What was in the log when the second backup was taken: that the first was made.
        Assert.Equal(0, (await HostAsync("restore", await BackUpAsync(), "--to", Config, "--replace")).Code);
        await using var again = new SqliteDatabase(database);
        types.Clear();
        await foreach (var row in (await SqlEvidenceStore.OpenAsync(again, Token)).ReadAsync(new EvidenceQuery { Class = EvidenceClass.Change, Limit = int.MaxValue }, Token)) types.Add(row.Type);
        Assert.Contains("Backup", types);
    }

    [Fact]
    public async Task What_is_there_is_replaced_only_when_that_is_said()
    {
        var backup = await BackUpAsync();
        WriteConfiguration();
        Assert.Equal(0, (await HostAsync("restore", backup, "--to", Config)).Code);
        var (code, said) = await HostAsync("restore", backup, "--to", Config);
        Assert.Equal(78, code);
        Assert.Contains("--replace", said, StringComparison.Ordinal);
        Assert.Equal(0, (await HostAsync("restore", backup, "--to", Config, "--replace")).Code);
    }

    [Fact]
    public async Task A_backup_is_verified_with_its_key_and_refused_with_another()
    {
        var backup = await BackUpAsync();
        var (code, said) = await HostAsync("verify", backup, "--key-file", Path.Combine(demo.Demo.Folder, DemoBackup.KeyFile));
        Assert.True(code == 0, said);
        Assert.StartsWith("whole", said, StringComparison.Ordinal);
        var other = Path.Combine(_folder, "other.key");
        Assert.Equal(0, (await HostAsync("new-backup-key", other)).Code);
        (code, said) = await HostAsync("verify", backup, "--key-file", other);
        Assert.Equal(5, code);
        Assert.Contains("sealed with the key", said, StringComparison.Ordinal);
        // A key that is there is never written over.
        Assert.NotEqual(0, (await HostAsync("new-backup-key", other)).Code);
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("security")]
    public async Task Others_do_not_back_up(string user)
    {
        var (code, _) = await TypedCommand.RunAsync(["backup", "--user", user, "--password", Password(user)], demo.Url, Pki(), Token);
        Assert.True(code is 3 or 4, $"exit {code}");
        Assert.True(File.Exists(await BackUpAsync()));
    }

    private async Task<string> BackUpAsync()
    {
        var said = await TypeAsync(demo.Url, "backup", "--json", "--user", "system", "--password", Password("system"));
        using var status = JsonDocument.Parse(said[..(said.LastIndexOf('}') + 1)]);
        Assert.Equal(64, status.RootElement.GetProperty("Hash").GetString()!.Length);
        return Path.Combine(demo.Demo.Folder, "backups", status.RootElement.GetProperty("File").GetString()!);
    }

    private void WriteConfiguration() => File.WriteAllText(Config, $$"""
        {
          "endpoints": { "urls": ["opc.tcp://localhost:4840"], "listen": ["127.0.0.1:0"], "allowNone": true, "allowAnonymous": true },
          "adapters": {{JsonSerializer.Serialize(demo.Demo.Neighbourhood.AdapterFolder)}},
          "owners": { "encryptionRequired": false },
          "backup": { "keyFile": {{JsonSerializer.Serialize(Path.Combine(demo.Demo.Folder, DemoBackup.KeyFile))}} }
        }
        """);

    private string Password(string user) => demo.Demo.Users.Passwords.First(known => known.Name == user).Password;

    // The demonstration trusts the fixture's client.
    private string Pki() => demo.ClientPki;

    private async Task<string> TypeAsync(string url, params string[] arguments)
    {
        var (code, output) = await TypedCommand.RunAsync(arguments, url, Pki(), Token);
        Assert.True(code == 0, $"exit {code}: {output}");
        return output.Trim();
    }

    private static async Task<(int Code, string Said)> HostAsync(params string[] arguments)
    {
        using var said = new StringWriter();
        var root = new RootCommand();
        foreach (var command in BackupCommands.Create(said, said)) root.Add(command);
        return (await root.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = said, Error = said }, Token), said.ToString());
    }
}
