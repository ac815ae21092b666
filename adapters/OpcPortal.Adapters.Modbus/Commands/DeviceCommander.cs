using System.Text;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>Carries commands to one device. What was written is read back and told at once.</summary>
internal sealed class DeviceCommander(ModbusDeviceSettings device, UnitLane lane, DeviceState state, TimeProvider time)
{
    public async ValueTask<CommandOutcome> CarryOutAsync(ModbusClient client, DeviceCommand command, CancellationToken cancellation)
    {
        try
        {
            return command switch
            {
                SetPointCommand set => await SetAsync(client, set, cancellation).ConfigureAwait(false),
                InvokeCommand invoke => await InvokeAsync(client, invoke, cancellation).ConfigureAwait(false),
                _ => CommandOutcome.Failed(ReadingStatus.BadNotSupported),
            };
        }
        catch (Exception fault) when (ModbusStatus.IsFieldFault(fault))
        {
            return CommandOutcome.Failed(ModbusStatus.Of(fault), fault.Message);
        }
    }

    private async ValueTask<CommandOutcome> SetAsync(ModbusClient client, SetPointCommand command, CancellationToken cancellation)
    {
        var index = IndexOf(command.Point);
        if (index < 0) return CommandOutcome.Failed(ReadingStatus.BadConfigurationError);
        var mapping = device.Points[index].Mapping;
        if (!mapping.Writable) return CommandOutcome.Failed(ReadingStatus.BadNotWritable);
        PointValue shown;
        await lane.EnterAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (IsOver(command)) return CommandOutcome.Expired;
            var status = await RegisterWriter.WriteAsync(client, lane, mapping, command.Value, cancellation).ConfigureAwait(false);
            if (status != ReadingStatus.Good) return CommandOutcome.Failed(status);
            shown = await ReadBackAsync(client, mapping, index, cancellation).ConfigureAwait(false);
        }
        finally
        {
            lane.Leave();
        }

        if (IsSame(mapping, command.Value, shown)) return new CommandOutcome(CommandResult.Confirmed, ReadingStatus.Good, shown);
        if (mapping.Verify is { } patience) return await WatchAsync(client, new CommandConfirmation(mapping, index, default, patience, ModbusSettingsReader.DefaultEvery), command.Value, cancellation).ConfigureAwait(false);

