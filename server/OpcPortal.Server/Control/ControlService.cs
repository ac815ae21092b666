using System.Text.Json;
using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What becomes of a request when it is asked for.</summary>
/// <param name="Refusal">Why none of it is done; null: it is taken.</param>
/// <param name="Accepted">Devices that it is taken for.</param>
/// <param name="MegaWatts">What they take now, as far as it is known.</param>
/// <param name="Refused">Devices that it is not taken for, and why.</param>
/// <param name="NeedsApproval">It is kept, and begins when a second person has approved it.</param>
public sealed record ControlAnswer(ControlRefusal? Refusal, int Accepted, double MegaWatts, IReadOnlyList<RefusedDevice> Refused, ControlRefusal? NeedsApproval = null);

/// <summary>A device that a request is not taken for.</summary>
/// <param name="Device"><c>portal/device</c>.</param>
public readonly record struct RefusedDevice(string Device, ControlRefusal Refusal);

/// <summary>How it stands with a device's part of a request.</summary>
/// <param name="Device"><c>portal/device</c>.</param>
/// <param name="Since">UTC.</param>
public readonly record struct OrderStanding(string Device, ControlStatus Status, OrderState State, DateTime Start, DateTime End, DateTime Since, string? Reason);

/// <summary>How it stands with a request.</summary>
/// <param name="Counts">Devices by status.</param>
/// <param name="Orders">Each device, by its place in the request.</param>
public sealed record RequestStanding(ControlRequest Request, double MegaWatts, string? ApprovedBy, bool IsWaiting, IReadOnlyDictionary<ControlStatus, int> Counts, IReadOnlyList<OrderStanding> Orders);

/// <summary>
/// Load control and supply switches of the fleet: checks who may ask for what, keeps it, and carries it out. Where requests come in and questions are answered; the <see cref="ControlEngine"/> does the rest.
/// Thread-safe.
/// </summary>
public sealed class ControlService : IAsyncDisposable
{
    private readonly SqlControlStore _store;
    private readonly ControlOptions _options;
    private readonly TimeProvider _time;
    private readonly FleetSpace _space;
    private readonly FleetField _field;
    private readonly FleetRights _rights;
    private readonly ControlTargets _targets;
    private readonly ControlEngine _engine;
    private readonly PortalGovernance _governance;
    private readonly Lock _switchGate = new();
    private readonly Dictionary<int, SupplySwitch> _switches = [];

    internal ControlService(SqlControlStore store, ControlOptions options, FleetSpace space, CommandService commands, PortalGovernance governance, PortalDirectory directory, TimeProvider time, ILogger<ControlService> logger)
    {
        (_store, _options, _space, _governance, _time) = (store, options, space, governance, time);
        _field = new FleetField(space, commands, options.Policy, space.Fleet.Media);
        if (_field.UnknownType() is { } type) throw new InvalidOperationException($"The policy of control names the device type '{type}', which there is not.");
        _rights = new FleetRights(space, governance, directory, _field, options.Policy);
        _targets = new ControlTargets(space, _field, governance.Numbers);
        _engine = new ControlEngine(store, _field, _rights, options, time, logger);
        _engine.Changed += change => Changed?.Invoke(change);
        governance.RulesChanged += OnRulesChanged;
    }

    /// <summary>Told of all that happens to orders, once it is kept: returns at once, never throws.</summary>
    public event Action<OrderChange>? Changed;

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    /// <summary>Goes on with what was under way. The fleet and the rules are there.</summary>
    internal void Start() => _engine.Start();

    /// <summary>Takes a request, for all devices that it means and may be done with.</summary>
    /// <param name="request">When it was made, and its primacy, are the server's to say.</param>
    /// <exception cref="StorageException">It could not be kept, and is not done.</exception>
    public async Task<ControlAnswer> SubmitAsync(ControlRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request = request with { CreatedAt = Now, Primacy = _options.Policy.PrimacyOf(request.Entity, request.Kind) };
        if (await KnownAsync(request, cancellation).ConfigureAwait(false) is { } known) return known;
        var (answer, devices) = Judge(request);
        if (answer.Refusal is not null) return answer;
        if (Operate(request, devices) is { } refused) return Refused(refused, answer.Refused);
        return await _engine.DoAsync(turn => Take(request, devices, answer, turn), cancellation).ConfigureAwait(false);
    }

