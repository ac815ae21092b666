using System.Buffers.Binary;
using System.Globalization;
using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>The contract of delivery, over real TCP on loopback with a meter that keeps a load profile.</summary>
public sealed class ModbusDeliveryTests : DeliveryContractTests
{
    protected override ValueTask<KeepingFieldUnderTest> CreateFieldAsync() => ValueTask.FromResult<KeepingFieldUnderTest>(new Field());

    private sealed class Field : KeepingFieldUnderTest
    {
        private readonly RingUnit _unit = new();
        private readonly ModbusTcpServer _server;
        private readonly int _port;

        public Field()
        {
            _server = new ModbusTcpServer(new Dictionary<byte, IModbusUnit> { [1] = _unit, [2] = _unit }, TimeProvider.System);
            _port = _server.Start();
            const string Profile = """
                "profiles": { "load": { "table": "holding", "address": 20, "length": 5, "capacity": 32, "interval": "15 min", "poll": "20 ms", "count": { "address": 10 }, "newest": { "address": 11 }, "time": { "at": 0 } } }
                """;
            Configuration = TestFiles.Read(string.Create(CultureInfo.InvariantCulture, $$"""
                { "portal": { "id": "P-1", "owner": "urn:utility" },
                  "connection": { "protocol": "modbus-tcp", "host": "127.0.0.1", "port": {{_port}}, "timeout": "500 ms", "reconnect": { "min": "20 ms", "max": "100 ms" } },
                  "devices": [ { "id": "M", "type": "T", "unit": 1, "poll": "20 ms", {{Profile}},
                                 "points": { "Live": { "table": "holding", "address": 0 }, "Energy": { "profile": "load", "at": 3, "format": "uint32" } } },
                               { "id": "N", "type": "T", "unit": 2, "poll": "20 ms", "points": { "Live": { "table": "holding", "address": 0 } } } ] }
                """));
        }

        public override IAdapterFactory Factory { get; } = new ModbusAdapterFactory();
        public override AdapterConfiguration Configuration { get; }
        public override int KeptPoint => TestFiles.Point(Configuration, 0, "Energy");
        public override IReadOnlyCollection<int> PastPoints => [KeptPoint];
        public override int WritablePoint => throw new NotSupportedException();
        public override PointValue SetPoint => throw new NotSupportedException();
        public override PointValue SetPointAtDevice => throw new NotSupportedException();
        public override InvokeCommand Command => throw new NotSupportedException();
        public override bool CommandReachedDevice => throw new NotSupportedException();

        public override ValueTask NoteAsync(DateTime time, double value)
        {
            _unit.Note(time, (uint)value);
            return ValueTask.CompletedTask;
        }

        public override async ValueTask CutAsync() => await _server.StopAsync();

        public override ValueTask RestoreAsync()
        {
            _server.Start(_port);
            return ValueTask.CompletedTask;
        }

        public override ValueTask SilenceAsync(int device) => throw new NotSupportedException();
        public override ValueTask GarbleAsync(int device) => throw new NotSupportedException();
        public override ValueTask HealAsync(int device) => throw new NotSupportedException();
        public override ValueTask DisposeAsync() => _server.DisposeAsync();
    }

    // Registers with a ring of 32 records from 20 on.
    private sealed class RingUnit : IModbusUnit
    {
        private const int Capacity = 32;
        private const int Length = 5;
        private readonly byte[] _registers = new byte[(20 + (Capacity * Length)) * 2];
        private readonly Lock _lock = new();
        private int _noted;

        public void Note(DateTime time, uint value)
        {
            lock (_lock)
            {
                var slot = _noted++ % Capacity;
                var record = _registers.AsSpan((20 + (slot * Length)) * 2);
                BinaryPrimitives.WriteUInt32BigEndian(record, (uint)(time - DateTime.UnixEpoch).TotalSeconds);
                BinaryPrimitives.WriteUInt32BigEndian(record[6..], value);
                BinaryPrimitives.WriteUInt16BigEndian(_registers.AsSpan(20), (ushort)Math.Min(_noted, Capacity));
                BinaryPrimitives.WriteUInt16BigEndian(_registers.AsSpan(22), (ushort)slot);
            }
        }

        public ExceptionCode Handle(in ModbusRequest request, Span<byte> data)
        {
            lock (_lock) _registers.AsSpan(request.Address * 2, request.Count * 2).CopyTo(data);
            return ExceptionCode.None;
        }
    }
}
