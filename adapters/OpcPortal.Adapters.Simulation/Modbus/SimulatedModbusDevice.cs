using System.Text.Json.Nodes;
using OpcPortal.Adapters.Modbus;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>
/// A simulated field device behind registers. Its points are stated once: the registers that it serves and the adapter configuration that reads them both come from them. Thread-safe.
/// </summary>
public abstract class SimulatedModbusDevice : IModbusUnit
{
    // A clock that jumps, or a device nobody has asked for long, must not integrate days in one step.
    private static readonly TimeSpan MaxStep = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly List<SimulatedPoint> _points = [];
    private readonly Dictionary<string, JsonObject> _commands = [];
    private readonly RegisterImage?[] _tables = new RegisterImage?[4];
    private volatile DeviceConduct _conduct;
    private DateTime _last;
    private bool _built;

    protected SimulatedModbusDevice(ModbusFieldDevice device, TimeProvider time)
    {
        Device = device;
        _time = time;
        _last = time.GetUtcNow().UtcDateTime;
        _conduct = device.Conduct;
    }

    public ModbusFieldDevice Device { get; }

    /// <summary>How it behaves towards commands from now on.</summary>
    public DeviceConduct Conduct
    {
        get => _conduct;
        set => _conduct = value;
    }

    /// <summary>The ObjectType of the portal model.</summary>
    public abstract string Type { get; }

    public IReadOnlyList<SimulatedPoint> Points => _points;

    /// <summary>What it keeps of the intervals that are over; null: nothing.</summary>
    public SimulatedProfile? Profile { get; private set; }

    /// <summary>Methods of the type, by what the adapter's configuration maps them to.</summary>
    public IReadOnlyDictionary<string, JsonObject> Commands => _commands;

    /// <summary>The value that a point has now.</summary>
    public PointValue ValueOf(string point)
    {
        lock (_lock)
        {
            if (Profile?.ValueOf(point, _time.GetUtcNow().UtcDateTime) is { } kept) return kept;
            Refresh();
            return TableOf(_points.Find(candidate => candidate.Name == point)!.Mapping.Table)!.Get(_points.Find(candidate => candidate.Name == point)!.Mapping);
        }
    }

    /// <summary>The customer presses the button at the device: whatever it is told, it is on for a time.</summary>
    public void OverrideLocally(TimeSpan duration)
    {
        lock (_lock)
        {
            Refresh();
            Override(_last + duration);
        }
    }

    /// <inheritdoc/>
    public ExceptionCode Handle(in ModbusRequest request, Span<byte> data)
    {
        lock (_lock)
        {
            Refresh();
            switch (request.Function)
            {
                case FunctionCode.ReadCoils:
                    return ReadBits(ModbusTable.Coil, request, data);
                case FunctionCode.ReadDiscreteInputs:
                    return ReadBits(ModbusTable.Discrete, request, data);
                case FunctionCode.ReadHoldingRegisters:
                    return ReadRegisters(ModbusTable.Holding, request, data);
                case FunctionCode.ReadInputRegisters:
                    return ReadRegisters(ModbusTable.Input, request, data);
                case FunctionCode.WriteSingleCoil:
                    return WriteCoils(request.Address, [request.Data.Span[0] != 0]);
                case FunctionCode.WriteMultipleCoils:
                    var bits = new bool[request.Count];
                    for (var i = 0; i < bits.Length; i++) bits[i] = (request.Data.Span[i / 8] & (1 << (i % 8))) != 0;
                    return WriteCoils(request.Address, bits);
                case FunctionCode.MaskWriteRegister:
                    return MaskWrite(request);
                case FunctionCode.ReadWriteMultipleRegisters:
                    // MODBUS Application Protocol V1.1b3 6.17: the write is done before the read.
                    var written = WriteRegisters(request.WriteAddress, request.Data.Span);
                    return written == ExceptionCode.None ? ReadRegisters(ModbusTable.Holding, request, data) : written;
                default:
                    return WriteRegisters(request.Address, request.Data.Span);
            }
        }
    }

    /// <summary>Brings the device's state to a time.</summary>
    /// <param name="now">UTC.</param>
    /// <param name="step">Since the last time.</param>
    protected abstract void Advance(DateTime now, TimeSpan step);

    /// <summary>It is on until a time, whatever it is told; a device without such a button does not heed it.</summary>
    protected virtual void Override(DateTime until)
    {
    }

    /// <summary>States a point; in constructors only.</summary>
    protected void Add(string name, RegisterMapping mapping, Func<PointValue> read, Action<PointValue>? write = null) =>
        _points.Add(new SimulatedPoint(name, mapping with { Writable = write is not null }, read, write));

    /// <summary>States a register that is served but is no point, such as the coil behind a command.</summary>
    protected void AddHidden(RegisterMapping mapping, Func<PointValue> read, Action<PointValue>? write) => _points.Add(new SimulatedPoint(null, mapping, read, write));

