using System.Text;
using System.Text.Json;
using Json.Schema;
using OpcPortal.Adapters.Simulation.Modbus;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary><c>docs/adapter-config.schema.json</c> says what the reader does: the reader is the oracle.</summary>
public sealed class SchemaTests
{
    private static readonly Lazy<(JsonSchema Schema, JsonElement Json)> Loaded = new(() =>
    {
        var text = File.ReadAllText(Path.Combine(SimulatedFieldTests.Repository(), "docs", "adapter-config.schema.json"));
        return (JsonSchema.FromText(text), JsonDocument.Parse(text).RootElement);
    });

    private static bool Allows(string configuration) => Loaded.Value.Schema.Evaluate(JsonDocument.Parse(configuration).RootElement.Clone()).IsValid;

    private static bool Reads(string configuration)
    {
        var refused = new List<ConfigurationException>();
        new AdapterConfigurationReader(new SequentialFleetNumbers(), [new ModbusAdapterFactory()]).Read("s.json", Encoding.UTF8.GetBytes(configuration), refused);
        return refused.Count == 0;
    }

    [Fact]
    public void Configurations_of_all_simulated_devices_pass()
    {
        var devices = Enum.GetValues<ModbusDeviceKind>().Select((kind, i) => new ModbusFieldDevice(kind, $"{kind}", (byte)(i + 1), Owner: "urn:someone")).ToArray();
        var field = new ModbusFieldSimulator(new ModbusFieldOptions { Devices = devices }, TimeProvider.System);
        var text = ModbusDemoConfiguration.For(field.Devices, TestFiles.Portal with { AccessNetwork = "Cellular" }, 1502, TimeSpan.FromSeconds(1.5));
        Assert.True(Reads(text));
        Assert.True(Allows(text));
    }

    private const string Point = """ "A": { "table": "holding", "address": 1 } """;

