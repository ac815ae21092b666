namespace OpcPortal.Adapters.Modbus;

/// <summary>Where a value lies in a device and how it is to be read: what a point's mapping says.</summary>
public sealed record RegisterMapping
{
    /// <summary>Registers of the longest text: 64 characters are what nameplates have, this is the double.</summary>
    public const int MaxTextRegisters = 64;

    public required ModbusTable Table { get; init; }

    /// <summary>From 0, as on the wire; the register that manuals call 40001 is 0 of the table holding.</summary>
    public required int Address { get; init; }

    public RegisterFormat Format { get; init; } = RegisterFormat.UInt16;

    /// <summary>Of a value of several registers.</summary>
    public RegisterOrder WordOrder { get; init; }

    /// <summary>Within each register.</summary>
    public RegisterOrder ByteOrder { get; init; }

    /// <summary>Registers of a text.</summary>
    public int TextRegisters { get; init; } = 1;

    /// <summary>The bits of the register that are the value, shifted down; 0 where it is the whole of it. One bit alone gives true or false.</summary>
    public ushort Mask { get; init; }

    public Scaling Scaling { get; init; } = Scaling.None;

    /// <summary>The bits that say "no value", such as 0x8000 for an int16 of SunSpec; null where every value is one.</summary>
    public ulong? NotAvailable { get; init; }

    public bool Writable { get; init; }

    /// <summary>Bounds of what may be written, in the engineering unit.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    public double Max { get; init; } = double.PositiveInfinity;

    public WriteFunction WriteFunction { get; init; }

    /// <summary>How long the device may take to show what was written before it counts as contradicting it; null: it is read back once, and what it rounds or bounds is its affair.</summary>
    public TimeSpan? Verify { get; init; }

    /// <summary>How often it is read; null for the device's interval.</summary>
    public TimeSpan? Poll { get; init; }

    public bool OfBits => Table is ModbusTable.Coil or ModbusTable.Discrete;

    public bool IsField => Mask != 0;

    /// <summary>Bits or registers that it takes.</summary>
    public int Length => OfBits ? 1 : Format switch
    {
        RegisterFormat.Int32 or RegisterFormat.UInt32 or RegisterFormat.Float32 or RegisterFormat.Bcd32 => 2,
        RegisterFormat.Int64 or RegisterFormat.UInt64 or RegisterFormat.Float64 => 4,
        RegisterFormat.String => TextRegisters,
        _ => 1,
    };
}
