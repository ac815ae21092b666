using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// The hash-chained log: takes entries from any thread, and one writer gives each its place in the chain of its class and stores them in batches. What is guaranteed: a row that was
/// stored survives a crash; <see cref="FlushAsync"/> and <see cref="DisposeAsync"/> end only when all that was taken before is stored; what waits in memory when the process is killed
/// is gone, a batch at most as long as the store takes to write the one before. What finds no room is counted in a row of kind <see cref="EvidenceKind.Lost"/>.
/// </summary>
public sealed partial class AuditLog : IAsyncDisposable
{
    internal static readonly EvidenceClass[] Classes = Enum.GetValues<EvidenceClass>();

    // Rows of one transaction: a crash loses none of those stored before, and readers wait for no longer one.
    private const int BatchSize = 1000;

    // Rows removed in one transaction.
    private const int PruneSize = 10_000;

    // Tries to store the last rows when the server stops: a store that is gone must not keep the process.
    private const int TriesAtEnd = 5;

    private static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);

    private readonly IEvidenceStore _store;
    private readonly AuditLogOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EvidenceQueue _queue;
    private readonly EvidenceAnchor[] _heads;
    private readonly EvidenceAnchor[] _anchored;
    private readonly Lock _headsGate = new();
    private readonly ITimer _clock;
    private readonly Task _writer;
    private DateTime _nextAnchor;
    private DateTime _nextPrune;

    private AuditLog(IEvidenceStore store, EvidenceAnchor[] heads, AuditLogOptions options, TimeProvider time, ILogger logger)
    {
        _store = store;
        _options = options;
        _time = time;
        _logger = logger;
        _queue = new EvidenceQueue(options);
        _heads = heads;
        _anchored = Array.ConvertAll(Classes, EvidenceAnchor.Start);
        _clock = time.CreateTimer(_ => _queue.Ring(), null, options.AnchorInterval, options.AnchorInterval);
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Goes on where the stored chains end. That rows are missing which an anchor saw is told in the process log and becomes a row of its own.</summary>
    public static async Task<AuditLog> OpenAsync(IEvidenceStore store, AuditLogOptions options, TimeProvider time, ILogger<AuditLog> logger, CancellationToken cancellation = default)
    {
        var heads = new EvidenceAnchor[Classes.Length];
        foreach (var @class in Classes) heads[(int)@class] = await store.HeadAsync(@class, cancellation).ConfigureAwait(false);
        var log = new AuditLog(store, heads, options, time, logger);
        if (options.AnchorFile is { } file) await log.CompareAsync(file, cancellation).ConfigureAwait(false);
        return log;
    }

    /// <summary>Where its rows can be read.</summary>
    public IEvidenceStore Store => _store;

    /// <summary>Entries that were lost since the start, for want of room.</summary>
    public long LostCount => _queue.LostInAll;

    /// <summary>Where a chain stands: the last row that is stored.</summary>
    public EvidenceAnchor HeadOf(EvidenceClass @class)
    {
        lock (_headsGate) return _heads[(int)@class];
    }

    /// <summary>Takes an entry. Returns at once while there is room, else after <see cref="AuditLogOptions.BackPressure"/> at most; never throws.</summary>
    /// <returns>False where it is lost.</returns>
    public bool TryAdd(in EvidenceEntry entry) => _queue.TryAdd(entry);

    /// <summary>Counts an entry that was lost before it came here.</summary>
    internal void CountLost(EvidenceClass @class) => _queue.CountLost(@class);

    /// <summary>Ends when all that was taken so far is stored.</summary>
    public Task FlushAsync(CancellationToken cancellation = default) => _queue.FlushAsync().WaitAsync(cancellation);

    private async Task CompareAsync(string file, CancellationToken cancellation)
    {
        IReadOnlyList<EvidenceAnchor> anchors;
        try
        {
            anchors = AnchorFile.Read(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            LogAnchorFile(unreadable, file);
            return;
        }

        foreach (var anchor in anchors)
        {
            if (anchor.Sequence == 0 || await HasAsync(anchor, cancellation).ConfigureAwait(false)) continue;
            LogCut(anchor.ToString());
            // The file is about to be written anew: what it said stays in the log.
            TryAdd(new EvidenceEntry(EvidenceClass.Change, _time.GetUtcNow().UtcDateTime, EvidenceKind.Refused, "AnchorMismatch", "", $$"""{"Anchor":"{{anchor}}"}"""));
        }
    }

    private async Task<bool> HasAsync(EvidenceAnchor anchor, CancellationToken cancellation)
    {
        if (anchor.Sequence > HeadOf(anchor.Class).Sequence) return false;
        await foreach (var row in _store.ReadAsync(new EvidenceQuery { Class = anchor.Class, After = anchor.Sequence - 1, Limit = 1 }, cancellation).ConfigureAwait(false))
            // It may have been pruned since.
            return row.Sequence > anchor.Sequence || row.Hash == anchor.Hash;
        return true;
    }

    private async Task WriteAsync()
    {
        var spare = new List<EvidenceEntry>();
        while (true)
        {
            await _queue.WaitAsync().ConfigureAwait(false);
            var isLast = _queue.IsClosed;
            var (entries, lost) = _queue.Take(spare);
            AddLost(entries, lost);
            await StoreAsync(entries).ConfigureAwait(false);
            entries.Clear();
            spare = entries;
            await TickAsync(isLast).ConfigureAwait(false);
            if (isLast) return;
        }
    }

    private void AddLost(List<EvidenceEntry> entries, long[] lost)
    {
        foreach (var @class in Classes)
        {
            if (lost[(int)@class] == 0) continue;
            LogLost(lost[(int)@class], @class);
            entries.Add(new EvidenceEntry(@class, _time.GetUtcNow().UtcDateTime, EvidenceKind.Lost, "Lost", "", $$"""{"Events":{{lost[(int)@class]}}}"""));
        }
    }

    private async Task StoreAsync(List<EvidenceEntry> entries)
    {
        for (var start = 0; start < entries.Count; start += BatchSize)
        {
            var batch = entries.GetRange(start, Math.Min(BatchSize, entries.Count - start));
            var failure = await StoreBatchAsync(batch).ConfigureAwait(false);
            _queue.Release(batch.FindAll(static entry => entry.Kind != EvidenceKind.Lost), failure);
        }
    }

    // Tries until the store takes them: a store that comes back later finds them all, as far as the queue holds. The exception: why they were given up.
    private async Task<Exception?> StoreBatchAsync(List<EvidenceEntry> batch)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (rows, heads) = Chain(batch);
            try
            {
                await _store.AppendAsync(rows, SeenIn(batch), CancellationToken.None).ConfigureAwait(false);
                Move(heads);
                return null;
            }
            catch (Exception failed) when (attempt < TriesAtEnd || !_queue.IsClosed)
            {
                LogNotStored(failed, rows.Length);
                await Task.Delay(_options.RetryInterval, _time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception failed)
            {
                LogGivenUp(failed, rows.Length);
                return failed;
            }

            if (await HasStoredAsync(heads).ConfigureAwait(false)) return null;
        }
    }

    // A commit may have been done although its answer got lost; or somebody else wrote, whom we follow.
    private async Task<bool> HasStoredAsync(EvidenceAnchor[] expected)
    {
        try
        {
            var heads = new EvidenceAnchor[Classes.Length];
            foreach (var @class in Classes) heads[(int)@class] = await _store.HeadAsync(@class, CancellationToken.None).ConfigureAwait(false);
            Move(heads);
            return heads.AsSpan().SequenceEqual(expected);
        }
        catch (Exception failed)
        {
            LogNotStored(failed, 0);
            return false;
        }
    }

    private (EvidenceRow[] Rows, EvidenceAnchor[] Heads) Chain(List<EvidenceEntry> batch)
    {
        var heads = (EvidenceAnchor[])_heads.Clone();
        var rows = new EvidenceRow[batch.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            var entry = batch[i];
            rows[i] = EvidenceRow.After(heads[(int)entry.Class], entry.Time, entry.Kind, entry.Type, entry.Party, entry.Body);
            heads[(int)entry.Class] = rows[i].Anchor;
        }

        return (rows, heads);
    }

    private static Dictionary<string, DateTime>? SeenByIdentity(List<EvidenceEntry> batch)
    {
        Dictionary<string, DateTime>? seen = null;
        foreach (var entry in batch)
            foreach (var identity in entry.Seen ?? [])
                (seen ??= [])[identity] = entry.Time;
        return seen;
    }

    private static SeenIdentity[] SeenIn(List<EvidenceEntry> batch) => SeenByIdentity(batch) is { } seen ? [.. seen.Select(s => new SeenIdentity(s.Key, s.Value))] : [];

    private void Move(EvidenceAnchor[] heads)
    {
        lock (_headsGate) heads.CopyTo(_heads, 0);
    }

    private async Task TickAsync(bool isLast)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        if (now >= _nextPrune && !isLast)
        {
            _nextPrune = now + PruneInterval;
            foreach (var @class in Classes) await PruneAsync(@class, now).ConfigureAwait(false);
        }

        if (now < _nextAnchor && !isLast) return;
        _nextAnchor = now + _options.AnchorInterval;
        WriteAnchors();
    }

    private async Task PruneAsync(EvidenceClass @class, DateTime now)
    {
        try
        {
            var before = now - _options.RetentionOf(@class);
            while (await _store.FindExpiredAsync(@class, before, PruneSize, CancellationToken.None).ConfigureAwait(false) is { } expired)
            {
                var row = EvidenceRow.After(_heads[(int)@class], now, EvidenceKind.Checkpoint, EvidenceCheckpoint.TypeName, "", expired.ToBody());
                await _store.AppendAsync([row], [], CancellationToken.None).ConfigureAwait(false);
                lock (_headsGate) _heads[(int)@class] = row.Anchor;
                LogPruned(expired.Through, @class);
            }
        }
        catch (Exception failed)
        {
            // The next hour tries again; the heads are asked for anew, for it may have been done.
            LogNotPruned(failed, @class);
            await HasStoredAsync(_heads).ConfigureAwait(false);
        }
    }

    private void WriteAnchors()
    {
        if (_heads.AsSpan().SequenceEqual(_anchored)) return;
        foreach (var head in _heads)
            if (head != _anchored[(int)head.Class]) LogAnchor(head.ToString());
        try
        {
            if (_options.AnchorFile is { } file) AnchorFile.Write(file, _heads);
            _heads.CopyTo(_anchored, 0);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            LogAnchorFile(failed, _options.AnchorFile!);
        }
    }

    /// <summary>Takes no more, stores what was taken, writes the last anchors, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _clock.DisposeAsync().ConfigureAwait(false);
        _queue.Close();
        await _writer.ConfigureAwait(false);
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Evidence anchor {Anchor}")]
    private partial void LogAnchor(string anchor);

    [LoggerMessage(Level = LogLevel.Information, Message = "Evidence rows up to {Through} of class {Class} were old enough to go; a checkpoint stands for them.")]
    private partial void LogPruned(long through, EvidenceClass @class);

    [LoggerMessage(Level = LogLevel.Error, Message = "Old evidence of class {Class} could not be removed; trying again in an hour.")]
    private partial void LogNotPruned(Exception reason, EvidenceClass @class);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Count} events of class {Class} were LOST: the log could not be written as fast as they came. A row of the log says so.")]
    private partial void LogLost(long count, EvidenceClass @class);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} rows of evidence could not be stored; trying again.")]
    private partial void LogNotStored(Exception reason, int count);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Count} rows of evidence are LOST: the store did not take them before the server ended.")]
    private partial void LogGivenUp(Exception reason, int count);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The evidence log was CUT OFF or written anew: the anchor {Anchor} is not in it. Run: opcportal audit verify")]
    private partial void LogCut(string anchor);

    [LoggerMessage(Level = LogLevel.Error, Message = "The anchor file {File} cannot be used.")]
    private partial void LogAnchorFile(Exception reason, string file);
}
