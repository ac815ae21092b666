using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>The fleet as control sees it: what devices of a type can be told, what they show, and how they are told.</summary>
internal sealed class FleetField : IControlField
{
    // What is shifted by offsets and held by set-points: the first that a device has.
    private static readonly string[] SetPoints = ["TemperatureSetpoint"];
    private const string PowerLimit = "PowerLimit";

    private readonly FleetSpace _space;
    private readonly CommandService _commands;
    private readonly ControlPolicy _policy;
    private readonly string[] _media;
    private readonly OffTimeRules _others = new();
    private OffTimeRules?[] _offTimes = [];

    public FleetField(FleetSpace space, CommandService commands, ControlPolicy policy, IReadOnlyList<string> media)
    {
        (_space, _commands, _policy, _media) = (space, commands, policy, [.. media]);
    }

    public ControlOutput? OutputOf(int device, LoadMeasureOf measure, Func<string, double?> before, out string? reason)
    {
        reason = null;
        if (LayoutOf(device) is not { } layout)
        {
            reason = "the device is not in service";
            return null;
        }

        switch (measure.Action)
        {
            case ControlAction.DisconnectSupply or ControlAction.ConnectSupply:
                return Has(layout, MethodOf(measure.Action), ref reason) ? new ControlOutput(ControlOutput.Supply, measure.Action == ControlAction.ConnectSupply ? 1 : 0) : null;
            case ControlAction.Shed when measure.Measure.Kind is LoadMeasureKind.Off or LoadMeasureKind.DutyCycle:
                return Has(layout, "Open", ref reason) && Has(layout, "Close", ref reason) ? ControlOutput.Off : null;
        }

        var kind = measure.Measure.Kind;
        var point = kind == LoadMeasureKind.PowerLimit ? PowerLimit : Array.Find(SetPoints, name => layout.PointAt(name) >= 0) ?? SetPoints[0];
        if (layout.PointAt(point) < 0)
        {
            reason = $"the device has no {point}";
            return null;
        }

        if (before(point) is not { } present)
        {
            reason = $"{point} is not known now, so that it could not go back to it";
            return null;
        }

        return new ControlOutput(point, kind == LoadMeasureKind.SetPointOffset ? present + measure.Measure.Value : measure.Measure.Value);
    }

    private static bool Has(TypeLayout layout, string method, ref string? reason)
    {
        if (layout.TryFind(method, out _)) return true;
        reason = $"the device has no method {method}";
        return false;
    }

    private static string MethodOf(ControlAction action) => action == ControlAction.ConnectSupply ? "Connect" : "Disconnect";

    /// <summary>What leave is needed for: a method, or a point that is written.</summary>
    /// <returns>-1: the device has none.</returns>
    public static int SlotOf(TypeLayout layout, ControlRequest request)
    {
        var member = request.Action switch
        {
            ControlAction.DisconnectSupply or ControlAction.ConnectSupply => MethodOf(request.Action),
            _ when request.Measure.Kind is LoadMeasureKind.Off or LoadMeasureKind.DutyCycle => "Open",
            _ when request.Measure.Kind == LoadMeasureKind.PowerLimit => PowerLimit,
            _ => Array.Find(SetPoints, name => layout.PointAt(name) >= 0) ?? SetPoints[0],
        };
        return layout.TryFind(member, out var slot) ? slot : -1;
    }

    public double? Shown(int device, string channel, DateTime since)
    {
        var point = channel switch { ControlOutput.Switch => "SwitchState", ControlOutput.Supply => "SupplySwitchState", _ => channel };
        if (LayoutOf(device)?.PointAt(point) is not (>= 0 and var index)) return null;
        var reading = _space.Store.Read(_space.Registry.DeviceAt(device).FirstPoint + index);
        if (reading.ServerTime <= since || !new StatusCode((uint)reading.Status).IsGood) return null;
        // Adapters give registers as the integers that they are.
        return reading.Value.TryGetNumber(out var number) ? number : null;
    }

    public ValueTask<StatusCode> SendAsync(int device, ControlOutput output, CancellationToken cancellation) => output.Channel switch
    {
        _ when device < 0 => ValueTask.FromResult<StatusCode>(StatusCodes.BadNotSupported),
        ControlOutput.Switch => _commands.InvokeAsync(device, output == ControlOutput.Off ? "Open" : "Close", [], cancellation),
        ControlOutput.Supply => _commands.InvokeAsync(device, output.Value == 0 ? "Disconnect" : "Connect", [], cancellation),
        _ when LayoutOf(device)?.PointAt(output.Channel) is >= 0 and var index => _commands.SetAsync(device, _space.Registry.DeviceAt(device).FirstPoint + index, PointValue.From(output.Value), cancellation),
        _ => ValueTask.FromResult<StatusCode>(StatusCodes.BadNotSupported),
    };

    public string LaneOf(int device) => device < 0 ? "" : _media.ElementAtOrDefault(_space.Registry.PortalAt(_space.Registry.DeviceAt(device).Portal).AccessNetworkMedium) ?? "";

    public string NameOf(int device) => device < 0 ? "" : _space.Registry.NameOfDevice(device);

    public int Find(string name)
    {
        var at = name.IndexOf('/', StringComparison.Ordinal);
        return at < 0 ? FleetRegistry.None : _space.Registry.FindDevice(_space.Registry.FindPortal(name.AsSpan(0, at)), name.AsSpan(at + 1));
    }

    // Of each type once: by its number.
    public OffTimeRules OffTimesOf(int device)
    {
        if (_policy.OffTimes.Count == 0 || device < 0 || LayoutOf(device) is not { } layout) return _others;
        var number = layout.Type.Number;
        if (number >= _offTimes.Length) Array.Resize(ref _offTimes, Math.Max(number + 1, _offTimes.Length * 2));
        return _offTimes[number] ??= _policy.OffTimes.FirstOrDefault(rule => IsOf(number, rule.DeviceType))?.Rules ?? _others;
    }

    /// <summary>A type that the policy names and that there is not: what is said of it would never hold, and an interlock never forbid.</summary>
    public string? UnknownType() => _policy.Interlocks.SelectMany(static interlock => interlock.DeviceTypes).Concat(_policy.OffTimes.Select(static rule => rule.DeviceType)).FirstOrDefault(type => _space.Fleet.FindType(type) is null);

    /// <summary>Whether a type is of another, or that itself.</summary>
    public bool IsOf(int typeNumber, string typeName) => _space.Fleet.FindType(typeName) is { } type && _space.Fleet.Types.WithSubtypes(type).Contains(typeNumber);

    private TypeLayout? LayoutOf(int device) => device < 0 ? null : Volatile.Read(ref _space.Registry.DeviceAt(device).Layout);
}
