using CsCheck;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

public sealed class DecodingTests
{
    [Fact]
    public void One_message_feeds_all_the_points_of_its_topic()
    {
        var field = new DecodedField("""
            "topic": "site/em", "points": {
              "ActivePower": { "path": "total.power" },
              "VoltageL1": { "path": "/phases/0/voltage" },
              "VoltageL2": { "path": "phases[1].voltage" },
              "SupplySwitchState": { "path": "relay", "format": "bool", "map": { "ON": true, "OFF": false } } }
            """);
        var readings = field.Decode("site/em", """{ "phases": [ { "voltage": 230.5 }, { "voltage": 231.5 } ], "total": { "power": -1200, "other": [1, {}] }, "relay": "ON" }""");
        Assert.Equal(-1200.0, readings["ActivePower"].Value.AsReal());
        Assert.Equal(230.5, readings["VoltageL1"].Value.AsReal());
        Assert.Equal(231.5, readings["VoltageL2"].Value.AsReal());
        Assert.True(readings["SupplySwitchState"].Value.AsBoolean());
        Assert.All(readings.Values, reading => Assert.Equal((ReadingStatus.Good, DecodedField.Received), (reading.Status, reading.SourceTime)));
    }

    // Found by fuzzing: half of a surrogate pair in a member's name is well-formed JSON and no text.
    [Fact]
    public void A_payload_whose_names_are_no_text_is_no_JSON()
    {
        var field = new DecodedField(""" "topic": "t", "points": { "ActivePower": { "path": "p" } } """);
        Assert.Equal(ReadingStatus.BadDecodingError, field.Decode("t", """{ "\ud800": 1, "p": 2 }""")["ActivePower"].Status);
        Assert.Equal(ReadingStatus.Good, field.Decode("t", """{ "\ud83d\ude00": 1, "\u0070": 2 }""")["ActivePower"].Status);
    }

    [Fact]
    public void A_point_that_a_message_does_not_bring_stays_as_it_is()
    {
        var field = new DecodedField(""" "topic": "t", "points": { "ActivePower": { "path": "p" }, "Frequency": { "path": "f" } } """);
        Assert.Equal(["Frequency"], field.Decode("t", """{ "f": 50 }""").Keys);
    }

    [Theory]
    [InlineData("null", ReadingStatus.BadNoData)]
    [InlineData("{}", ReadingStatus.BadDecodingError)]
    [InlineData("[1]", ReadingStatus.BadDecodingError)]
    [InlineData("true", ReadingStatus.BadDecodingError)]
    [InlineData("\"n/a\"", ReadingStatus.BadDecodingError)]
    [InlineData("\"NaN\"", ReadingStatus.BadDecodingError)]
    [InlineData("1e999", ReadingStatus.BadDecodingError)]
    public void What_is_no_number_makes_that_point_bad_and_no_other(string value, ReadingStatus expected)
    {
        var field = new DecodedField(""" "topic": "t", "points": { "ActivePower": { "path": "p" }, "Frequency": { "path": "f" } } """);
        var readings = field.Decode("t", $$"""{ "p": {{value}}, "f": 50 }""");
        Assert.Equal((expected, PointValueKind.None), (readings["ActivePower"].Status, readings["ActivePower"].Value.Kind));
        Assert.Equal(ReadingStatus.Good, readings["Frequency"].Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ \"p\": 1")]
    [InlineData("{ \"p\": 1 } x")]
    [InlineData("{ \"p\": 1, }")]
    [InlineData("<p>1</p>")]
    public void A_malformed_payload_makes_every_point_of_its_topic_bad(string payload)
    {
        var field = new DecodedField(""" "topic": "t", "points": { "ActivePower": { "path": "p" }, "Frequency": { "path": "f" } } """);
        var expected = payload.Length == 0 ? ReadingStatus.BadNoData : ReadingStatus.BadDecodingError;
        Assert.All(field.Decode("t", payload).Values, reading => Assert.Equal((expected, PointValueKind.None), (reading.Status, reading.Value.Kind)));
        Assert.Equal(payload.Length == 0 ? CommunicationState.Online : CommunicationState.Impaired, field.Device.State);
    }