        // The device's own value: it may have rounded or bounded what it was given.
        return new CommandOutcome(CommandResult.Accepted, ReadingStatus.Good, shown, shown.Kind == PointValueKind.None ? "it cannot be read back" : $"the device took {command.Value} and shows {shown}");
    }

    private int IndexOf(int point)
    {
        for (var i = 0; i < device.Points.Count; i++)
            if (device.Points[i].Number == point) return i;
        return -1;
    }

    // Asked when the device's turn has come: others may have held it long.
    private bool IsOver(DeviceCommand command) => command.Deadline <= time.GetUtcNow().UtcDateTime;

    private async ValueTask<CommandOutcome> InvokeAsync(ModbusClient client, InvokeCommand invoke, CancellationToken cancellation)
    {
        if (!device.Commands.TryGetValue(invoke.Name, out var command)) return CommandOutcome.Failed(ReadingStatus.BadNotSupported);
        var wanted = PointValue.None;
        if (command.Confirmation is { } shows && !shows.Value.TryGet(invoke.Arguments, out wanted)) return CommandOutcome.Failed(ReadingStatus.BadTypeMismatch);
        bool isKnown;
        await lane.EnterAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (IsOver(invoke)) return CommandOutcome.Expired;
            isKnown = await HasEventAsync(client, command.Event, invoke.Id, cancellation).ConfigureAwait(false);
            var status = isKnown ? ReadingStatus.Good : await WriteAllAsync(client, command, invoke, cancellation).ConfigureAwait(false);
            if (status != ReadingStatus.Good) return CommandOutcome.Failed(status);
        }
        finally
        {
            lane.Leave();
        }

        var outcome = command.Confirmation is { } confirmation
            ? await WatchAsync(client, confirmation, wanted, cancellation).ConfigureAwait(false) : new CommandOutcome(CommandResult.Confirmed, ReadingStatus.Good);
        return isKnown && outcome.Result == CommandResult.Confirmed ? outcome with { Result = CommandResult.Duplicate, Reason = "the device has carried out the command of this id already" } : outcome;
    }

    // The id goes last: a command that was cut off in the midst is not taken for done, and its values say what is to be, so that writing them again does no harm.
    private async ValueTask<ReadingStatus> WriteAllAsync(ModbusClient client, ModbusCommand command, InvokeCommand invoke, CancellationToken cancellation)
    {
        foreach (var write in command.Writes)
        {
            if (!write.Value.TryGet(invoke.Arguments, out var value)) return ReadingStatus.BadTypeMismatch;
            var status = await RegisterWriter.WriteAsync(client, lane, write.Mapping, value, cancellation).ConfigureAwait(false);
            if (status != ReadingStatus.Good) return status;
        }

        return command.Event is { } mapping && invoke.Id is { } id
            ? await RegisterWriter.WriteAsync(client, lane, mapping, PointValue.From(EventOf(mapping, id)), cancellation).ConfigureAwait(false) : ReadingStatus.Good;
    }

    private async ValueTask<bool> HasEventAsync(ModbusClient client, RegisterMapping? mapping, string? id, CancellationToken cancellation)
    {
        if (mapping is null || id is null) return false;
        var shown = await ReadBackAsync(client, mapping, null, cancellation).ConfigureAwait(false);
        return shown.TryGetNumber(out var number) && number == EventOf(mapping, id);
    }

    /// <summary>What the event register gets for an id: FNV-1a, never 0, which is what a device has that was told nothing yet.</summary>
    internal static ulong EventOf(RegisterMapping mapping, string id)
    {
        var hash = 2_166_136_261u;
        foreach (var part in Encoding.UTF8.GetBytes(id)) hash = unchecked((hash ^ part) * 16_777_619u);
        return (hash % (mapping.Format == RegisterFormat.UInt16 ? ushort.MaxValue : uint.MaxValue)) + 1ul;
    }

    private async ValueTask<CommandOutcome> WatchAsync(ModbusClient client, CommandConfirmation confirmation, PointValue wanted, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            PointValue shown;
            await lane.EnterAsync(cancellation).ConfigureAwait(false);
            try
            {
                shown = await ReadBackAsync(client, confirmation.Mapping, confirmation.Point, cancellation).ConfigureAwait(false);
            }
            finally
            {
                lane.Leave();
            }

            if (IsSame(confirmation.Mapping, wanted, shown)) return new CommandOutcome(CommandResult.Confirmed, ReadingStatus.Good, shown);
            if (time.GetElapsedTime(start) >= confirmation.Timeout) return Contradiction(confirmation, wanted, shown);
            await Task.Delay(confirmation.Every, time, cancellation).ConfigureAwait(false);
        }
    }

    private static CommandOutcome Contradiction(CommandConfirmation confirmation, PointValue wanted, PointValue shown) => shown.Kind == PointValueKind.None
        ? CommandOutcome.Failed(ReadingStatus.BadTimeout, $"what it does could not be read within {confirmation.Timeout}")
        : new CommandOutcome(CommandResult.Contradicted, ReadingStatus.BadTimeout, shown, $"the device took it and shows {shown}, not {wanted}, after {confirmation.Timeout}");

    /// <returns>None where the device refuses the read, or has no value.</returns>
    private async ValueTask<PointValue> ReadBackAsync(ModbusClient client, RegisterMapping mapping, int? index, CancellationToken cancellation)
    {
        var data = new byte[mapping.Length * 2];
        var answer = await lane.SendAsync(client, ModbusRequest.Read(mapping.Table, mapping.Address, mapping.Length), data, cancellation).ConfigureAwait(false);
        if (answer.Exception != ExceptionCode.None) return PointValue.None;
        if (index is not { } point)
        {
            _ = DeviceState.Decode(mapping, mapping.Address, data.AsSpan(0, answer.Length), out var unmapped);
            return unmapped;
        }

        var value = await state.RecordAsync(point, mapping.Address, data.AsMemory(0, answer.Length), time.GetUtcNow().UtcDateTime, cancellation).ConfigureAwait(false);
        await state.FlushAsync(cancellation).ConfigureAwait(false);
        return value;
    }

    // Numbers are the same that the register cannot tell apart.
    private static bool IsSame(RegisterMapping mapping, PointValue wanted, PointValue value)
    {
        if (value.Kind == PointValueKind.Boolean) return RegisterCodec.EncodeBit(wanted, out var on) == ReadingStatus.Good && on == value.AsBoolean();
        if (!wanted.TryGetNumber(out var a) || !value.TryGetNumber(out var b)) return wanted == value;
        var grain = mapping.Format is RegisterFormat.Float32 or RegisterFormat.Float64 ? Math.Abs(a) * 1e-6 : Math.Abs(mapping.Scaling.Scale) / 2;
        return Math.Abs(a - b) <= grain;
    }
}
