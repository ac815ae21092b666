using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>Explain, CheckPermissions and DryRun over the wire. portal-model.md: every decision can be explained, asked as of a past date, and tried out dry.</summary>
public sealed class PolicyQuestionsTests
{
    private const byte Read = (byte)Operations.Read;
    private static readonly DateTime AtPresent = DateTime.MinValue;

    [Fact]
    public async Task A_decision_is_explained_by_what_made_it()
    {
        await using var server = await AgreementServer.StartAsync();
        await server.ConcludeAsync("17", server.Terms);
        var retailer = await server.ConnectAsync("retailer");
        var power = server.Node("oak-1/meter/ActivePower", "urn:utility");

        var (result, _) = await ExplainAsync(server, retailer, null, power, Read, AtPresent);
        Assert.True(result.OutputArguments![0].AsBoolean());
        Assert.StartsWith("allowed by agreement 17 until", result.OutputArguments[1].AsString(), StringComparison.Ordinal);
        Assert.Equal(server.Find("17")!.Terms.Period.Until, result.OutputArguments[2].AsDateTime());
        var (refused, _) = await ExplainAsync(server, retailer, "", power, (byte)Operations.Write, AtPresent);
        Assert.False(refused.OutputArguments![0].AsBoolean());
        Assert.Contains("17: is not about Write", refused.OutputArguments[1].AsString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_may_not_be_browsed_is_not_explained_either()
    {
        await using var server = await AgreementServer.StartAsync();
        await server.ConcludeAsync("17", server.Terms);
        var retailer = await server.ConnectAsync("retailer");
        var (voltage, nothing) = (server.Node("oak-1/meter/VoltageL1", "urn:utility"), server.Node("oak-1/meter/Nothing", "urn:utility"));
        var hidden = await ExplainAsync(server, retailer, null, voltage, Read, AtPresent);
        var missing = await ExplainAsync(server, retailer, null, nothing, Read, AtPresent);
        Assert.Equal("BadNodeIdUnknown", hidden.Result.StatusCode.ToString());
        Assert.Equal((missing.Result.StatusCode, missing.Reason), (hidden.Result.StatusCode, hidden.Reason));
    }

    [Fact]
    public async Task About_others_the_owner_and_the_System_Manager_may_ask_and_nobody_else()
    {
        await using var server = await AgreementServer.StartAsync();
        await server.ConcludeAsync("17", server.Terms);
        await server.ConcludeAsync("18", server.Terms with { Grantee = "stranger" });
        var power = server.Node("oak-1/meter/ActivePower", "urn:utility");
        Assert.True((await ExplainAsync(server, await server.ConnectAsync("utility"), "retailer", power, Read, AtPresent)).Result.OutputArguments![0].AsBoolean());
        Assert.True((await ExplainAsync(server, await server.ConnectUserAsync("manager"), "retailer", power, Read, AtPresent)).Result.OutputArguments![0].AsBoolean());
        Assert.Equal("BadUserAccessDenied", (await ExplainAsync(server, await server.ConnectAsync("stranger"), "retailer", power, Read, AtPresent)).Result.StatusCode.ToString());
        // Anna lives there and may see the meter: that does not make it hers.
        Assert.Equal("BadUserAccessDenied", (await ExplainAsync(server, await server.ConnectAsync("anna"), "retailer", power, Read, AtPresent)).Result.StatusCode.ToString());
    }

    [Fact]
    public async Task An_owner_learns_nothing_of_what_others_agreed_with_each_other()
    {
        await using var server = await AgreementServer.StartAsync();
        await server.ConcludeAsync("17", server.Terms);
        await server.ConcludeAsync("secret", server.Terms with { Grantor = "anna", Scope = new AccessScope { Customers = ["anna"] } });
        var power = server.Node("oak-1/meter/ActivePower", "urn:utility");
        Assert.DoesNotContain("secret", await Text(await server.ConnectAsync("utility"), "retailer"), StringComparison.Ordinal);
        Assert.Contains("secret", await Text(await server.ConnectAsync("retailer"), null), StringComparison.Ordinal);

        async Task<string> Text(WireClient client, string? entity) => (await ExplainAsync(server, client, entity, power, (byte)Operations.Write, AtPresent)).Result.OutputArguments![1].AsString()!;
    }

    [Fact]
    public async Task A_past_date_is_explained_by_what_held_then()
    {
        await using var server = await AgreementServer.StartAsync();
        var power = server.Node("oak-1/meter/ActivePower", "urn:utility");
        var before = server.Now;
        server.Time.Advance(TimeSpan.FromSeconds(10));
        await server.ConcludeAsync("17", server.Terms);
        var during = server.Now;
        server.Time.Advance(TimeSpan.FromSeconds(10));
        var utility = await server.ConnectAsync("utility");
        await server.ActAsync(utility, "utility", "17", AgreementAct.Revoke);
        await server.InForceAsync();

        Assert.Equal((false, true, false), (await Allowed(before), await Allowed(during), await Allowed(AtPresent)));

        async Task<bool> Allowed(DateTime asOf) => (await ExplainAsync(server, utility, "retailer", power, Read, asOf)).Result.OutputArguments![0].AsBoolean();
    }

    [Fact]
    public async Task A_past_date_is_explained_by_who_owned_it_then()
    {
        await using var server = await AgreementServer.StartAsync();
        var sold = server.Now;
        server.Time.Advance(TimeSpan.FromSeconds(10));
        await server.ApplyAsync(new Stewardship { Id = "sold", Portal = "oak-1", Device = "meter", Owner = "retailer", Period = ActivePeriod.Since(sold.AddSeconds(5)) });
        var (retailer, manager) = (await server.ConnectAsync("retailer"), await server.ConnectUserAsync("manager"));
        var power = server.Node("oak-1/meter/ActivePower", "urn:retailer");
        Assert.Equal((false, true), (await Allowed(manager, "utility", AtPresent), await Allowed(manager, "utility", sold)));
        Assert.Equal((true, false), (await Allowed(retailer, null, AtPresent), await Allowed(retailer, null, sold)));
        // What others might before it owned the meter is not its affair.
        Assert.False(await Allowed(retailer, "utility", AtPresent));
        Assert.Equal("BadUserAccessDenied", (await ExplainAsync(server, retailer, "utility", power, Read, sold)).Result.StatusCode.ToString());

        async Task<bool> Allowed(WireClient client, string? entity, DateTime asOf) => (await ExplainAsync(server, client, entity, power, Read, asOf)).Result.OutputArguments![0].AsBoolean();
    }

    [Fact]
    public async Task What_belongs_to_no_data_class_is_explained_by_what_surrounds_it()
    {
        await using var server = await AgreementServer.StartAsync();
        var utility = await server.ConnectAsync("utility");
        var (result, _) = await ExplainAsync(server, utility, null, server.Node("oak-1/meter", "urn:utility"), (byte)Operations.Browse, AtPresent);
        Assert.True(result.OutputArguments![0].AsBoolean());
        Assert.Equal("BadNotSupported", (await ExplainAsync(server, utility, "retailer", server.Node("oak-1/meter", "urn:utility"), (byte)Operations.Browse, AtPresent)).Result.StatusCode.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task One_operation_is_asked_about_at_a_time(byte operation)
    {
        await using var server = await AgreementServer.StartAsync();
        var utility = await server.ConnectAsync("utility");
        Assert.Equal("BadInvalidArgument", (await ExplainAsync(server, utility, null, server.Node("oak-1/meter/ActivePower", "urn:utility"), operation, AtPresent)).Result.StatusCode.ToString());
        Assert.Equal("BadInvalidArgument", (await CheckAsync(server, utility, [server.Node("oak-1/meter/ActivePower", "urn:utility")], operation)).StatusCode.ToString());
    }

    [Fact]
    public async Task Permissions_are_checked_beforehand_as_the_services_would()
    {
        await using var server = await AgreementServer.StartAsync();
        await server.ConcludeAsync("17", server.Terms with { Operations = Operations.Browse | Operations.Read });
        var retailer = await server.ConnectAsync("retailer");
        NodeId[] nodes = [server.Node("oak-1/meter/ActivePower", "urn:utility"), server.Node("oak-1/meter/VoltageL1", "urn:utility"), server.Node("oak-1/meter/Nothing", "urn:utility")];
        Assert.Equal(["Good", "BadNodeIdUnknown", "BadNodeIdUnknown"], await Checked(Read));
        Assert.Equal(["BadUserAccessDenied", "BadNodeIdUnknown", "BadNodeIdUnknown"], await Checked((byte)Operations.Write));
        // Read does not carry Subscribe.
        Assert.Equal(["BadUserAccessDenied", "BadNodeIdUnknown", "BadNodeIdUnknown"], await Checked((byte)Operations.Subscribe));
        Assert.Equal("BadTooManyOperations", (await CheckAsync(server, retailer, [.. Enumerable.Repeat(nodes[0], 1_001)], Read)).StatusCode.ToString());

        async Task<IEnumerable<string>> Checked(byte operation) => (await CheckAsync(server, retailer, nodes, operation)).OutputArguments![0].AsArray<StatusCode>()!.Select(status => status.ToString());
    }

    [Fact]
    public async Task A_dry_run_says_who_would_gain_and_lose_what()
    {
        var record = new Record();
        await using var server = await AgreementServer.StartAsync(record);
        await server.ConcludeAsync("17", server.Terms with { Purpose = "settlement" });
        record.Accesses = [Access("oak-1/meter/VoltageL1", 3), Access("oak-1/meter/ActivePower", 5)];
        var wider = new AgreementDocument { Id = "18", Terms = server.Terms with { Scope = new AccessScope { DataClasses = ["PowerQuality"] } } }.Write();
        const string moratorium = """{ "rules": [{ "id": "moratorium", "layer": "mandate", "effect": "deny", "operations": ["read"], "citation": "PUC order 1", "subjects": { "kinds": ["retailer"] } }] }""";

        var gains = await DryRunAsync(server, await server.ConnectAsync("utility"), wider);
        Assert.Equal((8L, "retailer 3 0 0 0"), (gains.OutputArguments![0].AsInt64(), Assert.Single(Differences(gains))));
        Assert.Contains("Gained: retailer Read oak-1/meter/VoltageL1 (3)", gains.OutputArguments[2].AsString(), StringComparison.Ordinal);
        var loses = await DryRunAsync(server, await server.ConnectUserAsync("manager"), moratorium);
        Assert.Equal("retailer 0 5 0 0", Assert.Single(Differences(loses)));
        Assert.Contains("PUC order 1", loses.OutputArguments![2].AsString(), StringComparison.Ordinal);
        // Rules are the System Manager's, and an agreement that of its parties.
        Assert.Equal("BadUserAccessDenied", (await DryRunAsync(server, await server.ConnectAsync("utility"), moratorium)).StatusCode.ToString());
        Assert.Equal("BadUserAccessDenied", (await DryRunAsync(server, await server.ConnectAsync("stranger"), wider)).StatusCode.ToString());
        Assert.Equal("BadInvalidArgument", (await DryRunAsync(server, await server.ConnectAsync("utility"), "{ \"rules\": 1 }")).StatusCode.ToString());
        // Nobody looks at what two others do by taking the place of their agreement, or by naming one of them.
        var inItsPlace = new AgreementDocument { Id = "17", Terms = server.Terms with { Grantor = "stranger" } }.Write();
        Assert.Equal("BadUserAccessDenied", (await DryRunAsync(server, await server.ConnectAsync("stranger"), inItsPlace)).StatusCode.ToString());
        var nothing = await DryRunAsync(server, await server.ConnectAsync("stranger"), new AgreementDocument { Id = "19", Terms = server.Terms with { Grantor = "stranger" } }.Write());
        Assert.Equal(0L, nothing.OutputArguments![0].AsInt64());

        RecordedAccess Access(string node, long count)
        {
            Assert.True(server.Portal.Ua.Model.AddressSpace.TryResolve(server.Node(node, "urn:utility"), out var found));
            Assert.True(server.Portal.Governance!.TryDescribe(found, out var target));
            return new RecordedAccess(new AccessSubject("retailer", EntityKind.Retailer), Operations.Read, target, node, count);
        }
    }

    private static IEnumerable<string> Differences(CallMethodResult result)
    {
        foreach (var difference in result.OutputArguments![1].AsArray<ExtensionObject?>()!)
        {
            var decoder = new BinaryDecoder(difference!.BinaryBody().Span.ToArray(), CodecContext.Default);
            yield return $"{decoder.ReadString()} {decoder.ReadInt64()} {decoder.ReadInt64()} {decoder.ReadInt64()} {decoder.ReadInt64()}";
        }
    }

    private static Task<(CallMethodResult Result, string? Reason)> ExplainAsync(AgreementServer server, WireClient client, string? entity, NodeId node, byte operation, DateTime asOf) =>
        AgreementServer.CallAsync(client, server.Registry, server.Id(7031), entity, node, operation, asOf);

    private static async Task<CallMethodResult> CheckAsync(AgreementServer server, WireClient client, NodeId[] nodes, byte operation) =>
        (await AgreementServer.CallAsync(client, server.Registry, server.Id(7032), new Variant(nodes), operation)).Result;

    private static async Task<CallMethodResult> DryRunAsync(AgreementServer server, WireClient client, string document) =>
        (await AgreementServer.CallAsync(client, server.Registry, server.Id(7033), document)).Result;

    private sealed class Record : IRecordedAccesses
    {
        public IReadOnlyList<RecordedAccess> Accesses { get; set; } = [];

        public async IAsyncEnumerable<RecordedAccess> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
        {
            await Task.CompletedTask;
            foreach (var access in Accesses) yield return access;
        }
    }
}