    [Fact]
    public void A_device_is_impaired_until_the_topic_at_fault_can_be_read_again()
    {
        var field = new DecodedField(""" "points": { "ActivePower": { "topic": "a" }, "Frequency": { "topic": "b" } } """);
        field.Decode("a", "{");
        field.Decode("b", "50");
        Assert.Equal(CommunicationState.Impaired, field.Device.State);
        field.Decode("a", "7");
        Assert.Equal(CommunicationState.Online, field.Device.State);
        Assert.Null(field.Health.Reports[^1].Reason);
    }

    [Fact]
    public void Nesting_beyond_the_limit_is_malformed_and_not_followed()
    {
        var field = new DecodedField(""" "topic": "t", "points": { "ActivePower": { "path": "p" } } """);
        string Nested(int depth) => """{ "p": 1, "x": """ + new string('[', depth) + new string(']', depth) + " }";
        Assert.Equal(ReadingStatus.Good, field.Decode("t", Nested(PayloadTree.MaxDepth - 1))["ActivePower"].Status);
        Assert.Equal(ReadingStatus.BadDecodingError, field.Decode("t", Nested(PayloadTree.MaxDepth))["ActivePower"].Status);
        Assert.Equal(ReadingStatus.BadDecodingError, field.Decode("t", Nested(100_000))["ActivePower"].Status);
    }

    [Theory]
    [InlineData("int", "9007199254740993", "9007199254740993")]
    [InlineData("uint", "18446744073709551615", "18446744073709551615")]
    [InlineData("int", "12.0", "12")]
    [InlineData("int", "\"-7\"", "-7")]
    [InlineData("real", "\"1.5e3\"", "1500")]
    [InlineData("bool", "1", "true")]
    [InlineData("bool", "\"false\"", "false")]
    [InlineData("text", "\"a\\u00e9\\n\"", "aé\n")]
    [InlineData("text", "12.50", "12.50")]
    public void Values_are_taken_in_the_format_that_is_configured(string format, string value, string expected)
    {
        var field = new DecodedField($$""" "topic": "t", "points": { "X": { "format": "{{format}}" } } """);
        Assert.Equal(expected, field.Decode("t", value)["X"].Value.ToString());
    }

    [Theory]
    [InlineData("int", "12.5", ReadingStatus.BadDecodingError)]
    [InlineData("int", "9223372036854775808", ReadingStatus.BadOutOfRange)]
    [InlineData("uint", "-1", ReadingStatus.BadOutOfRange)]
    [InlineData("bool", "\"yes\"", ReadingStatus.BadDecodingError)]
    [InlineData("bool", "2", ReadingStatus.BadDecodingError)]
    [InlineData("time", "\"yesterday\"", ReadingStatus.BadDecodingError)]
    [InlineData("text", "\"\\ud800\"", ReadingStatus.BadDecodingError)]
    public void Values_that_the_format_cannot_hold_are_bad(string format, string value, ReadingStatus expected)
    {
        var field = new DecodedField($$""" "topic": "t", "points": { "X": { "format": "{{format}}" } } """);
        Assert.Equal(expected, field.Decode("t", value)["X"].Status);
    }

    [Fact]
    public void Scale_and_offset_give_the_engineering_unit()
    {
        var field = new DecodedField(""" "topic": "t", "points": { "X": { "scale": 0.1, "offset": -40 }, "N": { "format": "int", "scale": 1000 } } """);
        var readings = field.Decode("t", "655");
        Assert.Equal(25.5, readings["X"].Value.AsReal(), 9);
        Assert.Equal(655_000, readings["N"].Value.AsSigned());
    }

    [Fact]
    public void A_word_outside_the_map_is_out_of_range_and_those_within_are_not()
    {
        var field = new DecodedField(""" "topic": "t", "points": { "X": { "payload": "text", "format": "uint", "map": { "off": 0, "heat": 1 } } } """);
        Assert.Equal(1ul, field.Decode("t", "heat")["X"].Value.AsUnsigned());
        Assert.Equal(ReadingStatus.BadOutOfRange, field.Decode("t", "boost")["X"].Status);
    }

    [Theory]
    [InlineData("\"format\": \"int\"", new byte[] { 0xFF, 0xFE }, "-2")]
    [InlineData("\"format\": \"uint\", \"byteOrder\": \"little\"", new byte[] { 0x34, 0x12 }, "4660")]
    [InlineData("\"format\": \"uint\", \"at\": 1, \"length\": 2", new byte[] { 9, 1, 0, 9 }, "256")]
    [InlineData("\"format\": \"real\", \"length\": 4", new byte[] { 0x41, 0xC8, 0, 0 }, "25")]
    [InlineData("\"format\": \"uint\", \"scale\": 0.5", new byte[] { 8 }, "4")]
    public void Raw_payloads_are_read_as_bytes(string mapping, byte[] payload, string expected)
    {
        var field = new DecodedField($$""" "topic": "t", "points": { "X": { "payload": "raw", {{mapping}} } } """);
        Assert.Equal(expected, field.Decode("t", payload)["X"].Value.ToString());
    }

