using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Finds the devices that a request means.</summary>
internal sealed class ControlTargets(FleetSpace space, FleetField field, IAccessNumbers numbers)
{
    /// <param name="each">Told of each device; named ones in their order, others in that of the fleet. Returning false ends it.</param>
    /// <returns>Null: all names are known. Else which is not.</returns>
    public ControlRefusal? Find(ControlTarget target, Func<int, bool> each)
    {
        if (Prepare(target, out var types, out var flags, out var portals) is { } unknown) return unknown;
        if (target.Devices.Count > 0)
        {
            foreach (var name in target.Devices)
            {
                if (field.Find(name) is not (>= 0 and var device)) return Unknown("device", name);
                if (Fits(device, types, flags, portals) && !each(device)) break;
            }

            return null;
        }

        foreach (var portal in portals is null ? Enumerable.Range(0, space.Registry.PortalCount) : portals)
            for (var device = space.Registry.PortalAt(portal).FirstDevice; device != FleetRegistry.None; device = space.Registry.DeviceAt(device).Next)
                if (Fits(device, types, flags, null) && !each(device)) return null;
        return null;
    }

    private ControlRefusal? Prepare(ControlTarget target, out HashSet<int>? types, out ulong flags, out HashSet<int>? portals)
    {
        types = null;
        portals = null;
        flags = 0;
        foreach (var name in target.DeviceTypes)
        {
            if (numbers.DeviceTypes(name) is not { Count: > 0 } known) return Unknown("device type", name);
            (types ??= []).UnionWith(known);
        }

        foreach (var name in target.Areas)
        {
            if (numbers.PremisesFlag(name) is not (>= 0 and var flag)) return Unknown("area", name);
            flags |= 1UL << flag;
        }

        foreach (var name in target.Portals)
        {
            if (space.Registry.FindPortal(name) is not (>= 0 and var portal)) return Unknown("portal", name);
            (portals ??= []).Add(portal);
        }

        return null;
    }

    private bool Fits(int device, HashSet<int>? types, ulong flags, HashSet<int>? portals)
    {
        ref var row = ref space.Registry.DeviceAt(device);
        if (Volatile.Read(ref row.Layout) is not { } layout) return false;
        if (types is not null && !types.Contains(layout.Type.Number)) return false;
        if (portals is not null && !portals.Contains(row.Portal)) return false;
        return flags == 0 || (space.Registry.PortalAt(row.Portal).Flags & flags) != 0;
    }

    private static ControlRefusal Unknown(string what, string name) => new(ControlRefusalKind.UnknownTarget, $"There is no {what} '{name}'.");
}
