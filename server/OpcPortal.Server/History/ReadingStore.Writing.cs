using Microsoft.Extensions.Logging;

namespace OpcPortal.Server;

/// <content>How what was journalled goes to the database: one loop beside ingest, table by table.</content>
public sealed partial class ReadingStore
{
    /// <summary>Tables that wait in memory to be stored, beside the one that grows; of further ones the journal alone knows, until their turn comes.</summary>
    private const int MaxWaitingTables = 2;

    /// <summary>Bytes of a segment: long texts fill it before there are many readings.</summary>
    private const long MaxSegmentBytes = 512L << 20;

    /// <summary>How often within its greatest age a table is looked at.</summary>
    private const int AgeChecks = 8;

    private readonly BlockWriter _writer;
    private readonly BlockUpkeep _upkeep;
    private readonly Lock _tablesGate = new();
    private readonly Lock _wakeGate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly List<FlushWaiter> _flushes = [];
    private readonly CancellationTokenSource _stop = new();
    private ReadingTable[] _tables = [];
    private HistoryStanding _standing = new(HistoryCondition.Keeping, "");
    private Task _loops = Task.CompletedTask;
    private ITimer? _aging;
    private long _begunAt;

    /// <summary>How it is with keeping readings.</summary>
    public HistoryStanding Condition => Volatile.Read(ref _standing);

    /// <summary>Told when that changes: returns at once, never throws.</summary>
    public event Action<HistoryStanding>? ConditionChanged;

    /// <summary>Told of what was deleted because its time was over: returns at once, never throws.</summary>
    public event Action<RetiredReadings>? Retired
    {
        add => _upkeep.Retired += value;
        remove => _upkeep.Retired -= value;
    }

    /// <summary>Awaited before the journal forgets what it held: what others have to do with it must outlive it. Never throws.</summary>
    internal Func<CancellationToken, Task>? Forgetting { get; set; }

    private ReadingTable[] Tables => Volatile.Read(ref _tables);
    private ReadingTable Active => Tables[^1];

    private void Recover()
    {
        var loaded = 0;
        foreach (var generation in _journal.Generations)
        {
            if (generation <= _blocks.Generation)
            {
                // Stored, but the process ended before it was deleted.
                Delete(generation);
                continue;
            }

            var table = new ReadingTable(generation, _chunks) { IsOnDisk = loaded++ >= MaxWaitingTables };
            var visitor = new RecoveryVisitor(_notes, table.IsOnDisk ? null : table, _recoveredDays);
            var report = ReadSegment(generation, visitor);
            _sequence = Math.Max(_sequence, visitor.Sequence);
            LogRecovered(_logger, _journal.PathOf(generation), report.Frames, visitor.Readings, report.TornBytes);
            if (report.DamagedBytes > 0) LogDamaged(_logger, _journal.PathOf(generation), report.DamagedBytes);
            _tables = [.. _tables, table];
        }

        Begin();
    }

    private SegmentReport ReadSegment(long generation, IJournalVisitor visitor)
    {
        var path = _journal.PathOf(generation);
        try
        {
            return JournalSegment.Read(path, visitor);
        }
        catch (FileNotFoundException)
        {
            // It was stored meanwhile: what it held is in the database.
            return default;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or StoredFormatException)
        {
            throw new StorageException($"{path} cannot be read: {unreadable.Message}", unreadable);
        }
    }

    // A number is never used again: what is stored goes by it.
    private void Begin()
    {
        var generation = Math.Max(_blocks.Generation, Tables.Length == 0 ? 0 : Active.Generation) + 1;
        _journal.Begin(generation);
        _begunAt = _time.GetTimestamp();
        ReadingTable? emptied = null;
        lock (_tablesGate)
        {
            var tables = new List<ReadingTable>(_tables);
            // The oldest are stored next; the newest that waits goes to the disk alone.
            if (tables.Count > MaxWaitingTables && !tables[^1].IsOnDisk)
            {
                emptied = tables[^1];
                tables[^1] = new ReadingTable(emptied.Generation, _chunks) { IsOnDisk = true };
            }

            tables.Add(new ReadingTable(generation, _chunks));
            Volatile.Write(ref _tables, [.. tables]);
        }

        emptied?.Clear();
    }