    [Fact]
    public void Raw_payloads_that_are_too_short_or_too_long_are_bad()
    {
        var field = new DecodedField(""" "topic": "t", "points": { "X": { "payload": "raw", "format": "uint", "at": 1, "length": 2 }, "Y": { "payload": "raw", "format": "uint" } } """);
        Assert.Equal(ReadingStatus.BadDecodingError, field.Decode("t", [1, 2])["X"].Status);
        Assert.Equal(ReadingStatus.BadDecodingError, field.Decode("t", new byte[9])["Y"].Status);
    }

    [Theory]
    [InlineData("iso8601", "\"2026-01-02T03:04:05.25Z\"", "2026-01-02T03:04:05.2500000Z")]
    [InlineData("iso8601", "\"2026-01-02T03:04:05+02:00\"", "2026-01-02T01:04:05.0000000Z")]
    [InlineData("iso8601", "\"2026-01-02T03:04:05\"", "2026-01-02T03:04:05.0000000Z")]
    [InlineData("epochSeconds", "1767323045.5", "2026-01-02T03:04:05.5000000Z")]
    [InlineData("epochMilliseconds", "\"1767323045500\"", "2026-01-02T03:04:05.5000000Z")]
    public void The_devices_own_time_is_the_source_time(string format, string time, string expected)
    {
        var field = new DecodedField($$""" "topic": "t", "time": { "path": "ts", "format": "{{format}}" }, "points": { "X": { "path": "v" } } """);
        var reading = field.Decode("t", $$"""{ "v": 1, "ts": {{time}} }""")["X"];
        Assert.Equal((expected, ReadingStatus.Good), (reading.SourceTime.ToString("O"), reading.Status));
    }

    [Theory]
    [InlineData("iso8601", "\"32.13.2026\"")]
    [InlineData("epochSeconds", "-1")]
    [InlineData("epochSeconds", "1e300")]
    [InlineData("epochMilliseconds", "{}")]
    public void A_value_whose_time_cannot_be_read_is_uncertain_with_a_clock_error(string format, string time)
    {
        var field = new DecodedField($$""" "topic": "t", "time": { "path": "ts", "format": "{{format}}" }, "points": { "X": { "path": "v" } } """);
        var reading = field.Decode("t", $$"""{ "v": 1, "ts": {{time}} }""")["X"];
        // IEC 61968-9: 1.1.9 is the end device's clock error.
        Assert.Equal((ReadingStatus.Uncertain, "1.1.9", DecodedField.Received), (reading.Status, reading.Quality.ToString(), reading.SourceTime));
        Assert.Equal(1.0, reading.Value.AsReal());
    }

    [Theory]
    [InlineData("\"ok\"", ReadingStatus.Good, "0.0.0")]
    [InlineData("\"est\"", ReadingStatus.UncertainSubstituteValue, "1.8.0")]
    [InlineData("\"fault\"", ReadingStatus.BadSensorFailure, "0.0.0")]
    [InlineData("\"unheard of\"", ReadingStatus.Uncertain, "0.0.0")]
    [InlineData("null", ReadingStatus.Good, "0.0.0")]
    public void What_the_device_says_of_a_value_becomes_its_status_and_quality(string word, ReadingStatus status, string code)
    {
        var field = new DecodedField("""
            "topic": "t", "points": { "X": { "path": "v", "quality": { "path": "q", "map": { "ok": "Good", "est": "1.8.0", "fault": { "status": "BadSensorFailure" } } } } }
            """);
        var reading = field.Decode("t", $$"""{ "v": 1, "q": {{word}} }""")["X"];
        Assert.Equal((status, code), (reading.Status, reading.Quality.ToString()));
        Assert.Equal(status == ReadingStatus.BadSensorFailure, reading.Value.Kind == PointValueKind.None);
    }

