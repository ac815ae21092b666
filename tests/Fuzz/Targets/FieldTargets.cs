using System.Buffers;
using System.Text;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Modbus;
using OpcPortal.Adapters.Mqtt;
using OpcPortal.Models;

namespace OpcPortal.Fuzz.Targets;

/// <summary>What devices send, and the files that describe them.</summary>
internal static class FieldTargets
{
    private const string MqttFile = """
        { "portal": { "id": "p1", "owner": "urn:utility" }, "connection": { "protocol": "mqtt", "host": "127.0.0.1", "version": "5" },
          "devices": [ { "id": "meter", "type": "ElectricityMeterType", "topic": "t", "points": {
            "ActivePower": { "path": "total.power", "scale": 0.001 }, "VoltageL1": { "path": "/phases/0/voltage" },
            "IntervalEnergyImport": { "list": "intervals", "path": "wh", "time": { "path": "t", "format": "epochSeconds" }, "quality": "q" },
            "SupplySwitchState": { "path": "relay", "format": "bool", "map": { "ON": true, "OFF": false } } } } ] }
        """;

    private const string ModbusFile = """
        { "portal": { "id": "p1", "name": "Portal", "owner": "urn:utility", "accessNetwork": "PLC" },
          "connection": { "protocol": "modbus-tcp", "host": "meter.example", "timeout": "500 ms", "reconnect": { "min": "20 ms", "max": "100 ms" } },
          "devices": [ { "id": "D", "type": "T", "unit": 1, "poll": "1 s", "points": { "R0": { "table": "holding", "address": 0, "format": "float32" }, "R1": { "table": "holding", "address": 2, "scale": 0.1, "writable": true, "min": 0, "max": 100 } } } ] }
        """;

    private const string Payload = """{ "phases": [ { "voltage": 230.5 }, { "voltage": "231,5" } ], "total": { "power": -1200e0 }, "relay": "ON", "intervals": [ { "t": 1772626500, "wh": 41.5, "q": "1.4.2" }, { "t": 1772627400, "wh": 40 } ] }""";

