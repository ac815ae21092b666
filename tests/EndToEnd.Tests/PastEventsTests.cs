using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Host;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>Events that were reported before a server was started anew, read by our client over TCP.</summary>
public sealed class PastEventsTests : IAsyncDisposable
{
    private const string Secret = "open sesame";

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-past-").FullName;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File(string name) => Path.Combine(_folder, name);

    private async Task<RunningPortal> StartAsync(int days)
    {
        var hash = PasswordHash.Create("open sesame"u8).Write();
        await System.IO.File.WriteAllTextAsync(File("opcportal.json"), $$"""
            {
              "endpoints": { "urls": ["opc.tcp://localhost:4840"], "listen": ["127.0.0.1:0"] },
              "events": { "days": {{days}} },
              "users": [ { "name": "guard", "passwordHash": "{{hash}}", "roles": ["SecurityAdmin"] }, { "name": "ann", "passwordHash": "{{hash}}", "roles": ["Observer"] } ]
            }
            """, Token);
        var client = new TrustListStore(File("client"), TimeProvider.System);
        if (client.LoadOwn() is null)
            client.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "client", ApplicationUri = "urn:test:client", Hosts = ["localhost"] })).Dispose();
        using var own = client.LoadOwn()!;
        var pki = new TrustListStore(File("pki"), TimeProvider.System);
        pki.Trust(own.Certificate);
        var portal = await RunningPortal.StartAsync(HostConfigurationReader.Read(File("opcportal.json")), NullLoggerFactory.Instance, TimeProvider.System);
        using var server = pki.LoadOwn()!;
        client.Trust(server.Certificate);
        return portal;
    }

    private Task<UaSession> ConnectAsync(RunningPortal portal, string user)
    {
        var store = new TrustListStore(File("client"), TimeProvider.System);
        var client = new UaClient(new UaClientOptions { Certificate = store.LoadOwn(), Validator = new CertificateValidator(store, TimeProvider.System) });
        return client.ConnectAsync($"opc.tcp://localhost:{portal.Addresses[0].Port}", EndpointChoice.Strongest, UserIdentity.Password(user, Secret), Token);
    }

    private static async Task<List<string?>> SourcesAsync(UaSession session, DateTime since)
    {
        var events = session.ReadEventHistoryAsync(ObjectIds.Server, HistoryRange.Between(since, DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc)), EventFields.Filter("SourceName"), Token);
        return [.. (await events.ToListAsync(Token)).Select(fields => fields[0].AsString())];
    }

    [Fact]
    public async Task Who_may_audit_reads_what_was_audited_before_the_server_was_started_anew_and_others_do_not()
    {
        var since = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1);
        await using (var portal = await StartAsync(days: 7))
        await using (await ConnectAsync(portal, "ann"))
        {
            // That ann was here is what is to be read.
        }

        await using (var again = await StartAsync(days: 7))
        {
            await using var guard = await ConnectAsync(again, "guard");
            Assert.Contains("Session/CloseSession", await SourcesAsync(guard, since));
            await using var ann = await ConnectAsync(again, "ann");
            Assert.DoesNotContain(await SourcesAsync(ann, since), source => source?.StartsWith("Session/", StringComparison.Ordinal) == true);
        }

        await using var forgetful = await StartAsync(days: 0);
        await using var late = await ConnectAsync(forgetful, "guard");
        Assert.Equal(StatusCodes.BadHistoryOperationUnsupported, (await Assert.ThrowsAsync<UaException>(() => SourcesAsync(late, since))).Status.Code);
    }
}
