using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>Agreements over the wire: objects that their parties see, and methods that take signed acts.</summary>
public sealed class AgreementNodesTests
{
    [Fact]
    public async Task Two_parties_conclude_an_agreement_over_the_wire_and_it_acts_at_once()
    {
        await using var server = await AgreementServer.StartAsync();
        var (utility, retailer) = (await server.ConnectAsync("utility"), await server.ConnectAsync("retailer"));
        var power = server.Node("oak-1/meter/ActivePower", "urn:utility");
        Assert.Equal("BadNodeIdUnknown", await retailer.StatusAsync(power));

        var (proposed, reason) = await server.ProposeAsync(utility, "utility", "17", server.Terms);
        Assert.Equal(("Good", null), (proposed.StatusCode.ToString(), reason));
        Assert.Equal(server.Agreement("17"), proposed.OutputArguments![0].AsNodeId());
        var (accepted, _) = await server.ActAsync(retailer, "retailer", "17", AgreementAct.Accept);
        Assert.Equal((int)AgreementStatus.Active, accepted.OutputArguments![0].AsInt32());
        await server.InForceAsync();
        Assert.NotEqual("BadNodeIdUnknown", await retailer.StatusAsync(power));

        Assert.Equal((int)AgreementStatus.Revoked, (await server.ActAsync(utility, "utility", "17", AgreementAct.Revoke)).Result.OutputArguments![0].AsInt32());
        await server.InForceAsync();
        Assert.Equal("BadNodeIdUnknown", await retailer.StatusAsync(power));
    }

    [Fact]
    public async Task Each_party_sees_its_own_and_the_System_Manager_sees_all_and_changes_nothing()
    {
        await using var server = await AgreementServer.StartAsync();
        await server.ConcludeAsync("17", server.Terms);
        await server.ConcludeAsync("18", server.Terms with { Grantee = "stranger" });

        Assert.Equal([server.Agreement("17"), server.Agreement("18")], await Listed("utility"));
        Assert.Equal([server.Agreement("17")], await Listed("retailer"));
        Assert.Equal([server.Agreement("18")], await Listed("stranger"));
        Assert.Empty(await Listed("anna"));
        var stranger = await server.ConnectAsync("stranger");
        Assert.Equal("BadNodeIdUnknown", await stranger.StatusAsync(server.Node("17/Purpose", "http://opcportal.org/UA/Agreements/")));
        Assert.Equal("BadNodeIdUnknown", (await stranger.ReadAsync(server.Agreement("17"), AttributeIds.BrowseName)).StatusCode.ToString());
        Assert.Equal("BadNodeIdUnknown", (await server.ActAsync(stranger, "stranger", "17", AgreementAct.Revoke)).Result.StatusCode.ToString());

        var manager = await server.ConnectUserAsync("manager");
        Assert.Equal([server.Agreement("17"), server.Agreement("18")], Agreements(server, await manager.BrowseAsync(server.Registry)));
        Assert.Equal("billing", (await manager.ReadAsync(server.Node("17/Purpose", "http://opcportal.org/UA/Agreements/"))).Value.AsString());
        Assert.Equal("BadUserAccessDenied", (await server.ActAsync(manager, "utility", "17", AgreementAct.Revoke)).Result.StatusCode.ToString());

        async Task<NodeId[]> Listed(string party) => Agreements(server, await (await server.ConnectAsync(party)).BrowseAsync(server.Registry));
    }

