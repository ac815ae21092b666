using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>How many readings came in since the start, and what became of them.</summary>
/// <param name="Accepted">Taken from adapters.</param>
/// <param name="Applied">Became current values.</param>
/// <param name="Late">Were older than the current value.</param>
/// <param name="Unknown">Named no point.</param>
/// <param name="Waiting">Are still in the channel.</param>
/// <param name="AdapterWaits">How often an adapter had to wait for room.</param>
/// <param name="NotKept">Could not be kept as history: their adapters were told.</param>
public readonly record struct IngestCounts(long Accepted, long Applied, long Late, long Unknown, int Waiting, long AdapterWaits, long NotKept = 0);

/// <summary>
/// The way of readings from adapters to history, current values and those who watch them: a bounded channel that many adapters fill and one loop empties in batches. A batch is screened, kept, and
/// then becomes current. The channel is full only where the loop cannot keep up; adapters then wait, and skip ticks.
/// </summary>
public sealed partial class IngestPipeline : IReadingSink, IAsyncDisposable
{
    /// <summary>Readings that share one server time: at full speed some milliseconds of them.</summary>
    internal const int BatchSize = 4096;

    private readonly ReadingChannel _channel;
    private readonly PointStore _store;
    private readonly TimeProvider _time;
    private readonly IReadingScreen? _screen;
    private readonly IReadingKeeper? _keeper;
    private readonly ILogger _logger;
    private readonly CommitWaiters _commits;
    private readonly int[] _notes = new int[BatchSize];
    private readonly QualityCode[] _came = new QualityCode[BatchSize];
    private readonly Lock _gate = new();
    private Task? _loop;
    private long _applied;
    private long _late;
    private long _unknown;
    private long _notKept;
    private bool _isKeeping = true;

    /// <param name="capacity">Readings under way; see <see cref="ReadingChannel.DefaultCapacity"/>.</param>
    /// <param name="screen">Judges readings as they come in; null: nobody does.</param>
    /// <param name="keeper">Keeps them; null: nobody does, and commits mean that they are current.</param>
    public IngestPipeline(PointStore store, TimeProvider time, int capacity = ReadingChannel.DefaultCapacity, IReadingScreen? screen = null, IReadingKeeper? keeper = null, ILogger<IngestPipeline>? logger = null)
    {
        _store = store;
        _time = time;
        _screen = screen;
        _keeper = keeper;
        _logger = logger ?? NullLogger<IngestPipeline>.Instance;
        _channel = new ReadingChannel(capacity);
        _commits = new CommitWaiters(time);
    }

    public IngestCounts Counts => new(
        _channel.Accepted, Interlocked.Read(ref _applied), Interlocked.Read(ref _late), Interlocked.Read(ref _unknown), _channel.Count, _channel.Waited, Interlocked.Read(ref _notKept));

    /// <inheritdoc/>
    public ValueTask PublishAsync(ReadOnlyMemory<Reading> readings, CancellationToken cancellation)
    {
        _commits.Offer(readings.Length);
        return _channel.PublishAsync(readings, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask CommitAsync(CancellationToken cancellation) => _commits.WaitAsync(cancellation);

    /// <summary>Begins to empty the channel.</summary>
    public void Start()
    {
        lock (_gate) _loop ??= Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        var batch = new Reading[BatchSize];
        while (await _channel.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            while (true)
            {
                // Who waits from before this look at the channel is done with where it shows it empty.
                var registered = _commits.Registered;
                var count = _channel.Read(batch);
                if (count == 0)
                {
                    _commits.ReleaseThrough(registered);
                    break;
                }

                var isKept = await TakeAsync(batch.AsMemory(0, count)).ConfigureAwait(false);
                _commits.Taken(count, isKept);
            }
        }

        _commits.ReleaseThrough(_commits.Registered);
    }

    private async ValueTask<bool> TakeAsync(Memory<Reading> readings)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var notes = _notes.AsMemory(0, readings.Length);
        notes.Span.Clear();
        _screen?.Screen(readings.Span, notes.Span, now);
        var isKept = await KeepAsync(readings, notes, now).ConfigureAwait(false);
        // What is kept is what came, with what is noted of it; what is current is shaded by that.
        var came = _screen is null ? default : RememberCodes(readings.Span);
        _screen?.Shade(readings.Span, notes.Span);
        var result = _store.Apply(readings.Span, now, notes.Span, came.Span);
        Interlocked.Add(ref _applied, result.Applied);
        Interlocked.Add(ref _late, result.Late);
        Interlocked.Add(ref _unknown, result.Unknown);
        if (isKept) _screen?.Kept(readings.Span, now);
        else Interlocked.Add(ref _notKept, readings.Length);
        return isKept;
    }

    // The chain of quality begins with what the source said.
    private ReadOnlyMemory<QualityCode> RememberCodes(ReadOnlySpan<Reading> readings)
    {
        for (var i = 0; i < readings.Length; i++) _came[i] = readings[i].Quality;
        return _came.AsMemory(0, readings.Length);
    }

    private async ValueTask<bool> KeepAsync(ReadOnlyMemory<Reading> readings, ReadOnlyMemory<int> notes, DateTime now)
    {
        if (_keeper is null) return true;
        try
        {
            await _keeper.KeepAsync(readings, notes, now).ConfigureAwait(false);
            _isKeeping = true;
            return true;
        }
        catch (StorageException failed)
        {
            // Current values go on; whoever can publish again is told by its commit.
            if (_isKeeping) LogNotKept(_logger, failed.Message);
            _isKeeping = false;
            return false;
        }
    }

    /// <summary>Takes no more readings, applies those taken, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Complete();
        Task? loop;
        lock (_gate) loop = _loop;
        if (loop is not null) await loop.ConfigureAwait(false);
        _commits.Close();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Readings cannot be kept: {Reason} Current values go on.")]
    private static partial void LogNotKept(ILogger logger, string reason);
}
