using Microsoft.Extensions.Logging;
using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// How communication with devices goes, as points of the devices and of their portals: a portal is online while one of its devices is, offline when none of those heard of is.
/// </summary>
public sealed partial class FleetHealth : IAdapterHealth
{
    // Reports about devices of one portal follow each other; those of different portals rarely meet.
    private readonly Lock[] _gates = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    private readonly FleetRegistry _registry;
    private readonly PointStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HealthKeeper? _keeper;

    public FleetHealth(FleetRegistry registry, PointStore store, TimeProvider time, ILogger logger)
        : this(registry, store, time, logger, keeper: null)
    {
    }

    internal FleetHealth(FleetRegistry registry, PointStore store, TimeProvider time, ILogger logger, HealthKeeper? keeper) =>
        (_registry, _store, _time, _logger, _keeper) = (registry, store, time, logger, keeper);

    /// <inheritdoc/>
    public void Report(int device, CommunicationState state, string? reason)
    {
        if ((uint)device >= (uint)_registry.DeviceCount) return;
        ref var row = ref _registry.DeviceAt(device);
        lock (_gates[row.Portal & (_gates.Length - 1)])
        {
            var before = StateAt(row.FirstPoint);
            var known = _store.Read(row.FirstPoint + FleetRegistry.CommunicationReasonPoint).Value.Text;
            if (before == state && known == (reason ?? "")) return;
            Set(row.FirstPoint, state, reason);
            if (before == state && known is not null) return;
            if (before != state) LogState(_logger, _registry.TextAt(_registry.PortalAt(row.Portal).Id), _registry.TextAt(row.Id), state, reason ?? "");
            Count(row.Portal, before, state);
        }
    }

    private void Count(int portalRow, CommunicationState before, CommunicationState after)
    {
        ref var portal = ref _registry.PortalAt(portalRow);
        portal.OnlineCount += Online(after) - Online(before);
        portal.OfflineCount += Offline(after) - Offline(before);
        var state = portal switch
        {
            { OnlineCount: 0, OfflineCount: 0 } => CommunicationState.Unknown,
            { OnlineCount: 0 } => CommunicationState.Offline,
            { OfflineCount: 0 } => CommunicationState.Online,
            _ => CommunicationState.Impaired,
        };
        var reason = portal.OfflineCount == 0 ? null : $"{portal.OfflineCount} of {portal.DeviceCount} devices do not answer.";
        Set(portal.FirstPoint, state, reason);
    }

    private static int Online(CommunicationState state) => state is CommunicationState.Online or CommunicationState.Impaired ? 1 : 0;

    private static int Offline(CommunicationState state) => state == CommunicationState.Offline ? 1 : 0;

    private CommunicationState StateAt(int firstPoint) => _store.Read(firstPoint + FleetRegistry.CommunicationStatePoint).Value is { Kind: PointValueKind.Unsigned } value ? (CommunicationState)value.AsUnsigned() : CommunicationState.Unknown;

    private void Set(int firstPoint, CommunicationState state, string? reason)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        ReadOnlySpan<Reading> readings =
        [
            new Reading(firstPoint + FleetRegistry.CommunicationStatePoint, PointValue.From((ulong)state), now),
            new Reading(firstPoint + FleetRegistry.CommunicationReasonPoint, PointValue.From(reason ?? ""), now),
        ];
        _store.Apply(readings, now);
        // Nothing was heard yet: there is nothing to keep.
        if (state != CommunicationState.Unknown) _keeper?.Offer(readings);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Portal}/{Device} is {State}. {Reason}")]
    private static partial void LogState(ILogger logger, string portal, string device, CommunicationState state, string reason);
}
