using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>
/// The sums of agreements that somebody reads. One loop makes them, one agreement after the other; a request takes what was made last, and waits for nothing. Sums that nobody asks for any
/// more are forgotten.
/// </summary>
internal sealed partial class AgreementSums : IAsyncDisposable
{
    /// <summary>
    /// The least time between two sums of one agreement. Whoever saw a sum before and after each single reading would see the readings: in a minute enough of them change together. It also
    /// bounds what a reader costs.
    /// </summary>
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>How soon the loop notices what is asked for the first time.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Who reads once in a quarter of an hour finds sums made anew; who has stopped costs nothing. More than <see cref="Every"/>: asking anew makes nothing sooner.</summary>
    public static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(20);

    /// <summary>Agreements whose sums are kept at once: each costs a walk over what it is about, and market operators are few.</summary>
    private const int MaxAgreements = 1_000;

    private static readonly CustomerSum Waiting = Without(StatusCodes.BadWaitingForInitialData);
    private static readonly CustomerSum TooMany = Without(StatusCodes.BadResourceUnavailable);
    private static readonly CustomerSum Unknown = Without(StatusCodes.BadNodeIdUnknown);

    private readonly ConcurrentDictionary<string, Wanted> _wanted = new(StringComparer.Ordinal);
    private readonly PortalDirectory _directory;
    private readonly SumWalk _walk;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public AgreementSums(PortalDirectory directory, SumWalk walk, TimeProvider time, ILogger logger)
    {
        _directory = directory;
        _walk = walk;
        _time = time;
        _logger = logger;
        _timer = new PeriodicTimer(LookEvery, time);
    }

    public void Start() => _running = Task.Run(() => RunAsync(_stopping.Token));

    /// <summary>The sum that was made last; that it is waited for, where none was made since the terms are as they are.</summary>
    public CustomerSum Of(Agreement agreement, SummablePoint point)
    {
        var now = _time.GetTimestamp();
        if (!_wanted.TryGetValue(agreement.Id, out var wanted))
        {
            if (_wanted.Count >= MaxAgreements) return TooMany;
            wanted = _wanted.GetOrAdd(agreement.Id, static (_, now) => new Wanted { AskedAt = now }, now);
        }

        Volatile.Write(ref wanted.AskedAt, now);
        return Volatile.Read(ref wanted.Made) is { } made && ReferenceEquals(made.Terms, agreement.Terms) ? made.Sums.GetValueOrDefault(point.Number, Unknown) : Waiting;
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            do Look(stopping);
            while (await _timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private void Look(CancellationToken stopping)
    {
        foreach (var (id, wanted) in _wanted)
        {
            if (wanted.TriedAt is { } tried && _time.GetElapsedTime(tried) < Every) continue;
            if (_time.GetElapsedTime(Volatile.Read(ref wanted.AskedAt)) >= IdleAfter)
            {
                _wanted.TryRemove(id, out _);
                continue;
            }

            wanted.TriedAt = _time.GetTimestamp();
            Volatile.Write(ref wanted.Made, TryMake(id, stopping));
        }
    }

    private Made? TryMake(string id, CancellationToken stopping)
    {
        try
        {
            return _directory.Agreements.GetValueOrDefault(id) is { } agreement && _walk.Make(agreement, _time.GetUtcNow().UtcDateTime, stopping) is { } sums ? new Made(agreement.Terms, sums) : null;
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            // An old sum is not shown for a new one; the next minute tries again.
            LogFailed(_logger, failed, id);
            return null;
        }
    }

    private static CustomerSum Without(StatusCode status) => new(DataValue.FromStatus(status), DataValue.FromStatus(status));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _timer.Dispose();
        _stopping.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The sums of agreement {Agreement} could not be made; it is tried again in a minute.")]
    private static partial void LogFailed(ILogger logger, Exception failed, string agreement);

    /// <param name="Terms">The very terms that they were made by: renewed ones are others.</param>
    private sealed record Made(AgreementTerms Terms, IReadOnlyDictionary<int, CustomerSum> Sums);

    private sealed class Wanted
    {
        /// <summary>When it was read last, by the monotonic clock.</summary>
        public long AskedAt;

        /// <summary>When the loop last took it up; the loop's own.</summary>
        public long? TriedAt;

        public Made? Made;
    }
}
