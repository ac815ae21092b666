using System.Text;

namespace OpcPortal.Adapters.Modbus.Tests;

public sealed class SettingsTests
{
    private static string? Refusal(string text)
    {
        var refused = new List<ConfigurationException>();
        new AdapterConfigurationReader(new SequentialFleetNumbers(), [new ModbusAdapterFactory()]).Read("m.json", Encoding.UTF8.GetBytes(text), refused);
        return refused.Count == 0 ? null : Assert.Single(refused).Message;
    }

    private static string Mapping(string rest) => TestFiles.OneDevice($$""" "A": { "table": "holding", "address": 1{{rest}} } """);

    [Theory]
    [InlineData("")]
    [InlineData(""", "format": "float32", "wordOrder": "little", "byteOrder": "big", "scale": 0.1, "offset": -40, "notAvailable": -1, "writable": true, "min": 1, "max": 2, "poll": "5 min" """)]
    [InlineData(""", "bit": 15 """)]
    [InlineData(""", "mask": "0x0FF0", "scale": 0.5 """)]
    [InlineData(""", "format": "string", "length": 16 """)]
    [InlineData(""", "format": "int16", "notAvailable": "0x8000" """)]
    [InlineData(""", "writeFunction": "multiple", "writable": true """)]
    public void A_sound_mapping_is_taken(string rest) => Assert.Null(Refusal(Mapping(rest)));

    [Theory]
    [InlineData(""", "format": "int24" """, "one of Bool, Int16")]
    [InlineData(""", "frmat": "int16" """, "there is no setting 'frmat' here")]
    [InlineData(""", "address": 2 """, "'address' is given twice")]
    [InlineData(""", "bit": 16 """, "from 0 to 15")]
    [InlineData(""", "bit": 1, "mask": "0x1" """, "either 'bit' or 'mask'")]
    [InlineData(""", "mask": "0x10000" """, "a mask of 16 bits")]
    [InlineData(""", "mask": "F0" """, "bits such as")]
    [InlineData(""", "mask": "0xF0", "format": "int32" """, "bits of a register have the format Bool or UInt16")]
    [InlineData(""", "format": "string" """, "'length' is missing")]
    [InlineData(""", "length": 4 """, "only a String has a length")]
    [InlineData(""", "scale": 0 """, "a scale of 0")]
    [InlineData(""", "format": "bool", "scale": 2 """, "a Bool cannot be scaled")]
    [InlineData(""", "format": "int16", "notAvailable": 40000 """, "no number that a Int16 can hold")]
    [InlineData(""", "min": 2, "max": 1 """, "'min' is more than 'max'")]
    [InlineData(""", "poll": "1 ms" """, "a time from")]
    public void A_wrong_mapping_is_refused_with_its_reason(string rest, string reason) => Assert.Contains(reason, Refusal(Mapping(rest)), StringComparison.Ordinal);

    [Theory]
    [InlineData(""" "A": { "table": "input", "address": 1, "writable": true } """, "the table Input cannot be written")]
    [InlineData(""" "A": { "table": "coil", "address": 1, "format": "int16" } """, "a Coil has the format Bool")]
    [InlineData(""" "A": { "table": "discrete", "address": 1, "bit": 1 } """, "is a bit already")]
    [InlineData(""" "A": { "table": "holding", "address": 65535, "format": "int32" } """, "end past the table")]
    [InlineData(""" "A": { "table": "holding", "address": 65536 } """, "from 0 to 65535")]
    public void A_place_that_cannot_be_is_refused(string point, string reason) => Assert.Contains(reason, Refusal(TestFiles.OneDevice(point)), StringComparison.Ordinal);