    [Fact]
    public async Task Its_properties_say_what_was_agreed_and_by_whom_it_was_signed()
    {
        await using var server = await AgreementServer.StartAsync();
        var terms = server.Terms with { GranteeApplication = "retailer-app", MayDelegate = true, Conditions = new AccessConditions { MinimumQuality = QualityLevel.Valid, Floor = new AggregationFloor(15, 0.15) } };
        await server.ConcludeAsync("17", terms);
        var retailer = await server.ConnectAsync("retailer");

        Assert.Equal("utility", (await Value("Grantor")).AsString());
        Assert.Equal("retailer-app", (await Value("GranteeApplication")).AsString());
        Assert.True((await Value("GranteeIndividual")).IsNull || (await Value("GranteeIndividual")).AsString() is null);
        Assert.Equal((byte)terms.Operations, (await Value("Operations")).AsByte());
        Assert.Equal(terms.Period.Until, (await Value("ValidUntil")).AsDateTime());
        Assert.True((await Value("MayDelegate")).AsBoolean());
        Assert.Equal((int)AgreementStatus.Active, (await Value("Status")).AsInt32());
        Assert.Equal(2, (await Value("Acts")).AsArray<ExtensionObject?>()!.Length);
        // Whoever has the document proves the whole agreement elsewhere.
        Assert.Null(AgreementSignature.FlawOf(AgreementDocument.ReadAgreement((await Value("Document")).AsString()!)));
        var children = (await retailer.BrowseAsync(server.Agreement("17")))!;
        Assert.Contains(server.Id(7020), children);
        // The last is the folder of sums: it has a floor.
        Assert.Equal(19 + 6 + 1, children.Length);

        async Task<Variant> Value(string name) => (await retailer.ReadAsync(server.Node($"17/{name}", "http://opcportal.org/UA/Agreements/"))).Value;
    }

    // Part 6 5.2.6: a structure is its fields in the order of the definition; read back by that order alone.
    [Fact]
    public async Task Structures_are_encoded_as_NodeSet_xml_defines_them()
    {
        await using var server = await AgreementServer.StartAsync();
        var windows = new[] { new WeeklyWindow(0b10, TimeSpan.FromHours(8), TimeSpan.FromHours(18)) };
        await server.ConcludeAsync("17", server.Terms with { Conditions = new AccessConditions { MinimumQuality = QualityLevel.Valid, HistoryDepth = TimeSpan.FromDays(1), Windows = windows, Floor = new AggregationFloor(15, 0.25) } });
        var retailer = await server.ConnectAsync("retailer");

        var conditions = (await Body("Conditions")).Span.ToArray();
        var decoder = new BinaryDecoder(conditions, CodecContext.Default);
        Assert.Equal((3, 86_400_000.0, 1), (decoder.ReadInt32(), decoder.ReadDouble(), decoder.ReadInt32()));
        Assert.Equal((2, 28_800_000.0, 64_800_000.0), (decoder.ReadByte(), decoder.ReadDouble(), decoder.ReadDouble()));
        Assert.Equal((15u, 0.25, 0), (decoder.ReadUInt32(), decoder.ReadDouble(), decoder.Remaining));

        var scope = new BinaryDecoder((await Body("Scope")).Span.ToArray(), CodecContext.Default);
        Assert.Equal((0, 0, 1, "oak-1", 0, 1, "Energy", 0, 0), (scope.ReadInt32(), scope.ReadInt32(), scope.ReadInt32(), scope.ReadString(), scope.ReadInt32(), scope.ReadInt32(), scope.ReadString(), scope.ReadInt32(), scope.ReadInt32()));
        Assert.Equal(["Customers", "CustomerClasses", "Portals", "DeviceTypes", "DataClasses", "FunctionGroups", "Points"], Fields("AgreementScopeDataType"));
        Assert.Equal(["MinimumQuality", "HistoryDepth", "Windows", "MinCustomers", "MaxShare"], Fields("AgreementConditionsDataType"));
        Assert.Equal(["Act", "Party", "Signer", "At", "Nonce", "Reason", "Certificate", "Signature"], Fields("AgreementActDataType"));
        Assert.Equal(["Entity", "Gained", "Lost", "Widened", "Narrowed"], Fields("AccessDifferenceDataType"));

        async Task<ByteString> Body(string name) => (await retailer.ReadAsync(server.Node($"17/{name}", "http://opcportal.org/UA/Agreements/"))).Value.AsExtensionObject()!.BinaryBody();

        IEnumerable<string?> Fields(string type) => ((StructureDefinition)server.Portal.Ua.Model.NodeSets.SelectMany(set => set.Nodes).Single(node => node.BrowseName.Name == type).DataTypeDefinition!).Fields!.Select(field => field.Name);
    }