    /// <summary>States a load profile; in constructors only.</summary>
    protected void Add(SimulatedProfile profile) => Profile = profile;

    /// <summary>States a command; in constructors only.</summary>
    protected void AddCommand(string name, JsonObject mapping) => _commands.Add(name, mapping);

    protected static PointValue Of(double value) => PointValue.From(value);
    protected static PointValue Of(bool value) => PointValue.From(value);
    protected static double NumberOf(PointValue value) => value.TryGetNumber(out var number) ? number : 0;

    private void Refresh()
    {
        if (!_built) Build();
        var now = _time.GetUtcNow().UtcDateTime;
        var step = now - _last;
        _last = now;
        Advance(now, step < TimeSpan.Zero ? TimeSpan.Zero : step > MaxStep ? MaxStep : step);
        foreach (var point in _points) TableOf(point.Mapping.Table)!.Put(point.Mapping, point.Read());
    }

    private void Build()
    {
        foreach (var table in _points.GroupBy(point => point.Mapping.Table)) _tables[(int)table.Key] = new RegisterImage(table.Key, [.. table.Select(point => point.Mapping)]);
        _built = true;
    }

    private RegisterImage? TableOf(ModbusTable table) => _tables[(int)table];

    private ExceptionCode ReadBits(ModbusTable table, in ModbusRequest request, Span<byte> data)
    {
        if (TableOf(table) is not { } image || !image.Contains(request.Address, request.Count)) return ExceptionCode.IllegalDataAddress;
        var bits = image.Bits(request.Address, request.Count);
        for (var i = 0; i < bits.Length; i++)
            if (bits[i]) data[i / 8] |= (byte)(1 << (i % 8));
        return ExceptionCode.None;
    }

    private ExceptionCode ReadRegisters(ModbusTable table, in ModbusRequest request, Span<byte> data)
    {
        if (Profile is { } profile && profile.Contains(table, request.Address, request.Count))
        {
            profile.Read(request.Address, request.Count, _last, data);
            return ExceptionCode.None;
        }

        if (TableOf(table) is not { } image || !image.Contains(request.Address, request.Count)) return ExceptionCode.IllegalDataAddress;
        image.Registers(request.Address, request.Count).CopyTo(data);
        return ExceptionCode.None;
    }

    private ExceptionCode WriteCoils(int address, ReadOnlySpan<bool> bits)
    {
        if (TableOf(ModbusTable.Coil) is not { } image || !image.Contains(address, bits.Length)) return ExceptionCode.IllegalDataAddress;
        bits.CopyTo(image.Bits(address, bits.Length));
        return Apply(image, ModbusTable.Coil, address, bits.Length);
    }

    private ExceptionCode WriteRegisters(int address, ReadOnlySpan<byte> registers)
    {
        if (TableOf(ModbusTable.Holding) is not { } image || !image.Contains(address, registers.Length / 2)) return ExceptionCode.IllegalDataAddress;
        registers.CopyTo(image.Registers(address, registers.Length / 2));
        return Apply(image, ModbusTable.Holding, address, registers.Length / 2);
    }

    private ExceptionCode MaskWrite(in ModbusRequest request)
    {
        if (TableOf(ModbusTable.Holding) is not { } image || !image.Contains(request.Address, 1)) return ExceptionCode.IllegalDataAddress;
        var register = image.Registers(request.Address, 1);
        var raw = (register[0] << 8) | register[1];
        raw = (raw & request.AndMask) | (request.OrMask & ~request.AndMask);
        (register[0], register[1]) = ((byte)(raw >> 8), (byte)raw);
        return Apply(image, ModbusTable.Holding, request.Address, 1);
    }

    // Each writable point that lies whole in what was written takes it; what is written elsewhere is refused, and undone by the next refresh.
    private ExceptionCode Apply(RegisterImage image, ModbusTable table, int address, int count)
    {
        var taken = 0;
        foreach (var point in _points)
        {
            var mapping = point.Mapping;
            if (point.Write is null || mapping.Table != table || mapping.Address < address || mapping.Address + mapping.Length > address + count) continue;
            var value = image.Get(mapping);
            if (!mapping.OfBits && value.TryGetNumber(out var number) && (number < mapping.Min || number > mapping.Max)) return ExceptionCode.IllegalDataValue;
            if (Conduct != DeviceConduct.DoesNothing) point.Write(value);
            taken += mapping.Length;
        }

        return taken > 0 ? ExceptionCode.None : ExceptionCode.IllegalDataAddress;
    }
}

/// <summary>A point of a simulated device.</summary>
/// <param name="Name">The BrowseName below the device's type; null for a register that is no point.</param>
/// <param name="Mapping">Where it lies.</param>
/// <param name="Read">Its value.</param>
/// <param name="Write">Takes a value; null where it is read only.</param>
public sealed record SimulatedPoint(string? Name, RegisterMapping Mapping, Func<PointValue> Read, Action<PointValue>? Write);
