using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>Mappings in few words.</summary>
internal static class At
{
    public static RegisterMapping Holding(int address, RegisterFormat format, double scale = 1) => Register(ModbusTable.Holding, address, format, scale);

    public static RegisterMapping Input(int address, RegisterFormat format, double scale = 1) => Register(ModbusTable.Input, address, format, scale);

    public static RegisterMapping Coil(int address) => new() { Table = ModbusTable.Coil, Address = address, Format = RegisterFormat.Bool };

    public static RegisterMapping Discrete(int address) => new() { Table = ModbusTable.Discrete, Address = address, Format = RegisterFormat.Bool };

    /// <summary>One bit of a holding register.</summary>
    public static RegisterMapping Bit(int address, int bit) => Holding(address, RegisterFormat.Bool) with { Mask = (ushort)(1 << bit) };

    private static RegisterMapping Register(ModbusTable table, int address, RegisterFormat format, double scale) =>
        new() { Table = table, Address = address, Format = format, Scaling = new Scaling(scale, 0) };
}
