namespace OpcPortal.Adapters.Modbus;

/// <summary>Answers, for both sides. MODBUS Application Protocol V1.1b3 6 and 7.</summary>
public static class ModbusResponse
{
    private const byte ExceptionFlag = 0x80;

    /// <summary>Reads an answer as a client does: strictly against what was asked.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="pdu">Exactly the PDU.</param>
    /// <param name="data">The registers, high byte first, or bits that were read; empty for writes and exceptions. A part of the PDU, never longer than asked.</param>
    /// <returns>None, or the exception of the device.</returns>
    /// <exception cref="ModbusProtocolException">It is no answer to that.</exception>
    public static ExceptionCode Decode(in ModbusRequest request, ReadOnlySpan<byte> pdu, out ReadOnlySpan<byte> data)
    {
        data = default;
        if (pdu.IsEmpty) throw new ModbusProtocolException("The answer is empty.");
        if (pdu[0] == ((byte)request.Function | ExceptionFlag))
        {
            if (pdu.Length != 2 || pdu[1] == 0) throw new ModbusProtocolException($"An exception of {pdu.Length} bytes, code {(pdu.Length > 1 ? pdu[1] : 0)}.");
            return (ExceptionCode)pdu[1];
        }

        if (pdu[0] != (byte)request.Function) throw new ModbusProtocolException($"The answer is to function {pdu[0]}; {(byte)request.Function} was asked.");
        if (request.IsRead || request.Function == FunctionCode.ReadWriteMultipleRegisters) data = DataOf(request, pdu);
        else CheckEcho(request, pdu);
        return ExceptionCode.None;
    }

    private static ReadOnlySpan<byte> DataOf(in ModbusRequest request, ReadOnlySpan<byte> pdu)
    {
        var expected = ReadBytes(request);
        if (pdu.Length < 2 || pdu[1] != expected || pdu.Length != 2 + expected)
            throw new ModbusProtocolException($"The answer has {pdu.Length} bytes and says that {(pdu.Length > 1 ? pdu[1] : 0)} are data; {expected} bytes of data were asked.");
        return pdu[2..];
    }

    // The answer to a write repeats the request: whole for functions 5, 6 and 22, address and count for 15 and 16.
    private static void CheckEcho(in ModbusRequest request, ReadOnlySpan<byte> pdu)
    {
        Span<byte> asked = stackalloc byte[ModbusLimits.MaxPdu];
        var length = request.Encode(asked);
        if (request.Function is FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters) length = 5;
        if (!pdu.SequenceEqual(asked[..length])) throw new ModbusProtocolException("The answer to a write is about another write.");
    }

    /// <summary>Bytes of data that the answer to a read has.</summary>
    public static int ReadBytes(in ModbusRequest request) =>
        request.Function is FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs ? (request.Count + 7) / 8 : request.Count * 2;

    /// <summary>Writes the answer to a read whose data already stand at <paramref name="pdu"/>[2..].</summary>
    /// <returns>Bytes of the PDU.</returns>
    public static int EncodeRead(Span<byte> pdu, in ModbusRequest request)
    {
        var bytes = ReadBytes(request);
        pdu[0] = (byte)request.Function;
        pdu[1] = (byte)bytes;
        return 2 + bytes;
    }

    /// <summary>Writes the answer to a write.</summary>
    /// <returns>Bytes of the PDU.</returns>
    public static int EncodeWritten(Span<byte> pdu, in ModbusRequest request)
    {
        var length = request.Encode(pdu);
        return request.Function is FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters ? 5 : length;
    }

    /// <summary>Writes an exception.</summary>
    /// <returns>Bytes of the PDU.</returns>
    public static int EncodeException(Span<byte> pdu, byte function, ExceptionCode code)
    {
        pdu[0] = (byte)(function | ExceptionFlag);
        pdu[1] = (byte)code;
        return 2;
    }
}
