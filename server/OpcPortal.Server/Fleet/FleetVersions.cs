using System.Collections.Concurrent;
using System.Globalization;

namespace OpcPortal.Server;

/// <summary>The NodeVersions of portals: another whenever references below one change, never the same twice, also over restarts. Thread-safe. Part 3 5.2.5.</summary>
internal sealed class FleetVersions(TimeProvider time)
{
    private readonly string _first = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow().UtcTicks}.0");
    // Of those that have changed since the start: portals change their occupants seldom.
    private readonly ConcurrentDictionary<int, string> _changed = new();
    private long _changes;

    public string Of(int portal) => _changed.GetValueOrDefault(portal) ?? _first;

    public void Raise(int portal) => _changed[portal] = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow().UtcTicks}.{Interlocked.Increment(ref _changes)}");
}
