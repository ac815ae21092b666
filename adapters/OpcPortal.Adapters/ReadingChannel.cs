using System.Threading.Channels;
using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>
/// The bounded way between adapters and whoever takes their readings in: full, it makes adapters wait, which then skip ticks; nothing is lost unseen. Many writers, one reader.
/// </summary>
public sealed class ReadingChannel : IReadingSink
{
    /// <summary>Readings under way. At 100,000 readings a second this is well over half a second of them, in under 4 MB.</summary>
    public const int DefaultCapacity = 65_536;

    private readonly Channel<Reading> _channel;
    private long _accepted;
    private long _waited;

    public ReadingChannel(int capacity = DefaultCapacity) =>
        _channel = Channel.CreateBounded<Reading>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    /// <summary>Readings taken since the start.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>How often a writer had to wait for room.</summary>
    public long Waited => Interlocked.Read(ref _waited);

    /// <summary>Readings that wait for the reader.</summary>
    public int Count => _channel.Reader.Count;

    /// <inheritdoc/>
    /// <exception cref="ChannelClosedException">After <see cref="Complete"/>.</exception>
    public async ValueTask PublishAsync(ReadOnlyMemory<Reading> readings, CancellationToken cancellation)
    {
        var written = 0;
        while (written < readings.Length)
        {
            if (_channel.Writer.TryWrite(readings.Span[written]))
            {
                written++;
                continue;
            }

            Interlocked.Increment(ref _waited);
            await _channel.Writer.WriteAsync(readings.Span[written], cancellation).ConfigureAwait(false);
            written++;
        }

        Interlocked.Add(ref _accepted, written);
    }

    /// <summary>Waits for readings.</summary>
    /// <returns>False where there will be no more.</returns>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellation) => _channel.Reader.WaitToReadAsync(cancellation);

    /// <summary>Takes what is there, as far as the buffer reaches.</summary>
    /// <returns>How many.</returns>
    public int Read(Span<Reading> buffer)
    {
        var count = 0;
        while (count < buffer.Length && _channel.Reader.TryRead(out buffer[count])) count++;
        return count;
    }

    /// <summary>There will be no more.</summary>
    public void Complete() => _channel.Writer.TryComplete();
}
