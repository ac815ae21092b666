using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>Carries commands to one device. What was written is read back and told at once.</summary>
internal sealed class DeviceCommander(ModbusDeviceSettings device, UnitLane lane, DeviceState state, TimeProvider time)
{
    public async ValueTask<ReadingStatus> ExecuteAsync(ModbusClient client, DeviceCommand command, CancellationToken cancellation)
    {
        try
        {
            return command switch
            {
                SetPointCommand set => await SetAsync(client, set, cancellation).ConfigureAwait(false),
                InvokeCommand invoke => await InvokeAsync(client, invoke, cancellation).ConfigureAwait(false),
                _ => ReadingStatus.BadNotSupported,
            };
        }
        catch (Exception fault) when (ModbusStatus.IsFieldFault(fault))
        {
            return ModbusStatus.Of(fault);
        }
    }

    private async ValueTask<ReadingStatus> SetAsync(ModbusClient client, SetPointCommand command, CancellationToken cancellation)
    {
        var index = IndexOf(command.Point);
        if (index < 0) return ReadingStatus.BadConfigurationError;
        var mapping = device.Points[index].Mapping;
        if (!mapping.Writable) return ReadingStatus.BadNotWritable;
        await lane.EnterAsync(cancellation).ConfigureAwait(false);
        try
        {
            var status = await RegisterWriter.WriteAsync(client, lane, mapping, command.Value, cancellation).ConfigureAwait(false);

            // The device's own value: it may have rounded or bounded what it was given.
            if (status == ReadingStatus.Good) await ReadBackAsync(client, mapping, index, cancellation).ConfigureAwait(false);
            return status;
        }
        finally
        {
            lane.Leave();
        }
    }

    private int IndexOf(int point)
    {
        for (var i = 0; i < device.Points.Count; i++)
            if (device.Points[i].Number == point) return i;
        return -1;
    }

    private async ValueTask<ReadingStatus> InvokeAsync(ModbusClient client, InvokeCommand invoke, CancellationToken cancellation)
    {
        if (!device.Commands.TryGetValue(invoke.Name, out var command)) return ReadingStatus.BadNotSupported;
        await lane.EnterAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var write in command.Writes)
            {
                if (!write.Value.TryGet(invoke.Arguments, out var value)) return ReadingStatus.BadTypeMismatch;
                var status = await RegisterWriter.WriteAsync(client, lane, write.Mapping, value, cancellation).ConfigureAwait(false);
                if (status != ReadingStatus.Good) return status;
            }
        }
        finally
        {
            lane.Leave();
        }

        return command.Confirmation is { } confirmation ? await ConfirmAsync(client, confirmation, invoke, cancellation).ConfigureAwait(false) : ReadingStatus.Good;
    }

    private async ValueTask<ReadingStatus> ConfirmAsync(ModbusClient client, CommandConfirmation confirmation, InvokeCommand invoke, CancellationToken cancellation)
    {
        if (!confirmation.Value.TryGet(invoke.Arguments, out var wanted)) return ReadingStatus.BadTypeMismatch;
        var start = time.GetTimestamp();
        while (true)
        {
            PointValue value;
            await lane.EnterAsync(cancellation).ConfigureAwait(false);
            try
            {
                value = await ReadBackAsync(client, confirmation.Mapping, confirmation.Point, cancellation).ConfigureAwait(false);
            }
            finally
            {
                lane.Leave();
            }

            if (IsSame(confirmation.Mapping, wanted, value)) return ReadingStatus.Good;
            if (time.GetElapsedTime(start) >= confirmation.Timeout) return ReadingStatus.BadTimeout;
            await Task.Delay(confirmation.Every, time, cancellation).ConfigureAwait(false);
        }
    }

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
        if (!wanted.TryGetNumber(out var a) || !value.TryGetNumber(out var b)) return wanted == value;
        var grain = mapping.Format is RegisterFormat.Float32 or RegisterFormat.Float64 ? Math.Abs(a) * 1e-6 : Math.Abs(mapping.Scaling.Scale) / 2;
        return Math.Abs(a - b) <= grain;
    }
}
