namespace OpcPortal.Adapters;

/// <summary>A stretch of time of which readings of a device are known to be missing. What the device has kept itself may still come, with its own times.</summary>
/// <param name="Device">The device's number in the fleet.</param>
/// <param name="From">Since when, UTC.</param>
/// <param name="Until">Until when, UTC; null while it lasts.</param>
/// <param name="Reason">One line for people.</param>
public readonly record struct Outage(int Device, DateTime From, DateTime? Until, string Reason);

/// <summary>Is told of outages, each when it begins and when it ends, so that gaps are known to be missing before anybody looks for them. Thread-safe, returns at once.</summary>
public interface IOutageSink
{
    void Report(in Outage outage);
}
