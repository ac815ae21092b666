using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>What a file's <c>connection</c> says.</summary>
internal sealed record ModbusConnectionSettings
{
    public const int DefaultPort = 502;

    public required string Host { get; init; }
    public int Port { get; init; } = DefaultPort;

    /// <summary>Of a connection attempt and of an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    public int MaxRegistersPerRead { get; init; } = ModbusLimits.MaxReadRegisters;
    public int MaxBitsPerRead { get; init; } = ModbusLimits.MaxReadBits;

    /// <summary>Registers that nobody wants, read for the sake of fewer requests: 16 cost 32 bytes, a request costs a round trip.</summary>
    public int MaxGap { get; init; } = 16;

    /// <summary>Requests under way at once. Most devices and gateways take one.</summary>
    public int MaxOutstanding { get; init; } = 1;

    public RegisterOrder WordOrder { get; init; }
    public RegisterOrder ByteOrder { get; init; }
    public TimeSpan ReconnectMin { get; init; } = TimeSpan.FromSeconds(1);
    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>What a file says of one device.</summary>
internal sealed record ModbusDeviceSettings
{
    public required int Number { get; init; }
    public required string Id { get; init; }
    public required byte Unit { get; init; }

    /// <summary>How often its points are read that say nothing themselves.</summary>
    public required TimeSpan Poll { get; init; }

    public required IReadOnlyList<ModbusPoint> Points { get; init; }
    public required IReadOnlyDictionary<string, ModbusCommand> Commands { get; init; }

    /// <summary>What it keeps itself, and is read after an outage.</summary>
    public IReadOnlyList<ProfileSettings> Profiles { get; init; } = [];
}

/// <param name="Number">In the fleet.</param>
/// <param name="Name">As configured.</param>
/// <param name="Mapping">Where it lies.</param>
/// <param name="Profile">The profile whose records bring it, in which its place counts from a record's first register; null: it is polled.</param>
internal sealed record ModbusPoint(int Number, string Name, RegisterMapping Mapping, string? Profile = null);

/// <summary>What a method of the device's type does: writes in order, and then perhaps a value to wait for.</summary>
/// <param name="Event">Where the device keeps which command it carried out last, so that none is carried out twice; null: it does not.</param>
internal sealed record ModbusCommand(IReadOnlyList<CommandWrite> Writes, CommandConfirmation? Confirmation, RegisterMapping? Event = null);

internal sealed record CommandWrite(RegisterMapping Mapping, CommandValue Value);

/// <param name="Mapping">What is read again and again.</param>
/// <param name="Point">The index of the device's point that it is; null where it is none.</param>
/// <param name="Value">What it shall become.</param>
/// <param name="Timeout">How long it may take.</param>
/// <param name="Every">How often it is read meanwhile.</param>
internal sealed record CommandConfirmation(RegisterMapping Mapping, int? Point, CommandValue Value, TimeSpan Timeout, TimeSpan Every);

/// <summary>A fixed value, or the argument <c>$0</c>, <c>$1</c>, ... of the call.</summary>
internal readonly record struct CommandValue(PointValue Fixed, int Argument)
{
    public const int NoArgument = -1;

    /// <returns>False where the call has too few arguments.</returns>
    public bool TryGet(IReadOnlyList<PointValue> arguments, out PointValue value)
    {
        value = Fixed;
        if (Argument == NoArgument) return true;
        if (Argument >= arguments.Count) return false;
        value = arguments[Argument];
        return true;
    }
}
