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
public readonly record struct IngestCounts(long Accepted, long Applied, long Late, long Unknown, int Waiting, long AdapterWaits);

/// <summary>
/// The way of readings from adapters to current values and those who watch them: a bounded channel that many adapters fill and one loop empties in batches. It is full only
/// where the loop cannot keep up; adapters then wait, and skip ticks.
/// </summary>
public sealed class IngestPipeline : IReadingSink, IAsyncDisposable
{
    /// <summary>Readings that share one server time: at full speed some milliseconds of them.</summary>
    private const int BatchSize = 4096;

    private readonly ReadingChannel _channel;
    private readonly PointStore _store;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private Task? _loop;
    private long _applied;
    private long _late;
    private long _unknown;

    /// <param name="capacity">Readings under way; see <see cref="ReadingChannel.DefaultCapacity"/>.</param>
    public IngestPipeline(PointStore store, TimeProvider time, int capacity = ReadingChannel.DefaultCapacity)
    {
        _store = store;
        _time = time;
        _channel = new ReadingChannel(capacity);
    }

    public IngestCounts Counts => new(_channel.Accepted, Interlocked.Read(ref _applied), Interlocked.Read(ref _late), Interlocked.Read(ref _unknown), _channel.Count, _channel.Waited);

    /// <inheritdoc/>
    public ValueTask PublishAsync(ReadOnlyMemory<Reading> readings, CancellationToken cancellation) => _channel.PublishAsync(readings, cancellation);

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
            while (_channel.Read(batch) is var count and > 0) Apply(batch.AsSpan(0, count));
        }
    }

    private void Apply(ReadOnlySpan<Reading> readings)
    {
        var result = _store.Apply(readings, _time.GetUtcNow().UtcDateTime);
        Interlocked.Add(ref _applied, result.Applied);
        Interlocked.Add(ref _late, result.Late);
        Interlocked.Add(ref _unknown, result.Unknown);
    }

    /// <summary>Takes no more readings, applies those taken, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Complete();
        Task? loop;
        lock (_gate) loop = _loop;
        if (loop is not null) await loop.ConfigureAwait(false);
    }
}
