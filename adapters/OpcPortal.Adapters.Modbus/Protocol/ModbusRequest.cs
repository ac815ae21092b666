using System.Buffers.Binary;

namespace OpcPortal.Adapters.Modbus;

/// <summary>A request of one of the functions of <see cref="FunctionCode"/>, for both sides. MODBUS Application Protocol V1.1b3 6.</summary>
public readonly record struct ModbusRequest
{
    public const ushort CoilOn = 0xFF00;
    public const ushort CoilOff = 0;

    private ModbusRequest(FunctionCode function, ushort address, ushort count)
    {
        Function = function;
        Address = address;
        Count = count;
    }

    public FunctionCode Function { get; private init; }

    /// <summary>The first bit or register; of function 23 the first that is read.</summary>
    public ushort Address { get; private init; }

    /// <summary>Bits or registers; of function 23 those that are read.</summary>
    public ushort Count { get; private init; }

    /// <summary>The first register that function 23 writes.</summary>
    public ushort WriteAddress { get; private init; }

    /// <summary>What is written: registers high byte first, or bits from the lowest of the first byte on; empty for reads and function 22.</summary>
    public ReadOnlyMemory<byte> Data { get; private init; }

    /// <summary>Function 22: the register becomes (register AND this) OR (<see cref="OrMask"/> AND NOT this).</summary>
    public ushort AndMask { get; private init; }

    public ushort OrMask { get; private init; }

    /// <summary>Whether it changes nothing and so may be sent again.</summary>
    public bool IsRead => Function is FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs or FunctionCode.ReadHoldingRegisters or FunctionCode.ReadInputRegisters;

    private bool OfBits => Function is FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs or FunctionCode.WriteMultipleCoils;

    /// <param name="table">What is read.</param>
    /// <param name="address">The first.</param>
    /// <param name="count">How many; see <see cref="ModbusLimits"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Too many, none, or past the table's end.</exception>
    public static ModbusRequest Read(ModbusTable table, int address, int count) => new(
        table switch
        {
            ModbusTable.Coil => FunctionCode.ReadCoils,
            ModbusTable.Discrete => FunctionCode.ReadDiscreteInputs,
            ModbusTable.Holding => FunctionCode.ReadHoldingRegisters,
            _ => FunctionCode.ReadInputRegisters,
        },
        Address16(address, count),
        Count16(count, table is ModbusTable.Coil or ModbusTable.Discrete ? ModbusLimits.MaxReadBits : ModbusLimits.MaxReadRegisters));

    public static ModbusRequest WriteCoil(int address, bool value) =>
        new(FunctionCode.WriteSingleCoil, Address16(address, 1), 1) { Data = value ? OnBytes : OffBytes };

    /// <param name="address">The register.</param>
    /// <param name="register">Two bytes, high byte first.</param>
    public static ModbusRequest WriteRegister(int address, ReadOnlyMemory<byte> register)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(register.Length, 2);
        return new ModbusRequest(FunctionCode.WriteSingleRegister, Address16(address, 1), 1) { Data = register };
    }

    /// <param name="address">The first coil.</param>
    /// <param name="count">How many.</param>
    /// <param name="bits">From the lowest bit of the first byte on.</param>
    public static ModbusRequest WriteCoils(int address, int count, ReadOnlyMemory<byte> bits)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bits.Length, (count + 7) / 8);
        return new ModbusRequest(FunctionCode.WriteMultipleCoils, Address16(address, count), Count16(count, ModbusLimits.MaxWriteBits)) { Data = bits };
    }

    /// <param name="address">The first register.</param>
    /// <param name="registers">Two bytes each, high byte first.</param>
    public static ModbusRequest WriteRegisters(int address, ReadOnlyMemory<byte> registers)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(registers.Length % 2, 0);
        var count = registers.Length / 2;
        return new ModbusRequest(FunctionCode.WriteMultipleRegisters, Address16(address, count), Count16(count, ModbusLimits.MaxWriteRegisters)) { Data = registers };
    }

    public static ModbusRequest MaskWrite(int address, ushort and, ushort or) =>
        new(FunctionCode.MaskWriteRegister, Address16(address, 1), 1) { AndMask = and, OrMask = or };

    /// <summary>Writes registers, then reads registers, in one request.</summary>
    public static ModbusRequest ReadWrite(int address, int count, int writeAddress, ReadOnlyMemory<byte> registers)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(registers.Length % 2, 0);
        Count16(registers.Length / 2, ModbusLimits.MaxReadWriteRegisters);
        return new ModbusRequest(FunctionCode.ReadWriteMultipleRegisters, Address16(address, count), Count16(count, ModbusLimits.MaxReadRegisters))
        {
            WriteAddress = Address16(writeAddress, registers.Length / 2),
            Data = registers,
        };
    }

    private static readonly byte[] OnBytes = [0xFF, 0x00];
    private static readonly byte[] OffBytes = [0x00, 0x00];

    /// <summary>Writes the PDU.</summary>
    /// <returns>Its bytes.</returns>
    public int Encode(Span<byte> pdu)
    {
        pdu[0] = (byte)Function;
        BinaryPrimitives.WriteUInt16BigEndian(pdu[1..], Address);
        switch (Function)
        {
            case FunctionCode.WriteSingleCoil or FunctionCode.WriteSingleRegister:
                Data.Span.CopyTo(pdu[3..]);
                return 5;
            case FunctionCode.MaskWriteRegister:
                BinaryPrimitives.WriteUInt16BigEndian(pdu[3..], AndMask);
                BinaryPrimitives.WriteUInt16BigEndian(pdu[5..], OrMask);
                return 7;
            case FunctionCode.ReadWriteMultipleRegisters:
                BinaryPrimitives.WriteUInt16BigEndian(pdu[3..], Count);
                BinaryPrimitives.WriteUInt16BigEndian(pdu[5..], WriteAddress);
                return EncodeData(pdu, 7);
            default:
                BinaryPrimitives.WriteUInt16BigEndian(pdu[3..], Count);
                if (IsRead) return 5;
                pdu[5] = (byte)Data.Length;
                Data.Span.CopyTo(pdu[6..]);
                return 6 + Data.Length;
        }
    }

    private int EncodeData(Span<byte> pdu, int at)
    {
        BinaryPrimitives.WriteUInt16BigEndian(pdu[at..], (ushort)(Data.Length / 2));
        pdu[at + 2] = (byte)Data.Length;
        Data.Span.CopyTo(pdu[(at + 3)..]);
        return at + 3 + Data.Length;
    }

    /// <summary>Reads a PDU as a server does, in the order of checks of the state diagrams of section 6: function, quantities, addresses.</summary>
    /// <param name="pdu">Exactly the PDU; <see cref="Data"/> is a part of it.</param>
    /// <param name="request">What is asked; default where it is refused.</param>
    /// <returns>None, or the exception to answer with.</returns>
    public static ExceptionCode Decode(ReadOnlyMemory<byte> pdu, out ModbusRequest request)
    {
        request = default;
        var span = pdu.Span;
        if (span.IsEmpty || !Enum.IsDefined((FunctionCode)span[0])) return ExceptionCode.IllegalFunction;
        if (span.Length < 5) return ExceptionCode.IllegalDataValue;
        var function = (FunctionCode)span[0];
        var found = new ModbusRequest(function, BinaryPrimitives.ReadUInt16BigEndian(span[1..]), BinaryPrimitives.ReadUInt16BigEndian(span[3..]));
        var malformed = function switch
        {
            FunctionCode.WriteSingleCoil => span.Length != 5 || found.Count is not (CoilOn or CoilOff),
            FunctionCode.WriteSingleRegister => span.Length != 5,
            FunctionCode.MaskWriteRegister => span.Length != 7,
            FunctionCode.WriteMultipleCoils => !HasData(span, 5, (found.Count + 7) / 8) || Exceeds(found.Count, ModbusLimits.MaxWriteBits),
            FunctionCode.WriteMultipleRegisters => !HasData(span, 5, found.Count * 2) || Exceeds(found.Count, ModbusLimits.MaxWriteRegisters),
            FunctionCode.ReadWriteMultipleRegisters => span.Length < 10 || Exceeds(found.Count, ModbusLimits.MaxReadRegisters) || !IsWritePartSound(span),
            _ => span.Length != 5 || Exceeds(found.Count, found.OfBits ? ModbusLimits.MaxReadBits : ModbusLimits.MaxReadRegisters),
        };
        if (malformed) return ExceptionCode.IllegalDataValue;
        found = WithRest(found, pdu);
        if (found.Address + found.Count > ModbusLimits.TableSize) return ExceptionCode.IllegalDataAddress;
        if (function == FunctionCode.ReadWriteMultipleRegisters && found.WriteAddress + (found.Data.Length / 2) > ModbusLimits.TableSize) return ExceptionCode.IllegalDataAddress;
        request = found;
        return ExceptionCode.None;
    }

    private static ModbusRequest WithRest(ModbusRequest found, ReadOnlyMemory<byte> pdu) => found.Function switch
    {
        FunctionCode.WriteSingleCoil or FunctionCode.WriteSingleRegister => found with { Count = 1, Data = pdu.Slice(3, 2) },
        FunctionCode.MaskWriteRegister => found with { Count = 1, AndMask = found.Count, OrMask = BinaryPrimitives.ReadUInt16BigEndian(pdu.Span[5..]) },
        FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters => found with { Data = pdu[6..] },
        FunctionCode.ReadWriteMultipleRegisters => found with { WriteAddress = BinaryPrimitives.ReadUInt16BigEndian(pdu.Span[5..]), Data = pdu[10..] },
        _ => found,
    };

    private static bool IsWritePartSound(ReadOnlySpan<byte> span)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(span[7..]);
        return !Exceeds(count, ModbusLimits.MaxReadWriteRegisters) && HasData(span, 9, count * 2);
    }

    private static bool HasData(ReadOnlySpan<byte> span, int at, int bytes) => span.Length > at && span[at] == bytes && span.Length == at + 1 + bytes;

    private static bool Exceeds(int count, int max) => count < 1 || count > max;

    private static ushort Address16(int address, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(address);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(address + count, ModbusLimits.TableSize);
        return (ushort)address;
    }

    private static ushort Count16(int count, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, max);
        return (ushort)count;
    }
}