    /// <summary>What a request would come to: nothing is kept or sent.</summary>
    public ControlAnswer Rehearse(ControlRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Judge(request with { CreatedAt = Now, Primacy = _options.Policy.PrimacyOf(request.Entity, request.Kind) }).Answer;
    }

    /// <summary>A second person approves a request of the same entity.</summary>
    public Task<ControlRefusal?> ApproveAsync(Guid id, AccessSubject approver, CancellationToken cancellation = default) => _engine.DoAsync(
        turn => approver.Individual is not { } person ? Denied("Only a person can approve a request.") : _engine.Find(id)?.Request.Entity != approver.Entity ? Unknown(id) : _engine.Approve(id, person, turn), cancellation);

    /// <summary>Ends an entity's own request.</summary>
    /// <param name="at">UTC; null: now.</param>
    /// <param name="randomize">Each device ends at a time drawn between then and so long after it.</param>
    public Task<(int Count, ControlRefusal? Refusal)> CancelAsync(Guid id, AccessSubject who, DateTime? at = null, TimeSpan randomize = default, CancellationToken cancellation = default)
    {
        if (randomize < TimeSpan.Zero || randomize > _options.Limits.MaxRandomization)
            return Task.FromResult((0, (ControlRefusal?)new ControlRefusal(ControlRefusalKind.OutOfRange, $"An end is randomised by 0 to {_options.Limits.MaxRandomization.TotalSeconds} s.")));
        return _engine.DoAsync(turn => _engine.Find(id)?.Request.Entity != who.Entity ? (0, Unknown(id)) : _engine.Cancel(id, at is { } later && later > turn.Now ? later : turn.Now, randomize, null, turn), cancellation);
    }

    /// <summary>Whoever lives where a device is leaves what is asked of it.</summary>
    /// <param name="device"><c>portal/device</c>.</param>
    /// <param name="duration">After it, it joins again; null: not while what is asked lasts.</param>
    public Task<(int Count, ControlRefusal? Refusal)> OptOutAsync(string device, AccessSubject who, TimeSpan? duration = null, CancellationToken cancellation = default)
    {
        if (duration <= TimeSpan.Zero) return Task.FromResult((0, (ControlRefusal?)new ControlRefusal(ControlRefusalKind.OutOfRange, "An override lasts for more than 0 s.")));
        return AtHomeAsync(device, who, (number, turn) => _engine.OptOut(number, turn.Now + duration, turn), cancellation);
    }

    /// <summary>And joins it again.</summary>
    /// <param name="device"><c>portal/device</c>.</param>
    public Task<(int Count, ControlRefusal? Refusal)> OptInAsync(string device, AccessSubject who, CancellationToken cancellation = default) => AtHomeAsync(device, who, _engine.OptIn, cancellation);

    /// <summary>Makes a supply switch ready to be operated, for a short while.</summary>
    /// <param name="device"><c>portal/device</c>.</param>
    public ControlRefusal? Arm(string device, ControlAction action, AccessSubject who)
    {
        if (action is not (ControlAction.DisconnectSupply or ControlAction.ConnectSupply)) return new ControlRefusal(ControlRefusalKind.Malformed, "A supply switch is armed to be disconnected or connected.");
        var number = _field.Find(device);
        var probe = new ControlRequest { Id = Guid.Empty, Entity = who.Entity ?? "", Kind = who.Kind, Application = who.Application, Individual = who.Individual, Target = new ControlTarget(), Action = action, CreatedAt = Now, Start = Now };
        if (number < 0 || !_rights.TryFind(probe, number, Now, out var refused)) return NoDevice(device);
        if (refused is not null) return refused;
        lock (_switchGate) _switches[number] = _switches.GetValueOrDefault(number).Arm(probe.Entity, action, _options.Policy.Switches, Now);
        return null;
    }

    /// <summary>What a supply switch was last told to be, and whether it is armed.</summary>
    public SupplySwitch SwitchOf(string device)
    {
        lock (_switchGate) return _switches.GetValueOrDefault(_field.Find(device));
    }

