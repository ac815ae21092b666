namespace OpcPortal.Models;

/// <summary>How often and how long a device may be off: a compressor needs its rest, and a home its warmth.</summary>
public sealed record OffTimeRules
{
    /// <summary>Once off it stays off for so long.</summary>
    public TimeSpan MinOff { get; init; }

    /// <summary>Once on it stays on for so long.</summary>
    public TimeSpan MinOn { get; init; }

    /// <summary>Longer it is never off: then it is forced on, for <see cref="MinOn"/> at least. Zero: for ever.</summary>
    public TimeSpan MaxOff { get; init; }

    /// <summary>The period of a duty cycle.</summary>
    public TimeSpan DutyPeriod { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Cold-load pickup: what was off comes back spread over so much of the time that it was off, 0 to 1, for all want to catch up at once.</summary>
    public double PickupShare { get; init; } = 0.25;

    /// <summary>The spread is no longer than this.</summary>
    public TimeSpan MaxPickup { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>No limits, and no spreading.</summary>
    public static OffTimeRules None { get; } = new() { PickupShare = 0 };
}

/// <summary>A device's switch as it was put: since when it is as it is, UTC.</summary>
public readonly record struct SwitchPast(bool IsOff, DateTime Since);

/// <summary>Whether a device is to be off at an instant, and when that changes. Pure.</summary>
public static class OffTimes
{
    /// <summary>What is to be now, of what is wanted.</summary>
    /// <param name="wantsOff">What the order that holds wants of the switch at this instant.</param>
    /// <returns>Whether it is to be off; and the next instant at which these rules alone change that, <see cref="DateTime.MaxValue"/> where they never do.</returns>
    public static (bool IsOff, DateTime Again) Decide(OffTimeRules rules, SwitchPast past, bool wantsOff, DateTime now)
    {
        if (past.IsOff)
        {
            var maxed = rules.MaxOff > TimeSpan.Zero ? past.Since + rules.MaxOff : DateTime.MaxValue;
            if (now >= maxed) return (false, DateTime.MaxValue);
            if (wantsOff) return (true, maxed);
            var rested = past.Since + rules.MinOff;
            return now < rested ? (true, rested < maxed ? rested : maxed) : (false, DateTime.MaxValue);
        }

        if (!wantsOff) return (false, DateTime.MaxValue);
        var free = past.Since + rules.MinOn;
        return now < free ? (false, free) : (true, rules.MaxOff > TimeSpan.Zero ? now + rules.MaxOff : DateTime.MaxValue);
    }

    /// <summary>Whether a duty cycle wants the device off, and until when. Cycles of different devices begin at different times, so that the sum of them is even.</summary>
    /// <param name="onPercent">Of each period: 0 to 100.</param>
    /// <param name="phase">Of this device, 0 to 1.</param>
    public static (bool WantsOff, DateTime Until) Duty(double onPercent, TimeSpan period, double phase, DateTime start, DateTime now)
    {
        if (onPercent <= 0) return (true, DateTime.MaxValue);
        if (onPercent >= 100) return (false, DateTime.MaxValue);
        var off = period * (1 - (onPercent / 100));
        var into = (now - start) + (period * phase);
        var cycle = Math.Floor(into / period);
        var within = into - (period * cycle);
        return within < off ? (true, now + (off - within)) : (false, now + (period - within));
    }

    /// <summary>How long after the end of an order the device is to come back.</summary>
    /// <param name="wasOff">How long it was off.</param>
    /// <param name="drawn">Of this device, 0 to 1.</param>
    public static TimeSpan Pickup(OffTimeRules rules, TimeSpan wasOff, double drawn)
    {
        var spread = wasOff * rules.PickupShare;
        return (spread < rules.MaxPickup ? spread : rules.MaxPickup) * drawn;
    }
}
