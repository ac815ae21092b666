using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>What becomes a row, of which class, and how its fields are written.</summary>
public sealed class AuditRecorderTests : IAsyncLifetime
{
    private static readonly ServerModel Model = new("urn:test:recorder", ModelLoader.Read(ModelLoader.PortalFile));
    private static readonly DateTime Noon = new(2026, 11, 25, 12, 0, 0, DateTimeKind.Utc);

    private readonly MemoryEvidenceStore _store = new();
    private AuditLog? _log;

    public async ValueTask InitializeAsync() => _log = await AuditLog.OpenAsync(_store, new AuditLogOptions(), TimeProvider.System, NullLogger<AuditLog>.Instance, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _log!.DisposeAsync();

    private static UaEvent Event(NodeId type, params (string Name, Variant Value)[] fields)
    {
        var occurrence = new UaEvent { EventType = type, SourceNode = ObjectIds.Server, SourceName = "Test", Time = Noon, Message = new LocalizedText("said"), Severity = 100, EventId = new ByteString([1]) };
        foreach (var (name, value) in fields) occurrence.With(name, value);
        return occurrence;
    }

    private async Task<IReadOnlyList<EvidenceRow>> RecordAsync(params UaEvent[] events)
    {
        var recorder = new AuditRecorder(_log!, Model, new NodeId(1022, Model.Namespaces.GetOrAdd(ModelLoader.PortalUri)));
        foreach (var occurrence in events) recorder.OnEvent(occurrence);
        await _log!.FlushAsync(TestContext.Current.CancellationToken);
        return _store.Rows;
    }

    // Part 5 6.4.3 and 6.4.4: AuditSecurityEventType and below tell of the way in, the other audit events of what was done.
    [Theory]
    [InlineData(ObjectTypeIds.AuditOpenSecureChannelEventType, EvidenceClass.Security)]
    [InlineData(ObjectTypeIds.AuditCertificateRevokedEventType, EvidenceClass.Security)]
    [InlineData(ObjectTypeIds.AuditCancelEventType, EvidenceClass.Security)]
    [InlineData(ObjectTypeIds.AuditWriteUpdateEventType, EvidenceClass.Change)]
    [InlineData(ObjectTypeIds.AuditUpdateMethodEventType, EvidenceClass.Change)]
    [InlineData(ObjectTypeIds.AuditHistoryValueUpdateEventType, EvidenceClass.Change)]
    [InlineData(ObjectTypeIds.RoleMappingRuleChangedAuditEventType, EvidenceClass.Change)]
    [InlineData(ObjectTypeIds.AuditEventType, EvidenceClass.Change)]
    public async Task Every_audit_event_is_a_row_of_its_class_under_the_name_of_its_type(uint type, EvidenceClass @class)
    {
        var row = Assert.Single(await RecordAsync(Event(type, ("Status", true))));
        Assert.Equal((@class, EvidenceKind.Done, Noon), (row.Class, row.Kind, row.Time));
        Assert.True(Model.AddressSpace.TryResolve(new NodeId(type), out var node));
        Assert.Equal(node.Source.BrowseNameOf(node).Name, row.Type);
    }

    [Fact]
    public async Task Other_events_are_no_evidence_but_those_of_agreements()
    {
        var agreement = new NodeId(1022, Model.Namespaces.GetOrAdd(ModelLoader.PortalUri));
        Assert.Equal("AgreementEventType", Assert.Single(await RecordAsync(Event(ObjectTypeIds.BaseEventType), Event(ObjectTypeIds.GeneralModelChangeEventType), Event(agreement))).Type);
    }

    [Fact]
    public async Task A_refusal_is_one_and_the_way_in_of_who_is_known_is_remembered()
    {
        var subject = new AccessSubject("utility", EntityKind.DistributionCompany, "scada", "ann");
        var failed = Event(ObjectTypeIds.AuditActivateSessionEventType, ("Status", false));
        Assert.Equal(EvidenceKind.Refused, Assert.Single(await RecordAsync(failed)).Kind);
        Assert.Empty(await _store.SeenAsync(TestContext.Current.CancellationToken));
        var recorder = new AuditRecorder(_log!, Model);
        recorder.OnEvent(new UaEvent { EventType = ObjectTypeIds.AuditActivateSessionEventType, SourceNode = ObjectIds.Server, SourceName = "", Time = Noon, Message = default, Severity = 1, Subject = subject }.With("Status", true));
        await _log!.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["application:scada", "individual:ann"], (await _store.SeenAsync(TestContext.Current.CancellationToken)).Keys.Order());
    }

