using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Ends agreements when their time is over, within a second, and tells of it beforehand (<see cref="AgreementOptions.ExpiryNotices"/>). Notices that came due while the server stood still
/// are given when it starts: at least once each, seldom twice.
/// </summary>
public sealed partial class AgreementClock : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly PortalDirectory _directory;
    private readonly AgreementService _service;
    private readonly TimeSpan[] _notices;
    private readonly PeriodicTimer _timer;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTime> _dueOf = new(StringComparer.Ordinal);
    private readonly SortedSet<(DateTime At, string Id)> _due = [];
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool _isFailing;

    public AgreementClock(PortalDirectory directory, AgreementService service, AgreementOptions options, TimeProvider time, ILogger logger)
    {
        _directory = directory;
        _service = service;
        _notices = [.. options.ExpiryNotices];
        _timer = new PeriodicTimer(LookEvery, time);
        _logger = logger;
    }

    /// <summary>Told of an agreement that will end soon.</summary>
    public event Action<Agreement>? Noticed;

    /// <summary>Begins with all agreements there are.</summary>
    public void Start()
    {
        _directory.Changed += OnChanged;
        var now = _service.Now;
        foreach (var agreement in _directory.Agreements.Values) Schedule(agreement, LastNoticeOf(agreement, now) is { } missed ? missed.AddTicks(-1) : now);
        _running = RunAsync(_stopping.Token);
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            do await LookAsync(stopping).ConfigureAwait(false);
            while (await _timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        var over = new List<string>();
        var now = _service.Now;
        foreach (var id in TakeDue(now))
        {
            if (!_directory.Agreements.TryGetValue(id, out var agreement)) continue;
            if (AgreementLifecycle.IsOpen(agreement.Status) && agreement.Terms.Period.Until <= now) over.Add(id);
            else if (agreement.Status is AgreementStatus.Active or AgreementStatus.Suspended) Noticed?.Invoke(agreement);
            Schedule(agreement, now);
        }

        if (over.Count == 0) return;
        try
        {
            await _service.ExpireAsync(over, stopping).ConfigureAwait(false);
            _isFailing = false;
        }
        catch (AgreementException failed)
        {
            // They are still due, and the next look tries again; decisions go by the period, whatever the record says.
            if (!_isFailing) LogNotExpired(_logger, over.Count, failed);
            _isFailing = true;
        }
    }

    private List<string> TakeDue(DateTime now)
    {
        var taken = new List<string>();
        lock (_gate)
            foreach (var (at, id) in _due)
            {
                if (at > now) break;
                taken.Add(id);
            }

        return taken;
    }

    private void OnChanged(DirectoryChange change)
    {
        foreach (var record in change.Changes)
            if (record.After is Agreement agreement) Schedule(agreement, _service.Now);
    }

    // Its next notice after an instant, or else its end.
    private void Schedule(Agreement agreement, DateTime since)
    {
        lock (_gate)
        {
            if (_dueOf.Remove(agreement.Id, out var before)) _due.Remove((before, agreement.Id));
            if (!AgreementLifecycle.IsOpen(agreement.Status) || agreement.Terms.Period.Until == DateTime.MaxValue) return;
            var next = agreement.Terms.Period.Until;
            foreach (var notice in _notices)
                if (NoticeAt(agreement, notice) is { } at && at > since && at < next) next = at;
            _dueOf[agreement.Id] = next;
            _due.Add((next, agreement.Id));
        }
    }

    private DateTime? LastNoticeOf(Agreement agreement, DateTime now)
    {
        DateTime? last = null;
        foreach (var notice in _notices)
            if (NoticeAt(agreement, notice) is { } at && at <= now && (last is null || at > last)) last = at;
        return last;
    }

    // None for one that does not last as long.
    private static DateTime? NoticeAt(Agreement agreement, TimeSpan notice)
    {
        var (from, until) = (agreement.Terms.Period.From, agreement.Terms.Period.Until);
        return until - from > notice ? until - notice : null;
    }

    public async ValueTask DisposeAsync()
    {
        _directory.Changed -= OnChanged;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _timer.Dispose();
        _stopping.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} agreements are over, but that could not be stored; it is tried again each second.")]
    private static partial void LogNotExpired(ILogger logger, int count, Exception failed);
}
