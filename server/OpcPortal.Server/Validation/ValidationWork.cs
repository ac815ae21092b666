using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// What is to be done beside ingest, and what was done of it: looks at days that are due, finds points from which nothing comes any more, and keeps what waits over a restart. Used by one at a time.
/// </summary>
/// <param name="kept">Where what waits is kept; null: nowhere.</param>
internal sealed partial class ValidationWork(RuleBook book, FleetSpace space, IReadingHistory history, ValidationQueue queue, ValidationCounters counters, SqlValidationWork? kept, TimeProvider time, ILogger logger)
{
    /// <summary>How often points are looked for from which nothing comes.</summary>
    public static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(15);

    /// <summary>How often what waits is kept: what a kill takes with it is found again by the walk over all points since the last time.</summary>
    public static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(1);

    /// <summary>A day whose findings could not be kept is looked at again after so long.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    // A start walks over all that is of so long before the last time that what waits was kept: what comes in time is found by that.
    private static readonly TimeSpan Overlap = ReadingStore.LateBy;

    // To look through more than so many each second would cost more than to look at days twice after a kill.
    private const int ManyDays = 10_000;
    private static readonly TimeSpan SaveManyEvery = TimeSpan.FromSeconds(15);

    private readonly DayValidator _validator = new(book, space, history, counters, time);
    private readonly FleetPoints _names = new(space.Registry);
    private readonly HashSet<StoredDay> _saved = [];
    private readonly SemaphoreSlim _saving = new(1);

    // Through when intervals are accounted for, of points that lag behind, ticks UTC.
    private readonly Dictionary<int, long> _accounted = [];
    private DateTime _nextSweep;
    private DateTime _nextSave;
    private bool _isRestored;

    // What was taken from the queue and is not done.
    private DayKey? _underWay;
    private int? _walkingSince;

    /// <summary>Does what is due now.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        await RestoreAsync(now, cancellation).ConfigureAwait(false);
        if (now >= _nextSweep)
        {
            _nextSweep = now + SweepEvery;
            await SweepAsync(now, cancellation).ConfigureAwait(false);
        }

        await ExplainAsync(cancellation).ConfigureAwait(false);
        while (queue.TryTake(now, out var day)) await ValidateAsync(day, now, cancellation).ConfigureAwait(false);
        if ((_walkingSince = queue.TakeDropped()) is { } oldest) await WalkAsync(oldest, now, cancellation).ConfigureAwait(false);
        _walkingSince = null;
        if (now >= _nextSave)
        {
            _nextSave = now + (queue.Count > ManyDays ? SaveManyEvery : SaveEvery);
            await SaveAsync(now, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Names the days of a stretch of time of all channels of a device.</summary>
    public void Add(int device, DateTime from, DateTime until, DateTime now)
    {
        if ((uint)device >= (uint)space.Registry.DeviceCount || Volatile.Read(ref space.Registry.DeviceAt(device).Layout) is not { } layout) return;
        foreach (var channel in book.Of(layout).Channels) AddDays(space.Registry.DeviceAt(device).FirstPoint + channel.Interval, channel, from, until, now + ValidationQueue.Settle);
    }

    private void AddDays(int point, ChannelUse channel, DateTime from, DateTime until, DateTime due)
    {
        if (!_validator.TryDay(point, LocalDay.EndAfter(from, channel.Length), out var first) || !_validator.TryDay(point, until, out var last)) return;
        for (var day = Math.Max(first.Day, last.Day - ValidationQueue.MaxGapDays); day <= last.Day; day++) queue.Add(new DayKey(point, day), due);
    }

    private async Task ValidateAsync(DueDay day, DateTime now, CancellationToken cancellation)
    {
        _underWay = day.Key;
        try
        {
            var again = await _validator.ValidateAsync(day, cancellation).ConfigureAwait(false);
            if (again != DateTime.MaxValue) queue.Add(day.Key, again);
        }
        catch (StorageException failed)
        {
            counters.CountFailure();
            queue.Add(day.Key, now + RetryAfter, day.IsRepeated);
            LogNotKept(logger, failed.Message);
        }
        catch (OperationCanceledException)
        {
            queue.Add(day.Key, now, day.IsRepeated);
            throw;
        }
        finally
        {
            _underWay = null;
        }
    }

    private async Task ExplainAsync(CancellationToken cancellation)
    {
        var notes = queue.TakeExplained();
        if (notes.Count == 0) return;
        try
        {
            await history.ReviseAsync(notes, cancellation).ConfigureAwait(false);
        }
        catch (StorageException failed)
        {
            counters.CountFailure();
            foreach (var note in notes) queue.AddExplained(note);
            LogNotKept(logger, failed.Message);
        }
    }

    // What a device never sends wakes nobody: the clock does.
    private async Task SweepAsync(DateTime now, CancellationToken cancellation)
    {
        await MeetAsync(now, cancellation).ConfigureAwait(false);
        foreach (var (point, channel) in Channels())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!history.Keeps(point)) continue;
            var through = Accounted(point, channel, now);
            // Nothing ever came: it has not begun yet.
            if (through == 0) continue;
            var missing = now - channel.Rules.MissingAfter;
            var next = LocalDay.EndAfter(new DateTime(through, DateTimeKind.Utc), channel.Length);
            if (next > missing) continue;
            AddDays(point, channel, new DateTime(through, DateTimeKind.Utc), missing, now);
            _accounted[point] = missing.Ticks;
        }
    }

