using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Something that happened to a device's part of a request, and is kept.</summary>
/// <param name="Name"><c>portal/device</c>.</param>
/// <param name="Device">Its number in the fleet; -1: it is gone.</param>
/// <param name="At">UTC.</param>
public readonly record struct OrderChange(ControlRequest Request, string Name, int Device, OrderState State, ControlStatus Status, DateTime At, string? Reason);

/// <summary>
/// Carries requests to devices: one loop that decides by the clock, writes down what it decided, and only then tells devices. What it holds in memory is what is written; a start reads it again.
/// </summary>
internal sealed partial class ControlEngine : IAsyncDisposable
{
    // Of one turn: so that a group of a hundred thousand leaves room for others.
    private const int MaxWork = 1_000;
    private const int MaxDecisions = 5_000;

    private static readonly TimeSpan StoreAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetireEvery = TimeSpan.FromDays(1);

    private readonly SqlControlStore _store;
    private readonly IControlField _field;
    private readonly IControlRights _rights;
    private readonly ControlOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Action<ControlTurn>> _inbox = Channel.CreateUnbounded<Action<ControlTurn>>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<Guid, LiveRequest> _requests = [];
    private readonly Dictionary<int, ControlledDevice> _devices = [];
    private readonly Dictionary<string, List<DateTime>> _leaves = [];
    private readonly PriorityQueue<ControlledDevice, DateTime> _due = new();
    private readonly ControlLanes _lanes;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TaskCompletionSource> _idle = [];
    private Task<bool>? _waiting;
    private Task _loop = Task.CompletedTask;
    private DateTime _retireAt;
    private int _flying;
    private int _orders;

    public ControlEngine(SqlControlStore store, IControlField field, IControlRights rights, ControlOptions options, TimeProvider time, ILogger logger)
    {
        (_store, _field, _rights, _options, _time, _logger) = (store, field, rights, options, time, logger);
        _lanes = new ControlLanes(options.Policy, time);
    }

    /// <summary>Told of what happened once it is kept, by the loop: returns at once, never throws.</summary>
    public event Action<OrderChange>? Changed;

