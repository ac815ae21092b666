using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>A unit that a <see cref="ModbusTcpServer"/> serves. Thread-safe.</summary>
public interface IModbusUnit
{
    /// <summary>Does what is asked.</summary>
    /// <param name="request">Sound; its addresses are the unit's to check.</param>
    /// <param name="data">Gets what a read gives: registers high byte first, or bits from the lowest of the first byte on; cleared, and just as long as asked.</param>
    /// <returns>None, or the exception to answer with.</returns>
    ExceptionCode Handle(in ModbusRequest request, Span<byte> data);
}

/// <summary>What a unit does wrong.</summary>
public enum ModbusFaultKind
{
    None,

    /// <summary>It says nothing.</summary>
    Silence,

    /// <summary>It answers with the exception of <see cref="ModbusFault.Exception"/>.</summary>
    Exception,

    /// <summary>It sends bytes that are no frame.</summary>
    Garbage,

    /// <summary>It sends a sound frame that is no answer to what was asked.</summary>
    WrongAnswer,

    /// <summary>It closes the connection instead of answering.</summary>
    Disconnect,

    /// <summary>It answers after <see cref="ModbusFault.Delay"/>; as behind a serial gateway, the others wait meanwhile.</summary>
    Delay,
}

/// <summary>A fault to inject.</summary>
public readonly record struct ModbusFault(ModbusFaultKind Kind, ExceptionCode Exception = ExceptionCode.None, TimeSpan Delay = default);