    [Fact]
    public void A_retained_value_without_a_time_is_uncertain_until_a_live_one_comes()
    {
        var field = new DecodedField(""" "topic": "t", "points": { "X": {}, "S": { "retained": "good" }, "I": { "retained": "ignore" } } """);
        var retained = field.Decode("t", "1", isRetained: true);
        Assert.Equal((ReadingStatus.UncertainLastUsableValue, 1.0), (retained["X"].Status, retained["X"].Value.AsReal()));
        Assert.Equal(ReadingStatus.Good, retained["S"].Status);
        Assert.DoesNotContain("I", retained.Keys);
        Assert.Equal(CommunicationState.Unknown, field.Device.State);
        Assert.All(field.Decode("t", "2").Values, reading => Assert.Equal((ReadingStatus.Good, 2.0), (reading.Status, reading.Value.AsReal())));
        Assert.Equal(CommunicationState.Online, field.Device.State);
    }

    [Fact]
    public void A_retained_value_with_its_own_time_is_what_it_is()
    {
        var field = new DecodedField(""" "topic": "t", "time": { "path": "ts" }, "points": { "X": { "path": "v" } } """);
        var reading = field.Decode("t", """{ "v": 3, "ts": "2026-01-01T00:00:00Z" }""", isRetained: true)["X"];
        Assert.Equal((ReadingStatus.Good, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)), (reading.Status, reading.SourceTime));
    }

    [Fact]
    public void The_last_will_makes_all_points_of_the_device_bad_and_retained_values_do_not_revive_them()
    {
        var field = new DecodedField(""" "baseTopic": "em", "status": { "topic": "~/LWT" }, "points": { "X": { "topic": "~/x" }, "Y": { "topic": "~/y" } } """);
        field.Decode("em/LWT", "online", isRetained: true);
        Assert.Equal(CommunicationState.Online, field.Device.State);
        field.Decode("em/x", "1");
        var lost = field.Decode("em/LWT", "offline");
        Assert.All(lost.Values, reading => Assert.Equal((ReadingStatus.BadNoCommunication, PointValueKind.None), (reading.Status, reading.Value.Kind)));
        Assert.Equal(["X", "Y"], lost.Keys.Order());
        Assert.Equal(CommunicationState.Offline, field.Device.State);
        Assert.Empty(field.Decode("em/x", "1", isRetained: true));
        Assert.Equal(ReadingStatus.Good, field.Decode("em/x", "2")["X"].Status);
        Assert.Equal(CommunicationState.Online, field.Device.State);
    }

    [Fact]
    public void The_words_of_a_status_topic_are_configured()
    {
        var field = new DecodedField("""
            "status": { "topic": "s", "path": "state", "map": { "ok": "Online", "low battery": "Impaired", "gone": "Offline" } }, "points": { "X": { "topic": "x" } }
            """);
        field.Decode("s", """{ "state": "low battery" }""");
        Assert.Equal(CommunicationState.Impaired, field.Device.State);
        field.Decode("x", "1");
        Assert.Equal(CommunicationState.Impaired, field.Device.State);
        field.Decode("s", """{ "state": "gone" }""");
        Assert.Equal(CommunicationState.Offline, field.Device.State);
        field.Decode("s", """{ "state": "who knows" }""");
        Assert.Equal(CommunicationState.Offline, field.Device.State);
    }

    [Fact]
    public void Whatever_bytes_come_no_payload_throws_or_brings_a_value_with_a_bad_status()
    {
        var field = new DecodedField("""
            "topic": "t", "time": { "path": "ts" }, "quality": "q", "status": { "topic": "t", "path": "s" }, "points": {
              "A": { "path": "a.b[0]" }, "B": { "payload": "text", "format": "bool" }, "C": { "payload": "raw", "format": "int" }, "D": { "path": "d", "format": "text" } }
            """);
        var seed = """{"a":{"b":[1,2]},"ts":"2026-01-01T00:00:00Z","q":"1.8.0","s":"online","d":"\u00e9x"}"""u8.ToArray();
        Gen.Select(Gen.Int[0, seed.Length], Gen.Byte.Array[0, 8], Gen.Int[0, seed.Length], Gen.Bool).Sample((cut, noise, skip, retained) =>
        {
            byte[] payload = [.. seed[..cut], .. noise, .. seed[Math.Max(cut, skip)..]];
            foreach (var reading in field.Decode("t", payload, retained).Values)
                if ((uint)reading.Status >> 30 == 2 != (reading.Value.Kind == PointValueKind.None)) return false;
            return true;
        }, iter: 20_000, threads: 1);
    }
}
