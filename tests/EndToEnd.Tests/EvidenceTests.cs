using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Cli;
using OpcPortal.Host;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua.Security;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>The evidence of a server as its operators meet it: taken out and verified by the command line, from the running server and from its database.</summary>
public sealed class EvidenceTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-evidence-").FullName;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private string File(string name) => Path.Combine(_folder, name);

    private Task<(int Code, string Output)> RunAsync(string url, params string[] arguments) => TypedCommand.RunAsync(arguments, url, File("client"), TestContext.Current.CancellationToken);

    private async Task<RunningPortal> StartAsync()
    {
        await System.IO.File.WriteAllTextAsync(File("opcportal.json"), $$"""
            {
              "endpoints": { "urls": ["opc.tcp://localhost:4840"], "listen": ["127.0.0.1:0"] },
              "evidence": { "securityDays": 30 },
              "users": [ { "name": "guard", "passwordHash": "{{PasswordHash.Create("open sesame"u8).Write()}}", "roles": ["SecurityAdmin"] },
                         { "name": "ann", "passwordHash": "{{PasswordHash.Create("open sesame"u8).Write()}}", "roles": ["Observer"] } ]
            }
            """, TestContext.Current.CancellationToken);
        var client = new TrustListStore(File("client"), TimeProvider.System);
        var own = client.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "opcportal", ApplicationUri = "urn:test:opcportal", Hosts = ["localhost"] }));
        var pki = new TrustListStore(File("pki"), TimeProvider.System);
        pki.Trust(own.Certificate);
        var portal = await RunningPortal.StartAsync(HostConfigurationReader.Read(File("opcportal.json")), NullLoggerFactory.Instance, TimeProvider.System);
        using var server = pki.LoadOwn()!;
        client.Trust(server.Certificate);
        return portal;
    }

    [Fact]
    public async Task The_log_of_a_running_server_is_exported_and_verified_and_so_is_its_database_after_it_stopped()
    {
        await using (var portal = await StartAsync())
        {
            var url = $"opc.tcp://localhost:{portal.Addresses[0].Port}";
            string[] Login(string user) => ["--user", user, "--password", "open sesame"];
            Assert.Equal(ExitCodes.Done, (await RunAsync(url, ["read", "i=2258", .. Login("ann")])).Code);
            Assert.Equal(ExitCodes.Refused, (await RunAsync(url, ["audit", "export", "--out", File("none.jsonl"), .. Login("ann")])).Code);
            var exported = await RunAsync(url, ["audit", "export", "--out", File("log.jsonl"), .. Login("guard")]);
            Assert.True(exported.Code == ExitCodes.Done, exported.Output);
        }

        var verified = await RunAsync("", "audit", "verify", File("log.jsonl"), "--url", "opc.tcp://nowhere:4840");
        Assert.True(verified.Code == ExitCodes.Done, verified.Output);
        var lines = await System.IO.File.ReadAllLinesAsync(File("log.jsonl"), TestContext.Current.CancellationToken);
        Assert.Contains(lines, line => line.Contains("ann", StringComparison.Ordinal));
        // The server wrote its last anchors when it stopped: beside the database, where verify looks for them.
        Assert.Equal(Enum.GetValues<EvidenceClass>().Length, (await System.IO.File.ReadAllLinesAsync(File("portal.db.anchors"), TestContext.Current.CancellationToken)).Length);
        var database = await RunAsync("", "audit", "verify", File("portal.db"), "--url", "opc.tcp://nowhere:4840");
        Assert.True(database.Code == ExitCodes.Done, database.Output);
        Assert.Contains("Security:", database.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("No anchors", database.Output, StringComparison.Ordinal);
        // A row that is taken out of the export shows.
        await System.IO.File.WriteAllLinesAsync(File("log.jsonl"), [.. lines[..1], .. lines[2..]], TestContext.Current.CancellationToken);
        Assert.Equal(ExitCodes.NotWhole, (await RunAsync("", "audit", "verify", File("log.jsonl"), "--url", "opc.tcp://nowhere:4840")).Code);
    }
}
