using System.Runtime.CompilerServices;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// The disclosure log as recorded traffic: what a proposed policy is tried on. Each access that was granted or refused lately, for the data class as a whole, against the fleet as it is now: what is gone
/// from the fleet is left out. What was refused is among it, so that who would gain shows as well.
/// </summary>
internal sealed class RecordedDisclosures(IEvidenceStore store, FleetSpace space, IAccessNumbers numbers, TimeProvider time) : IRecordedAccesses
{
    /// <summary>A month has every kind of round, billing included.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromDays(31);

    /// <summary>Different accesses of one replay: each costs two decisions. Beyond it the newest are left out.</summary>
    private const int MaxAccesses = 100_000;

    private readonly FleetTargets _targets = new(space);

    public async IAsyncEnumerable<RecordedAccess> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var counts = new Dictionary<(AccessSubject Who, string Portal, string? Device, string DataClass, Operations Operation), long>();
        var query = new EvidenceQuery { Class = EvidenceClass.Disclosure, From = time.GetUtcNow().UtcDateTime - Lately };
        await foreach (var row in store.ReadAsync(query, cancellation).ConfigureAwait(false))
        {
            if (!DisclosureEntry.TryRead(row, out var entry)) continue;
            var key = (entry!.Who, entry.Portal, entry.Device, entry.DataClass, entry.Operation);
            if (counts.TryGetValue(key, out var count)) counts[key] = count + 1;
            else if (counts.Count < MaxAccesses) counts[key] = 1;
        }

        foreach (var ((who, portal, device, dataClass, operation), count) in counts)
            if (TryFind(portal, device, dataClass, operation, out var target))
                yield return new RecordedAccess(who, operation, target, device is null ? $"{portal} ({dataClass})" : $"{portal}/{device} ({dataClass})", count);
    }

    private bool TryFind(string portal, string? device, string dataClass, Operations operation, out AccessTarget target)
    {
        target = default;
        var row = space.Registry.FindPortal(portal);
        if (row == FleetRegistry.None || numbers.DataClass(dataClass) is not (>= 0 and var number)) return false;
        var ofDevice = device is null ? FleetRegistry.None : space.Registry.FindDevice(row, device);
        if (device is not null && ofDevice == FleetRegistry.None) return false;
        var layout = device is null ? space.Registry.PortalAt(row).Layout : space.Registry.DeviceAt(ofDevice).Layout;
        if (layout is null) return false;
        var wantsGroup = operation == Operations.Call;
        var facet = Array.Find(layout.Facets, facet => facet.DataClass == number && facet.FunctionGroup >= 0 == wantsGroup);
        target = _targets.Of(device is null ? FleetKey.OfPortal(row) : FleetKey.OfDevice(ofDevice), layout, facet == default ? new AccessFacet((byte)number, -1, -1) : facet);
        return true;
    }
}
