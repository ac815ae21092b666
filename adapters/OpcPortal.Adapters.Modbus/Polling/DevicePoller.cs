using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>
/// Reads one device, over one connection after another. A device that does not answer is asked again after growing pauses, with a single request each time, so that it does not
/// cost the others behind the same gateway more than that.
/// </summary>
internal sealed class DevicePoller
{
    /// <summary>After which a refused point is tried again: its device may have been given other firmware.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMinutes(1);

    private readonly ModbusDeviceSettings _device;
    private readonly UnitLane _lane;
    private readonly DeviceState _state;
    private readonly AdapterContext _context;
    private readonly List<PollGroup> _groups;
    private readonly Backoff _backoff;
    private readonly byte[] _data = new byte[ModbusLimits.MaxPdu];
    private DateTimeOffset _resume;

    public DevicePoller(ModbusConnectionSettings connection, ModbusDeviceSettings device, UnitLane lane, DeviceState state, AdapterContext context)
    {
        _device = device;
        _lane = lane;
        _state = state;
        _context = context;
        _groups = [.. Enumerable.Range(0, device.Points.Count)
            .GroupBy(index => device.Points[index].Mapping.Poll ?? device.Poll)
            .Select(group => new PollGroup(group.Key, ReadBlock.Plan(connection, device.Points, group)))];
        _backoff = new Backoff(connection.ReconnectMin, connection.ReconnectMax, context.Random);
    }

    /// <summary>The blocks as they are now.</summary>
    public IEnumerable<ReadBlock> Blocks => _groups.SelectMany(group => group.Blocks);

    /// <summary>What this device said that cost the last connection; null where it was not this device.</summary>
    public string? Garbage { get; private set; }

    /// <summary>Polls until cancelled or the connection is lost.</summary>
    /// <exception cref="IOException">It is.</exception>
    public async Task RunAsync(ModbusClient client, CancellationToken cancellation)
    {
        Garbage = null;
        await DelayUntilAsync(_resume, cancellation).ConfigureAwait(false);
        foreach (var group in _groups) group.DueAt(_context.Time.GetUtcNow());
        while (true)
        {
            var next = Next();
            await DelayUntilAsync(next.Due, cancellation).ConfigureAwait(false);
            if (await PollAsync(client, next, cancellation).ConfigureAwait(false))
            {
                _backoff.Reset();
                next.Advance(_context.Time.GetUtcNow());
                continue;
            }

            await DelayUntilAsync(Pause(), cancellation).ConfigureAwait(false);
            foreach (var group in _groups) group.DueAt(_context.Time.GetUtcNow());
        }
    }

    private PollGroup Next()
    {
        var next = _groups[0];
        foreach (var group in _groups)
            if (group.Due < next.Due) next = group;
        return next;
    }

    // Kept over connections: a device whose garbage costs everybody the connection must not do so again at once.
    private DateTimeOffset Pause() => _resume = _context.Time.GetUtcNow() + _backoff.Next();

    private async Task DelayUntilAsync(DateTimeOffset when, CancellationToken cancellation)
    {
        var pause = when - _context.Time.GetUtcNow();
        if (pause > TimeSpan.Zero) await Task.Delay(pause, _context.Time, cancellation).ConfigureAwait(false);
        else cancellation.ThrowIfCancellationRequested();
    }

    /// <returns>False where the device does not answer.</returns>
    private async Task<bool> PollAsync(ModbusClient client, PollGroup group, CancellationToken cancellation)
    {
        var blocks = group.Blocks;
        for (var i = 0; i < blocks.Count; i++)
        {
            if (_context.Time.GetTimestamp() < blocks[i].RefusedUntil) continue;
            await _lane.EnterAsync(cancellation).ConfigureAwait(false);
            try
            {
                if (!await ReadAsync(client, blocks, i, cancellation).ConfigureAwait(false)) return false;
            }
            finally
            {
                _lane.Leave();
            }
        }

        _state.ReportAnswered();
        return true;
    }

    private async Task<bool> ReadAsync(ModbusClient client, List<ReadBlock> blocks, int index, CancellationToken cancellation)
    {
        while (true)
        {
            var block = blocks[index];
            ModbusAnswer answer;
            try
            {
                answer = await AskAsync(client, block.Request, cancellation).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                await _state.RecordOfflineAsync(ReadingStatus.BadTimeout, $"Unit {_lane.Unit} does not answer.", cancellation).ConfigureAwait(false);
                return false;
            }
            catch (ModbusProtocolException wrong)
            {
                await RecordGarbageAsync(client, block, wrong, cancellation).ConfigureAwait(false);
                return true;
            }

            if (ModbusStatus.IsUnreached(answer.Exception))
            {
                await _state.RecordOfflineAsync(ReadingStatus.BadNoCommunication, $"The gateway does not reach unit {_lane.Unit} ({answer.Exception}).", cancellation).ConfigureAwait(false);
                return false;
            }

            if (!ModbusStatus.IsAboutRegisters(answer.Exception) || !block.TrySplit(_device.Points, out var left, out var right))
            {
                await RecordAsync(block, answer, cancellation).ConfigureAwait(false);
                return true;
            }

            blocks[index] = left;
            blocks.Insert(index + 1, right);
        }
    }

    // One answer may get lost behind a gateway; a device that was heard a moment ago gets a second chance.
    private async Task<ModbusAnswer> AskAsync(ModbusClient client, ModbusRequest request, CancellationToken cancellation)
    {
        try
        {
            return await _lane.SendAsync(client, request, _data, false, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException) when (_state.IsOnline)
        {
            return await _lane.SendAsync(client, request, _data, false, cancellation).ConfigureAwait(false);
        }
    }

    private async Task RecordAsync(ReadBlock block, ModbusAnswer answer, CancellationToken cancellation)
    {
        var now = _context.Time.GetUtcNow().UtcDateTime;
        if (answer.Exception == ExceptionCode.None)
        {
            foreach (var member in block.Members) await _state.RecordAsync(member, block.Run.Start, _data.AsMemory(0, answer.Length), now, cancellation).ConfigureAwait(false);
        }
        else
        {
            var status = ModbusStatus.Of(answer.Exception, read: true);
            foreach (var member in block.Members) await _state.RecordBadAsync(member, status, now, cancellation).ConfigureAwait(false);
            var lasting = answer.Exception == ExceptionCode.IllegalFunction || ModbusStatus.IsAboutRegisters(answer.Exception);
            if (lasting) block.RefusedUntil = _context.Time.GetTimestamp() + (long)(RefusedPause.TotalSeconds * _context.Time.TimestampFrequency);
        }

        await _state.FlushAsync(cancellation).ConfigureAwait(false);
    }

    // Where the garbage has cost the connection, the adapter tells it when all has ended: here it may be cancelled.
    private async Task RecordGarbageAsync(ModbusClient client, ReadBlock block, ModbusProtocolException wrong, CancellationToken cancellation)
    {
        ModbusAdapter.LogGarbage(_context.Logger, _lane.Unit, wrong.Message);
        if (client.IsLost)
        {
            Garbage = $"Unit {_lane.Unit} says what is no Modbus: {wrong.Message}";
            Pause();
            throw new IOException(wrong.Message, wrong);
        }

        var now = _context.Time.GetUtcNow().UtcDateTime;
        foreach (var member in block.Members) await _state.RecordBadAsync(member, ReadingStatus.BadDecodingError, now, cancellation).ConfigureAwait(false);
        await _state.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
