using System.Globalization;
using System.Text.Json;
using OpcPortal.Adapters.Modbus;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Adapters.TestKit;

namespace Interop.Modbus;

/// <summary>The server side of the codec, as simulated devices use it, driven by a client that nobody here wrote.</summary>
public sealed class PymodbusClientTests
{
    private static readonly Dictionary<string, string> Expected = new()
    {
        ["read holding"] = "[18,1,2,3]",
        ["read input"] = "[100,101]",
        ["read coils"] = "[0,0,0,0,0,0,0,0,0,0]",
        ["read discrete"] = "[1,0,1]",
        ["write coil"] = "\"ok\"",
        ["write coils"] = "\"ok\"",
        ["read coils again"] = "[0,0,0,1,1,0,1,1,0,1]",
        ["write register"] = "\"ok\"",
        ["write registers"] = "\"ok\"",
        ["mask write"] = "\"ok\"",

        // MODBUS Application Protocol V1.1b3 6.16: 0x12 with AND 0xF2 and OR 0x25 becomes 0x17.
        ["read holding again"] = "[23,4711,1,65535]",
        ["read and write"] = "[23,7,8,65535]",
        ["beyond the table"] = "\"exception 2\"",
        ["unknown unit"] = "\"exception 11\"",
        ["unknown function"] = "\"exception 1\"",
    };

    [Fact]
    public async Task Every_function_is_served_and_what_must_be_refused_is()
    {
        await using var server = new ModbusTcpServer(new Dictionary<byte, IModbusUnit> { [1] = new Memory() }, TimeProvider.System);
        using var peer = Pymodbus.Start("peer_client.py", server.Start().ToString(CultureInfo.InvariantCulture));
        var lines = await peer.StandardOutput.ReadToEndAsync().WaitAsync(ContractLimits.Patience);
        var errors = await peer.StandardError.ReadToEndAsync();
        await peer.WaitForExitAsync();
        Assert.True(peer.ExitCode == 0, errors);

        var got = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(line => line.GetProperty("step").GetString()!, line => line.GetProperty("result").GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("exception", "exception ", StringComparison.Ordinal));
        Assert.Equal(Expected, got);
    }

    // The four tables as plain memory.
    private sealed class Memory : IModbusUnit
    {
        private const int Size = 64;
        private readonly ushort[] _holding = [.. Enumerable.Range(0, Size).Select(i => (ushort)(i == 0 ? 0x12 : i))];
        private readonly bool[] _coils = new bool[Size];
        private readonly Lock _lock = new();

        public ExceptionCode Handle(in ModbusRequest request, Span<byte> data)
        {
            if (request.Address + request.Count > Size || request.WriteAddress + (request.Data.Length / 2) > Size) return ExceptionCode.IllegalDataAddress;
            lock (_lock)
            {
                switch (request.Function)
                {
                    case FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs:
                        for (var i = 0; i < request.Count; i++)
                            if (request.Function == FunctionCode.ReadCoils ? _coils[request.Address + i] : i % 2 == 0) data[i / 8] |= (byte)(1 << (i % 8));
                        break;
                    case FunctionCode.ReadHoldingRegisters or FunctionCode.ReadInputRegisters:
                        Read(request, data);
                        break;
                    case FunctionCode.WriteSingleCoil:
                        _coils[request.Address] = request.Data.Span[0] != 0;
                        break;
                    case FunctionCode.WriteMultipleCoils:
                        for (var i = 0; i < request.Count; i++) _coils[request.Address + i] = (request.Data.Span[i / 8] & (1 << (i % 8))) != 0;
                        break;
                    case FunctionCode.MaskWriteRegister:
                        _holding[request.Address] = (ushort)((_holding[request.Address] & request.AndMask) | (request.OrMask & ~request.AndMask));
                        break;
                    case FunctionCode.ReadWriteMultipleRegisters:
                        Write(request.WriteAddress, request.Data.Span);
                        Read(request, data);
                        break;
                    default:
                        Write(request.Address, request.Data.Span);
                        break;
                }
            }

            return ExceptionCode.None;
        }

        private void Read(in ModbusRequest request, Span<byte> data)
        {
            for (var i = 0; i < request.Count; i++)
            {
                var value = request.Function == FunctionCode.ReadInputRegisters ? 100 + i : _holding[request.Address + i];
                (data[2 * i], data[(2 * i) + 1]) = ((byte)(value >> 8), (byte)value);
            }
        }

        private void Write(int address, ReadOnlySpan<byte> registers)
        {
            for (var i = 0; i < registers.Length / 2; i++) _holding[address + i] = (ushort)((registers[2 * i] << 8) | registers[(2 * i) + 1]);
        }
    }
}
