namespace OpcPortal.Adapters.Modbus;

/// <summary>Limits of the protocol. MODBUS Application Protocol V1.1b3, section of each function in 6; a PDU has at most 253 bytes (4.1).</summary>
public static class ModbusLimits
{
    public const int MaxPdu = 253;
    public const int MaxReadBits = 2000;
    public const int MaxWriteBits = 1968;
    public const int MaxReadRegisters = 125;
    public const int MaxWriteRegisters = 123;

    /// <summary>Registers that function 23 writes; it reads up to <see cref="MaxReadRegisters"/>.</summary>
    public const int MaxReadWriteRegisters = 121;

    /// <summary>Addresses of a table: they are 16 bits wide.</summary>
    public const int TableSize = 65_536;
}
