using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>
/// Reads one load profile of a device: what is new since the cursor, oldest first, with the device's own times. The cursor is moved once the server has confirmed the readings, so that what is lost on
/// the way is read again. A pass reads at most all the records that there is room for, whatever the device says.
/// </summary>
internal sealed partial class ProfileReader
{
    /// <summary>Requests whose readings are confirmed together: some hundred records, so that a pass that breaks off does not begin anew.</summary>
    private const int RequestsPerCommit = 16;

    private readonly ModbusDeviceSettings _device;
    private readonly ProfileSettings _profile;
    private readonly DeviceState _state;
    private readonly AdapterContext _context;
    private readonly ProfileRegisters _registers;
    private readonly ReadingBatcher _batcher;
    private readonly ProfileJudge _judge;
    private readonly string _source;
    private readonly byte[] _before;
    private bool _knowsBefore;
    private DeliveryCursor? _reached;
    private string? _fault;

    public ProfileReader(ModbusConnectionSettings connection, ModbusDeviceSettings device, ProfileSettings profile, UnitLane lane, DeviceState state, AdapterContext context)
    {
        _device = device;
        _profile = profile;
        _state = state;
        _context = context;
        _registers = new ProfileRegisters(connection, profile, lane, context.Time);
        _batcher = new ReadingBatcher(context.Sink);
        _judge = new ProfileJudge(profile.Interval);
        _source = $"{device.Id}/{profile.Name}";
        _before = new byte[profile.Length * 2];
    }

