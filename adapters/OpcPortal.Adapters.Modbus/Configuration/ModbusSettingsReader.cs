using System.Globalization;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>Reads the protocol's own settings. See <c>docs/guide-adapters.md</c>, "Modbus TCP".</summary>
internal static class ModbusSettingsReader
{
    /// <summary>Requests under way at once: the window of the largest gateways (MODBUS Messaging on TCP/IP 4.3.2.3 names 1 to 16).</summary>
    private const int MaxOutstanding = 16;

    /// <summary>Writes of a command: more than a few dozen are no command but a configuration.</summary>
    private const int MaxWrites = 64;

    private const int MaxArguments = 16;
    private const int DefaultUnit = 1;
    internal static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(10);
    internal static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);
    private static readonly TimeSpan DefaultPoll = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DefaultConfirmation = TimeSpan.FromSeconds(10);
    internal static readonly TimeSpan DefaultEvery = TimeSpan.FromMilliseconds(250);

    public static ModbusConnectionSettings ReadConnection(ConfigElement connection)
    {
        connection.Find("protocol");
        var defaults = new ModbusConnectionSettings { Host = connection.Get("host").Text(253) };
        var reconnect = connection.Find("reconnect");
        var settings = defaults with
        {
            Port = connection.Find("port")?.Integer(1, 65_535) ?? defaults.Port,
            Timeout = connection.Find("timeout")?.Duration(MinTime, MaxTime) ?? defaults.Timeout,
            MaxRegistersPerRead = connection.Find("maxRegistersPerRead")?.Integer(1, ModbusLimits.MaxReadRegisters) ?? defaults.MaxRegistersPerRead,
            MaxBitsPerRead = connection.Find("maxBitsPerRead")?.Integer(1, ModbusLimits.MaxReadBits) ?? defaults.MaxBitsPerRead,
            MaxGap = connection.Find("maxGap")?.Integer(0, ModbusLimits.MaxReadRegisters) ?? defaults.MaxGap,
            MaxOutstanding = connection.Find("maxOutstanding")?.Integer(1, MaxOutstanding) ?? defaults.MaxOutstanding,
            WordOrder = connection.Find("wordOrder")?.OneOf<RegisterOrder>() ?? defaults.WordOrder,
            ByteOrder = connection.Find("byteOrder")?.OneOf<RegisterOrder>() ?? defaults.ByteOrder,
            ReconnectMin = reconnect?.Find("min")?.Duration(MinTime, MaxTime) ?? defaults.ReconnectMin,
            ReconnectMax = reconnect?.Find("max")?.Duration(MinTime, MaxTime) ?? defaults.ReconnectMax,
        };
        reconnect?.RefuseUnread();
        if (settings.ReconnectMin > settings.ReconnectMax) throw reconnect!.Wrong("'min' is longer than 'max'");
        connection.RefuseUnread();
        return settings;
    }

    public static ModbusDeviceSettings ReadDevice(ModbusConnectionSettings connection, DeviceConfiguration device)
    {
        var settings = device.Settings;
        var orders = connection with
        {
            WordOrder = settings.Find("wordOrder")?.OneOf<RegisterOrder>() ?? connection.WordOrder,
            ByteOrder = settings.Find("byteOrder")?.OneOf<RegisterOrder>() ?? connection.ByteOrder,
        };
        var unit = settings.Find("unit")?.Integer(0, 255) ?? DefaultUnit;
        var poll = settings.Find("poll")?.Duration(MinTime, MaxTime) ?? DefaultPoll;
        var points = device.Points.Select(point => ProfileSettingsReader.TryReadPoint(orders, point) ?? new ModbusPoint(point.Number, point.Name, ReadWhole(orders, point.Mapping))).ToArray();
        if (Array.TrueForAll(points, point => point.Profile is not null)) throw settings.Get("points").Wrong("a point that is polled is wanted too: it tells whether the device is there");
        var profiles = ProfileSettingsReader.Read(orders, settings.Find("profiles"), device.Points, points);
        var commands = device.Commands.ToDictionary(command => command.Name, command => ReadCommand(orders, command.Mapping, points), StringComparer.Ordinal);
        settings.RefuseUnread();
        return new ModbusDeviceSettings { Number = device.Number, Id = device.Id, Unit = (byte)unit, Poll = poll, Points = points, Commands = commands, Profiles = profiles };
    }

    private static RegisterMapping ReadWhole(ModbusConnectionSettings connection, ConfigElement element)
    {
        var mapping = ReadMapping(connection, element);
        element.RefuseUnread();
        return mapping;
    }

    private static RegisterMapping ReadMapping(ModbusConnectionSettings connection, ConfigElement element)
    {
        var mapping = ReadValueMapping(connection, element, element.Get("table").OneOf<ModbusTable>(), element.Get("address").Integer(0, ModbusLimits.TableSize - 1)) with
        {
            Writable = element.Find("writable")?.Boolean() ?? false,
            Min = element.Find("min")?.Number() ?? double.NegativeInfinity,
            Max = element.Find("max")?.Number() ?? double.PositiveInfinity,
            WriteFunction = element.Find("writeFunction")?.OneOf<WriteFunction>() ?? WriteFunction.Auto,
            Poll = element.Find("poll")?.Duration(MinTime, MaxTime),
            Verify = element.Find("verify")?.Duration(MinTime, MaxTime),
        };
        Check(connection, element, mapping);
        return mapping;
    }

    /// <summary>Reads how the value at a place is to be read: all of a mapping that is not about where it lies, when it is polled and how it is written.</summary>
    public static RegisterMapping ReadValueMapping(ModbusConnectionSettings connection, ConfigElement element, ModbusTable table, int address)
    {
        var ofBits = table is ModbusTable.Coil or ModbusTable.Discrete;
        var mask = ReadMask(element, ofBits);
        var format = element.Find("format")?.OneOf<RegisterFormat>() ?? (ofBits || ushort.IsPow2(mask) ? RegisterFormat.Bool : RegisterFormat.UInt16);
        var mapping = new RegisterMapping
        {
            Table = table,
            Address = address,
            Format = format,
            WordOrder = element.Find("wordOrder")?.OneOf<RegisterOrder>() ?? connection.WordOrder,
            ByteOrder = element.Find("byteOrder")?.OneOf<RegisterOrder>() ?? connection.ByteOrder,
            TextRegisters = ReadLength(element, format),
            Mask = mask,
            Scaling = ReadScaling(element, format),
            NotAvailable = element.Find("notAvailable") is { } none ? ReadNotAvailable(none, format) : null,
        };
        Check(connection, element, mapping);
        return mapping;
    }

    private static void Check(ModbusConnectionSettings connection, ConfigElement element, RegisterMapping mapping)
    {
        if (mapping.OfBits && mapping.Format != RegisterFormat.Bool) throw element.Wrong($"a {mapping.Table} has the format Bool, not {mapping.Format}");
        if (mapping.IsField && mapping.Format is not (RegisterFormat.Bool or RegisterFormat.UInt16)) throw element.Wrong("bits of a register have the format Bool or UInt16");
        if (mapping.Writable && mapping.Table is (ModbusTable.Input or ModbusTable.Discrete)) throw element.Wrong($"the table {mapping.Table} cannot be written");
        if (mapping.Address + mapping.Length > ModbusLimits.TableSize) throw element.Wrong($"{mapping.Length} registers from {mapping.Address} on end past the table");
        if (!mapping.OfBits && mapping.Length > connection.MaxRegistersPerRead)
            throw element.Wrong($"it takes {mapping.Length} registers; 'maxRegistersPerRead' allows {connection.MaxRegistersPerRead}");
        if (mapping.Min > mapping.Max) throw element.Wrong("'min' is more than 'max'");
        if (mapping is { Verify: not null, Writable: false }) throw element.Wrong("only what is 'writable' can be verified after a write");
    }

    private static ushort ReadMask(ConfigElement element, bool ofBits)
    {
        var bit = element.Find("bit");
        var mask = element.Find("mask");
        if ((bit ?? mask) is { } given && ofBits) throw given.Wrong("a coil or discrete input is a bit already");
        if (bit is not null && mask is not null) throw mask.Wrong("either 'bit' or 'mask' is wanted, not both");
        if (bit is not null) return (ushort)(1 << bit.Integer(0, 15));
        if (mask is null) return 0;
        var bits = ReadBits(mask);
        if (bits is 0 or > ushort.MaxValue) throw mask.Wrong("a mask of 16 bits, not 0, is wanted here, such as \"0x0F00\"");
        return (ushort)bits;
    }

    private static int ReadLength(ConfigElement element, RegisterFormat format)
    {
        if (format == RegisterFormat.String) return element.Get("length").Integer(1, RegisterMapping.MaxTextRegisters);
        return element.Find("length") is { } length ? throw length.Wrong("only a String has a length") : 1;
    }

    private static Scaling ReadScaling(ConfigElement element, RegisterFormat format)
    {
        var scale = element.Find("scale");
        var offset = element.Find("offset");
        if ((scale ?? offset) is { } given && format is (RegisterFormat.Bool or RegisterFormat.String)) throw given.Wrong($"a {format} cannot be scaled");
        var factor = scale?.Number() ?? 1;
        return factor != 0 ? new Scaling(factor, offset?.Number() ?? 0) : throw scale!.Wrong("a scale of 0 makes every value the same");
    }

    // A number is taken as the format would have it (-32768 of an int16), a text as the bits themselves.
    private static ulong ReadNotAvailable(ConfigElement element, RegisterFormat format)
    {
        if (element.Kind == System.Text.Json.JsonTokenType.String) return ReadBits(element);
        Span<byte> registers = stackalloc byte[8];
        var plain = new RegisterMapping { Table = ModbusTable.Holding, Address = 0, Format = format };
        registers = registers[..(plain.Length * 2)];
        if (format == RegisterFormat.String || RegisterCodec.Encode(plain, PointValue.From(element.Number()), registers) != ReadingStatus.Good)
            throw element.Wrong($"it is no number that a {format} can hold");
        ulong bits = 0;
        foreach (var part in registers) bits = (bits << 8) | part;
        return bits;
    }

    private static ulong ReadBits(ConfigElement element)
    {
        if (element.Kind == System.Text.Json.JsonTokenType.Number) return (ulong)element.Integer(0, int.MaxValue);
        var text = element.Text(18);
        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            ? bits : throw element.Wrong("bits such as \"0x8000\" are wanted here");
    }

    private static ModbusCommand ReadCommand(ModbusConnectionSettings connection, ConfigElement element, ModbusPoint[] points)
    {
        var list = element.Get("write");
        if (list.Items.Count is 0 or > MaxWrites) throw list.Wrong($"1 to {MaxWrites} writes are wanted here");
        var writes = list.Items.Select(item => ReadWrite(connection, item)).ToArray();
        var confirmation = element.Find("confirm") is { } confirm ? ReadConfirmation(connection, confirm, points) : null;
        var @event = element.Find("event") is { } known ? ReadEvent(connection, known) : null;
        element.RefuseUnread();
        return new ModbusCommand(writes, confirmation, @event);
    }

    private static RegisterMapping ReadEvent(ModbusConnectionSettings connection, ConfigElement element)
    {
        var mapping = ReadMapping(connection, element);
        element.RefuseUnread();
        if (mapping.Table != ModbusTable.Holding) throw element.Wrong("the id of a command is kept in the table holding");
        return mapping is { IsField: false, Format: RegisterFormat.UInt16 or RegisterFormat.UInt32 } && mapping.Scaling == Scaling.None
            ? mapping : throw element.Wrong("the id of a command is a UInt16 or a UInt32, whole and without scale");
    }

    private static CommandWrite ReadWrite(ModbusConnectionSettings connection, ConfigElement element)
    {
        var mapping = ReadMapping(connection, element);
        if (mapping.Table is ModbusTable.Input or ModbusTable.Discrete) throw element.Wrong($"the table {mapping.Table} cannot be written");
        var value = ReadValue(element.Get("value"));
        element.RefuseUnread();
        if (value.Argument == CommandValue.NoArgument && StatusOf(mapping, value.Fixed) is var status && status != ReadingStatus.Good)
            throw element.Get("value").Wrong($"it cannot be written as {mapping.Format} ({status})");
        return new CommandWrite(mapping, value);
    }

    // What is fixed is tried at once, so that a command does not fail on the day when it is needed.
    private static ReadingStatus StatusOf(RegisterMapping mapping, PointValue value)
    {
        if (mapping.OfBits) return RegisterCodec.EncodeBit(value, out _);
        return mapping.IsField ? RegisterCodec.EncodeField(mapping, value, out _, out _) : RegisterCodec.Encode(mapping, value, new byte[mapping.Length * 2]);
    }

    private static CommandConfirmation ReadConfirmation(ModbusConnectionSettings connection, ConfigElement element, ModbusPoint[] points)
    {
        var point = element.Find("point");
        var index = point is null ? -1 : Array.FindIndex(points, candidate => candidate.Name == point.Text());
        if (point is not null && (index < 0 || points[index].Profile is not null)) throw point.Wrong($"the device has no point '{point.Text()}' that is polled");
        var mapping = index >= 0 ? points[index].Mapping : ReadMapping(connection, element);
        var value = ReadValue(element.Get("value"));
        var timeout = element.Find("timeout")?.Duration(MinTime, MaxTime) ?? DefaultConfirmation;
        var every = element.Find("every")?.Duration(MinTime, MaxTime) ?? DefaultEvery;
        element.RefuseUnread();
        return new CommandConfirmation(mapping, index < 0 ? null : index, value, timeout, every);
    }

    private static CommandValue ReadValue(ConfigElement element)
    {
        switch (element.Scalar())
        {
            case bool flag:
                return new CommandValue(PointValue.From(flag), CommandValue.NoArgument);
            case double number:
                return new CommandValue(PointValue.From(number), CommandValue.NoArgument);
            case string text when text.StartsWith('$'):
                return int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var argument) && argument < MaxArguments
                    ? new CommandValue(PointValue.None, argument) : throw element.Wrong($"'{text}' is no argument; $0 to ${MaxArguments - 1} are");
            case string text:
                return new CommandValue(PointValue.From(text), CommandValue.NoArgument);
            default:
                throw element.Wrong("a value is wanted here");
        }
    }
}
