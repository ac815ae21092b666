namespace OpcPortal.Adapters.Modbus;

/// <summary>The functions that this codec speaks. MODBUS Application Protocol V1.1b3 6.</summary>
public enum FunctionCode : byte
{
    ReadCoils = 1,
    ReadDiscreteInputs = 2,
    ReadHoldingRegisters = 3,
    ReadInputRegisters = 4,
    WriteSingleCoil = 5,
    WriteSingleRegister = 6,
    WriteMultipleCoils = 15,
    WriteMultipleRegisters = 16,
    MaskWriteRegister = 22,
    ReadWriteMultipleRegisters = 23,
}

/// <summary>Why a device refuses. MODBUS Application Protocol V1.1b3 7; 7 is of older editions.</summary>
public enum ExceptionCode : byte
{
    None = 0,
    IllegalFunction = 1,
    IllegalDataAddress = 2,
    IllegalDataValue = 3,
    ServerDeviceFailure = 4,

    /// <summary>Accepted, and takes long.</summary>
    Acknowledge = 5,
    ServerDeviceBusy = 6,
    NegativeAcknowledge = 7,
    MemoryParityError = 8,
    GatewayPathUnavailable = 10,

    /// <summary>The device behind the gateway says nothing.</summary>
    GatewayTargetFailedToRespond = 11,
}

/// <summary>What came is no Modbus, or no answer to what was asked.</summary>
public sealed class ModbusProtocolException(string message) : Exception(message);
