namespace OpcPortal.Adapters;

/// <summary>
/// Pauses between attempts: they double from the shortest to the longest, and each is cut at random to between half and all of itself, so that a thousand devices which lost the
/// same network do not come back in the same instant. Not thread-safe.
/// </summary>
public sealed class Backoff
{
    private readonly TimeSpan _min;
    private readonly TimeSpan _max;
    private readonly Random _random;
    private TimeSpan _next;

    /// <exception cref="ArgumentOutOfRangeException">The shortest is not positive, or is longer than the longest.</exception>
    public Backoff(TimeSpan min, TimeSpan max, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(min, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        _min = min;
        _max = max;
        _random = random;
        _next = min;
    }

    /// <summary>Failures since the last <see cref="Reset"/>.</summary>
    public int Failures { get; private set; }

    /// <summary>How long to pause now.</summary>
    public TimeSpan Next()
    {
        if (Failures < int.MaxValue) Failures++;
        var pause = _next * (0.5 + (0.5 * _random.NextDouble()));
        _next = _next < _max / 2 ? _next * 2 : _max;
        return pause;
    }

    /// <summary>It went well.</summary>
    public void Reset()
    {
        Failures = 0;
        _next = _min;
    }
}
