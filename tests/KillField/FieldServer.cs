using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Mqtt;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua.Server;

namespace OpcPortal.KillField;

/// <summary>All that is between a broker and the store: the MQTT adapter of one device, its backlog, ingest and the store, in one folder.</summary>
public sealed class FieldServer : IPointNames, IReadingSink, IAdapterHealth, IAsyncDisposable
{
    /// <summary>The topic of the device: <c>{ "t": seconds since 1970, "p": number }</c>.</summary>
    public const string Topic = "em";

    private readonly PortalDatabase _database;
    private readonly ReadingStore _store;
    private readonly IngestPipeline _ingest;
    private readonly AdapterHost _adapters;
    private readonly bool _isDeaf;

    private FieldServer(PortalDatabase database, ReadingStore store, string folder, int port, bool isDeaf)
    {
        _database = database;
        _store = store;
        _isDeaf = isDeaf;
        store.Bind(this);
        var current = new PointStore();
        current.EnsurePoints(1);
        _ingest = new IngestPipeline(current, TimeProvider.System, keeper: store);
        _ingest.Start();
        var forward = new StoreAndForwardOptions { Folder = Path.Combine(folder, "backlog"), SegmentBytes = 2000, CommitPatience = TimeSpan.FromMilliseconds(isDeaf ? 30 : 5000), CommitInterval = TimeSpan.FromMilliseconds(10) };
        _adapters = new AdapterHost(new AdapterHostOptions { StoreAndForward = forward }, this, this, TimeProvider.System, NullLoggerFactory.Instance);
        var factory = new MqttAdapterFactory();
        var refused = new List<ConfigurationException>();
        var text = string.Create(CultureInfo.InvariantCulture, $$"""
            { "portal": { "id": "P", "owner": "urn:o" },
              "connection": { "protocol": "mqtt", "host": "127.0.0.1", "port": {{port}}, "clientId": "server", "cleanSession": false, "sessionExpiry": "1 h", "reconnect": { "min": "100 ms", "max": "200 ms" } },
              "devices": [ { "id": "M", "type": "T", "topic": "{{Topic}}", "time": { "path": "t", "format": "epochSeconds" }, "points": { "Number": { "path": "p", "format": "int" } } } ] }
            """);
        var configuration = new AdapterConfigurationReader(new SequentialFleetNumbers(), [factory]).Read("meter.json", Encoding.UTF8.GetBytes(text), refused);
        _adapters.Add(configuration ?? throw refused[0], factory);
        _adapters.Start();
    }

    /// <summary>Fires whenever readings are confirmed.</summary>
    public event Action? Confirmed;

    /// <param name="isDeaf">It takes readings, keeps none and confirms none: all that adapters get is theirs to keep.</param>
    public static async Task<FieldServer> StartAsync(string folder, int port, bool isDeaf)
    {
        var database = new SqliteDatabase(Path.Combine(folder, "portal.db"));
        var options = new ReadingStoreOptions { JournalFolder = Path.Combine(folder, "journal"), MaxTableReadings = 300, UpkeepInterval = TimeSpan.FromMilliseconds(20), RetryInterval = TimeSpan.FromMilliseconds(20) };
        return new FieldServer(database, await ReadingStore.OpenAsync(database, options, TimeProvider.System, NullLogger<ReadingStore>.Instance), folder, port, isDeaf);
    }

    /// <summary>The readings that are stored.</summary>
    public async Task<List<HistoricReading>> ReadAsync()
    {
        var readings = new List<HistoricReading>();
        HistoryWalk? walk = new HistoryWalk(DateTime.UnixEpoch, DateTime.MaxValue, 5000);
        while (walk is { } rest)
        {
            var page = await _store.ReadAsync(0, rest, CancellationToken.None);
            readings.AddRange(page.Items);
            walk = page.Next is { } next ? rest.Resume(next) : null;
        }

        return readings;
    }

    /// <inheritdoc/>
    public bool TryName(int point, out PointName name)
    {
        name = new PointName("P/M/Number", 1);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask PublishAsync(ReadOnlyMemory<Reading> readings, CancellationToken cancellation) => _isDeaf ? ValueTask.CompletedTask : _ingest.PublishAsync(readings, cancellation);

    /// <inheritdoc/>
    public async ValueTask CommitAsync(CancellationToken cancellation)
    {
        if (_isDeaf) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        await _ingest.CommitAsync(cancellation);
        Confirmed?.Invoke();
    }

    /// <inheritdoc/>
    public void Report(int device, CommunicationState state, string? reason)
    {
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _adapters.DisposeAsync();
        await _ingest.DisposeAsync();
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }
}
