using OpcPortal.Models;

namespace OpcPortal.Adapters.TestKit;

/// <summary>Takes an adapter's readings and health reports, keeps them, and lets a test wait for what it looks for: no sleeping. Thread-safe.</summary>
public sealed class RecordingSink : IReadingSink, IAdapterHealth
{
    /// <summary>Readings kept: a test that brings more has run away.</summary>
    public const int MaxReadings = 1_000_000;

    private readonly Lock _lock = new();
    private readonly List<Reading> _readings = [];
    private readonly Dictionary<int, (CommunicationState State, string? Reason)> _health = [];
    private readonly Dictionary<int, Reading> _latest = [];
    private Gate _taking = new();
    private Gate _confirming = new();
    private int _committed;
    private bool _loses;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>All readings so far, in order.</summary>
    public IReadOnlyList<Reading> Readings
    {
        get
        {
            lock (_lock) return [.. _readings];
        }
    }

    /// <summary>The last reading of a point; null where none came.</summary>
    public Reading? Latest(int point)
    {
        lock (_lock) return _latest.TryGetValue(point, out var reading) ? reading : null;
    }

    /// <summary>The state last told of a device.</summary>
    public CommunicationState StateOf(int device)
    {
        lock (_lock) return _health.TryGetValue(device, out var health) ? health.State : CommunicationState.Unknown;
    }

    /// <summary>The reason last told of a device.</summary>
    public string? ReasonOf(int device)
    {
        lock (_lock) return _health.TryGetValue(device, out var health) ? health.Reason : null;
    }

    /// <summary>Forgets the readings so far, so that what comes next is seen alone.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _readings.Clear();
            _latest.Clear();
            _committed = 0;
        }
    }

    /// <summary>The readings so far that a commit has covered, in order: those that would survive the end of the server.</summary>
    public IReadOnlyList<Reading> Committed
    {
        get
        {
            lock (_lock) return _readings[.._committed];
        }
    }

    /// <summary>From now on no readings are taken: whoever publishes waits, as for a server that cannot keep up.</summary>
    public void HoldReadings() => Close(ref _taking);

    /// <summary>Readings are taken again.</summary>
    public void ReleaseReadings() => Open(ref _taking);

    /// <summary>From now on commits do not complete, as those of a server that cannot write.</summary>
    public void HoldCommits() => Close(ref _confirming);

    /// <summary>Commits complete again, those that wait too.</summary>
    public void ReleaseCommits() => Open(ref _confirming);

    /// <summary>The next commit fails with <see cref="ReadingsLostException"/>.</summary>
    public void LoseAtCommit()
    {
        lock (_lock) _loses = true;
    }

    /// <inheritdoc/>
    public async ValueTask PublishAsync(ReadOnlyMemory<Reading> readings, CancellationToken cancellation)
    {
        await WaitAsync(() => _taking, cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            if (_readings.Count + readings.Length > MaxReadings) throw new InvalidOperationException($"More than {MaxReadings} readings.");
            foreach (var reading in readings.Span)
            {
                _readings.Add(reading);
                _latest[reading.Point] = reading;
            }

            Signal();
        }
    }

    /// <inheritdoc/>
    public async ValueTask CommitAsync(CancellationToken cancellation)
    {
        int count;
        lock (_lock) count = _readings.Count;
        await WaitAsync(() => _confirming, cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            if (_loses)
            {
                _loses = false;
                throw new ReadingsLostException("The test lets readings be lost.");
            }

            _committed = Math.Clamp(count, _committed, _readings.Count);
            Signal();
        }
    }

    /// <inheritdoc/>
    public void Report(int device, CommunicationState state, string? reason)
    {
        lock (_lock)
        {
            _health[device] = (state, reason);
            Signal();
        }
    }

    /// <summary>Waits until a reading of the point is as wanted.</summary>
    public Task<Reading> WaitForAsync(int point, Predicate<Reading> wanted, CancellationToken cancellation = default)
    {
        return WaitAsync(() => Latest(point) is { } reading && wanted(reading) ? reading : (Reading?)null, () => $"point {point}, last {Latest(point)}", cancellation);
    }

    /// <summary>Waits until a device is told to be in a state.</summary>
    public async Task WaitForStateAsync(int device, CommunicationState state, CancellationToken cancellation = default)
    {
        await WaitAsync(() => StateOf(device) == state ? true : (bool?)null, () => $"device {device} to be {state}, last {StateOf(device)}: {ReasonOf(device)}", cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits until something of what came is so.</summary>
    /// <param name="what">For the message where it never is.</param>
    public async Task WaitUntilAsync(Func<RecordingSink, bool> so, string what, CancellationToken cancellation = default)
    {
        await WaitAsync(() => so(this) ? true : (bool?)null, () => what, cancellation).ConfigureAwait(false);
    }

    private async Task WaitAsync(Func<Gate> gate, CancellationToken cancellation)
    {
        while (true)
        {
            Task opened;
            lock (_lock)
            {
                if (gate().Opened is not { } closed) return;
                opened = closed.Task;
            }

            await opened.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    private void Close(ref Gate gate)
    {
        lock (_lock) gate = new Gate(gate.Opened ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    private void Open(ref Gate gate)
    {
        lock (_lock)
        {
            gate.Opened?.SetResult();
            gate = new Gate();
        }
    }

    private async Task<T> WaitAsync<T>(Func<T?> look, Func<string> what, CancellationToken cancellation)
        where T : struct
    {
        using var deadline = new CancellationTokenSource(ContractLimits.Patience);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        while (true)
        {
            Task changed;
            lock (_lock) changed = _changed.Task;
            if (look() is { } found) return found;
            try
            {
                await changed.WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"Waited {ContractLimits.Patience} in vain for {what()}.");
            }
        }
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    /// <param name="Opened">Null: it is open.</param>
    private readonly record struct Gate(TaskCompletionSource? Opened = null);
}
