using OpcPortal.Adapters.Modbus;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>One table of a simulated device: registers as on the wire, or bits, from its first mapped address to its last. What lies outside does not exist.</summary>
internal sealed class RegisterImage
{
    private readonly int _start;
    private readonly int _end;
    private readonly byte[] _registers;
    private readonly bool[] _bits;

    public RegisterImage(ModbusTable table, IReadOnlyCollection<RegisterMapping> mappings)
    {
        _start = mappings.Min(mapping => mapping.Address);
        _end = mappings.Max(mapping => mapping.Address + mapping.Length);
        var ofBits = table is ModbusTable.Coil or ModbusTable.Discrete;
        _registers = ofBits ? [] : new byte[(_end - _start) * 2];
        _bits = ofBits ? new bool[_end - _start] : [];
    }

    public bool Contains(int address, int count) => address >= _start && address + count <= _end;

    public Span<byte> Registers(int address, int count) => _registers.AsSpan((address - _start) * 2, count * 2);

    public Span<bool> Bits(int address, int count) => _bits.AsSpan(address - _start, count);

    /// <summary>Puts a point's value where it lies; a point without one gets what its mapping has for that.</summary>
    public void Put(RegisterMapping mapping, PointValue value)
    {
        if (mapping.OfBits)
        {
            Bits(mapping.Address, 1)[0] = value.Kind == PointValueKind.Boolean && value.AsBoolean();
            return;
        }

        var registers = Registers(mapping.Address, mapping.Length);
        if (mapping.IsField) PutField(mapping, value, registers);
        else if (value.Kind == PointValueKind.None) PutNotAvailable(mapping, registers);
        else RegisterCodec.Encode(mapping, value, registers);
    }

    /// <summary>The value of a point as it lies here.</summary>
    public PointValue Get(RegisterMapping mapping)
    {
        if (mapping.OfBits) return PointValue.From(Bits(mapping.Address, 1)[0]);
        _ = RegisterCodec.Decode(mapping, Registers(mapping.Address, mapping.Length), out var value);
        return value;
    }

    private static void PutField(RegisterMapping mapping, PointValue value, Span<byte> register)
    {
        if (RegisterCodec.EncodeField(mapping, value, out var and, out var or) != ReadingStatus.Good) return;
        var raw = (ushort)((register[0] << 8) | register[1]);
        raw = (ushort)((raw & and) | (or & ~and));
        (register[0], register[1]) = ((byte)(raw >> 8), (byte)raw);
    }

    private static void PutNotAvailable(RegisterMapping mapping, Span<byte> registers)
    {
        var bits = mapping.NotAvailable ?? 0;
        for (var i = registers.Length - 1; i >= 0; i--, bits >>= 8) registers[i] = (byte)bits;
    }
}
