using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>Collects an adapter's readings and hands them on together: one hop through the channel for many. One of these a loop; not thread-safe.</summary>
public sealed class ReadingBatcher(IReadingSink sink, int capacity = ReadingBatcher.DefaultCapacity)
{
    /// <summary>Readings of a batch: some 14 kB, what a device's poll or a message brings.</summary>
    public const int DefaultCapacity = 256;

    private readonly Reading[] _readings = new Reading[capacity];
    private int _count;

    /// <summary>Readings not handed on yet.</summary>
    public int Count => _count;

    /// <summary>Adds a reading; hands on what is there where that fills the batch.</summary>
    public ValueTask AddAsync(in Reading reading, CancellationToken cancellation)
    {
        _readings[_count++] = reading;
        return _count == _readings.Length ? FlushAsync(cancellation) : ValueTask.CompletedTask;
    }

    /// <summary>Hands on what is there.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (_count == 0) return;
        var count = _count;
        _count = 0;
        await sink.PublishAsync(_readings.AsMemory(0, count), cancellation).ConfigureAwait(false);
        Array.Clear(_readings, 0, count); // Texts are not kept alive.
    }
}
