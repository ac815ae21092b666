using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>Who is told of what goes on with stored readings.</summary>
public sealed class HistoryReportsTests(PostgreSqlServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Reading At(StoreUnderTest test, int point) => new(point, PointValue.From(1.0), test.Now);

    [Fact]
    public async Task That_readings_are_not_kept_is_an_event_a_lower_ServiceLevel_and_evidence_until_they_are_again()
    {
        await using var world = await World.OpenAsync(server);
        await world.Test.KeepAsync(At(world.Test, 1));
        Assert.Empty(world.Events);
        world.Disk.IsFull = true;
        await Assert.ThrowsAsync<StorageException>(() => world.Test.KeepAsync(At(world.Test, 1)));
        var told = Assert.Single(world.Events);
        Assert.Equal((new NodeId(ObjectTypeIds.SystemEventType), new NodeId(ObjectIds.Server), (ushort)900), (told.EventType, told.SourceNode, told.Severity));
        Assert.Contains("No space left", told.Message.Text, StringComparison.Ordinal);
        Assert.True(world.Ua.Server.Status.IsDegraded);
        world.Disk.IsFull = false;
        await world.Test.KeepAsync(At(world.Test, 1));
        Assert.Equal((2, (ushort)100), (world.Events.Count, world.Events[1].Severity));
        Assert.False(world.Ua.Server.Status.IsDegraded);
        await world.Log.FlushAsync(Token);
        Assert.Equal(2, world.Evidence.Rows.Count(row => row.Type == HistoryReports.ConditionType));
    }

    [Fact]
    public async Task Each_deletion_of_what_is_past_its_time_is_a_row_of_evidence()
    {
        await using var world = await World.OpenAsync(server);
        await world.Test.KeepAsync(At(world.Test, TestPoints.FirstOfCommunication), At(world.Test, 1));
        await world.Test.Store.FlushAsync(Token);
        world.Test.Time.SetUtcNow(new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero));
        await world.Test.Store.KeepUpOnceAsync();
        await world.Log.FlushAsync(Token);
        var row = Assert.Single(world.Evidence.Rows, row => row.Type == HistoryReports.RetiredType);
        Assert.Contains("\"DataClass\":5,\"From\":\"2026-06-01T00:00:00.0000000Z\",\"Readings\":1,\"RetentionDays\":90", row.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_devices_are_reached_is_kept_beside_those_who_tell_it()
    {
        await using var world = await World.OpenAsync(server);
        await using (var keeper = new HealthKeeper(world.Test.Store, world.Test.Time)) keeper.Offer([At(world.Test, TestPoints.FirstOfCommunication)]);
        Assert.Single(await world.Test.ReadAsync(TestPoints.FirstOfCommunication));
        // What cannot be kept is counted, and holds nobody up.
        world.Disk.IsFull = true;
        var refused = new HealthKeeper(world.Test.Store, world.Test.Time);
        refused.Offer([At(world.Test, TestPoints.FirstOfCommunication)]);
        await refused.DisposeAsync();
        Assert.Equal(1, refused.Lost);
    }

    private sealed class World : IAsyncDisposable, IEventReceiver
    {
        private readonly string _pki = Directory.CreateTempSubdirectory("opcportal-reports-").FullName;
        private HistoryReports? _reports;

        public StoreUnderTest Test { get; private set; } = null!;
        public TestDisk Disk { get; } = new();
        public UaServer Ua { get; private set; } = null!;
        public AuditLog Log { get; private set; } = null!;
        public MemoryEvidenceStore Evidence { get; } = new();
        public List<UaEvent> Events { get; } = [];

        public static async Task<World> OpenAsync(PostgreSqlServer server)
        {
            var world = new World { Test = await StoreUnderTest.OpenAsync(DatabaseKind.Sqlite, server) };
            world.Test.Files = path => new FileOnTestDisk(world.Disk, new JournalFile(path));
            await world.Test.ReopenAsync(isKilled: false);
            world.Log = await AuditLog.OpenAsync(world.Evidence, new AuditLogOptions(), world.Test.Time, NullLogger<AuditLog>.Instance, Token);
            var options = new UaServerOptions { Endpoints = new EndpointOptions { Urls = ["opc.tcp://localhost:4840"], ApplicationUri = TestPki.ServerUri } };
            world.Ua = new UaServer(options, new UaServerParts { Certificate = new ApplicationCertificate(TestPki.Server), Applications = new TrustListStore(world._pki, world.Test.Time), Time = world.Test.Time });
            world.Ua.Events.Recorder = world;
            world._reports = new HistoryReports(world.Test.Store, world.Ua, world.Log, world.Test.Time);
            return world;
        }

        public void OnEvent(UaEvent occurrence) => Events.Add(occurrence);

        public async ValueTask DisposeAsync()
        {
            Disk.IsFull = false;
            _reports?.Dispose();
            await Ua.DisposeAsync();
            await Log.DisposeAsync();
            await Test.DisposeAsync();
            Directory.Delete(_pki, recursive: true);
        }
    }
}
