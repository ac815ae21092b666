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
    private readonly DueTable<string> _due = new(StringComparer.Ordinal);
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
        foreach (var agreement in _directory.Agreements.Values) Schedule(agreement.Id, LastNoticeOf(agreement, now) is { } missed ? missed.AddTicks(-1) : now);
        _running = RunAsync(_stopping.Token);
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            do await TryLookAsync(stopping).ConfigureAwait(false);
            while (await _timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task TryLookAsync(CancellationToken stopping)
    {
        try
        {
            await LookAsync(stopping).ConfigureAwait(false);
            _isFailing = false;
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            // What is over is still due, and the next look tries again; decisions go by the period, whatever the record says.
            if (!_isFailing) LogFailed(_logger, failed);
            _isFailing = true;
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        var over = new List<string>();
        var now = _service.Now;
        IReadOnlyList<(DateTime, string)> due;
        lock (_gate) due = _due.DueBy(now);
        foreach (var (at, id) in due)
        {
            var agreement = _directory.Agreements[id];
            if (AgreementLifecycle.IsOpen(agreement.Status) && agreement.Terms.Period.Until <= now) over.Add(id);
            // Not where it was ended or renewed meanwhile.
            else if (agreement.Status is AgreementStatus.Active or AgreementStatus.Suspended && _notices.Any(notice => NoticeAt(agreement, notice) == at)) Noticed?.Invoke(agreement);
            Schedule(id, now);
        }

        if (over.Count > 0) await _service.ExpireAsync(over, stopping).ConfigureAwait(false);
    }

    private void OnChanged(DirectoryChange change)
    {
        foreach (var record in change.Changes)
            if (record.After is Agreement agreement) Schedule(agreement.Id, _service.Now);
    }

    // Its next notice after an instant, or else its end: of the agreement as it is, for a change and a look may come at once.
    private void Schedule(string id, DateTime since)
    {
        lock (_gate) _due.Set(id, DueOf(_directory.Agreements[id], since));
    }

    private DateTime DueOf(Agreement agreement, DateTime since)
    {
        if (!AgreementLifecycle.IsOpen(agreement.Status)) return DateTime.MaxValue;
        var next = agreement.Terms.Period.Until;
        if (next == DateTime.MaxValue) return next;
        foreach (var notice in _notices)
            if (NoticeAt(agreement, notice) is { } at && at > since && at < next) next = at;
        return next;
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

    [LoggerMessage(Level = LogLevel.Error, Message = "What is over could not be ended, or its end not announced; it is tried again each second.")]
    private static partial void LogFailed(ILogger logger, Exception failed);
}