    /// <summary>How it stands with a request, over or not.</summary>
    /// <returns>Null: there is none of that entity.</returns>
    public async Task<RequestStanding?> FindAsync(Guid id, AccessSubject who, CancellationToken cancellation = default)
    {
        var live = await _engine.DoAsync(_ => _engine.Find(id) is { } request ? StandingOf(request) : null, cancellation).ConfigureAwait(false);
        if (live is null && await _store.FindAsync(id, cancellation).ConfigureAwait(false) is { } stored) live = StandingOf(ControlEngine.Replayed(stored.Request, stored.Steps, _field));
        return live?.Request.Entity == who.Entity ? live : null;
    }

    /// <summary>The orders of a device that are not over, of all entities.</summary>
    internal Task<IReadOnlyList<(ControlRequest Request, OrderStanding Standing)>> OrdersOfAsync(int device, CancellationToken cancellation) => _engine.DoAsync<IReadOnlyList<(ControlRequest, OrderStanding)>>(
        _ => [.. _engine.OrdersOf(device).Select(static order => (order.Of.Request, StandingOf(order)))], cancellation);

    /// <summary>Orders that are not over.</summary>
    public int UnderWay => _engine.Orders;

    internal Task IdleAsync() => _engine.IdleAsync();

    // The same id again is the same request: it is answered as it stands, and done once.
    private async Task<ControlAnswer?> KnownAsync(ControlRequest request, CancellationToken cancellation)
    {
        if (request.Id == Guid.Empty || await _store.FindAsync(request.Id, cancellation).ConfigureAwait(false) is not { } stored) return null;
        var before = stored.Request.Request;
        if (JsonSerializer.Serialize(before) != JsonSerializer.Serialize(request with { CreatedAt = before.CreatedAt, Primacy = before.Primacy })) return Refused(new ControlRefusal(ControlRefusalKind.IdTaken, "The id is that of another request."), []);
        return new ControlAnswer(null, stored.Request.Devices.Count, stored.Request.MegaWatts, [], stored.Request.IsWaiting ? new ControlRefusal(ControlRefusalKind.NeedsApproval, "It waits for the approval of a second person.") : null);
    }

    private (ControlAnswer Answer, List<int> Devices) Judge(ControlRequest request)
    {
        var devices = new List<int>();
        var refused = new List<RefusedDevice>();
        if (RequestCheck.Find(request, _options.Limits, Now) is { } wrong) return (Refused(wrong, refused), devices);
        var isTooLarge = false;
        var watts = 0.0;
        var unknown = _targets.Find(request.Target, device =>
        {
            // What may not be browsed does not exist.
            if (!_rights.TryFind(request, device, Now, out var refusal)) return true;
            if (refusal is not null)
            {
                if (refusal.Kind != ControlRefusalKind.NotSupported || request.Target.Devices.Count > 0) refused.Add(new RefusedDevice(_field.NameOf(device), refusal));
                return true;
            }

            devices.Add(device);
            watts += WattsOf(request, device);
            return !(isTooLarge = devices.Count > _options.MaxDevices);
        });
        if (unknown is not null) return (Refused(unknown, refused), devices);
        if (isTooLarge) return (Refused(new ControlRefusal(ControlRefusalKind.TooMany, $"A request is for at most {_options.MaxDevices} devices."), refused), devices);
        if (devices.Count == 0) return (Refused(refused.Count > 0 ? refused[0].Refusal : new ControlRefusal(ControlRefusalKind.UnknownTarget, "It means no device."), refused), devices);
        var megaWatts = watts / 1e6;
        var caps = PowerJudge.Find(_options.Policy.Caps, [], new PowerClaim(request.Id, request.Entity, request.Start, request.End, megaWatts), isApproved: true);
        return (new ControlAnswer(caps, caps is null ? devices.Count : 0, megaWatts, refused), devices);
    }