    /// <summary>Orders that are not over.</summary>
    public int Orders => Volatile.Read(ref _orders);

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    /// <summary>Begins: with what the process before left, once the database can be read.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    private async Task<bool> RestoreAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var leaves = await _store.LeavesAsync(Now - _options.Policy.LeaveWindow, CancellationToken.None).ConfigureAwait(false);
                foreach (var (stored, steps) in await _store.LoadAsync(CancellationToken.None).ConfigureAwait(false)) Restore(stored, steps);
                foreach (var (device, at) in leaves) LeavesOf(device, Now).Add(at);
                foreach (var device in _devices.Values) Settle(device, Now);
                return true;
            }
            catch (StorageException refused) when (_requests.Count == 0)
            {
                LogNotRead(_logger, refused.Message);
                await WaitAsync(StoreAgain).ConfigureAwait(false);
            }
        }

        return false;
    }

    private async Task WaitAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Control ends.
        }
    }

    /// <summary>Does something within the loop; completes when what it changed is kept.</summary>
    public async Task<T> DoAsync<T>(Func<ControlTurn, T> work, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var isTaken = _inbox.Writer.TryWrite(turn =>
        {
            var result = work(turn);
            turn.Kept.Add(() => done.TrySetResult(result));
            turn.Lost.Add(() => done.TrySetException(new StorageException("Control ends.")));
        });
        if (!isTaken) throw new StorageException("Control has ended.");
        return await done.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Completes when nothing is left to be done at the clock's present time. For tests.</summary>
    internal Task IdleAsync()
    {
        var idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _inbox.Writer.TryWrite(_ => _idle.Add(idle));
        return idle.Task;
    }

    private async Task RunAsync()
    {
        try
        {
            if (await RestoreAsync().ConfigureAwait(false)) await TurnAsync().ConfigureAwait(false);
        }
        catch (Exception broken)
        {
            // What is kept is whole: a start goes on from it. Nothing more is decided on what may be wrong.
            LogBroken(_logger, broken);
        }

        _inbox.Writer.TryComplete();
        var rest = new ControlTurn(Now);
        while (_inbox.Reader.TryRead(out var left)) left(rest);
        foreach (var lost in rest.Lost) lost();
    }

    private async Task TurnAsync()
    {
        while (true)
        {
            var turn = new ControlTurn(Now);
            for (var work = 0; work < MaxWork && _inbox.Reader.TryRead(out var next); work++) next(turn);
            if (!_stop.IsCancellationRequested)
            {
                DecideDue(turn);
                Launch(turn);
            }

            if (!await StoreAsync(turn).ConfigureAwait(false)) return;
            foreach (var change in turn.Changes) Changed?.Invoke(change);
            foreach (var kept in turn.Kept) kept();
            foreach (var order in turn.Sends) Send(order);
            if (_stop.IsCancellationRequested && _flying == 0) return;
            await RetireAsync(turn.Now).ConfigureAwait(false);
            await WaitAsync().ConfigureAwait(false);
        }
    }

    // What has been over for long goes, once a day at the most.
    private async Task RetireAsync(DateTime now)
    {
        if (now < _retireAt || _stop.IsCancellationRequested) return;
        _retireAt = now + RetireEvery;
        try
        {
            await _store.RetireAsync(now - _options.KeepFor, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StorageException refused)
        {
            // The next time is soon enough.
            LogNotRetired(_logger, refused.Message);
        }
    }

    // Nothing is sent, and nobody is told, before it is kept.
    private async Task<bool> StoreAsync(ControlTurn turn)
    {
        while (turn.HasNews)
        {
            try
            {
                await _store.AppendAsync(turn, CancellationToken.None).ConfigureAwait(false);
                return true;
            }
            catch (StorageException refused)
            {
                LogNotKept(_logger, refused.Message);
                if (_stop.IsCancellationRequested)
                {
                    foreach (var lost in turn.Lost) lost();
                    return false;
                }

                await WaitAsync(StoreAgain).ConfigureAwait(false);
            }
        }

        return true;
    }

    private async Task WaitAsync()
    {
        var next = _due.TryPeek(out _, out var due) ? due : DateTime.MaxValue;
        var now = Now;
        if (_lanes.NextAt(now) is var lane && lane < next) next = lane;
        if (_stop.IsCancellationRequested) next = DateTime.MaxValue;
        if (next <= now) return;
        _waiting ??= _inbox.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        if (!_waiting.IsCompleted)
        {
            if (_flying == 0) EndIdle();
            if (next == DateTime.MaxValue)
            {
                await _waiting.ConfigureAwait(false);
            }
            else
            {
                using var cancel = new CancellationTokenSource();
                // Timers take some fifty days at the most: then it is asked again.
                var delay = next - now < TimeSpan.FromDays(1) ? next - now : TimeSpan.FromDays(1);
                await Task.WhenAny(_waiting, Task.Delay(delay, _time, cancel.Token)).ConfigureAwait(false);
                await cancel.CancelAsync().ConfigureAwait(false);
            }
        }

        if (_waiting.IsCompleted) _waiting = null;
    }

    private void EndIdle()
    {
        foreach (var idle in _idle) idle.TrySetResult();
        _idle.Clear();
    }

    private void DecideDue(ControlTurn turn)
    {
        for (var decided = 0; decided < MaxDecisions && _due.TryPeek(out var device, out var at) && at <= turn.Now; decided++)
        {
            _due.Dequeue();
            if (device.DueAt != at) continue;
            device.DueAt = DateTime.MaxValue;
            if (Decide(device, turn) is not { } order || device.IsQueued) continue;
            device.IsQueued = true;
            _lanes.Add(_field.LaneOf(device.Device), order.Of.Request.Entity, device);
        }
    }

    // As many as the access networks take now.
    private void Launch(ControlTurn turn)
    {
        while (_lanes.TryTake(turn.Now, out var device))
        {
            device.IsQueued = false;
            if (Decide(device, turn) is { } order) Tell(device, order, turn);
            else _lanes.GiveBack(_field.LaneOf(device.Device));
            Settle(device, turn.Now);
        }
    }

    private void Send(LiveOrder order)
    {
        _flying++;
        _ = SendAsync(order);
    }

    // Never throws: whatever becomes of it comes back to the loop.
    private async Task SendAsync(LiveOrder order)
    {
        Ua.StatusCode status;
        try
        {
            status = await _field.SendAsync(order.Device, order.Told!.Value.Output, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            status = Ua.StatusCodes.BadShutdown;
        }
        catch (Exception failed)
        {
            LogFailed(_logger, order.Name, failed);
            status = Ua.StatusCodes.BadInternalError;
        }

        _inbox.Writer.TryWrite(turn =>
        {
            _flying--;
            _lanes.GiveBack(_field.LaneOf(order.Device));
            // What the server's end cut off is asked of the device by the next one.
            if (status != Ua.StatusCodes.BadShutdown) OnAnswer(order, status, turn);
        });
    }

    /// <summary>Ends: what is on its way is waited for shortly, and nothing new is told to devices.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _inbox.Writer.TryWrite(static _ => { });
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What became of commands cannot be kept, and none is sent until it can: {Reason}")]
    private static partial void LogNotKept(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "What is under way cannot be read, and nothing is taken until it can: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Requests that have been over for long cannot be deleted: {Reason}")]
    private static partial void LogNotRetired(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Control has stopped: nothing more is told to devices until the server starts anew.")]
    private static partial void LogBroken(ILogger logger, Exception broken);

    [LoggerMessage(Level = LogLevel.Error, Message = "A command to {Device} failed in the server; it is tried again.")]
    private static partial void LogFailed(ILogger logger, string device, Exception failed);
}

/// <summary>What the engine decided at one instant: kept first, then told.</summary>
internal sealed class ControlTurn(DateTime now)
{
    /// <summary>UTC.</summary>
    public DateTime Now => now;
    public List<StoredRequest> Requests { get; } = [];
    public List<ControlStep> Steps { get; } = [];
    public List<Guid> Over { get; } = [];

    /// <summary>Devices whose customers left something.</summary>
    public List<(string Device, DateTime At)> Leaves { get; } = [];
    public List<OrderChange> Changes { get; } = [];
    public List<LiveOrder> Sends { get; } = [];

    /// <summary>Who waits for it to be kept, and what is told to them where it never is.</summary>
    public List<Action> Kept { get; } = [];
    public List<Action> Lost { get; } = [];

    public bool HasNews => Requests.Count + Steps.Count + Over.Count > 0;
}
