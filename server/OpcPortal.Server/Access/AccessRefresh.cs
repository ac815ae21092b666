using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Keeps decisions true: when the directory changes, when an agreement, a rule or a window begins or ends, when ownership passes on, new rules are put in place at once and every session and
/// subscription is asked anew. One loop; what comes while it is at work is done together afterwards. Driven by the server's clock.
/// </summary>
internal sealed partial class AccessRefresh : IAsyncDisposable
{
    // Where changes pour in, half of a core goes into making rules, and none of them waits longer than this besides: they are to hold within a second.
    private static readonly TimeSpan MaxRest = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    // A clock that is set forward is noticed by then.
    private static readonly TimeSpan MaxSleep = TimeSpan.FromMinutes(1);

    private readonly PortalDirectory _directory;
    private readonly OwnershipKeeper _keeper;
    private readonly AccessNumbers _numbers;
    private readonly Action<AccessSnapshot> _swap;
    private readonly Action _refreshSessions;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IdentityDates _identities = new();
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly ITimer _alarm;
    private List<DirectoryChange> _changes = [];
    private TaskCompletionSource _next = NewRound();
    private TaskCompletionSource _hurry = NewRound();
    private AccessSnapshot _snapshot;
    private bool _mustCompile = true;
    private bool _hasFailed;
    private int _known;
    private DateTime _latest;
    private Task? _loop;

    /// <param name="swap">Puts a snapshot in force.</param>
    /// <param name="refreshSessions">Asks every session and subscription anew.</param>
    public AccessRefresh(
        PortalDirectory directory, OwnershipKeeper keeper, AccessNumbers numbers, Action<AccessSnapshot> swap, Action refreshSessions, TimeProvider time, ILogger logger)
    {
        _directory = directory;
        _keeper = keeper;
        _numbers = numbers;
        _swap = swap;
        _refreshSessions = refreshSessions;
        _time = time;
        _logger = logger;
        _snapshot = Nothing();
        _alarm = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // Until the fleet is there nobody may do anything.
        swap(_snapshot);
        directory.Changed += OnChanged;
    }

    /// <summary>Puts the rules in force for the fleet as it stands, and keeps them true from now on.</summary>
    public void Start()
    {
        Refresh([]);
        _loop ??= Task.Run(RunAsync);
        SetAlarm();
    }

    /// <summary>Completes when all that the directory says now is in force, for live sessions too.</summary>
    public Task CurrentAsync()
    {
        lock (_gate)
        {
            Wake();
            // Somebody waits for it: no rest before.
            _hurry.TrySetResult();
            return _next.Task;
        }
    }

    /// <summary>Names have numbers that had none, such as new portals: rules that name them have to be made anew.</summary>
    public void Recompile()
    {
        lock (_gate) _mustCompile = true;
        Wake();
    }

    private void OnChanged(DirectoryChange change)
    {
        lock (_gate) _changes.Add(change);
        Wake();
    }

