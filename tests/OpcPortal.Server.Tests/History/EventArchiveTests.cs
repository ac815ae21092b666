using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>What holds for the archive of events, whatever database it is in.</summary>
public abstract class EventArchiveTests(DatabaseKind kind, PostgreSqlServer server)
{
    private static readonly DateTime Noon = new(2026, 11, 25, 12, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Latest = DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc);
    private static readonly DateTime Earliest = DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(Noon));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<EventArchive> OpenAsync(PortalDatabase database, EventArchiveOptions? options = null) =>
        EventArchive.OpenAsync(database, options ?? new EventArchiveOptions(), _time, NullLogger<EventArchive>.Instance, Token);

    /// <summary>A server's model with namespaces of its own, in this order.</summary>
    private static (ServerModel Model, EventHub Hub) Server(params string[] namespaces)
    {
        var model = new ServerModel("urn:test:archive", []);
        foreach (var uri in namespaces) model.Namespaces.GetOrAdd(uri);
        return (model, new EventHub(model.AddressSpace, model.Types));
    }

    private static UaEvent Event(string message, DateTime? time = null, NodeId? source = null) => new()
    {
        EventType = ObjectTypeIds.BaseEventType,
        SourceNode = source ?? ObjectIds.Server,
        SourceName = "test",
        Time = time ?? Noon,
        Message = new LocalizedText(message, "en"),
        Severity = 42,
    };

    private static async Task<List<UaEvent>> ReadAsync(EventArchive archive, NodeId? notifier = null, DateTime? from = null, DateTime? to = null, int limit = 1000)
    {
        var events = new List<UaEvent>();
        var walk = new HistoryWalk(from ?? Earliest, to ?? Latest, limit);
        while (true)
        {
            var page = await archive.ReadAsync(notifier ?? ObjectIds.Server, walk, Token);
            events.AddRange(page.Items);
            if (page.Next is not { } next) return events;
            walk = walk.Resume(next);
        }
    }

    private static IEnumerable<string> Texts(IEnumerable<UaEvent> events) => events.Select(e => e.Message.Text!);

    [Fact]
    public async Task An_event_comes_back_with_all_its_fields_also_after_a_restart()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var (model, hub) = Server("urn:owner:a");
        var owner = model.Namespaces.GetOrAdd("urn:owner:a");
        var reported = new UaEvent
        {
            EventType = ObjectTypeIds.AuditWriteUpdateEventType,
            SourceNode = new NodeId("portal/meter", owner),
            SourceName = "Attribute/Write",
            Time = Noon,
            ReceiveTime = Noon.AddSeconds(1),
            Message = new LocalizedText("Straße", "de"),
            Severity = 700,
            ConditionId = new NodeId(5, owner),
            VisibleWith = new NodeId("portal", owner),
            Outcome = StatusCodes.BadUserAccessDenied,
        }
            .With("Status", false)
            .With("OldValue", new Variant(new[] { 1.5, double.NaN }))
            .With("NewValue", Variant.From(new Argument { Name = "x", DataType = new NodeId(3, owner) }))
            .With($"{owner}:Place/{owner}:Room", new QualifiedName("r", owner))
            .With("Nothing", default);
        await using (var archive = await OpenAsync(test.Database))
        {
            archive.Bind(model, hub);
            hub.Report(reported);
            await archive.FlushAsync(Token);
            AssertSame(reported, Assert.Single(await ReadAsync(archive)));
        }

        await test.ReopenAsync();
        await using var again = await OpenAsync(test.Database);
        again.Bind(model, hub);
        AssertSame(reported, Assert.Single(await ReadAsync(again)));
    }

    private static void AssertSame(UaEvent expected, UaEvent actual)
    {
        Assert.Equal((expected.EventId, expected.EventType, expected.SourceNode, expected.SourceName, expected.Time, expected.ReceiveTime), (actual.EventId, actual.EventType, actual.SourceNode, actual.SourceName, actual.Time, actual.ReceiveTime));
        Assert.Equal((expected.Message, expected.Severity, expected.ConditionId, expected.VisibleWith, expected.Outcome), (actual.Message, actual.Severity, actual.ConditionId, actual.VisibleWith, actual.Outcome));
        Assert.Equal(expected.Fields, actual.Fields);
    }

    // Indexes change with the configuration; what is stored goes by URI.
    [Fact]
    public async Task Namespaces_that_have_other_indexes_after_a_restart_are_those_that_they_were()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var (model, hub) = Server("urn:owner:a", "urn:owner:b");
        var b = model.Namespaces.GetOrAdd("urn:owner:b");
        await using (var archive = await OpenAsync(test.Database))
        {
            archive.Bind(model, hub);
            hub.Report(Event("moved", source: new NodeId("meter", b)).With($"{b}:Device", new Variant(new[] { new NodeId("meter", b) })).With("Argument", Variant.From(new Argument { DataType = new NodeId(7, b) })));
            // One that comes later has namespaces of its own.
            var c = model.Namespaces.GetOrAdd("urn:owner:c");
            await archive.FlushAsync(Token);
            hub.Report(Event("late", source: new NodeId("meter", c)));
            await archive.FlushAsync(Token);
        }

        var (other, otherHub) = Server("urn:owner:c", "urn:other", "urn:owner:b");
        await using var again = await OpenAsync(test.Database);
        again.Bind(other, otherHub);
        var events = await ReadAsync(again);
        var now = other.Namespaces.GetOrAdd("urn:owner:b");
        Assert.NotEqual(b, now);
        Assert.Equal([new NodeId("meter", now), new NodeId("meter", other.Namespaces.GetOrAdd("urn:owner:c"))], events.Select(e => e.SourceNode));
        Assert.Equal(new NodeId("meter", now), events[0].Fields[$"{now}:Device"].AsArray<NodeId>()![0]);
        Assert.Equal(new NodeId(7, now), events[0].Fields["Argument"].AsStructure<Argument>()!.DataType);
    }

    [Fact]
    public async Task A_walk_gives_each_event_once_in_the_order_of_time_forward_and_backward()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        await using var archive = await OpenAsync(test.Database);
        var (model, hub) = Server();
        archive.Bind(model, hub);
        // Three of each second, and reported out of order.
        foreach (var i in (int[])[3, 4, 5, 0, 1, 2, 6, 7, 8]) hub.Report(Event($"e{i}", Noon.AddSeconds(i / 3)));
        await archive.FlushAsync(Token);
        var inOrder = Enumerable.Range(0, 9).Select(i => $"e{i}").ToArray();
        foreach (var limit in (int[])[1, 2, 3, 4, 100])
        {
            Assert.Equal(inOrder, Texts(await ReadAsync(archive, limit: limit)));
            Assert.Equal(inOrder.Reverse(), Texts(await ReadAsync(archive, from: Latest, to: Earliest, limit: limit)));
            // From is included, to is not.
            Assert.Equal(inOrder[3..6], Texts(await ReadAsync(archive, from: Noon.AddSeconds(1), to: Noon.AddSeconds(2), limit: limit)));
            Assert.Equal(inOrder[3..6].Reverse(), Texts(await ReadAsync(archive, from: Noon.AddSeconds(1), to: Noon, limit: limit)));
        }
    }

    // Part 3 7.17, 7.18: an event is its source's, and all its notifiers'.
    [Fact]
    public async Task A_notifier_that_keeps_history_gives_the_events_that_were_delivered_at_it()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        await using var archive = await OpenAsync(test.Database);
        var (model, hub) = Server();
        NodeId area = new("area", 1), meter = new("meter", 1), other = new("other", 1);
        model.Nodes.Add([Node(area, 5, ReferenceTypeIds.HasNotifier, ObjectIds.Server), Node(meter, 0, ReferenceTypeIds.HasEventSource, area), Node(other, 1, ReferenceTypeIds.HasEventSource, ObjectIds.Server)]);
        archive.Bind(model, hub);
        hub.Report(Event("of the meter", source: meter));
        hub.Report(Event("of the area", Noon.AddSeconds(1), area));
        hub.Report(Event("of another", Noon.AddSeconds(2), other));
        await archive.FlushAsync(Token);
        Assert.Equal(["of the meter", "of the area"], Texts(await ReadAsync(archive, area)));
        Assert.Equal(3, (await ReadAsync(archive)).Count);
        Assert.Empty(await ReadAsync(archive, other));
    }

    private static Ua.NodeSets.NodeRecord Node(NodeId id, byte notifies, uint reference, NodeId above) => new()
    {
        NodeId = id,
        NodeClass = NodeClass.Object,
        BrowseName = new QualifiedName(id.Text, 1),
        EventNotifier = notifies,
        References = [new Ua.NodeSets.NodeReference(reference, false, above)],
    };

    [Fact]
    public async Task What_finds_no_room_is_counted_and_told_in_its_place()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        var (model, hub) = Server();
        await using (var archive = await OpenAsync(test.Database, new EventArchiveOptions { MaxWaitingBytes = 100_000 }))
        {
            archive.Bind(model, hub);
            hub.Report(Event("too large").With("Text", new string('x', 100_000)));
            Assert.Equal(1, archive.LostCount);
            hub.Report(Event("small"));
            await archive.FlushAsync(Token);
            var events = await ReadAsync(archive);
            Assert.Equal(["small", "1 events were not kept: there was no room for them."], Texts(events));
            Assert.Equal(new NodeId(ObjectTypeIds.EventQueueOverflowEventType), events[1].EventType);
        }
    }

    [Fact]
    public async Task What_is_older_than_its_retention_goes()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        await using var archive = await OpenAsync(test.Database, new EventArchiveOptions { Retention = TimeSpan.FromDays(30) });
        var (model, hub) = Server();
        model.Nodes.Add([Node(new NodeId("area", 1), 5, ReferenceTypeIds.HasNotifier, ObjectIds.Server)]);
        archive.Bind(model, hub);
        hub.Report(Event("old", Noon, new NodeId("area", 1)));
        await archive.FlushAsync(Token);
        _time.Advance(TimeSpan.FromDays(31));
        hub.Report(Event("new", Noon.AddDays(31), new NodeId("area", 1)));
        await archive.FlushAsync(Token);
        // What was flushed is stored; what is too old goes right after, before the next is taken.
        await archive.FlushAsync(Token);
        Assert.Equal(["new"], Texts(await ReadAsync(archive)));
        Assert.Equal(["new"], Texts(await ReadAsync(archive, new NodeId("area", 1))));
    }

    [Fact]
    public async Task Who_recorded_before_goes_on_recording()
    {
        await using var test = await Databases.CreateAsync(kind, server);
        await using var archive = await OpenAsync(test.Database);
        var (model, hub) = Server();
        var recorder = new Heard();
        hub.Recorder = recorder;
        archive.Bind(model, hub);
        hub.Report(Event("both"));
        await archive.FlushAsync(Token);
        Assert.Equal(["both"], Texts(recorder.Events));
        Assert.Equal(["both"], Texts(await ReadAsync(archive)));
    }

    private sealed class Heard : IEventReceiver
    {
        public List<UaEvent> Events { get; } = [];
        public void OnEvent(UaEvent occurrence) => Events.Add(occurrence);
    }
}

