using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>Delivers a backlog to the server, oldest first, at the pace that all share: each batch is removed once the server has confirmed it.</summary>
internal sealed partial class BacklogDelivery(ReadingBacklog backlog, ForwardingSink sink, DrainPace pace, StoreAndForwardOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Readings delivered and confirmed together: a confirmation may take as long as the server's disk does.</summary>
    private const int BatchSize = 4096;

    private readonly List<Reading> _batch = [];
    private long _damaged;
    private long _unknown;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var changed = sink.Changed.Next;
            if (sink.IsHolding || backlog.IsEmpty)
            {
                await changed.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            try
            {
                await DeliverAsync(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                LogUnreadable(logger, failure);
                await Task.Delay(options.CommitPatience, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task DeliverAsync(CancellationToken stop)
    {
        backlog.Peek(_batch, BatchSize);
        if (_batch.Count > 0)
        {
            await pace.WaitAsync(_batch.Count, stop).ConfigureAwait(false);
            var readings = _batch.ToArray();
            if (!await sink.TryPublishAsync(readings, stop).ConfigureAwait(false))
            {
                sink.Hold("the server takes no readings");
                return;
            }

            if (!await sink.TryCommitAsync(stop).ConfigureAwait(false))
            {
                stop.ThrowIfCancellationRequested();
                sink.Hold("the server does not confirm readings");
                return;
            }

            backlog.Remove();
            sink.HasRoom();
        }

        TellTroubles();
    }

    private void TellTroubles()
    {
        if (backlog.Damaged != _damaged) LogDamaged(logger, backlog.Damaged - _damaged);
        if (backlog.Unknown != _unknown) LogUnknown(logger, backlog.Unknown - _unknown);
        (_damaged, _unknown) = (backlog.Damaged, backlog.Unknown);
        if (backlog.IsEmpty) LogDelivered(logger);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What was kept cannot be read or removed.")]
    private static partial void LogUnreadable(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Bytes} bytes of what was kept are damaged and could not be delivered.")]
    private static partial void LogDamaged(ILogger logger, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} readings that were kept are of points that are no longer configured.")]
    private static partial void LogUnknown(ILogger logger, long count);

    [LoggerMessage(Level = LogLevel.Information, Message = "All that was kept is delivered.")]
    private static partial void LogDelivered(ILogger logger);
}

/// <summary>The pace at which backlogs are delivered, shared by all adapters of a host. Thread-safe.</summary>
internal sealed class DrainPace(int readingsPerSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private DateTimeOffset _free = DateTimeOffset.MinValue;

    /// <summary>Waits for the turn of so many readings.</summary>
    public Task WaitAsync(int readings, CancellationToken cancellation)
    {
        TimeSpan pause;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_free < now) _free = now;
            pause = _free - now;
            _free += TimeSpan.FromSeconds((double)readings / readingsPerSecond);
        }

        return pause > TimeSpan.Zero ? Task.Delay(pause, time, cancellation) : Task.CompletedTask;
    }
}

/// <summary>Wakes all that wait for the next change. Thread-safe.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the next change; taken before looking, no change is missed.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Fire() => Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