    // More signals than rounds say nothing more.
    private void Wake()
    {
        lock (_gate)
            if (_signal.CurrentCount == 0) _signal.Release();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _signal.WaitAsync(_stop.Token).ConfigureAwait(false);
                var began = _time.GetTimestamp();
                var (changes, round, hurry) = TakeRound();
                Refresh(changes);
                SetAlarm();
                round.SetResult();
                var rest = _time.GetElapsedTime(began);
                if (rest > TimeSpan.Zero) await Task.WhenAny(Task.Delay(rest < MaxRest ? rest : MaxRest, _time, _stop.Token), hurry).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            lock (_gate) _next.TrySetCanceled();
        }
    }

    private (List<DirectoryChange> Changes, TaskCompletionSource Round, Task Hurry) TakeRound()
    {
        lock (_gate)
        {
            var (changes, round) = (_changes, _next);
            (_changes, _next, _hurry) = ([], NewRound(), NewRound());
            return (changes, round, _hurry.Task);
        }
    }

    private void Refresh(List<DirectoryChange> changes)
    {
        try
        {
            // A clock that is set back brings nothing back that has ended.
            var now = _time.GetUtcNow().UtcDateTime;
            if (now > _latest) _latest = now;
            if (!IsNeeded(changes)) return;
            var moved = _keeper.Apply(changes, _latest);
            _identities.Update(_directory.Tables, changes, _latest);
            _snapshot = new AccessSnapshot(RulesFor(changes));
            _swap(_snapshot);
            _hasFailed = false;
            _refreshSessions();
            _keeper.Report(moved);
        }
        catch (Exception failed)
        {
            Close(failed, changes);
        }
    }

    // Rules that cannot be made must not leave old ones in force: nobody is let see anything until others are. Tried again soon.
    private void Close(Exception failed, List<DirectoryChange> changes)
    {
        LogFailed(_logger, failed);
        _hasFailed = true;
        lock (_gate)
        {
            _mustCompile = true;
            _changes.InsertRange(0, changes);
        }

        _snapshot = Nothing();
        _swap(_snapshot);
        try
        {
            _refreshSessions();
        }
        catch (Exception alsoFailed)
        {
            LogFailed(_logger, alsoFailed);
        }
    }

    private bool IsNeeded(List<DirectoryChange> changes)
    {
        lock (_gate)
            if (_mustCompile) return true;
        return changes.Count > 0 || NextDue <= _latest;
    }

    private AccessRules RulesFor(List<DirectoryChange> changes)
    {
        bool mustCompile;
        lock (_gate) (mustCompile, _mustCompile) = (_mustCompile, false);
        // A word that came with a customer or premises may stand in rules already.
        mustCompile |= _numbers.Known != _known;
        // New occupants are no new rules: those there are say it of the fleet as it is now.
        foreach (var change in changes) mustCompile |= change.Changes.Any(record => (record.After ?? record.Before) is AccessRule or Agreement or DataClassDefinition or EntityKind);
        if (!mustCompile && _latest < _snapshot.Rules.ValidUntil) return _snapshot.Rules;
        _known = _numbers.Known;
        return AccessRules.Compile(PolicyOf(_directory.Tables), _numbers, _latest);
    }

    /// <summary>The policy of a directory: the rules of the house that it does not replace (see <see cref="AccessDefaults"/>), its own, and its agreements.</summary>
    public static PolicyDocument PolicyOf(DirectoryTables tables) =>
        new([.. AccessDefaults.Rules.Where(rule => !tables.Rules.ContainsKey(rule.Id)), .. tables.Rules.Values], [.. tables.Agreements.Values]);

    private DateTime NextDue
    {
        get
        {
            var due = _keeper.NextDue < _snapshot.Rules.ValidUntil ? _keeper.NextDue : _snapshot.Rules.ValidUntil;
            return due < _identities.Next ? due : _identities.Next;
        }
    }

    private AccessSnapshot Nothing() => new(AccessRules.Compile(new PolicyDocument([], []), _numbers, _time.GetUtcNow().UtcDateTime));

    private void SetAlarm()
    {
        if (_hasFailed)
        {
            _alarm.Change(RetryAfter, Timeout.InfiniteTimeSpan);
            return;
        }

        var sleep = NextDue - _time.GetUtcNow().UtcDateTime;
        _alarm.Change(sleep <= TimeSpan.Zero ? TimeSpan.Zero : sleep < MaxSleep ? sleep : MaxSleep, Timeout.InfiniteTimeSpan);
    }

    private static TaskCompletionSource NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends the loop; what is in force stays so.</summary>
    public async ValueTask DisposeAsync()
    {
        _directory.Changed -= OnChanged;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _alarm.DisposeAsync().ConfigureAwait(false);
        if (_loop is not null) await _loop.ConfigureAwait(false);
        _signal.Dispose();
        _stop.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The rules of access could not be put in force: nobody is let see or do anything until they can.")]
    private static partial void LogFailed(ILogger logger, Exception failed);
}