    private static readonly Gen<Variant> Value = Gen.OneOf<Variant>(
        Gen.Int.Select(v => new Variant(v)), Gen.UInt.Select(v => new Variant(v)), Gen.Double.Select(v => new Variant(v)), Gen.Bool.Select(v => new Variant(v)),
        Gen.String.Where(IsText).Select(v => new Variant(v)), Gen.Byte.Array[0, 8].Select(v => new Variant(new ByteString(v))), Gen.Int.Array[0, 4].Select(v => new Variant(v)),
        Gen.Int[0, 3].Select(v => new Variant(new NodeId($"a{v}", (ushort)v))), Gen.String.Where(IsText).Array[0, 3].Select(v => new Variant(v)));

    private static bool IsText(string text) => !text.Any(char.IsSurrogate);

    [Fact]
    public void Different_fields_are_written_differently_and_the_same_alike()
    {
        var body = new EventBody(Model.Namespaces);
        Gen.Select(Value, Value, Gen.OneOf("A", "B"), Gen.OneOf("A", "B")).Sample((first, second, one, other) =>
        {
            var a = body.Write(Event(ObjectTypeIds.AuditEventType, (one, first)));
            var b = body.Write(Event(ObjectTypeIds.AuditEventType, (other, second)));
            return a == b == (one == other && first.Equals(second));
        });
    }

    [Fact]
    public void Members_stand_in_ordinal_order_each_once_without_white_space()
    {
        var text = new EventBody(Model.Namespaces).Write(Event(ObjectTypeIds.AuditEventType, ("b", 1), ("B", 2), ("a\"", "x y")));
        var names = JsonDocument.Parse(text).RootElement.EnumerateObject().Select(member => member.Name).ToArray();
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal(names.Distinct(), names);
        Assert.DoesNotContain(": ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_too_long_is_named_by_its_hash_and_two_long_ones_are_told_apart()
    {
        var body = new EventBody(Model.Namespaces);
        var long1 = body.Write(Event(ObjectTypeIds.AuditEventType, ("NewValue", new Variant(new ByteString(new byte[100_000])))));
        var long2 = body.Write(Event(ObjectTypeIds.AuditEventType, ("NewValue", new Variant(new ByteString([.. new byte[99_999], 1])))));
        Assert.InRange(long1.Length, 100, 2000);
        Assert.NotEqual(long1, long2);
        Assert.True(JsonDocument.Parse(long1).RootElement.GetProperty("NewValue").GetProperty("Bytes").GetInt32() > 100_000);
        // The neighbour that fits is written whole.
        var fits = body.Write(Event(ObjectTypeIds.AuditEventType, ("NewValue", new Variant(new ByteString(new byte[1000])))));
        Assert.Equal(1000, JsonDocument.Parse(fits).RootElement.GetProperty("NewValue").GetProperty("Value").GetBytesFromBase64().Length);
    }

    [Fact]
    public void A_text_that_is_no_unicode_and_a_structure_without_a_JSON_form_do_not_lose_the_event()
    {
        var text = new EventBody(Model.Namespaces).Write(Event(ObjectTypeIds.AuditEventType, ("Bad", "\uD800"), ("Status", true)));
        Assert.True(JsonDocument.Parse(text).RootElement.GetProperty("Bad").TryGetProperty("Unencodable", out _));
        Assert.True(JsonDocument.Parse(text).RootElement.GetProperty("Status").GetProperty("Value").GetBoolean());
    }

    [Fact]
    public void More_fields_than_a_body_holds_are_told()
    {
        var text = new EventBody(Model.Namespaces).Write(Event(ObjectTypeIds.AuditEventType, [.. Enumerable.Range(0, 100).Select(i => ($"Field{i:000}", (Variant)i))]));
        Assert.True(JsonDocument.Parse(text).RootElement.GetProperty("~FieldsOmitted").GetInt32() > 50);
    }
}
