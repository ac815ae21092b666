using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>What exceptions of devices and faults of connections mean as statuses.</summary>
internal static class ModbusStatus
{
    // MODBUS Application Protocol V1.1b3 7.
    public static ReadingStatus Of(ExceptionCode exception, bool read) => exception switch
    {
        ExceptionCode.None => ReadingStatus.Good,
        ExceptionCode.IllegalFunction => ReadingStatus.BadNotSupported,
        ExceptionCode.IllegalDataAddress => ReadingStatus.BadConfigurationError,
        ExceptionCode.IllegalDataValue => read ? ReadingStatus.BadConfigurationError : ReadingStatus.BadOutOfRange,
        ExceptionCode.Acknowledge => read ? ReadingStatus.BadResourceUnavailable : ReadingStatus.Good,
        ExceptionCode.ServerDeviceBusy => ReadingStatus.BadResourceUnavailable,
        ExceptionCode.GatewayPathUnavailable or ExceptionCode.GatewayTargetFailedToRespond => ReadingStatus.BadNoCommunication,
        _ => ReadingStatus.BadDeviceFailure,
    };

    /// <summary>Whether asking again after a pause may help. "Acknowledge" to a write says that it was accepted: that is not asked again.</summary>
    public static bool IsWorthAnotherTry(ExceptionCode exception, in ModbusRequest request) =>
        exception == ExceptionCode.ServerDeviceBusy || (exception == ExceptionCode.Acknowledge && request.IsRead);

    /// <summary>Whether an exception says that the device itself was not reached.</summary>
    public static bool IsUnreached(ExceptionCode exception) => exception is ExceptionCode.GatewayPathUnavailable or ExceptionCode.GatewayTargetFailedToRespond;

    /// <summary>Whether another choice of registers could have been answered.</summary>
    public static bool IsAboutRegisters(ExceptionCode exception) => exception is ExceptionCode.IllegalDataAddress or ExceptionCode.IllegalDataValue;

    /// <returns>Good for an exception that is no fault of the field.</returns>
    public static ReadingStatus Of(Exception fault) => fault switch
    {
        TimeoutException => ReadingStatus.BadTimeout,
        ModbusProtocolException => ReadingStatus.BadDecodingError,
        IOException => ReadingStatus.BadCommunicationError,
        _ => ReadingStatus.Good,
    };

    public static bool IsFieldFault(Exception fault) => fault is TimeoutException or ModbusProtocolException or IOException;
}
