using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>Evidence of portal-model.md: every connection, refusal, write, call and change is a row, and only who may read a row reads it.</summary>
public sealed class EvidenceOnTheWireTests
{
    private readonly MemoryEvidenceStore _store = new();

    private Task<GovernedServer> StartAsync(params object[] records) => GovernedServer.StartWithEvidenceAsync(_store, records);

    private static NodeId Setpoint(GovernedServer server) => server.Node("anna@oak-1/heater/TemperatureSetpoint", GovernedServer.Residents);
    private static NodeId Power(GovernedServer server) => server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);

    private async Task<List<(string Type, EvidenceKind Kind)>> RecordedAsync(GovernedServer server, EvidenceClass @class)
    {
        await server.Portal.Evidence!.Disclosures.FlushAsync(TestContext.Current.CancellationToken);
        return [.. _store.Of(@class).Select(row => (row.Type, row.Kind))];
    }

    [Fact]
    public async Task A_session_from_its_channel_to_its_end_is_recorded_and_so_is_each_refusal()
    {
        await using var server = await StartAsync();
        var stranger = server.Dial();
        await stranger.HelloAsync();
        await Assert.ThrowsAsync<ChannelException>(() => stranger.OpenAsync(SecurityPolicy.Basic256Sha256, MessageSecurityMode.Sign, TestPki.Stranger));
        var client = await server.ConnectEncryptedAsync("anna");
        await client.CallAsync<CloseSessionResponse>(new CloseSessionRequest());
        var recorded = await RecordedAsync(server, EvidenceClass.Security);
        Assert.Equal(
            [
                ("AuditCertificateUntrustedEventType", EvidenceKind.Refused), ("AuditOpenSecureChannelEventType", EvidenceKind.Refused), ("AuditOpenSecureChannelEventType", EvidenceKind.Done),
                ("AuditCreateSessionEventType", EvidenceKind.Done), ("AuditActivateSessionEventType", EvidenceKind.Done), ("AuditSessionEventType", EvidenceKind.Done),
            ],
            recorded);
        // Who it was, as the client said and as the directory knows it; and no password.
        var activated = _store.Rows.Single(row => row.Type == "AuditActivateSessionEventType");
        using var body = JsonDocument.Parse(activated.Body);
        Assert.Equal("anna", body.RootElement.GetProperty("ClientUserId").GetProperty("Value").GetString());
        Assert.Equal("anna", body.RootElement.GetProperty("Subject").GetProperty("Value")[0].GetString());
        Assert.DoesNotContain(_store.Rows, row => row.Body.Contains("\"any\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_write_and_call_is_recorded_with_what_was_asked_done_or_refused()
    {
        await using var server = await StartAsync();
        var anna = await server.ConnectAsync("anna");
        await anna.WriteAsync(Setpoint(server), 55.0);
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await (await server.ConnectAsync("bert")).WriteAsync(Setpoint(server), 20.0)).CodeBits);
        await anna.CallMethodAsync(server.Node("anna@oak-1/heater", GovernedServer.Residents), server.Node("anna@oak-1/heater/Open", GovernedServer.Residents));
        await RecordedAsync(server, EvidenceClass.Change);
        var writes = _store.Of(EvidenceClass.Change).Where(row => row.Type == "AuditWriteUpdateEventType").ToArray();
        Assert.Equal(2, writes.Length);
        Assert.Contains("55", writes[0].Body, StringComparison.Ordinal);
        Assert.Equal(EvidenceKind.Refused, writes[1].Kind);
        Assert.Contains("bert", writes[1].Body, StringComparison.Ordinal);
        // The node by its namespace URI: an index means nothing after a restart.
        Assert.Contains($"nsu={GovernedServer.Residents};s=anna@oak-1/heater/TemperatureSetpoint", writes[0].Body, StringComparison.Ordinal);
        Assert.Single(_store.Of(EvidenceClass.Change), row => row.Type == "AuditUpdateMethodEventType");
    }

    [Fact]
    public async Task A_change_of_the_directory_is_recorded_with_the_hash_of_each_record()
    {
        await using var server = await StartAsync();
        await server.ApplyAsync(server.Agreement("a-1", "anna", "aggregator", Operations.Read), GovernedServer.Customer("carl"));
        await RecordedAsync(server, EvidenceClass.Change);
        using var body = JsonDocument.Parse(Assert.Single(_store.Of(EvidenceClass.Change), row => row.Type == DirectoryRecorder.TypeName).Body);
        Assert.Equal(("test", "a test"), (body.RootElement.GetProperty("Author").GetString(), body.RootElement.GetProperty("Reason").GetString()));
        Assert.Equal(["agreement a-1", "entity carl"], body.RootElement.GetProperty("Records").EnumerateArray().Select(r => $"{r.GetProperty("Kind").GetString()} {r.GetProperty("Id").GetString()}").Order());
        Assert.All(body.RootElement.GetProperty("Records").EnumerateArray(), record => Assert.Equal(64, record.GetProperty("Sha256").GetString()!.Length));
    }

    [Fact]
    public async Task A_customer_reads_who_saw_and_commanded_what_of_hers_and_under_which_agreement()
    {
        await using var server = await StartAsync();
        var began = server.Now;
        await server.ApplyAsync(server.Agreement("a-1", "anna", "aggregator", Operations.Browse | Operations.Read | Operations.Write, new AccessScope { DeviceTypes = ["WaterHeaterType"] }));
        var aggregator = await server.ConnectAsync("aggregator");
        await aggregator.ReadAsync(Setpoint(server));
        await aggregator.ReadAsync(Setpoint(server));
        await aggregator.WriteAsync(Setpoint(server), 45.0);
        await aggregator.WriteAsync(Setpoint(server), 46.0);
        var anna = await server.ConnectEncryptedAsync("anna");
        await anna.ReadAsync(Setpoint(server));
        var entries = (await anna.ReadDisclosuresAsync(server)).Entries(server);
        // What one reads again within the hour is told once, each command each time; what she did herself is no disclosure.
        Assert.Equal(["Read", "Write", "Write"], entries.Select(entry => entry["Operation"]).Order());
        Assert.All(entries, entry =>
        {
            Assert.Equal(("aggregator", "anna", "oak-1", "heater", "a-1", "Agreement"), (entry["Entity"], entry["Customer"], entry["Portal"], entry["Device"], entry["AllowedBy"], entry["Layer"]));
            Assert.InRange((DateTime)entry["Time"]!, began.AddTicks(-10), server.Now);
        });
        Assert.Empty((await anna.ReadDisclosuresAsync(server, server.Now.AddSeconds(1))).Entries(server));
    }

    [Fact]
    public async Task Nobody_reads_the_disclosures_of_another_not_by_any_continuation_and_the_security_manager_neither()
    {
        await using var server = await StartAsync();
        await (await server.ConnectAsync("utility")).ReadAsync(Power(server));
        var (anna, bert, security) = (await server.ConnectEncryptedAsync("anna"), await server.ConnectEncryptedAsync("bert"), await server.ConnectEncryptedAsync("security"));
        Assert.Single((await anna.ReadDisclosuresAsync(server)).Entries(server));
        foreach (var continuation in (string?[])[null, "0", "1", "2"]) Assert.Empty((await bert.ReadDisclosuresAsync(server, continuation: continuation)).Entries(server));
        Assert.Equal(StatusCodes.BadInvalidArgument, (await bert.ReadDisclosuresAsync(server, continuation: "anna")).StatusCode.CodeBits);
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await security.ReadDisclosuresAsync(server)).StatusCode.CodeBits);
        Assert.Equal(StatusCodes.BadUserAccessDenied, (await security.ReadRowsAsync(server, "Disclosure")).StatusCode.CodeBits);
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await (await server.ConnectAsync("anna")).ReadDisclosuresAsync(server)).StatusCode.CodeBits);
        // Nor by the log of the call that read them.
        var changes = (await security.ReadRowsAsync(server, "Change")).Rows();
        Assert.Contains(changes, row => row.Type == "AuditUpdateMethodEventType" && row.Body.Contains("7092", StringComparison.Ordinal));
        Assert.DoesNotContain(changes, row => row.Body.Contains("oak-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_customer_who_moved_keeps_what_was_hers_and_the_new_one_sees_nothing_of_it()
    {
        await using var server = await StartAsync();
        var utility = await server.ConnectAsync("utility");
        await utility.ReadAsync(Power(server));
        await server.AdvanceAsync(TimeSpan.FromHours(2));
        await server.ApplyAsync(
            new Tenancy { Id = "t-anna", Portal = "oak-1", Customer = "anna", Period = new ActivePeriod(DateTime.MinValue, server.Now) },
            new Tenancy { Id = "t-bert", Portal = "oak-1", Customer = "bert", Period = ActivePeriod.Since(server.Now) });
        utility = await server.ConnectAsync("utility");
        await utility.ReadAsync(Power(server));
        var (anna, bert) = (await server.ConnectEncryptedAsync("anna"), await server.ConnectEncryptedAsync("bert"));
        var (hers, his) = (Assert.Single((await anna.ReadDisclosuresAsync(server)).Entries(server)), Assert.Single((await bert.ReadDisclosuresAsync(server)).Entries(server)));
        Assert.Equal(("anna", "bert"), (hers["Customer"], his["Customer"]));
        Assert.True((DateTime)hers["Time"]! < (DateTime)his["Time"]!);
    }

    [Fact]
    public async Task Disclosures_come_in_pages_that_a_continuation_puts_together()
    {
        await using var server = await StartAsync();
        var utility = await server.ConnectAsync("utility");
        for (var hour = 0; hour < 5; hour++)
        {
            await utility.ReadAsync(Power(server));
            server.Time.Advance(TimeSpan.FromHours(1));
            utility = await server.ConnectAsync("utility");
        }

        var anna = await server.ConnectEncryptedAsync("anna");
        var (times, continuation) = (new List<object?>(), (string?)null);
        do
        {
            var page = await anna.ReadDisclosuresAsync(server, most: 2, continuation: continuation);
            Assert.InRange(page.Entries(server).Count, 1, 2);
            times.AddRange(page.Entries(server).Select(entry => entry["Time"]));
            continuation = page.OutputArguments![1].AsString();
        }
        while (continuation is not null);
        Assert.Equal(5, times.Distinct().Count());
        Assert.Equal(times.Order(), times);
    }

    [Fact]
    public async Task Who_watches_stands_in_the_log_of_each_hour_as_long_as_he_watches()
    {
        await using var server = await StartAsync();
        var utility = await server.ConnectAsync("utility");
        var subscription = (await utility.CallAsync<CreateSubscriptionResponse>(new CreateSubscriptionRequest
        {
            RequestedPublishingInterval = 60_000,
            RequestedLifetimeCount = 10_000,
            RequestedMaxKeepAliveCount = 1_000,
            PublishingEnabled = true,
        })).SubscriptionId;
        Assert.Equal(StatusCodes.Good, (await utility.MonitorAsync(subscription, Power(server))).CodeBits);
        // Three hours, in which the client shows every 50 seconds that it lives.
        for (var i = 0; i < 3 * 72; i++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(50));
            // The channel's token lasts ten minutes.
            if (i % 6 == 5) await utility.RenewAsync();
            await utility.ReadAsync(VariableIds.Server_ServiceLevel);
        }

        var entries = (await (await server.ConnectEncryptedAsync("anna")).ReadDisclosuresAsync(server)).Entries(server);
        Assert.InRange(entries.Count, 3, 4);
        Assert.All(entries, entry => Assert.Equal(("utility", "meter", "Read"), (entry["Entity"], entry["Device"], entry["Operation"])));
        await utility.CallAsync<DeleteSubscriptionsResponse>(new DeleteSubscriptionsRequest { SubscriptionIds = [subscription] });
        server.Time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(entries.Count, (await (await server.ConnectEncryptedAsync("anna")).ReadDisclosuresAsync(server)).Entries(server).Count);
    }

    [Fact]
    public async Task The_security_manager_alone_reads_the_log_and_what_he_reads_is_whole()
    {
        await using var server = await StartAsync();
        await (await server.ConnectAsync("anna")).WriteAsync(Setpoint(server), 50.0);
        var (security, anna) = (await server.ConnectEncryptedAsync("security"), await server.ConnectEncryptedAsync("anna"));
        var anchors = await security.AnchorsAsync(server);
        foreach (var name in (string[])["Security", "Change"])
        {
            var verifier = new EvidenceVerifier(Enum.Parse<EvidenceClass>(name), [.. anchors.Select(text => EvidenceAnchor.TryParse(text, out var anchor) ? anchor : throw new InvalidOperationException(text))]);
            for (var after = 0L; ;)
            {
                var page = await security.ReadRowsAsync(server, name, after, 2);
                Assert.All(page.Rows(), row => Assert.True(verifier.Add(row)));
                after = page.OutputArguments![1].AsInt64();
                if (after == 0 || verifier.Count > 50) break;
            }

            Assert.Null(verifier.Complete());
            Assert.True(verifier.Count > 1);
            Assert.True((await security.VerifyAsync(server, name, anchors)).OutputArguments![0].AsString() is null);
        }

        // The method is not even there for others.
        Assert.Equal(StatusCodes.BadNodeIdUnknown, (await anna.ReadRowsAsync(server, "Security")).StatusCode.CodeBits);
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await (await server.ConnectAsync("security")).ReadRowsAsync(server, "Security")).StatusCode.CodeBits);
        Assert.Equal(StatusCodes.BadInvalidArgument, (await security.ReadRowsAsync(server, "Gossip")).StatusCode.CodeBits);
    }

    [Fact]
    public async Task The_server_finds_a_cut_tail_of_its_own_log_against_an_anchor()
    {
        await using var server = await StartAsync();
        var security = await server.ConnectEncryptedAsync("security");
        var head = server.Portal.Evidence!.Log.HeadOf(EvidenceClass.Security);
        var later = new EvidenceAnchor(EvidenceClass.Security, 1000, head.Hash);
        Assert.Contains("cut off", (await security.VerifyAsync(server, "Security", later.ToString())).OutputArguments![0].AsString(), StringComparison.Ordinal);
        Assert.Equal(StatusCodes.BadInvalidArgument, (await security.VerifyAsync(server, "Security", "no anchor")).StatusCode.CodeBits);
        Assert.True((await security.VerifyAsync(server, "Disclosure")).OutputArguments![0].AsString() is null);
    }
}