    public static TheoryData<string> Cases =>
    [
        TestFiles.OneDevice(Point),
        TestFiles.OneDevice(Point, """, "maxRegistersPerRead": 125, "maxGap": 0, "reconnect": { "min": "1 s" }"""),
        TestFiles.OneDevice(Point, """, "maxRegistersPerRead": 126"""),
        TestFiles.OneDevice(Point, """, "maxOutstanding": 0"""),
        TestFiles.OneDevice(Point, """, "hosts": 1"""),
        TestFiles.OneDevice(Point, device: """, "poll": "1 week" """),
        TestFiles.OneDevice(Point, device: """, "polls": "1 s" """),
        TestFiles.OneDevice(""" "A": { "table": "holding" } """),
        TestFiles.OneDevice(""" "A": { "table": "holdings", "address": 1 } """),
        TestFiles.OneDevice(""" "A B": { "table": "holding", "address": 1 } """),
        TestFiles.OneDevice(""" "A/B": { "table": "holding", "address": 1, "mask": "0x0F", "min": 1, "notAvailable": "0xFFFF" } """),
        TestFiles.OneDevice(""" "A": { "table": "holding", "address": 65536 } """),
        TestFiles.OneDevice(""" "A": { "table": "holding", "address": 1, "bit": 16 } """),
        TestFiles.OneDevice(""" "A": { "table": "holding", "address": 1, "scale": 0 } """),
        TestFiles.OneDevice(""" "A": { "table": "holding", "address": 1, "format": "int24" } """),
        TestFiles.OneDevice(Point, device: """, "commands": { "C": { "write": [ { "table": "coil", "address": 1, "value": "$0" } ], "confirm": { "point": "A", "value": 1, "every": "1 s" } } }"""),
        TestFiles.OneDevice(Point, device: """, "commands": { "C": { "write": [] } }"""),
        TestFiles.OneDevice(Point, device: """, "commands": { "C": { "write": [ { "table": "coil", "address": 1 } ] } }"""),
        TestFiles.OneDevice(Point, device: """, "commands": { "C": { "write": [ { "table": "coil", "address": 1, "value": true } ], "confirm": { "value": 1 } } }"""),
        TestFiles.OneDevice(Point, device: """, "commands": { "C": { "write": [ { "table": "coil", "address": 1, "value": true } ], "event": { "table": "holding", "address": 9, "format": "uint32" } } }"""),
        TestFiles.OneDevice(Point, device: """, "commands": { "C": { "write": [ { "table": "coil", "address": 1, "value": true } ], "event": { "address": 9 } } }"""),
        TestFiles.OneDevice(""" "A": { "table": "holding", "address": 1, "writable": true, "verify": "2 s" } """),
        TestFiles.OneDevice(""" "A": { "table": "holding", "address": 1, "writable": true, "verify": "soon" } """),
        TestFiles.OneDevice(""),
        RingMeter.Configuration(),
        RingMeter.Configuration(""", "first": 1 """),
        RingMeter.Configuration(""", "first": 2"""),
        RingMeter.Configuration().Replace("\"length\": 5", "\"length\": 126", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"capacity\": 8", "\"capacity\": 0", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"capacity\": 8, ", "", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"interval\": \"15 min\"", "\"interval\": 15", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"time\": { \"at\": 0 }", "\"time\": { \"at\": 0, \"format\": \"calendar\" }", StringComparison.Ordinal).Replace("\"length\": 5", "\"length\": 7", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"time\": { \"at\": 0 }", "\"time\": { \"at\": 0, \"utcOffset\": 900 }", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"time\": { \"at\": 0 }", "\"time\": { \"at\": 0, \"format\": \"stardate\" }", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"1.2.32\"", "\"1.2\"", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"7\": ", "\"16\": ", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"table\": \"holding\", \"address\": 20", "\"table\": \"coil\", \"address\": 20", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"at\": 3,", "\"at\": 3, \"writable\": true,", StringComparison.Ordinal),
        RingMeter.Configuration().Replace("\"at\": 3,", "", StringComparison.Ordinal),
        """{ "portal": { "id": "P", "owner": "urn:o", "accessNetwork": "Pigeon" }, "connection": { "protocol": "modbus-tcp", "host": "h" }, "devices": [] }""",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Schema_and_reader_agree(string configuration) => Assert.Equal(Reads(configuration), Allows(configuration));

    // A setting that nobody knows is refused with the names of those that are known: these are what the schema must have, neither more nor less.
    [Theory]
    [InlineData("modbusConnection", """{ "protocol": "modbus-tcp", "host": "h", "?": 1 }""", Point, "")]
    [InlineData("modbusDevice", null, Point, """, "?": 1""")]
    [InlineData("modbusMapping", null, """ "A": { "table": "holding", "address": 1, "?": 1 } """, "")]
    [InlineData("modbusProfile", null, RingMeter.Points, """, "profiles": { "load": { "table": "holding", "address": 20, "length": 5, "capacity": 8, "interval": "15 min", "count": { "address": 1 }, "newest": { "address": 2 }, "time": { "at": 0 }, "?": 1 } }""")]
    [InlineData("modbusProfileRegister", null, RingMeter.Points, """, "profiles": { "load": { "table": "holding", "address": 20, "length": 5, "capacity": 8, "interval": "15 min", "count": { "address": 1, "?": 1 } } }""")]
    [InlineData("modbusProfileTime", null, RingMeter.Points, """, "profiles": { "load": { "table": "holding", "address": 20, "length": 5, "capacity": 8, "interval": "15 min", "count": { "address": 1 }, "newest": { "address": 2 }, "time": { "at": 0, "?": 1 } } }""")]
    [InlineData("modbusProfileStatus", null, RingMeter.Points, """, "profiles": { "load": { "table": "holding", "address": 20, "length": 5, "capacity": 8, "interval": "15 min", "count": { "address": 1 }, "newest": { "address": 2 }, "time": { "at": 0 }, "status": { "at": 0, "bits": {}, "?": 1 } } }""")]
    [InlineData("modbusProfileValue", null, """ "Energy": { "profile": "load", "at": 1, "?": 1 } """, "")]
    [InlineData("modbusCommand", null, Point, """, "commands": { "C": { "write": [ { "table": "coil", "address": 1, "value": true } ], "?": 1 } }""")]
    [InlineData("modbusWrite", null, Point, """, "commands": { "C": { "write": [ { "table": "coil", "address": 1, "value": true, "?": 1 } ] } }""")]
    [InlineData("modbusConfirmation", null, Point, """, "commands": { "C": { "write": [ { "table": "coil", "address": 1, "value": true } ], "confirm": { "table": "coil", "address": 1, "value": true, "?": 1 } } }""")]
    public void Every_setting_that_is_read_stands_in_the_schema(string definition, string? connection, string points, string device)
    {
        var text = TestFiles.OneDevice(points, device: device);
        if (connection is not null) text = text.Replace(text[text.IndexOf("{ \"protocol\"", StringComparison.Ordinal)..(text.IndexOf("ms\" }", StringComparison.Ordinal) + 5)], connection, StringComparison.Ordinal);
        var refused = new List<ConfigurationException>();
        new AdapterConfigurationReader(new SequentialFleetNumbers(), [new ModbusAdapterFactory()]).Read("s.json", Encoding.UTF8.GetBytes(text), refused);
        var message = Assert.Single(refused).Message;
        Assert.Contains("there is no setting '?' here; known are ", message, StringComparison.Ordinal);
        var known = message[(message.IndexOf("known are ", StringComparison.Ordinal) + "known are ".Length)..].Split(", ");
        var inSchema = Loaded.Value.Json.GetProperty("$defs").GetProperty(definition).GetProperty("properties").EnumerateObject().Select(property => property.Name);
        Assert.Equal(known.Order(StringComparer.Ordinal), inSchema.Order(StringComparer.Ordinal));
    }
}
