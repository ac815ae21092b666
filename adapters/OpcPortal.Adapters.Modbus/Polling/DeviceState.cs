using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>What is known of a device's points and tells it: good values always, bad statuses when they change. Used by whoever has entered the unit's lane.</summary>
internal sealed class DeviceState
{
    private readonly ModbusDeviceSettings _device;
    private readonly AdapterContext _context;
    private readonly ReadingBatcher _batcher;
    private readonly ReadingStatus[] _statuses;
    private volatile CommunicationState _state;
    private volatile string? _profileFault;
    private string? _reason;

    public DeviceState(ModbusDeviceSettings device, AdapterContext context)
    {
        _device = device;
        _context = context;
        _batcher = new ReadingBatcher(context.Sink);
        _statuses = new ReadingStatus[device.Points.Count];
        Array.Fill(_statuses, ReadingStatus.BadWaitingForInitialData);
    }

    public bool IsOnline => _state is CommunicationState.Online or CommunicationState.Impaired;
    public bool IsOffline => _state == CommunicationState.Offline;

    /// <summary>What is wrong with the records that the device keeps; null where nothing is. Told with the next poll.</summary>
    public string? ProfileFault
    {
        get => _profileFault;
        set => _profileFault = value;
    }

    public ValueTask FlushAsync(CancellationToken cancellation) => _batcher.FlushAsync(cancellation);

    /// <summary>A point of a block was answered.</summary>
    /// <param name="index">Of the device's points.</param>
    /// <param name="start">The first bit or register of <paramref name="data"/>.</param>
    /// <param name="data">As on the wire.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellation">Ends waiting for the server.</param>
    /// <returns>The value; none where the status is bad.</returns>
    public async ValueTask<PointValue> RecordAsync(int index, int start, ReadOnlyMemory<byte> data, DateTime now, CancellationToken cancellation)
    {
        var status = Decode(_device.Points[index].Mapping, start, data.Span, out var value);
        if (status == ReadingStatus.Good)
        {
            _statuses[index] = status;
            await _batcher.AddAsync(new Reading(_device.Points[index].Number, value, now), cancellation).ConfigureAwait(false);
        }
        else
        {
            await RecordBadAsync(index, status, now, cancellation).ConfigureAwait(false);
        }

        return value;
    }

    public static ReadingStatus Decode(RegisterMapping mapping, int start, ReadOnlySpan<byte> data, out PointValue value)
    {
        var offset = mapping.Address - start;
        if (!mapping.OfBits) return RegisterCodec.Decode(mapping, data.Slice(offset * 2, mapping.Length * 2), out value);
        value = RegisterCodec.DecodeBit(data, offset);
        return ReadingStatus.Good;
    }

    public async ValueTask RecordBadAsync(int index, ReadingStatus status, DateTime now, CancellationToken cancellation)
    {
        if (_statuses[index] == status) return;
        _statuses[index] = status;
        await _batcher.AddAsync(new Reading(_device.Points[index].Number, PointValue.None, now, status), cancellation).ConfigureAwait(false);
    }

    /// <summary>The device as a whole cannot be heard.</summary>
    public async ValueTask RecordOfflineAsync(ReadingStatus status, string reason, CancellationToken cancellation)
    {
        var now = _context.Time.GetUtcNow().UtcDateTime;
        for (var i = 0; i < _statuses.Length; i++)
        {
            // What is of an interval stays true of that; the intervals that pass now are told when the device is heard again, or as missing.
            if (_device.Points[i].Profile is null) await RecordBadAsync(i, status, now, cancellation).ConfigureAwait(false);
        }

        await _batcher.FlushAsync(cancellation).ConfigureAwait(false);
        Report(CommunicationState.Offline, reason);
    }

    /// <summary>The device has answered: online, or impaired where points of it cannot be used. A point without a value is no impairment, nor is one that was not read yet.</summary>
    public void ReportAnswered()
    {
        var impaired = Array.FindIndex(_statuses, status =>
            status is not (ReadingStatus.Good or ReadingStatus.BadNoData or ReadingStatus.BadWaitingForInitialData or ReadingStatus.BadNotConnected or ReadingStatus.BadTimeout
                or ReadingStatus.BadNoCommunication or ReadingStatus.BadCommunicationError));
        if (impaired < 0 && ProfileFault is { } fault) Report(CommunicationState.Impaired, fault);
        else if (impaired < 0) Report(CommunicationState.Online, null);
        else Report(CommunicationState.Impaired, $"{_device.Points[impaired].Name}: {_statuses[impaired]}");
    }

    private void Report(CommunicationState state, string? reason)
    {
        if (_state == state && _reason == reason) return;
        (_state, _reason) = (state, reason);
        _context.Health.Report(_device.Number, state, reason);
    }
}