public sealed class SqliteEventArchiveTests(PostgreSqlServer postgres) : EventArchiveTests(DatabaseKind.Sqlite, postgres)
{
    // A database that is away holds nobody up: what was reported meanwhile is stored when it is back.
    [Fact]
    public async Task A_database_that_is_away_gets_the_events_when_it_is_back()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
        await using var test = await Databases.CreateAsync(DatabaseKind.Sqlite, null!);
        var model = new ServerModel("urn:test:archive", []);
        var hub = new EventHub(model.AddressSpace, model.Types);
        await using var archive = await EventArchive.OpenAsync(test.Database, new EventArchiveOptions(), time, NullLogger<EventArchive>.Instance, TestContext.Current.CancellationToken);
        archive.Bind(model, hub);
        await using (var other = await test.Database.OpenAsync(TestContext.Current.CancellationToken)) await PortalDatabase.ExecuteAsync(other, null, "ALTER TABLE events RENAME TO gone", TestContext.Current.CancellationToken);
        hub.Report(new UaEvent { EventType = ObjectTypeIds.BaseEventType, SourceNode = ObjectIds.Server, SourceName = "x", Time = time.GetUtcNow().UtcDateTime, Message = "kept", Severity = 1 });
        var stored = archive.FlushAsync(TestContext.Current.CancellationToken);
        await using (var other = await test.Database.OpenAsync(TestContext.Current.CancellationToken)) await PortalDatabase.ExecuteAsync(other, null, "ALTER TABLE gone RENAME TO events", TestContext.Current.CancellationToken);
        while (!stored.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        var walk = new HistoryWalk(DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc), DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc), 10);
        Assert.Equal("kept", Assert.Single((await archive.ReadAsync(ObjectIds.Server, walk, TestContext.Current.CancellationToken)).Items).Message.Text);
        Assert.Equal(0, archive.LostCount);
    }
}

public sealed class PostgreSqlEventArchiveTests(PostgreSqlServer server) : EventArchiveTests(DatabaseKind.PostgreSql, server);
