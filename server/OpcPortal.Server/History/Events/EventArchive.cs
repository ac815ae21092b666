using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Keeps the events that the server reports, so that they can be read again (Part 11 5.3). It takes them from any thread without waiting, and one writer stores them in batches. What is not
/// stored when the process is killed is gone: evidence is kept by <see cref="AuditLog"/>, not here. What finds no room is lost, counted, and told by an event in its place.
/// </summary>
public sealed partial class EventArchive : IEventArchive, IEventReceiver, IAsyncDisposable
{
    // Events of one transaction.
    private const int BatchSize = 500;

    // Tries to store the last events when the server stops: a database that is gone must not keep the process.
    private const int TriesAtEnd = 3;

    private static readonly NodeId Server = ObjectIds.Server;
    private static readonly NodeId Overflow = ObjectTypeIds.EventQueueOverflowEventType;

    private readonly SqlEventStore _store;
    private readonly EventArchiveOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Waiting> _waiting;
    private readonly Dictionary<int, string[]> _spaces;
    private readonly TaskCompletionSource<Room> _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writer;
    private long _sequence;
    private long _bytes;
    private long _lost;
    private long _lostUntold;
    // The namespaces of now, and those that are not stored yet.
    private int _space = -1;
    private readonly List<(int Space, string[] Uris)> _fresh = [];
    private DateTime _nextPrune;