    // Within the loop: nobody else takes what is left below a cap.
    private ControlAnswer Take(ControlRequest request, List<int> devices, ControlAnswer judged, ControlTurn turn)
    {
        if (_engine.Find(request.Id) is not null) return Refused(new ControlRefusal(ControlRefusalKind.IdTaken, "The id is that of another request."), judged.Refused);
        var claim = new PowerClaim(request.Id, request.Entity, request.Start, request.End, judged.MegaWatts);
        var standing = _engine.Live.Select(static live => new PowerClaim(live.Request.Id, live.Request.Entity, live.Request.Start, live.Request.End, live.Stored.MegaWatts));
        var capped = PowerJudge.Find(_options.Policy.Caps, standing, claim, isApproved: false);
        if (capped is { Kind: ControlRefusalKind.AboveCap }) return Refused(capped, judged.Refused);
        var stored = new StoredRequest(request, [.. devices.Select(_field.NameOf)], judged.MegaWatts, null, capped is not null);
        return _engine.Take(stored, devices, turn) is { } refused ? Refused(refused, judged.Refused) : judged with { NeedsApproval = capped };
    }

    // A supply switch is armed before; it is disarmed by being operated, whatever becomes of it.
    private ControlRefusal? Operate(ControlRequest request, List<int> devices)
    {
        if (request.HasEnd) return null;
        if (devices.Count != 1) return new ControlRefusal(ControlRefusalKind.Malformed, "A supply switch is operated alone, never in a group.");
        lock (_switchGate)
        {
            var supply = _switches.GetValueOrDefault(devices[0]);
            if (supply.Find(request.Entity, request.Action, Now) is { } refused) return refused;
            _switches[devices[0]] = supply.Disarm();
            if (request.Action == ControlAction.ConnectSupply && SupplySwitch.FindBackFeed(_options.Policy.Switches, _field.Shown(devices[0], LoadSideVoltage, Now - _options.Policy.Switches.MaxVoltageAge)) is { } fedBack) return fedBack;
            _switches[devices[0]] = new SupplySwitch(SupplySwitch.IntendedBy(request.Action));
            return null;
        }
    }

    /// <summary>The point that measures behind a supply switch, in volts.</summary>
    internal const string LoadSideVoltage = "LoadSideVoltage";

    private double WattsOf(ControlRequest request, int device) =>
        PowerEstimate.WattsOf(request.Action, request.Measure, new DevicePower(_field.Shown(device, "ActivePower", DateTime.MinValue), null), request.Start <= Now, _options.Policy.OtherWatts);

    private Task<(int, ControlRefusal?)> AtHomeAsync(string device, AccessSubject who, Func<int, ControlTurn, (int, ControlRefusal?)> act, CancellationToken cancellation)
    {
        var number = _field.Find(device);
        if (number < 0) return Task.FromResult((0, (ControlRefusal?)NoDevice(device)));
        var occupant = _space.Registry.PortalAt(_space.Registry.DeviceAt(number).Portal).Occupant;
        // What others are asked of is nobody else's to leave.
        if (occupant < 0 || _space.Ownership.Parties[occupant].Id != who.Entity) return Task.FromResult((0, (ControlRefusal?)NoDevice(device)));
        return _engine.DoAsync(turn => act(number, turn), cancellation);
    }

    // Rules change on a thread that must not wait.
    private void OnRulesChanged() => _engine.RecheckSoon();

    private static RequestStanding StandingOf(LiveRequest live) =>
        new(live.Request, live.Stored.MegaWatts, live.Stored.ApprovedBy, live.Stored.IsWaiting, live.Counts(), [.. live.Orders.Select(StandingOf)]);

    private static OrderStanding StandingOf(LiveOrder order) => new(order.Name, order.Progress.Status, order.Progress.State, order.Schedule.Start, order.Schedule.End, order.Since, order.Reason);

    private static ControlAnswer Refused(ControlRefusal refusal, IReadOnlyList<RefusedDevice> refused) => new(refusal, 0, 0, refused);
    private static ControlRefusal NoDevice(string name) => new(ControlRefusalKind.UnknownTarget, $"There is no device '{name}'.");
    private static ControlRefusal Unknown(Guid id) => new(ControlRefusalKind.UnknownRequest, $"No request {id:N} is under way.");
    private static ControlRefusal Denied(string text) => new(ControlRefusalKind.Denied, text);

    /// <summary>Ends: what was taken goes on with the next start.</summary>
    public ValueTask DisposeAsync()
    {
        _governance.RulesChanged -= OnRulesChanged;
        return _engine.DisposeAsync();
    }
}
