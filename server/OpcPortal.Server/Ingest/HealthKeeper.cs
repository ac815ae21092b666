using System.Threading.Channels;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Keeps how communication went, beside those who tell it: they never wait.</summary>
internal sealed class HealthKeeper : IAsyncDisposable
{
    /// <summary>Readings under way: two of each of 8,000 devices that are lost at once. What is beyond is counted.</summary>
    private const int Capacity = 16_384;

    private readonly Channel<Reading> _channel = Channel.CreateBounded<Reading>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly IReadingKeeper _keeper;
    private readonly TimeProvider _time;
    private readonly Task _loop;
    private long _lost;

    public HealthKeeper(IReadingKeeper keeper, TimeProvider time)
    {
        (_keeper, _time) = (keeper, time);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Readings that found no room, or could not be kept: the current values are right all the same.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public void Offer(ReadOnlySpan<Reading> readings)
    {
        foreach (var reading in readings)
            if (!_channel.Writer.TryWrite(reading)) Interlocked.Increment(ref _lost);
    }

    private async Task RunAsync()
    {
        var batch = new Reading[256];
        var notes = new int[batch.Length];
        while (await _channel.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var count = 0;
            while (count < batch.Length && _channel.Reader.TryRead(out batch[count])) count++;
            try
            {
                await _keeper.KeepAsync(batch.AsMemory(0, count), notes.AsMemory(0, count), _time.GetUtcNow().UtcDateTime).ConfigureAwait(false);
            }
            catch (StorageException)
            {
                // The keeper has told why.
                Interlocked.Add(ref _lost, count);
            }
        }
    }

    /// <summary>Keeps what is under way, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }
}
