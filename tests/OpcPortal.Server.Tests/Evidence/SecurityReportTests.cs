using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>The reports of the Security Manager over a small history made by hand. portal-model.md: failed logins, denied access, expiring certificates and agreements, dormant identities.</summary>
public sealed class SecurityReportTests
{
    private const uint FailedLogins = 7093, DeniedAccess = 7094, ExpiringCertificates = 7095, ExpiringAgreements = 7096, DormantIdentities = 7097;

    private readonly MemoryEvidenceStore _store = new();

    private Task<GovernedServer> StartAsync(params object[] records) => GovernedServer.StartWithEvidenceAsync(_store, records);

    [Fact]
    public async Task Failed_logins_are_counted_by_user_application_and_reason()
    {
        await using var server = await StartAsync();
        var began = server.Now;
        for (var i = 0; i < 3; i++) await FailAsync(server, "mallory");
        await FailAsync(server, "eve");
        var security = await server.ConnectEncryptedAsync("security");
        var entries = (await security.ReportAsync(server, FailedLogins)).Entries(server);
        Assert.Equal(["mallory", "eve"], entries.Select(entry => entry["User"]));
        Assert.Equal((3u, "AuditActivateSessionEventType"), ((uint)entries[0]["Count"]!, entries[0]["Action"]));
        Assert.True(((StatusCode)entries[0]["Status"]!).IsBad);
        Assert.InRange((DateTime)entries[0]["First"]!, began.AddTicks(-10), (DateTime)entries[0]["Last"]!);
        // What was before or after does not count; and who came in is no failure.
        Assert.Empty((await security.ReportAsync(server, FailedLogins, until: began.AddSeconds(-1))).Entries(server));
        Assert.Empty((await security.ReportAsync(server, FailedLogins, from: server.Now.AddSeconds(1))).Entries(server));
        Assert.Equal(StatusCodes.BadInvalidArgument, (await security.ReportAsync(server, FailedLogins, server.Now, began.AddSeconds(-1))).StatusCode.CodeBits);
    }

    private static async Task FailAsync(GovernedServer server, string user)
    {
        var client = server.Dial();
        await client.HelloAsync();
        await client.OpenAsync();
        await client.CreateSessionAsync();
        await Assert.ThrowsAsync<ServiceException>(() => client.ActivateAsync(new UserNameIdentityToken { PolicyId = "no such policy", UserName = user }));
    }

