using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>
/// Store and forward: stands between an adapter and the server. While the server takes readings and confirms them, they pass; what it has not confirmed yet is held in memory. Where it does
/// not, that and all that follows is kept in a <see cref="ReadingBacklog"/>, and only offered to the server, so that current values go on; once it confirms again, readings pass as before and the
/// backlog is delivered beside them. So the server may get a reading twice, and knows it again by its time. Thread-safe.
/// </summary>
internal sealed partial class ForwardingSink : IReadingSink, IAsyncDisposable
{
    /// <summary>How long a loss fails every commit: no adapter takes that long from publishing to asking, and one that asks its devices again in vain has lost nothing.</summary>
    private static readonly TimeSpan LossMemory = TimeSpan.FromMinutes(1);

    private static readonly CancellationToken AtOnce = new(canceled: true);

    private readonly IReadingSink _server;
    private readonly ReadingBacklog _backlog;
    private readonly StoreAndForwardOptions _options;
    private readonly RunHealth _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BacklogDelivery _delivery;
    private readonly Lock _lock = new();
    private readonly List<Reading> _unconfirmed = [];
    private readonly Queue<(long Published, TaskCompletionSource Confirmed)> _waiting = new();
    private readonly Pulse _changed = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _confirming = Task.CompletedTask;
    private Task _delivering = Task.CompletedTask;
    private long _published;
    private int _holds;
    private bool _isHolding;
    private bool _isUnflushed;
    private long _lost;
    private DateTimeOffset _lostAt = DateTimeOffset.MinValue;

    public ForwardingSink(IReadingSink server, ReadingBacklog backlog, StoreAndForwardOptions options, DrainPace pace, RunHealth health, TimeProvider time, ILogger logger)
    {
        _server = server;
        _backlog = backlog;
        _options = options;
        _health = health;
        _time = time;
        _logger = logger;
        _delivery = new BacklogDelivery(backlog, this, pace, options, time, logger);
    }

    /// <summary>Whether readings are kept because the server does not take or confirm them.</summary>
    public bool IsHolding
    {
        get
        {
            lock (_lock) return _isHolding;
        }
    }

    /// <summary>Readings that could be neither confirmed nor kept, since the start.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Fires when it begins or ends to hold, when something becomes unconfirmed, and when the backlog has become smaller.</summary>
    internal Pulse Changed => _changed;

    /// <summary>Begins to confirm, and to deliver what is in the backlog from before.</summary>
    public void Start()
    {
        _confirming = Task.Run(() => ConfirmAsync(_stop.Token));
        _delivering = Task.Run(() => _delivery.RunAsync(_stop.Token));
    }