    // Of points that nothing has come from since the start history knows the last: asked once, for all that are new to this.
    private async ValueTask MeetAsync(DateTime now, CancellationToken cancellation)
    {
        var met = new List<int>();
        foreach (var (point, channel) in Channels())
            if (!_accounted.ContainsKey(point) && history.Keeps(point) && !TryCurrent(point, channel, now, out _)) met.Add(point);
        if (met.Count == 0) return;
        // Silence of more than a year is no gap, but another life.
        var last = await history.LastTimesAsync(met, now.AddDays(-ValidationQueue.MaxGapDays), now, cancellation).ConfigureAwait(false);
        foreach (var point in met) _accounted[point] = last.TryGetValue(point, out var time) ? time.Ticks : 0;
    }

    private long Accounted(int point, ChannelUse channel, DateTime now)
    {
        var isKnown = _accounted.TryGetValue(point, out var known);
        if (!TryCurrent(point, channel, now, out var current) || (isKnown && current <= known)) return known;
        // It has caught up: its current value says it all.
        _accounted.Remove(point);
        return current;
    }

    // That a meter does not answer is told at any time, perhaps at each poll: it says nothing of an interval.
    private bool TryCurrent(int point, ChannelUse channel, DateTime now, out long through)
    {
        var current = space.Store.Read(point);
        through = current.SourceTime.Ticks;
        return current.ServerTime != default && current.SourceTime <= now && LocalDay.IsEnd(current.SourceTime, channel.Length);
    }

    private IEnumerable<(int Point, ChannelUse Channel)> Channels()
    {
        for (var device = 0; device < space.Registry.DeviceCount; device++)
        {
            if (Volatile.Read(ref space.Registry.DeviceAt(device).Layout) is not { } layout) continue;
            foreach (var channel in book.Of(layout).Channels) yield return (space.Registry.DeviceAt(device).FirstPoint + channel.Interval, channel);
        }
    }

    // Without the queue: it was too small.
    private async Task WalkAsync(int oldest, DateTime now, CancellationToken cancellation)
    {
        LogWalk(logger, DateOnly.FromDayNumber(oldest));
        foreach (var (point, _) in Channels())
        {
            if (!_validator.TryDay(point, now, out var today)) continue;
            for (var day = Math.Max(oldest, today.Day - ValidationQueue.MaxGapDays); day <= today.Day; day++)
            {
                cancellation.ThrowIfCancellationRequested();
                await ValidateAsync(new DueDay(new DayKey(point, day), IsRepeated: true), now, cancellation).ConfigureAwait(false);
            }
        }
    }