    [Fact]
    public async Task Agreements_want_encryption()
    {
        await using var server = await AgreementServer.StartAsync();
        await server.ConcludeAsync("17", server.Terms);
        var signed = await server.ConnectAsync("retailer", MessageSecurityMode.Sign);
        Assert.Equal("BadSecurityModeInsufficient", await signed.StatusAsync(server.Node("17/Purpose", "http://opcportal.org/UA/Agreements/")));
        Assert.Equal("BadSecurityModeInsufficient", (await server.ActAsync(signed, "retailer", "17", AgreementAct.Suspend)).Result.StatusCode.ToString());
        Assert.Equal("BadSecurityModeInsufficient", (await server.ProposeAsync(signed, "retailer", "18", server.Terms with { Purpose = "settlement" })).Result.StatusCode.ToString());
        Assert.Equal("Good", (await server.ActAsync(await server.ConnectAsync("retailer"), "retailer", "17", AgreementAct.Suspend)).Result.StatusCode.ToString());
    }

    [Fact]
    public async Task A_refusal_has_a_status_and_says_why()
    {
        await using var server = await AgreementServer.StartAsync();
        var (utility, retailer) = (await server.ConnectAsync("utility"), await server.ConnectAsync("retailer"));
        await server.ProposeAsync(utility, "utility", "17", server.Terms);

        await Refused("BadInvalidArgument", "JSON", AgreementServer.CallAsync(utility, server.Registry, server.Id(7030), "{", "{}"));
        await Refused("BadUserAccessDenied", "cannot hand over an act of", server.ActAsync(retailer, "utility", "17", AgreementAct.Accept));
        await Refused("BadInvalidState", "the other party accepts", server.ActAsync(utility, "utility", "17", AgreementAct.Accept));
        await Refused("BadRequestNotAllowed", "exceeds what utility owns", server.ProposeAsync(utility, "utility", "18", server.Terms with { Scope = new AccessScope { Portals = ["elm-2"] } }));
        await Refused("BadRequestNotAllowed", "Diagnostics", server.ProposeAsync(utility, "utility", "18", server.Terms with { Scope = new AccessScope { Customers = ["anna"], DataClasses = ["Diagnostics"] } }));
        await Refused("BadEntryExists", "says the same", server.ProposeAsync(utility, "utility", "18", server.Terms));
        var forged = AgreementServer.Party("retailer").Sign("17", server.Find("17"), AgreementAct.Accept, server.Now) with { Reason = "altered" };
        await Refused("BadSecurityChecksFailed", "signature", AgreementServer.CallAsync(retailer, server.Agreement("17"), server.Id(7020), AgreementDocument.Write(forged)));
        var old = AgreementServer.Party("retailer").Sign("17", server.Find("17"), AgreementAct.Accept, server.Now.AddHours(-1));
        await Refused("BadInvalidTimestamp", "apart", AgreementServer.CallAsync(retailer, server.Agreement("17"), server.Id(7020), AgreementDocument.Write(old)));
        // The method says what is done; an act of another kind is not it.
        var revoke = AgreementServer.Party("retailer").Sign("17", server.Find("17"), AgreementAct.Revoke, server.Now);
        await Refused("BadInvalidArgument", "the method is Accept", AgreementServer.CallAsync(retailer, server.Agreement("17"), server.Id(7020), AgreementDocument.Write(revoke)));
        Assert.Equal("Good", (await server.ActAsync(retailer, "retailer", "17", AgreementAct.Accept)).Result.StatusCode.ToString());

        static async Task Refused(string status, string reason, Task<(CallMethodResult Result, string? Reason)> call)
        {
            var (result, why) = await call;
            Assert.Equal(status, result.StatusCode.ToString());
            Assert.Contains(reason, why, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_renewal_is_put_forward_by_one_and_accepted_by_the_other()
    {
        await using var server = await AgreementServer.StartAsync();
        await server.ConcludeAsync("17", server.Terms);
        var (utility, retailer) = (await server.ConnectAsync("utility"), await server.ConnectAsync("retailer"));
        var longer = server.Terms with { Period = new ActivePeriod(server.Now.AddDays(-1), server.Now.AddDays(400)) };

        Assert.Equal("BadInvalidArgument", (await RenewAsync("18")).StatusCode.ToString());
        Assert.Equal("Good", (await RenewAsync("17")).StatusCode.ToString());
        Assert.Equal("Good", (await server.ActAsync(utility, "utility", "17", AgreementAct.Accept)).Result.StatusCode.ToString());
        Assert.Equal(longer.Period.Until, (await retailer.ReadAsync(server.Node("17/ValidUntil", "http://opcportal.org/UA/Agreements/"))).Value.AsDateTime());

        async Task<CallMethodResult> RenewAsync(string id) => (await AgreementServer.CallAsync(
            retailer, server.Agreement("17"), server.Id(7025), new AgreementDocument { Id = id, Terms = longer }.Write(),
            AgreementDocument.Write(AgreementServer.Party("retailer").Sign("17", server.Find("17"), AgreementAct.Renew, server.Now, longer)))).Result;
    }

    [Fact]
    public async Task The_parties_receive_the_events_of_an_agreement_and_nobody_else_does()
    {
        await using var server = await AgreementServer.StartAsync();
        var (retailer, stranger) = (await server.ConnectAsync("retailer"), await server.ConnectAsync("stranger"));
        var filter = Events(server, "Agreement", "Status", "Party");
        foreach (var (client, notifier) in new[] { (retailer, server.Registry), (stranger, server.Registry) })
        {
            var status = await client.MonitorAsync(await client.SubscribeAsync(), notifier, attribute: AttributeIds.EventNotifier, filter: filter);
            Assert.Equal("Good", status.ToString());
        }

        await server.ConcludeAsync("17", server.Terms);
        await server.ConcludeAsync("18", server.Terms with { Grantee = "stranger" });

        Assert.Equal(["17 0 utility", "17 1 retailer"], await Told(retailer));
        Assert.Equal(["18 0 utility", "18 1 stranger"], await Told(stranger));

        async Task<IEnumerable<string>> Told(WireClient client) => (await NextAsync(server, client)).Select(fields => $"{fields[0].AsString()} {fields[1].AsInt32()} {fields[2].AsString()}");
    }

    // What was told once can be read again, by who may be told it now.
    [Fact]
    public async Task The_parties_read_the_past_events_of_an_agreement_and_nobody_else_does()
    {
        await using var database = await Databases.CreateAsync(DatabaseKind.Sqlite, null!);
        await using var archive = await EventArchive.OpenAsync(database.Database, new EventArchiveOptions(), TimeProvider.System, NullLogger<EventArchive>.Instance, TestContext.Current.CancellationToken);
        await using var server = await AgreementServer.StartAsync(events: archive);
        var (retailer, stranger) = (await server.ConnectAsync("retailer"), await server.ConnectAsync("stranger"));
        await server.ConcludeAsync("17", server.Terms);
        await server.ConcludeAsync("18", server.Terms with { Grantee = "stranger" });
        await archive.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["17 0 utility", "17 1 retailer"], await PastAsync(retailer, ObjectIds.Server));
        Assert.Equal(["18 0 utility", "18 1 stranger"], await PastAsync(stranger, ObjectIds.Server));
        Assert.Equal(["17 0 utility", "17 1 retailer"], await PastAsync(retailer, server.Agreement("17")));
        Assert.Equal(["BadNodeIdUnknown"], await PastAsync(stranger, server.Agreement("17")));

        async Task<string[]> PastAsync(WireClient client, NodeId notifier)
        {
            var details = new ReadEventDetails { StartTime = server.Now.AddDays(-1), EndTime = server.Now.AddDays(1), Filter = Events(server, "Agreement", "Status", "Party") };
            var request = new HistoryReadRequest { HistoryReadDetails = new ExtensionObject(details), TimestampsToReturn = TimestampsToReturn.Source, NodesToRead = [new HistoryReadValueId { NodeId = notifier }] };
            var result = (await client.CallAsync<HistoryReadResponse>(request)).Results![0];
            if (result.StatusCode.IsBad) return [result.StatusCode.ToString()];
            return [.. ((HistoryEvent)result.HistoryData!.Structure!).Events!.Select(e => $"{e.EventFields![0].AsString()} {e.EventFields[1].AsInt32()} {e.EventFields[2].AsString()}")];
        }
    }

    [Fact]
    public async Task The_parties_are_told_that_an_agreement_will_end_and_that_it_has()
    {
        await using var server = await AgreementServer.StartAsync(agreements: new AgreementOptions { ExpiryNotices = [TimeSpan.FromSeconds(20)] });
        await server.ConcludeAsync("17", server.Terms with { Period = new ActivePeriod(server.Now.AddDays(-1), server.Now.AddSeconds(30)) });
        var retailer = await server.ConnectAsync("retailer");
        var power = server.Node("oak-1/meter/ActivePower", "urn:utility");
        Assert.NotEqual("BadNodeIdUnknown", await retailer.StatusAsync(power));
        await retailer.MonitorAsync(await retailer.SubscribeAsync(), server.Agreement("17"), attribute: AttributeIds.EventNotifier, filter: Events(server, "Status", "ValidUntil"));

        server.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([(int)AgreementStatus.Active], (await NextAsync(server, retailer)).Select(fields => fields[0].AsInt32()));
        server.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal([(int)AgreementStatus.Expired], (await NextAsync(server, retailer)).Select(fields => fields[0].AsInt32()));
        await server.InForceAsync();
        Assert.Equal("BadNodeIdUnknown", await retailer.StatusAsync(power));
    }

    [Fact]
    public async Task Ten_thousand_agreements_are_paged_and_none_is_held_as_a_node()
    {
        await using var server = await AgreementServer.StartAsync();
        var agreements = Enumerable.Range(0, 10_000).Select(i => (object)new Agreement { Id = $"a{i}", Terms = server.Terms with { Purpose = $"p{i}" }, Status = AgreementStatus.Active, Acts = [], ChangedAt = server.Now });
        await server.ApplyAsync([.. agreements]);
        var retailer = await server.ConnectAsync("retailer");
        var seen = new HashSet<NodeId>();
        var result = (await retailer.CallAsync<BrowseResponse>(new BrowseRequest
        {
            RequestedMaxReferencesPerNode = 1_000,
            NodesToBrowse = [new BrowseDescription { NodeId = server.Registry, BrowseDirection = BrowseDirection.Forward, ReferenceTypeId = ReferenceTypeIds.Organizes, IncludeSubtypes = true, ResultMask = 63 }],
        })).Results![0];
        while (true)
        {
            Assert.True(result.References!.Length <= 1_000);
            Assert.All(result.References, reference => Assert.True(seen.Add(reference.NodeId.NodeId)));
            if (result.ContinuationPoint.IsNull) break;
            result = (await retailer.CallAsync<BrowseNextResponse>(new BrowseNextRequest { ContinuationPoints = [result.ContinuationPoint] })).Results![0];
        }

        Assert.Equal(10_000, seen.Count);
    }

    private static NodeId[] Agreements(AgreementServer server, NodeId[]? children) => [.. children!.Where(child => child.NamespaceIndex == server.Agreement("x").NamespaceIndex)];

    private static EventFilter Events(AgreementServer server, params string[] fields) => new()
    {
        SelectClauses = [.. fields.Select(name => new SimpleAttributeOperand { TypeDefinitionId = server.Id(1022), BrowsePath = [new QualifiedName(name, server.Id(1022).NamespaceIndex)], AttributeId = AttributeIds.Value })],
        WhereClause = new ContentFilter { Elements = [new ContentFilterElement { FilterOperator = FilterOperator.OfType, FilterOperands = [new ExtensionObject(new LiteralOperand { Value = server.Id(1022) })] }] },
    };

    /// <summary>The fields of the next events that a client is told of, the clock moved by what publishing takes.</summary>
    // A keep-alive, which tells of nothing, may come before: Part 4 5.14.1.1.
    private static async Task<Variant[][]> NextAsync(AgreementServer server, WireClient client)
    {
        while (true)
            if (await NextMessageAsync(server, client) is { Length: > 0 } events) return events;
    }

    private static async Task<Variant[][]> NextMessageAsync(AgreementServer server, WireClient client)
    {
        await client.PostAsync(new PublishRequest());
        var receive = client.ReceiveAsync();
        for (var steps = 0; !receive.IsCompleted; steps++)
        {
            // Looks and publishing come each second: time that goes on would bring the next event along, on a machine that is busy.
            if (steps < 50) server.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(receive, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        return Assert.IsType<PublishResponse>(await receive).NotificationMessage.Events();
    }
}