    private EventArchive(SqlEventStore store, long last, Dictionary<int, string[]> spaces, EventArchiveOptions options, TimeProvider time, ILogger logger)
    {
        _store = store;
        _sequence = last;
        _spaces = spaces;
        _options = options;
        _time = time;
        _logger = logger;
        _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.MaxWaitingEvents) { SingleReader = true });
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Opens the archive of a database, making or bringing up its tables. The database stays its owner's.</summary>
    /// <exception cref="StorageException">The database cannot be reached, or is of a newer server.</exception>
    public static async Task<EventArchive> OpenAsync(PortalDatabase database, EventArchiveOptions options, TimeProvider time, ILogger<EventArchive> logger, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(options);
        var store = await SqlEventStore.OpenAsync(database, cancellation).ConfigureAwait(false);
        var last = await store.LastAsync(cancellation).ConfigureAwait(false);
        return new EventArchive(store, last, await store.SpacesAsync(cancellation).ConfigureAwait(false), options, time, logger);
    }

    /// <summary>Its tables.</summary>
    internal static SchemaComponent Schema => SqlEventStore.Schema;

    /// <summary>Events that were lost since the start, for want of room or because they could not be stored.</summary>
    public long LostCount => Interlocked.Read(ref _lost);

    /// <summary>Takes the events of a server from now on, beside who records them already. Before the server starts.</summary>
    public void Bind(UaServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        Bind(server.Model, server.Events);
    }

    /// <inheritdoc cref="Bind(UaServer)"/>
    internal void Bind(ServerModel model, EventHub hub)
    {
        _bound.TrySetResult(new Room(model, hub, new EventCodec(model)));
        hub.Recorder = hub.Recorder is { } other ? new Both(this, other) : this;
    }

    public void OnEvent(UaEvent occurrence)
    {
        ArgumentNullException.ThrowIfNull(occurrence);
        if (!occurrence.IsArchived) return;
        var size = EventCodec.SizeOf(occurrence);
        if (Interlocked.Add(ref _bytes, size) <= _options.MaxWaitingBytes && _waiting.Writer.TryWrite(new Waiting(occurrence, size, null))) return;
        Interlocked.Add(ref _bytes, -size);
        CountLost(1);
    }

    /// <summary>Ends when all that was taken so far is stored, or given up.</summary>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (await _waiting.Writer.WaitToWriteAsync(cancellation).ConfigureAwait(false)) await _waiting.Writer.WriteAsync(new Waiting(null, 0, reached), cancellation).ConfigureAwait(false);
        else reached.SetResult();
        await reached.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    public async ValueTask<HistoryPage<UaEvent>> ReadAsync(NodeId notifier, HistoryWalk walk, CancellationToken cancellation)
    {
        var room = await _bound.Task.WaitAsync(cancellation).ConfigureAwait(false);
        var page = await _store.ReadAsync(notifier == Server ? null : TextOf(room.Model, notifier), walk, cancellation).ConfigureAwait(false);
        var events = new List<UaEvent>(page.Items.Count);
        foreach (var (space, body) in page.Items) events.Add(Read(room, space, body));
        return new HistoryPage<UaEvent>(events, page.Next);
    }

    private UaEvent Read(Room room, int space, byte[] body)
    {
        string[]? uris;
        lock (_spaces) _spaces.TryGetValue(space, out uris);
        if (uris is null) throw new StorageException($"A stored event is of namespaces {space}, which are not stored.");
        try
        {
            return room.Codec.Read(body, uris);
        }
        catch (CodecException damaged)
        {
            throw new StorageException($"A stored event cannot be read: {damaged.Message}", damaged);
        }
    }

    private void CountLost(long count)
    {
        Interlocked.Add(ref _lost, count);
        Interlocked.Add(ref _lostUntold, count);
    }

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>(BatchSize);
        // Who never binds it never gives it an event.
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (batch.Count < BatchSize && _waiting.Reader.TryRead(out var next)) batch.Add(next);
            if (_bound.Task.IsCompletedSuccessfully) await StoreAsync(_bound.Task.Result, batch).ConfigureAwait(false);
            foreach (var waiting in batch)
            {
                Interlocked.Add(ref _bytes, -waiting.Size);
                waiting.Reached?.TrySetResult();
            }

            batch.Clear();
            await PruneAsync().ConfigureAwait(false);
        }
    }

    private async Task StoreAsync(Room room, List<Waiting> batch)
    {
        var space = SpaceNow(room.Model);
        var events = new List<StoredEvent>(batch.Count + 1);
        foreach (var waiting in batch)
            if (waiting.Event is { } occurrence) TryAdd(room, occurrence, space, events);
        var untold = Interlocked.Exchange(ref _lostUntold, 0);
        if (untold > 0) TryAdd(room, Loss(untold), space, events);
        if (events.Count == 0) return;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _store.AppendAsync(events, _fresh, CancellationToken.None).ConfigureAwait(false);
                _fresh.Clear();
                return;
            }
            catch (StorageException failed) when (attempt < TriesAtEnd || !_stop.IsCancellationRequested)
            {
                LogNotStored(failed, events.Count);
            }
            catch (StorageException failed)
            {
                LogGivenUp(failed, events.Count);
                CountLost(events.Count);
                return;
            }

            await WaitAsync().ConfigureAwait(false);
        }
    }

    // Until the next try, or until the server stops.
    private async Task WaitAsync()
    {
        try
        {
            await Task.Delay(_options.RetryInterval, _time, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The last tries follow at once.
        }
    }

    private void TryAdd(Room room, UaEvent occurrence, int space, List<StoredEvent> events)
    {
        try
        {
            var notifiers = room.Hub.NotifiersOf(occurrence.SourceNode).Where(IsKept).Select(node => TextOf(room.Model, node.NodeId)).ToArray();
            events.Add(new StoredEvent(++_sequence, occurrence.Time, space, EventCodec.Write(occurrence), notifiers));
        }
        catch (CodecException unencodable)
        {
            LogUnencodable(unencodable, occurrence.EventType.ToString());
            CountLost(1);
        }
    }

    private static bool IsKept(NodeRef node) =>
        node.Source.ReadAttribute(node, AttributeIds.EventNotifier, [], out var notifier).IsGood && (notifier.AsByte() & (byte)EventNotifierType.HistoryRead) != 0;

    // Part 4 7.22.3: no filter holds it back.
    private UaEvent Loss(long count) => new()
    {
        EventType = Overflow,
        SourceNode = Server,
        SourceName = "Internal/EventQueueOverflow",
        Time = _time.GetUtcNow().UtcDateTime,
        Message = new LocalizedText($"{count} events were not kept: there was no room for them.", "en"),
        Severity = 500,
    };

    // Namespaces are only added, so that those of now serve all events of this process up to now.
    private int SpaceNow(ServerModel model)
    {
        string[] uris = model.Namespaces.ToArray()[1..];
        lock (_spaces)
        {
            if (_space >= 0 && _spaces[_space].Length == uris.Length) return _space;
            foreach (var (known, its) in _spaces)
                if (its.AsSpan().SequenceEqual(uris)) return _space = known;
            _space = _spaces.Count == 0 ? 1 : _spaces.Keys.Max() + 1;
            _spaces[_space] = uris;
            _fresh.Add((_space, uris));
            return _space;
        }
    }

    // By the URI of its namespace: an index means nothing after a restart.
    private static string TextOf(ServerModel model, NodeId node) =>
        node.NamespaceIndex == 0 || !model.Namespaces.TryGetUri(node.NamespaceIndex, out var uri) ? node.ToString() : $"nsu={uri};{node.WithNamespace(0)}";

    private async Task PruneAsync()
    {
        var now = _time.GetUtcNow().UtcDateTime;
        if (now < _nextPrune) return;
        _nextPrune = now + _options.PruneInterval;
        try
        {
            while (await _store.PruneAsync(now - _options.Retention, CancellationToken.None).ConfigureAwait(false) && !_stop.IsCancellationRequested)
            {
                // Each round is one transaction: others come between.
            }
        }
        catch (StorageException failed)
        {
            LogNotPruned(failed);
        }
    }

    /// <summary>Takes no more, and stores what was taken.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _writer.ConfigureAwait(false);
        _stop.Dispose();
    }

    private sealed record Room(ServerModel Model, EventHub Hub, EventCodec Codec);

    private readonly record struct Waiting(UaEvent? Event, long Size, TaskCompletionSource? Reached);

    private sealed class Both(IEventReceiver first, IEventReceiver second) : IEventReceiver
    {
        public void OnEvent(UaEvent occurrence)
        {
            first.OnEvent(occurrence);
            second.OnEvent(occurrence);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} events could not be kept; trying again.")]
    private partial void LogNotStored(Exception reason, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} events are lost to history: the database did not take them before the server ended.")]
    private partial void LogGivenUp(Exception reason, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "An event of type {Type} has no encoding: it is lost to history.")]
    private partial void LogUnencodable(Exception reason, string type);

    [LoggerMessage(Level = LogLevel.Error, Message = "Old events could not be removed; trying again later.")]
    private partial void LogNotPruned(Exception reason);
}
