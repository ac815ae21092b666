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
        _groups = [.. Enumerable.Range(0, device.Points.Count).Where(index => device.Points[index].Profile is null)
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
        for (var i = 0; i < group.Blocks.Count; i++)
        {
            if (_context.Time.GetTimestamp() < group.Blocks[i].RefusedUntil) continue;
            if (!await ReadAsync(client, group.Blocks, i, cancellation).ConfigureAwait(false)) return false;
        }

        _state.ReportAnswered();
        return true;
    }

    private async Task<bool> ReadAsync(ModbusClient client, List<ReadBlock> blocks, int index, CancellationToken cancellation)
    {
        var busy = 0;

        // One answer may get lost behind a gateway; a device that was heard a moment ago gets a second chance.
        var mayBeSilent = _state.IsOnline;
        while (true)
        {
            Outcome outcome;
            await _lane.EnterForPollAsync(client, cancellation).ConfigureAwait(false);
            try
            {
                outcome = await AskAsync(client, blocks[index], busy < UnitLane.MaxBusy, mayBeSilent, cancellation).ConfigureAwait(false);
            }
            finally
            {
                _lane.Leave();
            }

            switch (outcome)
            {
                case Outcome.Told:
                    return true;
                case Outcome.Offline:
                    return false;
                case Outcome.Silent:
                    mayBeSilent = false;
                    break;
                case Outcome.Busy:
                    busy++;
                    await Task.Delay(UnitLane.BusyPause, _context.Time, cancellation).ConfigureAwait(false);
                    break;
                case Outcome.Refused when blocks[index].TrySplit(_device.Points, out var left, out var right):
                    blocks[index] = left;
                    blocks.Insert(index + 1, right);
                    break;
            }
        }
    }

    private enum Outcome
    {
        /// <summary>The points have been told of.</summary>
        Told,
        Offline,

        /// <summary>No answer, but another chance.</summary>
        Silent,

        /// <summary>To be asked again after a pause.</summary>
        Busy,

        /// <summary>The block can be parted.</summary>
        Refused,
    }

    private async Task<Outcome> AskAsync(ModbusClient client, ReadBlock block, bool mayBeBusy, bool mayBeSilent, CancellationToken cancellation)
    {
        ModbusAnswer answer;
        var request = block.Request;
        try
        {
            answer = await TransactAsync(client, request, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            if (mayBeSilent) return Outcome.Silent;
            await _state.RecordOfflineAsync(ReadingStatus.BadTimeout, $"Unit {_lane.Unit} does not answer.", cancellation).ConfigureAwait(false);
            return Outcome.Offline;
        }
        catch (ModbusProtocolException wrong)
        {
            await RecordGarbageAsync(client, block, wrong, cancellation).ConfigureAwait(false);
            return Outcome.Told;
        }

        if (ModbusStatus.IsUnreached(answer.Exception))
        {
            await _state.RecordOfflineAsync(ReadingStatus.BadNoCommunication, $"The gateway does not reach unit {_lane.Unit} ({answer.Exception}).", cancellation).ConfigureAwait(false);
            return Outcome.Offline;
        }

        if (mayBeBusy && ModbusStatus.IsWorthAnotherTry(answer.Exception, request)) return Outcome.Busy;
        if (ModbusStatus.IsAboutRegisters(answer.Exception) && block.TrySplit(_device.Points, out _, out _)) return Outcome.Refused;
        await RecordAsync(block, answer, cancellation).ConfigureAwait(false);
        return Outcome.Told;
    }

    private async ValueTask<ModbusAnswer> TransactAsync(ModbusClient client, ModbusRequest request, CancellationToken cancellation)
    {
        try
        {
            return await client.TransactAsync(_lane.Unit, request, _data, cancellation).ConfigureAwait(false);
        }
        finally
        {
            client.Leave();
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
