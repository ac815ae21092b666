namespace OpcPortal.Ua.Server;

/// <summary>The sampling interval that an item gets. Part 4 5.13.1.2 and 7.21: at least what was asked for.</summary>
internal static class SamplingIntervals
{
    /// <param name="requested">Milliseconds; below 0 the publishing interval, 0 as fast as can be.</param>
    /// <param name="isTold">Whether the source tells of changes: then 0 is every change.</param>
    /// <param name="isValue">Whether the attribute is Value.</param>
    /// <param name="nodeMinimum">The node's MinimumSamplingInterval, milliseconds; 0 or below for none.</param>
    public static TimeSpan Revise(double requested, TimeSpan publishingInterval, bool isTold, bool isValue, double nodeMinimum, SubscriptionLimits limits)
    {
        var wanted = requested < 0 ? publishingInterval.TotalMilliseconds : Math.Max(double.IsNaN(requested) ? 0 : requested, 0);
        wanted = Math.Max(wanted, nodeMinimum);
        if (wanted == 0 && isTold) return TimeSpan.Zero;
        return SampleGroups.RoundUp(SubscriptionLimits.Clamp(wanted, Floor(isValue, limits), limits.MaxSamplingInterval));
    }

    /// <summary>The interval at which an item is read: what it was given while its source told of changes may have been 0.</summary>
    public static TimeSpan OfPolling(TimeSpan revised, bool isValue, SubscriptionLimits limits)
    {
        var floor = Floor(isValue, limits);
        return revised < floor ? floor : revised;
    }

    private static TimeSpan Floor(bool isValue, SubscriptionLimits limits) => isValue ? limits.MinSamplingInterval : limits.MinAttributeSamplingInterval;
}
