using System.Buffers.Binary;

namespace OpcPortal.Adapters.Modbus;

/// <summary>The header of a frame on TCP. MODBUS Messaging on TCP/IP Implementation Guide V1.0b 3.1.3.</summary>
/// <param name="Transaction">Pairs an answer with its request.</param>
/// <param name="Unit">The device, behind a gateway.</param>
public readonly record struct MbapHeader(ushort Transaction, byte Unit);

/// <summary>Cuts the stream of bytes into frames and makes them.</summary>
public static class MbapFrame
{
    /// <summary>Transaction, protocol, length, unit.</summary>
    public const int HeaderLength = 7;

    /// <summary>Bytes of the longest frame.</summary>
    public const int MaxLength = HeaderLength + ModbusLimits.MaxPdu;

    // The length counts the unit and the PDU, which is at least a function code.
    private const int MinCounted = 2;
    private const int MaxCounted = 1 + ModbusLimits.MaxPdu;

    /// <summary>Finds the frame at the front.</summary>
    /// <param name="buffer">What has come and was not read yet.</param>
    /// <param name="header">Transaction and unit.</param>
    /// <param name="pdu">Function code and what follows; the frame ends where it does.</param>
    /// <returns>False where bytes are missing.</returns>
    /// <exception cref="ModbusProtocolException">Another protocol than 0, or a length that cannot be: the stream is lost.</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, out MbapHeader header, out ReadOnlySpan<byte> pdu)
    {
        header = default;
        pdu = default;
        if (buffer.Length < HeaderLength) return false;
        var protocol = BinaryPrimitives.ReadUInt16BigEndian(buffer[2..]);
        if (protocol != 0) throw new ModbusProtocolException($"The protocol id is {protocol}, not 0.");
        int counted = BinaryPrimitives.ReadUInt16BigEndian(buffer[4..]);
        if (counted is < MinCounted or > MaxCounted) throw new ModbusProtocolException($"The length is {counted}; it lies between {MinCounted} and {MaxCounted}.");
        var length = HeaderLength + counted - 1;
        if (buffer.Length < length) return false;
        header = new MbapHeader(BinaryPrimitives.ReadUInt16BigEndian(buffer), buffer[6]);
        pdu = buffer[HeaderLength..length];
        return true;
    }

    /// <summary>Writes the header before a PDU that stands at <see cref="HeaderLength"/>.</summary>
    /// <returns>Bytes of the frame.</returns>
    public static int WriteHeader(Span<byte> frame, MbapHeader header, int pduLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pduLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pduLength, ModbusLimits.MaxPdu);
        BinaryPrimitives.WriteUInt16BigEndian(frame, header.Transaction);
        BinaryPrimitives.WriteUInt16BigEndian(frame[2..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(frame[4..], (ushort)(1 + pduLength));
        frame[6] = header.Unit;
        return HeaderLength + pduLength;
    }
}