    private static readonly byte[][] Pieces = [.. new[]
    {
        "{", "}", "[", "]", "\"", ",", ":", "null", "true", "1e999", "-0", "\\uD800", "\\u0000", "\"total\"", "\"power\"", "\"\\u0070ower\"", "\"phases\"", "\"relay\":\"OFF\"", "\"points\":{", "\"ms\"", "\"h\"", "//", "/*",
    }.Select(Encoding.UTF8.GetBytes)];

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new FuzzTarget<ModbusProtocolException>("modbus-frame", Frame, static () => [Request(ModbusRequest.Read(ModbusTable.Holding, 1, 2)), Request(ModbusRequest.WriteRegisters(7, new byte[] { 1, 2 })), Answer()]),
        new FuzzTarget<NoException>("mqtt-payload", Mqtt, static () => [Encoding.UTF8.GetBytes(Payload)]) { Pieces = Pieces },
        // A file is read into objects with their lines and paths: some hundred bytes for a member of six.
        new FuzzTarget<ConfigurationException>("adapter-configuration", Configuration, static () => [Encoding.UTF8.GetBytes(MqttFile), Encoding.UTF8.GetBytes(ModbusFile)])
        {
            Pieces = Pieces, BytesPerInputByte = 1024, FixedBytes = 1024 * 1024,
        },
        // A reading of seven bytes becomes one of 56 in lists that grow.
        new FuzzTarget<BacklogFormatException>("backlog-record", Record, static () => [Kept()[BacklogCodec.RecordHeader..]]) { BytesPerInputByte = 256 },
        new FuzzTarget<NoException>("backlog-file", Backlog, static () => [[.. BacklogCodec.Magic, .. Named(), .. Kept()]]) { BytesPerInputByte = 256 },
    ];

    // Without its checksum, which would stop all that mutation makes.
    private static bool Record(byte[] input)
    {
        List<string> names = ["P/M/A", "P/M/B"];
        var readings = new List<Reading>();
        BacklogCodec.ReadBody(input, names, readings);
        if (names.Count > 2) return true;
        var output = new ArrayBufferWriter<byte>();
        var again = new List<Reading>();
        BacklogCodec.WriteReadings(output, readings.ToArray(), [.. readings.Select(reading => reading.Point)]);
        BacklogCodec.ReadBody(output.WrittenSpan[BacklogCodec.RecordHeader..], names, again);
        return again.SequenceEqual(readings) ? true : throw new FuzzException("What was read is not what is written of it.");
    }

    private static bool Backlog(byte[] input)
    {
        var head = new BacklogHead(1, input, 0, new BacklogNames(Field.Value));
        var readings = new List<Reading>();
        do
        {
            readings.Clear();
            head.Peek(readings, 10);
            head.Advance();
        }
        while (readings.Count > 0);
        if (!head.IsAtEnd) throw new FuzzException("Something is left.");
        return head.Damaged == 0;
    }

    private static byte[] Named()
    {
        var output = new ArrayBufferWriter<byte>();
        BacklogCodec.WriteName(output, 0, "p1/meter/ActivePower");
        BacklogCodec.WriteName(output, 1, "p1/meter/Gone");
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Kept()
    {
        var output = new ArrayBufferWriter<byte>();
        BacklogCodec.WriteReadings(
            output,
            [new Reading(0, PointValue.From(1.5), DateTime.UnixEpoch), new Reading(1, PointValue.From("text"), DateTime.UnixEpoch, ReadingStatus.BadNoData, new QualityCode(QualityOrigin.EndDevice, 4, 128))],
            [0, 1]);
        return output.WrittenSpan.ToArray();
    }

    // As a device reads a request, and as a client reads the answer to one.
    private static bool Frame(byte[] input)
    {
        var request = ModbusRequest.Read(ModbusTable.Holding, 1, 2);
        var any = false;
        for (ReadOnlySpan<byte> rest = input; MbapFrame.TryRead(rest, out _, out var pdu); any = true)
        {
            rest = rest[(MbapFrame.HeaderLength + pdu.Length)..];
            if (ModbusRequest.Decode(pdu.ToArray(), out var asked) == ExceptionCode.None && asked.Address + asked.Count > ModbusLimits.TableSize)
                throw new FuzzException($"A request reaches beyond its table: {asked}.");
            if (ModbusResponse.Decode(request, pdu, out var data) == ExceptionCode.None && data.Length != 4) throw new FuzzException($"{data.Length} bytes of two registers.");
        }

        return any;
    }

    private static byte[] Request(ModbusRequest request)
    {
        var frame = new byte[MbapFrame.MaxLength];
        var length = MbapFrame.WriteHeader(frame, new MbapHeader(1, 2), request.Encode(frame.AsSpan(MbapFrame.HeaderLength)));
        return frame[..length];
    }

    private static byte[] Answer() => [0, 1, 0, 0, 0, 7, 2, 3, 4, 0, 1, 0, 2];

    private static bool Mqtt(byte[] input)
    {
        var configuration = Field.Value;
        var map = new FieldMap(configuration.Devices, ConnectionSettings.Read(configuration.Connection, "p1"), TimeProvider.System, NobodyListens.Instance);
        var decoder = new MessageDecoder(new PendingAnswers());
        decoder.Decode(map.Routes["t"], input, new MessageFacts(IsRetained: false), DateTime.UnixEpoch);
        foreach (var reading in decoder.Readings)
            if (reading.Value.Kind == PointValueKind.Real && !double.IsFinite(reading.Value.AsReal())) throw new FuzzException($"A reading of {reading.Value.AsReal()}.");
        return decoder.Readings.Count > 0;
    }

    private static readonly Lazy<AdapterConfiguration> Field = new(() =>
        Reader().Read("fuzz.json", Encoding.UTF8.GetBytes(MqttFile), new List<ConfigurationException>()) ?? throw new InvalidOperationException("The configuration of the target is wrong."));

    private static AdapterConfigurationReader Reader() => new(new SequentialFleetNumbers(), [new MqttAdapterFactory(), new ModbusAdapterFactory()]);

    private static bool Configuration(byte[] input)
    {
        var refused = new List<ConfigurationException>();
        var read = Reader().Read("fuzz.json", input, refused);
        if (refused.Count > 0) throw refused[0];
        return read is not null;
    }

    private sealed class NobodyListens : IAdapterHealth
    {
        public static readonly NobodyListens Instance = new();

        public void Report(int device, CommunicationState state, string? reason)
        {
        }
    }
}