    /// <summary>Looks for new records until cancelled or the connection is lost.</summary>
    /// <exception cref="IOException">It is.</exception>
    public async Task RunAsync(ModbusClient client, CancellationToken cancellation)
    {
        while (true)
        {
            // A device that does not answer its poller is not asked beside it: that would cost the others another time-out.
            if (_state.IsOnline) await TryPassAsync(client, cancellation).ConfigureAwait(false);
            await Task.Delay(_state.IsOnline ? _profile.Poll : _device.Poll, _context.Time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task TryPassAsync(ModbusClient client, CancellationToken cancellation)
    {
        try
        {
            _state.ProfileFault = await PassAsync(client, cancellation).ConfigureAwait(false) is { } fault ? $"profile {_profile.Name}: {fault}" : null;
        }
        catch (TimeoutException)
        {
            // Its poller finds that too, and tells it.
        }
        catch (ModbusProtocolException wrong) when (!client.IsLost)
        {
            _state.ProfileFault = $"profile {_profile.Name}: {wrong.Message}";
        }
        catch (ReadingsLostException lost)
        {
            // The cursor stands where it stood: the next pass reads them again.
            LogAgain(_context.Logger, _source, lost.Message);
        }
    }

    /// <returns>What is wrong with the profile; null where nothing is.</returns>
    private async Task<string?> PassAsync(ModbusClient client, CancellationToken cancellation)
    {
        var (head, fault) = await _registers.ReadHeadAsync(client, cancellation).ConfigureAwait(false);
        if (fault is not null || head.Count == 0) return fault;
        var (fresh, before) = await FreshAsync(client, head, cancellation).ConfigureAwait(false);
        _judge.Begin(before);
        _knowsBefore = before is not null;
        (_reached, _fault) = (null, null);
        var slot = head.Oldest(fresh, _profile.Capacity);
        for (var requests = 1; fresh > 0; requests++)
        {
            var count = _registers.Together(slot, fresh);
            fault = await ReadAsync(client, head, slot, count, cancellation).ConfigureAwait(false);
            fresh -= count;
            slot = (slot + count) % _profile.Capacity;
            if (fault is not null || fresh == 0 || requests % RequestsPerCommit == 0) await CommitAsync(cancellation).ConfigureAwait(false);
            if (fault is not null) return fault;
        }

        return _fault;
    }

    /// <summary>Reads records that follow each other, and publishes them.</summary>
    /// <returns>Why the pass cannot go on; null where it can.</returns>
    private async Task<string?> ReadAsync(ModbusClient client, ProfileHead head, int slot, int count, CancellationToken cancellation)
    {
        var records = await _registers.ReadAsync(client, slot, count, cancellation).ConfigureAwait(false);
        if (records.Exception != ExceptionCode.None) return $"the device refuses its records ({records.Exception})";
        // In a full ring the device writes the next record over the oldest, perhaps in this moment.
        var moved = head.Count == _profile.Capacity ? await _registers.MovedAsync(client, head, cancellation).ConfigureAwait(false) : 0;
        if (moved is null) return "the device does not say any more what it has";
        for (var i = 0; i < count; i++)
        {
            if (head.IsOverwritten(slot + i, moved.Value, _profile.Capacity)) LogOverwritten(_context.Logger, _source, slot + i);
            else await TakeAsync(records.Data.Slice(i * _profile.Length * 2, _profile.Length * 2), slot + i, cancellation).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>How many records are new, and the time of the one before them where that is known.</summary>
    private async Task<(int Fresh, DateTime? Before)> FreshAsync(ModbusClient client, ProfileHead head, CancellationToken cancellation)
    {
        if (_context.Cursors.Find(_source) is not { } cursor || cursor.Index >= _profile.Capacity) return (head.Count, null);
        var ahead = (head.Newest - cursor.Index + _profile.Capacity) % _profile.Capacity;
        // Where another record lies in its place, the ring has gone round, or the device has begun anew: all that is there is new.
        if (ahead >= head.Count) return (head.Count, null);
        var record = await _registers.ReadAsync(client, cursor.Index, 1, cancellation).ConfigureAwait(false);
        var isThere = record.Exception == ExceptionCode.None && _profile.Time.TryRead(record.Data.Span, out var time) && time == cursor.Time;
        if (!isThere) return (head.Count, null);
        record.Data.Span.CopyTo(_before);
        return (ahead, cursor.Time);
    }

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> record, int slot, CancellationToken cancellation)
    {
        if (!_profile.Time.TryRead(record.Span, out var time))
        {
            // Nobody could tell of when its values are.
            _fault = $"record {slot + _profile.First} has no time";
            return;
        }

        _reached = new DeliveryCursor(time, slot);
        if (_knowsBefore && record.Span.SequenceEqual(_before))
        {
            _fault = $"record {slot + _profile.First} repeats the one before";
            return;
        }

        record.Span.CopyTo(_before);
        _knowsBefore = true;
        var judged = _judge.Judge(time, _context.Time.GetUtcNow().UtcDateTime);
        var said = _profile.Status?.Read(record.Span) ?? default;
        foreach (var point in _profile.Points) await _batcher.AddAsync(ReadingOf(point, record.Span, time, judged, said), cancellation).ConfigureAwait(false);
    }

    private static Reading ReadingOf(ModbusPoint point, ReadOnlySpan<byte> record, DateTime time, QualityCode judged, QualityCode said)
    {
        var status = DeviceState.Decode(point.Mapping, 0, record, out var value);
        // What the device says of a record itself says more than what its time lets guess.
        var code = said != default ? said : judged;
        if (status == ReadingStatus.Good) status = ProfileJudge.StatusOf(judged);
        var isBad = ProfileJudge.IsBad(QualityStatus.StatusOf(status, code));
        return new Reading(point.Number, isBad ? PointValue.None : value, time, isBad ? QualityStatus.StatusOf(status, code) : status, code);
    }

    private async ValueTask CommitAsync(CancellationToken cancellation)
    {
        await _batcher.FlushAsync(cancellation).ConfigureAwait(false);
        if (_reached is not { } reached) return;
        await _context.Sink.CommitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _context.Cursors.Move(_source, reached);
        }
        catch (IOException failure)
        {
            LogUnmoved(_context.Logger, failure, _source);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Source}: readings are read again. {Reason}")]
    private static partial void LogAgain(ILogger logger, string source, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Source}: record {Slot} was overwritten before it was read.")]
    private static partial void LogOverwritten(ILogger logger, string source, int slot);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Source}: it could not be noted how far it was read; records will be delivered again.")]
    private static partial void LogUnmoved(ILogger logger, Exception failure, string source);
}
