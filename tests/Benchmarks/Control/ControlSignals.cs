using System.Collections.Concurrent;
using System.Diagnostics;
using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.Benchmarks;

/// <summary>Sees what happens to orders: how many of a request devices have confirmed, and how many are over.</summary>
internal sealed class ControlSignals
{
    private readonly ConcurrentDictionary<Guid, Seen> _requests = [];

    public ControlSignals(ControlService control) => control.Changed += OnChanged;

    /// <summary>Before it is asked for.</summary>
    public Seen Expect(Guid request, int orders) => _requests[request] = new Seen(orders);

    private void OnChanged(OrderChange change)
    {
        if (!_requests.TryGetValue(change.Request.Id, out var seen)) return;
        if (change.State == OrderState.Started) seen.OnStarted();
        else if (change.State >= OrderState.Completed) seen.OnOver(change);
    }

    /// <summary>What was seen of a request.</summary>
    internal sealed class Seen(int orders)
    {
        // Of each: a hang is a finding too.
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

        private readonly TaskCompletionSource<long> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<long> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _startedCount;
        private int _overCount;

        /// <summary>All have been confirmed by their devices: the timestamp of the last.</summary>
        public Task<long> StartedAsync() => _started.Task.WaitAsync(Patience, TimeProvider.System);

        /// <summary>All are over.</summary>
        public Task<long> OverAsync() => _over.Task.WaitAsync(Patience, TimeProvider.System);

        public void OnStarted()
        {
            if (Interlocked.Increment(ref _startedCount) == orders) _started.TrySetResult(Stopwatch.GetTimestamp());
        }

        public void OnOver(OrderChange change)
        {
            if (change.State != OrderState.Cancelled) _started.TrySetException(new InvalidOperationException($"{change.Name} is {change.State}: {change.Reason}"));
            if (Interlocked.Increment(ref _overCount) == orders) _over.TrySetResult(Stopwatch.GetTimestamp());
        }
    }
}
