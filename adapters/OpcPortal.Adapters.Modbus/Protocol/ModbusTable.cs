namespace OpcPortal.Adapters.Modbus;

/// <summary>The four tables of a device. MODBUS Application Protocol V1.1b3 4.3. The names are those of the configuration.</summary>
public enum ModbusTable : byte
{
    /// <summary>16 bits, read and written.</summary>
    Holding,

    /// <summary>16 bits, read only.</summary>
    Input,

    /// <summary>One bit, read and written.</summary>
    Coil,

    /// <summary>One bit, read only.</summary>
    Discrete,
}
