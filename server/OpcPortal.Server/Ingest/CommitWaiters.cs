using System.Diagnostics.CodeAnalysis;
using OpcPortal.Adapters;

namespace OpcPortal.Server;

/// <summary>
/// Those who wait until what they published is kept. Readings are counted before they enter the channel, so that a count includes all of whoever asks; counting too many, such as those whose publishing
/// was cancelled, does no harm, for an empty channel releases everybody. Thread-safe.
/// </summary>
internal sealed class CommitWaiters(TimeProvider time)
{
    /// <summary>How long after readings could not be kept commits fail: whose they were is not known, and whoever published them asks well within that time. To publish again does no harm.</summary>
    internal static readonly TimeSpan LossMemory = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private long _offered;
    private long _taken;
    private long _registered;
    private long? _lossAt;
    private bool _isClosed;

    /// <summary>Waiters there were so far.</summary>
    public long Registered
    {
        get { lock (_gate) return _registered; }
    }

    /// <summary>Readings are about to enter the channel.</summary>
    public void Offer(int count) => Interlocked.Add(ref _offered, count);

    /// <summary>Completes when all that was offered before is kept.</summary>
    /// <exception cref="ReadingsLostException">Some of it could not be.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellation)
    {
        if (!TryRegister(out var waiter)) return;
        try
        {
            await waiter.Done.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_gate) _waiters.Remove(waiter);
            throw;
        }
    }

    private bool TryRegister([NotNullWhen(true)] out Waiter? waiter)
    {
        lock (_gate)
        {
            if (_lossAt is { } at && time.GetElapsedTime(at) < LossMemory) throw Lost();
            var target = Interlocked.Read(ref _offered);
            waiter = null;
            if (target <= _taken) return false;
            if (_isClosed) throw Lost();
            waiter = new Waiter(target, ++_registered);
            _waiters.AddLast(waiter);
            return true;
        }
    }

    /// <summary>The loop has taken readings.</summary>
    /// <param name="isKept">Whether they are kept; else all who wait are told.</param>
    public void Taken(int count, bool isKept)
    {
        lock (_gate)
        {
            _taken += count;
            if (!isKept)
            {
                _lossAt = time.GetTimestamp();
                Fail();
            }

            while (_waiters.First is { } first && first.Value.Target <= _taken) Release(first);
        }
    }

    /// <summary>The channel was empty after these had registered.</summary>
    public void ReleaseThrough(long registered)
    {
        lock (_gate)
            while (_waiters.First is { } first && first.Value.Number <= registered) Release(first);
    }

    /// <summary>Nobody takes readings any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Fail();
        }
    }

    private void Release(LinkedListNode<Waiter> waiter)
    {
        _waiters.Remove(waiter);
        waiter.Value.Done.TrySetResult();
    }

    private void Fail()
    {
        foreach (var waiter in _waiters) waiter.Done.TrySetException(Lost());
        _waiters.Clear();
    }

    private static ReadingsLostException Lost() => new("Readings could not be kept: publish them again.");

    /// <param name="Target">The count of readings that is to be kept.</param>
    /// <param name="Number">In the order of registering.</param>
    private sealed record Waiter(long Target, long Number)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
