namespace OpcPortal.Ua.Server;

/// <summary>
/// Slows down who guesses passwords: each failure doubles the pause before the next attempt of the same user name from the same address. Nobody is locked out: the
/// victim, who comes from another address, does not wait. Thread-safe.
/// </summary>
public sealed class LoginThrottle(TimeProvider time)
{
    /// <summary>Failures without a pause: people mistype.</summary>
    public const int FreeFailures = 3;

    /// <summary>Pairs of user and address remembered; beyond it the ones longest at rest are forgotten.</summary>
    public const int MaxRemembered = 10_000;

    /// <summary>The longest pause: 120 guesses an hour.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string User, string Address), Attempts> _attempts = [];

    /// <summary>Waits for this attempt's turn.</summary>
    /// <returns>False where so many wait already that this one is refused unseen.</returns>
    public async ValueTask<bool> WaitAsync(string user, string address, CancellationToken cancellation)
    {
        TimeSpan wait;
        lock (_gate)
        {
            if (!_attempts.TryGetValue((user, address), out var attempts)) return true;
            var now = time.GetUtcNow();
            wait = attempts.NextAt - now;
            if (wait > MaxPause) return false;
            // The next one stands behind this one: attempts side by side gain nothing.
            attempts.NextAt = (wait > TimeSpan.Zero ? attempts.NextAt : now) + PauseAfter(attempts.Failures);
        }

        if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellation).ConfigureAwait(false);
        return true;
    }

    public void Failed(string user, string address)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (!_attempts.TryGetValue((user, address), out var attempts))
            {
                if (_attempts.Count >= MaxRemembered) Forget(now);
                _attempts[(user, address)] = attempts = new Attempts();
            }

            attempts.Failures++;
            var next = now + PauseAfter(attempts.Failures);
            if (attempts.NextAt < next) attempts.NextAt = next;
        }
    }

    public void Succeeded(string user, string address)
    {
        lock (_gate) _attempts.Remove((user, address));
    }

    private static TimeSpan PauseAfter(int failures)
    {
        if (failures < FreeFailures) return TimeSpan.Zero;
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - FreeFailures, 10));
        return pause < MaxPause ? pause : MaxPause;
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (key, attempts) in _attempts)
            if (attempts.NextAt + Forgotten < now) _attempts.Remove(key);
        if (_attempts.Count < MaxRemembered) return;
        foreach (var key in _attempts.OrderBy(a => a.Value.NextAt).Take(MaxRemembered / 10).Select(a => a.Key).ToArray()) _attempts.Remove(key);
    }

    private sealed class Attempts
    {
        public int Failures;
        public DateTimeOffset NextAt;
    }
}
