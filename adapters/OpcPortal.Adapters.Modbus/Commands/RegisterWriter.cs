using System.Buffers.Binary;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>Writes values by the function that fits, and by another where the unit refuses that one. Whoever calls has entered the unit's lane.</summary>
internal static class RegisterWriter
{
    /// <returns>Good where the unit has confirmed it.</returns>
    public static async ValueTask<ReadingStatus> WriteAsync(ModbusClient client, UnitLane lane, RegisterMapping mapping, PointValue value, CancellationToken cancellation)
    {
        if (mapping.OfBits)
        {
            var status = RegisterCodec.EncodeBit(value, out var on);
            return status == ReadingStatus.Good ? await WriteCoilAsync(client, lane, mapping, on, cancellation).ConfigureAwait(false) : status;
        }

        if (mapping.IsField)
        {
            var status = RegisterCodec.EncodeField(mapping, value, out var and, out var or);
            return status == ReadingStatus.Good ? await WriteFieldAsync(client, lane, mapping, and, or, cancellation).ConfigureAwait(false) : status;
        }

        var registers = new byte[mapping.Length * 2];
        var encoded = RegisterCodec.Encode(mapping, value, registers);
        return encoded == ReadingStatus.Good ? await WriteRegistersAsync(client, lane, mapping, registers, cancellation).ConfigureAwait(false) : encoded;
    }

    private static async ValueTask<ReadingStatus> WriteCoilAsync(ModbusClient client, UnitLane lane, RegisterMapping mapping, bool on, CancellationToken cancellation)
    {
        if (mapping.WriteFunction != WriteFunction.Multiple && !lane.RefusesSingleCoil)
        {
            var exception = await SendAsync(client, lane, ModbusRequest.WriteCoil(mapping.Address, on), cancellation).ConfigureAwait(false);
            if (exception != ExceptionCode.IllegalFunction || mapping.WriteFunction == WriteFunction.Single) return ModbusStatus.Of(exception, read: false);
            lane.RefusesSingleCoil = true;
        }

        return ModbusStatus.Of(await SendAsync(client, lane, ModbusRequest.WriteCoils(mapping.Address, 1, new[] { on ? (byte)1 : (byte)0 }), cancellation).ConfigureAwait(false), read: false);
    }

    private static async ValueTask<ReadingStatus> WriteRegistersAsync(ModbusClient client, UnitLane lane, RegisterMapping mapping, byte[] registers, CancellationToken cancellation)
    {
        if (registers.Length == 2 && mapping.WriteFunction != WriteFunction.Multiple && !lane.RefusesSingleRegister)
        {
            var exception = await SendAsync(client, lane, ModbusRequest.WriteRegister(mapping.Address, registers), cancellation).ConfigureAwait(false);
            if (exception != ExceptionCode.IllegalFunction || mapping.WriteFunction == WriteFunction.Single) return ModbusStatus.Of(exception, read: false);
            lane.RefusesSingleRegister = true;
        }

        return ModbusStatus.Of(await SendAsync(client, lane, ModbusRequest.WriteRegisters(mapping.Address, registers), cancellation).ConfigureAwait(false), read: false);
    }

    // Function 22 changes the bits within the device. Where it is refused, the register is read and written back: the lane keeps our own writes apart meanwhile, another master's it cannot.
    private static async ValueTask<ReadingStatus> WriteFieldAsync(ModbusClient client, UnitLane lane, RegisterMapping mapping, ushort and, ushort or, CancellationToken cancellation)
    {
        if (!lane.RefusesMaskWrite)
        {
            var exception = await SendAsync(client, lane, ModbusRequest.MaskWrite(mapping.Address, and, or), cancellation).ConfigureAwait(false);
            if (exception != ExceptionCode.IllegalFunction) return ModbusStatus.Of(exception, read: false);
            lane.RefusesMaskWrite = true;
        }

        var register = new byte[2];
        var answer = await lane.SendAsync(client, ModbusRequest.Read(ModbusTable.Holding, mapping.Address, 1), register, cancellation).ConfigureAwait(false);
        if (answer.Exception != ExceptionCode.None) return ModbusStatus.Of(answer.Exception, read: true);
        var before = BinaryPrimitives.ReadUInt16BigEndian(register);
        BinaryPrimitives.WriteUInt16BigEndian(register, (ushort)((before & and) | (or & ~and)));
        return await WriteRegistersAsync(client, lane, mapping, register, cancellation).ConfigureAwait(false);
    }

    private static async ValueTask<ExceptionCode> SendAsync(ModbusClient client, UnitLane lane, ModbusRequest request, CancellationToken cancellation)
    {
        var answer = await lane.SendAsync(client, request, Memory<byte>.Empty, cancellation).ConfigureAwait(false);
        return answer.Exception;
    }
}
