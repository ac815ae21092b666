namespace OpcPortal.Adapters.Modbus;

/// <summary>How a value lies in registers. The names are those of the configuration.</summary>
public enum RegisterFormat : byte
{
    /// <summary>A bit: of a coil or discrete input, or whether a register is not 0.</summary>
    Bool,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float32,
    Float64,

    /// <summary>UTF-8, two bytes a register, padded with NUL or blanks.</summary>
    String,

    /// <summary>Four decimal digits.</summary>
    Bcd16,

    /// <summary>Eight decimal digits.</summary>
    Bcd32,
}

/// <summary>Which comes first: of two bytes, or of several registers.</summary>
public enum RegisterOrder : byte
{
    /// <summary>The most significant, as the protocol's own numbers have it.</summary>
    Big,

    /// <summary>The least significant: "swapped".</summary>
    Little,
}

/// <summary>Whether a device wants writes of one register or coil as one (functions 5, 6) or as many (15, 16).</summary>
public enum WriteFunction : byte
{
    /// <summary>As one, and as many where the device refuses that function.</summary>
    Auto,
    Single,
    Multiple,
}
