using System.Diagnostics;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Entries on their way to the writer: bounded by number and memory. Where it is full, who brings one waits a little; then entries are lost, and counted. Thread-safe.</summary>
internal sealed class EvidenceQueue(AuditLogOptions options)
{
    private readonly object _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly long[] _lost = new long[AuditLog.Classes.Length];
    private readonly List<(long Accepted, TaskCompletionSource Done)> _flushes = [];
    private List<EvidenceEntry> _entries = [];
    private long _bytes;
    private long _accepted;
    private long _written;
    private bool _isOverflowing;
    private bool _isClosed;

    /// <summary>Entries that were lost since the start.</summary>
    public long LostInAll { get; private set; }

    public bool IsClosed
    {
        get { lock (_gate) return _isClosed; }
    }

    public bool TryAdd(in EvidenceEntry entry)
    {
        lock (_gate)
        {
            if (!HasRoomFor(entry) && !WaitForRoom(entry))
            {
                CountLost(entry.Class);
                return false;
            }

            _entries.Add(entry);
            _bytes += entry.Bytes;
            _accepted++;
            Wake();
            return true;
        }
    }

    /// <summary>Counts an entry that found no room.</summary>
    public void CountLost(EvidenceClass @class)
    {
        lock (_gate)
        {
            _lost[(int)@class]++;
            LostInAll++;
            Wake();
        }
    }

    private bool HasRoomFor(in EvidenceEntry entry) => !_isClosed && !_isOverflowing && _entries.Count < options.MaxWaitingRows && _bytes + entry.Bytes <= options.MaxWaitingBytes;

    private bool WaitForRoom(in EvidenceEntry entry)
    {
        var began = Stopwatch.GetTimestamp();
        while (!_isOverflowing && !_isClosed && options.BackPressure - Stopwatch.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            // The writer pulses when it takes, and when what it took is stored.
            Monitor.Wait(_gate, left);
            if (HasRoomFor(entry)) return true;
        }

        // From here on nobody waits in vain again before there is room.
        _isOverflowing = !_isClosed;
        return false;
    }

    /// <summary>Ends when there is something to write, when somebody rang, or when it was closed.</summary>
    public Task WaitAsync() => _wake.WaitAsync();

    public void Ring()
    {
        lock (_gate) Wake();
    }

    private void Wake()
    {
        if (_wake.CurrentCount == 0) _wake.Release();
    }

    /// <summary>Takes all that waits, and what was lost meanwhile by class.</summary>
    public (List<EvidenceEntry> Entries, long[] Lost) Take(List<EvidenceEntry> empty)
    {
        lock (_gate)
        {
            var (entries, lost) = (_entries, _lost.ToArray());
            _entries = empty;
            Array.Clear(_lost);
            Monitor.PulseAll(_gate);
            return (entries, lost);
        }
    }

    /// <summary>Told when what was taken is durable, or given up: only then its memory is free.</summary>
    /// <param name="failure">Why it was given up, which is what who waits for it is told; null: it is durable.</param>
    public void Release(IReadOnlyList<EvidenceEntry> entries, Exception? failure)
    {
        lock (_gate)
        {
            foreach (var entry in entries) _bytes -= entry.Bytes;
            _written += entries.Count;
            _isOverflowing &= _entries.Count > options.MaxWaitingRows / 2 || _bytes > options.MaxWaitingBytes / 2;
            for (var i = _flushes.Count - 1; i >= 0; i--)
            {
                if (_flushes[i].Accepted > _written) continue;
                if (failure is null) _flushes[i].Done.TrySetResult();
                else _flushes[i].Done.TrySetException(failure);
                _flushes.RemoveAt(i);
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Ends when all that was accepted so far is durable.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            if (_written >= _accepted) return Task.CompletedTask;
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _flushes.Add((_accepted, done));
            Wake();
            return done.Task;
        }
    }

    /// <summary>Takes no more; what waits can still be taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
            Wake();
        }
    }
}
