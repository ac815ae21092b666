namespace OpcPortal.Adapters;

/// <summary>
/// What an adapter tells of its devices, on its way to the server: tells outages from it, and lays over it what is wrong beside the adapter, such as a buffer that is full. Thread-safe.
/// </summary>
internal sealed class RunHealth : IAdapterHealth
{
    private readonly Lock _lock = new();
    private readonly IAdapterHealth _server;
    private readonly IOutageSink? _outages;
    private readonly TimeProvider _time;
    private readonly Dictionary<int, Known> _devices = [];
    private string? _overlay;
    private DateTime _overlaidSince;

    public RunHealth(AdapterConfiguration configuration, IAdapterHealth server, IOutageSink? outages, TimeProvider time)
    {
        _server = server;
        _outages = outages;
        _time = time;
        foreach (var device in configuration.Devices) _devices[device.Number] = new Known(CommunicationState.Unknown, null, null);
    }

    /// <inheritdoc/>
    public void Report(int device, CommunicationState state, string? reason)
    {
        lock (_lock)
        {
            var known = _devices.GetValueOrDefault(device, new Known(CommunicationState.Unknown, null, null));
            var since = known.OfflineSince;
            if (state == CommunicationState.Offline && since is null)
            {
                since = Now;
                _outages?.Report(new Outage(device, since.Value, null, reason ?? "it cannot be reached"));
            }
            else if (state is CommunicationState.Online or CommunicationState.Impaired && since is { } began)
            {
                _outages?.Report(new Outage(device, began, Now, known.Reason ?? "it could not be reached"));
                since = null;
            }

            // Why it was lost is told when it is back too; what comes in between, that nothing was heard yet, says less.
            known = new Known(state, state == CommunicationState.Unknown && since is not null ? known.Reason : reason, since);
            _devices[device] = known;
            if (_overlay is { } overlay && state != CommunicationState.Offline) _server.Report(device, CommunicationState.Impaired, overlay);
            else _server.Report(device, state, reason);
        }
    }

    /// <summary>Something beside the adapter makes readings of all its devices go missing; null: no longer.</summary>
    public void Overlay(string? reason)
    {
        lock (_lock)
        {
            if (_overlay == reason) return;
            var began = _overlay is null;
            if (began) _overlaidSince = Now;
            foreach (var (device, known) in _devices)
            {
                if (began) _outages?.Report(new Outage(device, _overlaidSince, null, reason!));
                else if (reason is null) _outages?.Report(new Outage(device, _overlaidSince, Now, _overlay!));
                if (known.State == CommunicationState.Offline) continue;
                if (reason is null) _server.Report(device, known.State, known.Reason);
                else _server.Report(device, CommunicationState.Impaired, reason);
            }

            _overlay = reason;
        }
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    private readonly record struct Known(CommunicationState State, string? Reason, DateTime? OfflineSince);
}
