using Microsoft.Extensions.Logging;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Validates and estimates the readings of the fleet: on arrival within ingest, and whole days in a loop of its own beside it.</summary>
public sealed partial class ValidationService : IOutageSink, IAsyncDisposable
{
    /// <summary>How often it looks for what is due.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly FleetSpace _space;
    private readonly ReadingStore _history;
    private readonly PortalGovernance? _governance;
    private readonly ReadingScreen _screen;
    private readonly ValidationQueue _queue = new();
    private readonly ValidationCounters _counters = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    internal ValidationService(ValidationRules rules, FleetSpace space, ServerModel model, ReadingStore history, PortalGovernance? governance, PortalServerParts own, TimeProvider time, ILogger logger)
    {
        _space = space;
        _history = history;
        _governance = governance;
        _time = time;
        _logger = logger;
        var book = new RuleBook(rules, space, model, name => DataClassOf(name, own.Directory), own.Exchanges);
        Refused = book.Refused;
        _screen = new ReadingScreen(book, space, history, _queue, _counters);
        Work = new ValidationWork(book, space, history, _queue, _counters, own.ValidationWork, time, logger);
        Exchange = own.Exchanges is null ? null : new ExchangeMethod(book, space, history, own.Exchanges, Work, time);
        _timer = new PeriodicTimer(LookEvery, time);
        history.Revised += OnRevised;
        history.Forgetting = cancellation => Work.SaveAsync(time.GetUtcNow().UtcDateTime, cancellation);
        if (governance is not null) governance.OwnershipChanged += _screen.Renew;
    }

    /// <summary>What is wrong with the rules: <c>file:line: reason</c>; the rest holds.</summary>
    public IReadOnlyList<ConfigurationException> Refused { get; }

    public ValidationCounts Counts => _counters.Read(_queue);

    /// <summary>What ingest asks of each batch.</summary>
    internal IReadingScreen Screen => _screen;

    /// <summary>What the loop does; by tests in its place.</summary>
    internal ValidationWork Work { get; }

    /// <summary>What tells that a meter was exchanged; null: only files do.</summary>
    internal ExchangeMethod? Exchange { get; }

    internal void Start() => _running = Task.Run(() => RunAsync(_stopping.Token));

    /// <inheritdoc/>
    public void Report(in Outage outage)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        Work.Add(outage.Device, outage.From, outage.Until ?? now, now);
    }

    private static int DataClassOf(string name, PortalDirectory? directory)
    {
        if (directory is not null) return directory.DataClasses.TryGetValue(name, out var known) ? known.Number : -1;
        return DataClassDefinition.WellKnown.FirstOrDefault(known => known.Name == name)?.Number ?? -1;
    }

    // What a person edits is to be looked at again, with all that it is summed up with; what validation itself finds is not.
    private void OnRevised(IReadOnlyList<ReadingRevision> revisions)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        foreach (var revision in revisions)
        {
            if (revision.Note.Code.Category != QualityCode.Edited || !FleetPoints.TryDevice(_space.Registry, revision.Point, out var device)) continue;
            Work.Add(device, revision.SourceTime.AddTicks(-1), revision.SourceTime, now);
        }
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
            await Work.LookAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            // One look that fails ends no other.
            LogFailed(_logger, failed);
        }
    }

    /// <summary>Ends the loop: whoever looks in its place, as tests do, is the only one then.</summary>
    internal async Task StopLookingAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    /// <summary>Ends the loop, and keeps what still waits.</summary>
    public async ValueTask DisposeAsync()
    {
        _history.Revised -= OnRevised;
        _history.Forgetting = null;
        if (_governance is not null) _governance.OwnershipChanged -= _screen.Renew;
        await StopLookingAsync().ConfigureAwait(false);
        await Work.SaveAsync(_time.GetUtcNow().UtcDateTime, CancellationToken.None).ConfigureAwait(false);
        _timer.Dispose();
        _stopping.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A look at days that are to be validated failed; the next is made all the same.")]
    private static partial void LogFailed(ILogger logger, Exception failed);
}