    /// <inheritdoc/>
    public async ValueTask PublishAsync(ReadOnlyMemory<Reading> readings, CancellationToken cancellation)
    {
        if (readings.IsEmpty) return;
        while (true)
        {
            var changed = _changed.Next;
            var isTaken = IsHolding ? await OfferAsync(readings).ConfigureAwait(false) : await TryPublishAsync(readings, cancellation).ConfigureAwait(false);
            if (Settle(readings.Span, isTaken)) return;
            // Neither the server nor the disk has room: the adapter waits, and skips ticks.
            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask CommitAsync(CancellationToken cancellation)
    {
        TaskCompletionSource confirmed;
        lock (_lock)
        {
            if (_time.GetUtcNow() - _lostAt < LossMemory) throw Loss();
            if (_unconfirmed.Count == 0)
            {
                FlushKept();
                return ValueTask.CompletedTask;
            }

            confirmed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((_published, confirmed));
        }

        _changed.Fire();
        return new ValueTask(confirmed.Task.WaitAsync(cancellation));
    }

    /// <summary>Publishes to the server, as long as its patience lasts.</summary>
    /// <returns>Whether it has taken all.</returns>
    internal async ValueTask<bool> TryPublishAsync(ReadOnlyMemory<Reading> readings, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(_options.PublishPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await _server.PublishAsync(readings, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
            return false;
        }
    }

    /// <summary>Has the server confirm all that it has, as long as its patience lasts.</summary>
    /// <returns>Whether it has.</returns>
    internal async ValueTask<bool> TryCommitAsync(CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(_options.CommitPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await _server.CommitAsync(either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            LogUnconfirmed(_logger, failure);
            return false;
        }
    }

    /// <summary>The server does not take or confirm readings: from now on they are kept.</summary>
    internal void Hold(string reason)
    {
        lock (_lock) BeginHold(reason);
        _changed.Fire();
    }

    /// <summary>The backlog has become smaller.</summary>
    internal void HasRoom()
    {
        _health.Overlay(null);
        _changed.Fire();
    }

    private async ValueTask<bool> OfferAsync(ReadOnlyMemory<Reading> readings)
    {
        try
        {
            await _server.PublishAsync(readings, AtOnce).ConfigureAwait(false);
            return true;
        }
        catch (Exception full) when (full is OperationCanceledException or System.Threading.Channels.ChannelClosedException)
        {
            return false;
        }
    }

    /// <returns>False where the readings are nowhere yet.</returns>
    private bool Settle(ReadOnlySpan<Reading> readings, bool isTaken)
    {
        var (wakes, isSettled) = (false, true);
        lock (_lock)
        {
            if (!_isHolding && isTaken)
            {
                wakes = _unconfirmed.Count == 0;
                _unconfirmed.AddRange(readings);
                _published += readings.Length;
                if (_unconfirmed.Count > _options.MaxUnconfirmed) wakes = BeginHold("too many readings await their confirmation");
            }
            else
            {
                if (!_isHolding) wakes = BeginHold("the server takes no readings");
                isSettled = TryKeep(readings, isTaken);
                if (isSettled) _published += readings.Length;
            }
        }

        if (wakes) _changed.Fire();
        return isSettled;
    }

    /// <returns>True: whoever waits for a change is to be told.</returns>
    private bool BeginHold(string reason)
    {
        if (!_isHolding) LogHolding(_logger, reason);
        _isHolding = true;
        _holds++;
        TryKeep(CollectionsMarshal.AsSpan(_unconfirmed), isTaken: true);
        _unconfirmed.Clear();
        FlushKept();
        Release();
        return true;
    }

    /// <param name="isTaken">Whether the server has them, if unconfirmed: then those for which there is no room are lost, else they wait.</param>
    /// <returns>False where they are nowhere yet.</returns>
    private bool TryKeep(ReadOnlySpan<Reading> readings, bool isTaken)
    {
        if (readings.IsEmpty) return true;
        string reason;
        try
        {
            if (_backlog.TryAdd(readings))
            {
                _isUnflushed = true;
                return true;
            }

            reason = $"the buffer for readings that the server does not take is full ({_options.MaxBytes} bytes)";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            reason = $"readings that the server does not take cannot be kept: {failure.Message.ReplaceLineEndings(" ")}";
        }

        _health.Overlay(reason);
        if (!isTaken) return false;
        if (Interlocked.Add(ref _lost, readings.Length) == readings.Length) LogLosing(_logger, reason);
        _lostAt = _time.GetUtcNow();
        while (_waiting.TryDequeue(out var waiting)) waiting.Confirmed.TrySetException(Loss());
        return true;
    }

    private void FlushKept()
    {
        if (!_isUnflushed) return;
        try
        {
            _backlog.Flush();
            _isUnflushed = false;
        }
        catch (IOException failure)
        {
            // Kept for the end of the process, not for that of the machine.
            LogUnflushed(_logger, failure);
        }
    }

    // All but what is unconfirmed survives.
    private void Release()
    {
        while (_waiting.TryPeek(out var waiting) && waiting.Published <= _published - _unconfirmed.Count) _waiting.Dequeue().Confirmed.TrySetResult();
    }

    private async Task ConfirmAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await WaitForUnconfirmedAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested) return;
            int count, holds;
            lock (_lock) (count, holds) = (_unconfirmed.Count, _holds);
            if (await TryCommitAsync(stop).ConfigureAwait(false)) Confirm(count, holds);
            else if (!stop.IsCancellationRequested) Hold("the server does not confirm readings");
        }
    }

    private void Confirm(int count, int holds)
    {
        bool ends;
        lock (_lock)
        {
            // What was held meanwhile has gone another way.
            if (holds == _holds) _unconfirmed.RemoveRange(0, count);
            ends = _isHolding && holds == _holds;
            if (ends) _isHolding = false;
            Release();
        }

        if (!ends) return;
        LogResumed(_logger);
        _changed.Fire();
    }

    // Until somebody waits for a confirmation, or something is unconfirmed for its interval.
    private async Task WaitForUnconfirmedAsync(CancellationToken stop)
    {
        var interval = Task.CompletedTask;
        while (true)
        {
            var changed = _changed.Next;
            bool isIdle, isAwaited;
            lock (_lock) (isIdle, isAwaited) = (_unconfirmed.Count == 0 && !_isHolding, _waiting.Count > 0);
            if (isAwaited) return;
            if (isIdle)
            {
                await changed.WaitAsync(stop).ConfigureAwait(false);
                interval = Task.CompletedTask;
                continue;
            }

            if (interval.IsCompleted) interval = Task.Delay(_options.CommitInterval, _time, stop);
            if (await Task.WhenAny(interval, changed).ConfigureAwait(false) != interval) continue;
            await interval.ConfigureAwait(false);
            return;
        }
    }

    private ReadingsLostException Loss() => new($"Readings could neither be confirmed nor be kept; {Lost} since the start.");

    /// <summary>Lets go of the backlog where nothing was started.</summary>
    public void Abandon()
    {
        _backlog.Dispose();
        _stop.Dispose();
    }

    /// <summary>What the server has not confirmed at the end is kept for the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_confirming, _delivering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        int count;
        lock (_lock) count = _unconfirmed.Count;
        if (count > 0 && await TryCommitAsync(CancellationToken.None).ConfigureAwait(false))
        {
            lock (_lock) _unconfirmed.RemoveRange(0, count);
        }

        lock (_lock)
        {
            if (_unconfirmed.Count > 0) BeginHold("the adapter ends");
        }

        _backlog.Dispose();
        _stop.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The server has not confirmed readings.")]
    private static partial void LogUnconfirmed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Readings are kept on disk: {Reason}.")]
    private static partial void LogHolding(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The server confirms readings again; what was kept is delivered.")]
    private static partial void LogResumed(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "Readings are lost: {Reason}.")]
    private static partial void LogLosing(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "What was kept is not on the disk yet.")]
    private static partial void LogUnflushed(ILogger logger, Exception failure);
}
