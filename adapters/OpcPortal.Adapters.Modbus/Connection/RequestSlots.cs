namespace OpcPortal.Adapters.Modbus;

/// <summary>
/// How many requests may be under way on a connection. Who waits is served in order, so that no unit starves another; but a command goes before all polls: with two hundred units behind a
/// gateway it would wait for two hundred answers. Thread-safe.
/// </summary>
internal sealed class RequestSlots(int count)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _urgent = new();
    private readonly Queue<TaskCompletionSource> _polls = new();
    private int _free = count;

    /// <summary>Waits for a slot; whoever got it gives it back by <see cref="Release"/>.</summary>
    public async ValueTask EnterAsync(bool urgent, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (urgent ? _urgent : _polls).Enqueue(turn);
        }

        await using var registration = cancellation.UnsafeRegister(static (waiting, token) => ((TaskCompletionSource)waiting!).TrySetCanceled(token), turn).ConfigureAwait(false);
        await turn.Task.ConfigureAwait(false);
    }

    public void Release()
    {
        lock (_lock)
        {
            while (_urgent.TryDequeue(out var next) || _polls.TryDequeue(out next))
                if (next.TrySetResult()) return;
            _free++;
        }
    }
}