    [Theory]
    [InlineData(""", "port": 0""", "from 1 to 65535")]
    [InlineData(""", "maxRegistersPerRead": 126""", "from 1 to 125")]
    [InlineData(""", "maxOutstanding": 17""", "from 1 to 16")]
    [InlineData(""", "reconnect": { "min": "2 s", "max": "1 s" }""", "'min' is longer than 'max'")]
    [InlineData(""", "reconnect": { "min": 5 }""", "a time from")]
    [InlineData(""", "hosts": "h" """, "there is no setting 'hosts' here")]
    public void A_wrong_connection_refuses_the_file(string connection, string reason) =>
        Assert.Contains(reason, Refusal(TestFiles.OneDevice(""" "A": { "table": "holding", "address": 1 } """, connection)), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "write": [] }""", "1 to 64 writes")]
    [InlineData("""{ "write": [ { "table": "discrete", "address": 1, "value": true } ] }""", "the table Discrete cannot be written")]
    [InlineData("""{ "write": [ { "table": "holding", "address": 1, "value": 70000 } ] }""", "cannot be written as UInt16 (BadOutOfRange)")]
    [InlineData("""{ "write": [ { "table": "holding", "address": 1, "value": "$x" } ] }""", "'$x' is no argument")]
    [InlineData("""{ "write": [ { "table": "coil", "address": 1, "value": true } ], "confirm": { "point": "B", "value": true } }""", "the device has no point 'B'")]
    public void A_wrong_command_is_refused_before_it_is_needed(string command, string reason)
    {
        var text = TestFiles.OneDevice(""" "A": { "table": "holding", "address": 1 } """, device: $$""", "commands": { "C": {{command}} }""");
        Assert.Contains(reason, Refusal(text), StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_longer_than_the_device_can_read_is_refused() =>
        Assert.Contains("it takes 4 registers; 'maxRegistersPerRead' allows 3",
            Refusal(TestFiles.OneDevice(""" "A": { "table": "holding", "address": 1, "format": "int64" } """, """, "maxRegistersPerRead": 3""")), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"profile\": \"load\"", "\"profile\": \"lod\"", "the device has no profile 'lod'")]
    [InlineData("\"at\": 3", "\"at\": 4", "it ends past the 5 registers of a record")]
    [InlineData("\"time\": { \"at\": 0", "\"time\": { \"at\": 4", "it ends past the 5 registers of a record")]
    [InlineData("\"capacity\": 8", "\"capacity\": 14000", "end past the table")]
    [InlineData("\"capacity\": 8", "\"capacity\": 36001", "from 1 to 36000")]
    [InlineData("\"newest\": { \"address\": 11", "\"newest\": { \"format\": \"string\", \"length\": 1, \"address\": 11", "a number is wanted here")]
    [InlineData("\"7\": \"1.4.5\"", "\"16\": \"1.4.5\"", "'16' is no bit")]
    [InlineData("\"Live\": { \"table\": \"holding\", \"address\": 0 }", "\"Other\": { \"profile\": \"load\", \"at\": 2 }", "a point that is polled is wanted too")]
    [InlineData("\"Energy\": { \"profile\": \"load\", \"at\": 3, \"format\": \"uint32\", \"scale\": 0.001 }", "\"Second\": { \"table\": \"holding\", \"address\": 1 }", "no point of the device has this profile")]
    public void A_wrong_profile_is_refused_with_its_reason(string sound, string wrong, string reason)
    {
        Assert.Null(Refusal(RingMeter.Configuration()));
        Assert.Contains(sound, RingMeter.Configuration(), StringComparison.Ordinal);
        Assert.Contains(reason, Refusal(RingMeter.Configuration().Replace(sound, wrong, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_cannot_be_confirmed_by_a_point_that_is_not_polled()
    {
        const string Command = """, "commands": { "C": { "write": [ { "table": "coil", "address": 1, "value": true } ], "confirm": { "point": "Live", "value": 1 } } }, "points":""";
        var sound = RingMeter.Configuration().Replace(", \"points\":", Command, StringComparison.Ordinal);
        Assert.Null(Refusal(sound));
        Assert.Contains("no point 'Energy' that is polled", Refusal(sound.Replace("\"point\": \"Live\"", "\"point\": \"Energy\"", StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