    // Once, by whoever is first.
    private async Task RestoreAsync(DateTime now, CancellationToken cancellation)
    {
        await _saving.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!_isRestored) await RestoreOneAsync(now, cancellation).ConfigureAwait(false);
            _isRestored = true;
        }
        finally
        {
            _saving.Release();
        }
    }

    private async Task RestoreOneAsync(DateTime now, CancellationToken cancellation)
    {
        if (kept is null) return;
        var (through, days) = await kept.LoadAsync(cancellation).ConfigureAwait(false);
        foreach (var stored in days)
        {
            _saved.Add(stored);
            if (TryPoint(stored.Point, out var point)) queue.Add(new DayKey(point, stored.Day), now, isRepeated: true);
        }

        foreach (var (point, channel) in Channels())
        {
            if (through is { } last) AddDays(point, channel, last - Overlap, now, now);
            foreach (var day in history.RecoveredDays(point)) AddDays(point, channel, day, day.AddDays(1), now);
        }
    }

    /// <summary>Keeps what waits now: one by one what the walk of a start would not find, and since when that must walk. From any thread.</summary>
    public async Task SaveAsync(DateTime now, CancellationToken cancellation)
    {
        if (kept is null) return;
        try
        {
            // What was kept before is part of what waits.
            await RestoreAsync(now, cancellation).ConfigureAwait(false);
            await _saving.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                await SaveOneAsync(now, cancellation).ConfigureAwait(false);
            }
            finally
            {
                _saving.Release();
            }
        }
        catch (StorageException failed)
        {
            LogNotKept(logger, failed.Message);
        }
    }

    private async Task SaveOneAsync(DateTime now, CancellationToken cancellation)
    {
        var days = queue.Waiting();
        var through = now;
        foreach (var (_, due) in days)
            if (due < through) through = due;
        if ((_walkingSince ?? queue.OldestDropped) is { } oldest && DateOnly.FromDayNumber(oldest).ToDateTime(default, DateTimeKind.Utc) is var since && since < through) through = since;
        var waiting = new HashSet<StoredDay>();
        foreach (var (day, due) in days)
            if (due > now + Overlap || !IsWalked(day, through)) Add(day);
        if (_underWay is { } current && !IsWalked(current, through)) Add(current);
        StoredDay[] added = [.. waiting.Except(_saved)], done = [.. _saved.Except(waiting)];
        await kept!.SaveAsync(added, done, through, cancellation).ConfigureAwait(false);
        _saved.UnionWith(added);
        _saved.ExceptWith(done);

        void Add(DayKey day)
        {
            if (_names.TryName(day.Point, out var name)) waiting.Add(new StoredDay(name.Text, day.Day));
        }
    }

    private bool IsWalked(DayKey day, DateTime through) => _validator.TryDay(day.Point, through - Overlap, out var first) && day.Day >= first.Day;

    private bool TryPoint(string text, out int point)
    {
        point = -1;
        if (!FleetPath.TryParse(text, out var path) || path.Device.IsEmpty || path.Member.IsEmpty) return false;
        var device = space.Registry.FindDevice(space.Registry.FindPortal(path.Portal), path.Device);
        if (device == FleetRegistry.None || Volatile.Read(ref space.Registry.DeviceAt(device).Layout)?.PointAt(path.Member.ToString()) is not (>= 0 and var index)) return false;
        point = space.Registry.DeviceAt(device).FirstPoint + index;
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What validation found cannot be kept, and is looked at again: {Reason}")]
    private static partial void LogNotKept(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "More days were to be validated than can wait: all points are walked over since {Oldest}.")]
    private static partial void LogWalk(ILogger logger, DateOnly oldest);
}