    private void Start()
    {
        _aging = _time.CreateTimer(_ => Wake(), null, _options.MaxTableAge / AgeChecks, _options.MaxTableAge / AgeChecks);
        _loops = Task.WhenAll(Task.Run(StoreAsync), Task.Run(SyncAsync), Task.Run(KeepUpAsync));
        Wake();
    }

    private void Wake()
    {
        lock (_wakeGate)
            if (_wake.CurrentCount == 0) _wake.Release();
    }

    private void RotateIfFull()
    {
        if (Active.Weight >= _options.MaxTableReadings || _journal.SegmentBytes >= MaxSegmentBytes) Rotate();
    }

    // Called by whoever appends.
    private void Rotate()
    {
        if (Active.Weight == 0 && Active.Names.Count == 0) return;
        try
        {
            Begin();
        }
        catch (StorageException refused)
        {
            // That before goes on: appending to it will be refused too, or there is room again.
            LogNotRotated(_logger, refused.Message);
            return;
        }

        Wake();
    }

    /// <summary>Stores all that was kept before: when it completes, the database has it.</summary>
    /// <exception cref="StorageException">The database refuses, or cannot be reached.</exception>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        var waiter = new FlushWaiter();
        await _appending.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Rotate();
            if (Active.Weight > 0) throw new StorageException($"The journal {_options.JournalFolder} takes no new segment.");
            waiter.Generation = Active.Generation - 1;
            lock (_flushes) _flushes.Add(waiter);
        }
        finally
        {
            _appending.Release();
        }

        Wake();
        // Where the loops have failed, so has this.
        await (await Task.WhenAny(waiter.Done.Task, _loops).WaitAsync(cancellation).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task StoreAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _wake.WaitAsync(_stop.Token).ConfigureAwait(false);
                await RotateIfOldAsync().ConfigureAwait(false);
                await StoreWaitingAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
        }
    }

    private async Task RotateIfOldAsync()
    {
        if (_time.GetElapsedTime(_begunAt) < _options.MaxTableAge) return;
        await _appending.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            Rotate();
        }
        finally
        {
            _appending.Release();
        }
    }

    private async Task StoreWaitingAsync()
    {
        while (Tables.Length > 1)
        {
            try
            {
                await StoreOldestAsync().ConfigureAwait(false);
                if (Condition.Condition == HistoryCondition.DatabaseAway) SetCondition(HistoryCondition.Keeping, "");
            }
            catch (StorageException refused)
            {
                if (Condition.Condition == HistoryCondition.Keeping) SetCondition(HistoryCondition.DatabaseAway, refused.Message);
                EndFlushes(refused);
                await Task.Delay(_options.RetryInterval, _time, _stop.Token).ConfigureAwait(false);
            }
        }

        EndFlushes(null);
    }

    private async Task StoreOldestAsync()
    {
        var table = Tables[0];
        if (table.IsOnDisk)
        {
            var loaded = new ReadingTable(table.Generation, _chunks);
            ReadSegment(table.Generation, new RecoveryVisitor(_notes, loaded));
            lock (_tablesGate) Volatile.Write(ref _tables, [loaded, .. _tables[1..]]);
            table = loaded;
        }

        await _writer.StoreAsync(table, Interlocked.Read(ref _sequence), _stop.Token).ConfigureAwait(false);
        if (Forgetting is { } forgetting) await forgetting(_stop.Token).ConfigureAwait(false);
        lock (_tablesGate) Volatile.Write(ref _tables, _tables[1..]);
        table.Clear();
        Delete(table.Generation);
        EndFlushes(null);
    }

    private void Delete(long generation)
    {
        try
        {
            _journal.Delete(generation);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LogNotDeleted(_logger, _journal.PathOf(generation), refused.Message);
        }
    }

    private void EndFlushes(StorageException? refused)
    {
        lock (_flushes)
        {
            for (var i = _flushes.Count - 1; i >= 0; i--)
            {
                if (_flushes[i].Generation <= _blocks.Generation || Tables[0].Generation > _flushes[i].Generation) _flushes[i].Done.TrySetResult();
                else if (refused is not null) _flushes[i].Done.TrySetException(refused);
                else continue;
                _flushes.RemoveAt(i);
            }
        }
    }

    private async Task KeepUpAsync()
    {
        using var timer = new PeriodicTimer(_options.UpkeepInterval, _time);
        try
        {
            do
            {
                await KeepUpOnceAsync().ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The store ends.
        }
    }

    /// <summary>What the clock does otherwise.</summary>
    internal async Task KeepUpOnceAsync()
    {
        try
        {
            await _upkeep.RunAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (StorageException refused)
        {
            // The next time is soon enough: nothing is lost by it.
            LogNoUpkeep(_logger, refused.Message);
        }
    }

    private async Task SyncAsync()
    {
        if (_options.SyncInterval == TimeSpan.Zero) return;
        using var timer = new PeriodicTimer(_options.SyncInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    _journal.Sync();
                }
                catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
                {
                    LogNotSynced(_logger, refused.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The store ends.
        }
    }

    private void SetCondition(HistoryCondition condition, string reason)
    {
        var before = Condition;
        if (before.Condition == condition) return;
        var standing = new HistoryStanding(condition, reason);
        Volatile.Write(ref _standing, standing);
        if (condition == HistoryCondition.Keeping) LogKeeping(_logger);
        else LogCondition(_logger, condition, reason);
        ConditionChanged?.Invoke(standing);
    }

    /// <summary>Ends: what the database does not take now stays in the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        if (Condition.Condition == HistoryCondition.Keeping)
        {
            try
            {
                await FlushAsync().ConfigureAwait(false);
            }
            catch (StorageException refused)
            {
                LogNotFlushed(_logger, refused.Message);
            }
        }

        await EndAsync().ConfigureAwait(false);
    }

    /// <summary>Ends as if the process did: nothing more is stored.</summary>
    internal async Task EndAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loops.ConfigureAwait(false);
        if (_aging is not null) await _aging.DisposeAsync().ConfigureAwait(false);
        lock (_flushes)
            foreach (var flush in _flushes) flush.Done.TrySetException(new StorageException("The store has ended."));
        _journal.Dispose();
        await _taken.DisposeAsync().ConfigureAwait(false);
        _appending.Dispose();
        _wake.Dispose();
        _stop.Dispose();
    }

    private sealed class FlushWaiter
    {
        public long Generation { get; set; }
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Segment}: {Frames} batches with {Readings} readings are taken over; {TornBytes} bytes at its end were not written whole, and nobody was told that they are kept.")]
    private static partial void LogRecovered(ILogger logger, string segment, long frames, long readings, long tornBytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Segment}: {DamagedBytes} bytes in the midst of it are damaged: the readings in them are lost.")]
    private static partial void LogDamaged(ILogger logger, string segment, long damagedBytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "A new segment of the journal cannot be made: {Reason}")]
    private static partial void LogNotRotated(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Segment} is stored and cannot be deleted: {Reason}")]
    private static partial void LogNotDeleted(ILogger logger, string segment, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal of readings cannot be forced to the disk: {Reason}")]
    private static partial void LogNotSynced(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "History is {Condition}: {Reason}")]
    private static partial void LogCondition(ILogger logger, HistoryCondition condition, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "History is kept again.")]
    private static partial void LogKeeping(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is stored could not be put in order: {Reason}")]
    private static partial void LogNoUpkeep(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What the journal holds is stored at the next start: {Reason}")]
    private static partial void LogNotFlushed(ILogger logger, string reason);
}