    [Fact]
    public async Task Denied_access_names_who_tried_what_and_leaves_out_what_failed_otherwise()
    {
        await using var server = await StartAsync();
        var setpoint = server.Node("anna@oak-1/heater/TemperatureSetpoint", GovernedServer.Residents);
        var (bert, anna) = (await server.ConnectAsync("bert"), await server.ConnectAsync("anna"));
        await bert.WriteAsync(setpoint, 20.0);
        await bert.WriteAsync(setpoint, 21.0);
        // A value of the wrong type is a mistake, no trespass.
        Assert.Equal(StatusCodes.BadTypeMismatch, (await anna.WriteAsync(setpoint, "warm")).CodeBits);
        var entry = Assert.Single((await (await server.ConnectEncryptedAsync("security")).ReportAsync(server, DeniedAccess)).Entries(server));
        Assert.Equal(("bert", 2u, "AuditWriteUpdateEventType"), (entry["User"], (uint)entry["Count"]!, entry["Action"]));
        Assert.Contains("anna@oak-1/heater/TemperatureSetpoint", (string)entry["Target"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_that_was_refused_is_told_beside_what_was_written_and_called()
    {
        await using var server = await StartAsync();
        var aggregator = await server.ConnectAsync("aggregator");
        for (var i = 0; i < 3; i++) await aggregator.StatusAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility));
        await server.Portal.Evidence!.Disclosures.FlushAsync(TestContext.Current.CancellationToken);
        var entry = Assert.Single((await (await server.ConnectEncryptedAsync("security")).ReportAsync(server, DeniedAccess)).Entries(server));
        Assert.Equal(("Read", "oak-1/meter (Energy)", 1u), (entry["Action"], entry["Target"], (uint)entry["Count"]!));
    }

    [Fact]
    public async Task Certificates_and_agreements_that_end_within_a_period_are_told_the_next_first()
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        using var certificate = new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "billing", ApplicationUri = "urn:billing", Lifetime = TimeSpan.FromDays(20) });
        await using var server = await StartAsync(Application("billing", "utility", certificate));
        await server.ApplyAsync(
            server.Agreement("soon", "anna", "utility", Operations.Read, period: new ActivePeriod(DateTime.MinValue, now.AddDays(10))),
            server.Agreement("sooner", "anna", "utility", Operations.Read, period: new ActivePeriod(DateTime.MinValue, now.AddDays(5))),
            server.Agreement("late", "anna", "utility", Operations.Read, period: new ActivePeriod(DateTime.MinValue, now.AddDays(100))),
            server.Agreement("ended", "anna", "utility", Operations.Read, period: new ActivePeriod(DateTime.MinValue, now.AddDays(6))) with { Status = AgreementStatus.Revoked });
        var security = await server.ConnectEncryptedAsync("security");
        Assert.Equal(["sooner", "soon"], (await security.ReportAsync(server, ExpiringAgreements, now, now.AddDays(30))).Entries(server).Select(entry => entry["Agreement"]));
        var expiring = (await security.ReportAsync(server, ExpiringCertificates, now, now.AddDays(30))).Entries(server);
        var found = Assert.Single(expiring, entry => (string?)entry["Identity"] == "billing");
        Assert.Equal(("utility", certificate.Subject), (found["Entity"], found["Subject"]));
        Assert.DoesNotContain((await security.ReportAsync(server, ExpiringCertificates, now, now.AddDays(1))).Entries(server), entry => (string?)entry["Identity"] == "billing");
        // The server's own and those that are trusted without being registered are among them, some day.
        Assert.Contains((await security.ReportAsync(server, ExpiringCertificates)).Entries(server), entry => (string)entry["Subject"]! == TestPki.Server.Subject);
        Assert.Contains((await security.ReportAsync(server, ExpiringCertificates)).Entries(server), entry => (string)entry["Subject"]! == TestPki.Client.Subject);
    }

    [Fact]
    public async Task Identities_that_were_active_and_not_let_in_are_dormant()
    {
        using var certificate = new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "scada", ApplicationUri = "urn:scada" });
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        await using var server = await StartAsync(
            Application("scada", "utility", certificate), Person("awake"), Person("asleep"), Person("gone") with { Active = new ActivePeriod(DateTime.MinValue, now.AddDays(-400)) });
        await _store.AppendAsync([], [new("individual:awake", now.AddDays(-1)), new("individual:asleep", now.AddDays(-100))], TestContext.Current.CancellationToken);
        var entries = (await (await server.ConnectEncryptedAsync("security")).ReportAsync(server, DormantIdentities, now.AddDays(-90))).Entries(server);
        // Never seen before seen long ago; who was ended long ago is no more.
        Assert.Equal(["scada", "asleep"], entries.Select(entry => entry["Identity"]));
        Assert.Equal(["application", "individual"], entries.Select(entry => entry["Kind"]));
        Assert.Equal(now.AddDays(-100), (DateTime)entries[1]["LastSeen"]!, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Reports_are_the_security_managers_alone_over_an_encrypted_channel()
    {
        await using var server = await StartAsync();
        foreach (var report in (uint[])[FailedLogins, DeniedAccess, ExpiringCertificates, ExpiringAgreements, DormantIdentities])
        {
            Assert.Equal(StatusCodes.BadNodeIdUnknown, (await (await server.ConnectEncryptedAsync("utility")).ReportAsync(server, report)).StatusCode.CodeBits);
            Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await (await server.ConnectAsync("security")).ReportAsync(server, report)).StatusCode.CodeBits);
            Assert.Equal(StatusCodes.Good, (await (await server.ConnectEncryptedAsync("security")).ReportAsync(server, report)).StatusCode.CodeBits);
        }
    }

    private static EntityApplication Application(string id, string entity, X509Certificate2 certificate) => new()
    {
        Id = id,
        Entity = entity,
        ApplicationUri = CertificateFields.ApplicationUri(certificate)!,
        Certificate = Convert.ToBase64String(certificate.RawData),
        Thumbprint = Convert.ToHexString(SHA256.HashData(certificate.RawData)),
    };

    private static Individual Person(string id) => new() { Id = id, Entity = "utility", Name = id, UserName = id };
}
