using System.Collections.Concurrent;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>Who may command what of the fleet, asked of the rules in force; and what interlocks forbid.</summary>
internal sealed class FleetRights(FleetSpace space, PortalGovernance governance, PortalDirectory directory, FleetField field, ControlPolicy policy) : IControlRights
{
    private readonly FleetTargets _targets = new(space);
    private readonly ConcurrentDictionary<int, HashSet<string>> _named = new();
    private (object? Of, HashSet<(string Grantee, string Grantor)> Pairs) _finishing = (null, []);

    /// <summary>What whoever asks may not, of a device that exists for them.</summary>
    /// <param name="refusal">Null: it may be done.</param>
    /// <returns>False: to them there is no such device.</returns>
    public bool TryFind(ControlRequest request, int device, DateTime now, out ControlRefusal? refusal)
    {
        var allowed = AllowedOf(request, device, out var wanted);
        var exists = (allowed & Operations.Browse) != 0;
        refusal = exists ? Refusal(request, device, allowed, wanted, now) : null;
        return exists;
    }

    /// <inheritdoc/>
    public ControlRefusal? Find(ControlRequest request, int device, DateTime now) => Refusal(request, device, AllowedOf(request, device, out var wanted), wanted, now);

    private ControlRefusal? Refusal(ControlRequest request, int device, Operations allowed, Operations wanted, DateTime now)
    {
        if (wanted == Operations.None) return new ControlRefusal(ControlRefusalKind.NotSupported, "The device cannot do it.");
        if ((allowed & wanted) == 0) return Denial(request, device, wanted);
        return policy.Interlocks.Count == 0 ? null : FactsOf(request.Action, device, now).Find(policy.Interlocks);
    }

    /// <inheritdoc/>
    public bool MayFinish(ControlRequest request, int device)
    {
        var owner = space.Ownership.Of(FleetKey.OfDevice(device), DataClassOf(request, device)).Owner;
        if (owner < 0) return false;
        var pairs = Finishing();
        return pairs.Contains((request.Entity, space.Ownership.Parties[owner].Id));
    }

    // Agreements that let commands finish, whatever became of them since.
    private HashSet<(string, string)> Finishing()
    {
        var agreements = directory.Agreements;
        var known = _finishing;
        if (ReferenceEquals(known.Of, agreements)) return known.Pairs;
        var pairs = agreements.Values.Where(static agreement => agreement.Terms.FinishesCommands).Select(static agreement => (agreement.Terms.Grantee, agreement.Terms.Grantor)).ToHashSet();
        _finishing = (agreements, pairs);
        return pairs;
    }

    private byte DataClassOf(ControlRequest request, int device) =>
        Volatile.Read(ref space.Registry.DeviceAt(device).Layout) is { } layout && FleetField.SlotOf(layout, request) is >= 0 and var slot ? layout.Slots[slot].DataClass : (byte)0;

    private Operations AllowedOf(ControlRequest request, int device, out Operations wanted)
    {
        wanted = Operations.None;
        if (device < 0 || Volatile.Read(ref space.Registry.DeviceAt(device).Layout) is not { } layout) return Operations.None;
        var index = FleetField.SlotOf(layout, request);
        if (index >= 0) wanted = layout.Slots[index].Record.NodeClass == NodeClass.Method ? Operations.Call : Operations.Write;
        return governance.RulesOf(request.Subject).Permit(TargetOf(device, layout, Math.Max(index, 0))).Allowed;
    }

    private AccessTarget TargetOf(int device, TypeLayout layout, int index)
    {
        var slot = layout.Slots[index];
        return _targets.Of(FleetKey.OfDevice(device), layout, new AccessFacet(slot.DataClass == LayoutSlot.Structural ? (byte)0 : slot.DataClass, slot.FunctionGroup, slot.Point));
    }

    // The rule is named: slowly, for who is refused.
    private ControlRefusal Denial(ControlRequest request, int device, Operations wanted)
    {
        var layout = space.Registry.DeviceAt(device).Layout!;
        var decision = governance.Rules.Explain(request.Subject, wanted, TargetOf(device, layout, FleetField.SlotOf(layout, request)));
        return new ControlRefusal(ControlRefusalKind.Denied, decision.Reason, decision.Rule);
    }

    private InterlockFacts FactsOf(ControlAction action, int device, DateTime now)
    {
        ref var row = ref space.Registry.DeviceAt(device);
        ref var portal = ref space.Registry.PortalAt(row.Portal);
        var premises = directory.Premises.GetValueOrDefault(space.Registry.TextAt(portal.Id));
        var customer = portal.Occupant < 0 ? null : directory.Entities.GetValueOrDefault(space.Ownership.Parties[portal.Occupant].Id)?.CustomerClass;
        var types = _named.GetOrAdd(row.Layout!.Type.Number, NamedOf);
        return new InterlockFacts(action, types, premises?.Jurisdiction, premises?.Flags ?? [], customer, TimeZoneInfo.ConvertTimeFromUtc(now, policy.Zone), OutsideTemperature(now));
    }

    // Those of a type and above it that interlocks name: of each type once, for groups have a hundred thousand devices of a few types.
    private HashSet<string> NamedOf(int number) => policy.Interlocks.SelectMany(static interlock => interlock.DeviceTypes).Where(type => field.IsOf(number, type)).ToHashSet();

    private double? OutsideTemperature(DateTime now)
    {
        if (policy.WeatherPoint is not { } name) return null;
        var at = name.LastIndexOf('/');
        return field.Shown(field.Find(name[..at]), name[(at + 1)..], now - policy.MaxWeatherAge);
    }
}
