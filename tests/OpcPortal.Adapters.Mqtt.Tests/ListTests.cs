using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

/// <summary>Payloads that bring many readings, each with a time of its own: intervals, and what a portal that was offline has kept.</summary>
public sealed class ListTests
{
    private const string Intervals = """
        "topic": "em", "points": {
          "ActivePower": { "path": "p" },
          "IntervalEnergyImport": { "topic": "em/load", "list": "profile.readings", "path": "wh", "scale": 0.001, "time": { "path": "end" }, "quality": { "path": "st", "map": { "ok": "Good", "short": "1.4.2", "bad": "BadSensorFailure" } } },
          "IntervalEnergyExport": { "topic": "em/load", "list": "/profile/readings", "path": "export", "time": { "path": "end" } } }
        """;

    private const string Backlog = """
        "topic": "em", "time": { "path": "ts", "format": "epochSeconds" }, "status": { "topic": "em/online" }, "backlog": { "topic": "em/backlog", "list": true },
        "points": { "ActivePower": { "path": "p" }, "Frequency": { "path": "grid.f" }, "TamperDetected": { "topic": "em/tamper", "payload": "text", "format": "bool" } }
        """;

    private static DateTime At(int hour, int minute) => new(2026, 3, 4, hour, minute, 0, DateTimeKind.Utc);

    [Fact]
    public void Each_item_of_a_list_is_a_reading_with_its_own_time_value_and_quality()
    {
        var field = new DecodedField(Intervals);
        var readings = field.DecodeAll("em/load", """
            { "profile": { "readings": [
              { "end": "2026-03-04T12:15:00Z", "wh": 250, "st": "ok", "export": 0 },
              { "end": "2026-03-04T13:30:00+01:00", "wh": 125, "st": "short" },
              { "wh": 1e3, "st": "bad", "end": "2026-03-04T12:45:00Z" } ] } }
            """);
        Assert.Equal(
            [
                ("IntervalEnergyImport", At(12, 15), "0.25", ReadingStatus.Good, "0.0.0"), ("IntervalEnergyExport", At(12, 15), "0", ReadingStatus.Good, "0.0.0"),
                ("IntervalEnergyImport", At(12, 30), "0.125", ReadingStatus.Good, "1.4.2"), ("IntervalEnergyImport", At(12, 45), "(none)", ReadingStatus.BadSensorFailure, "0.0.0"),
            ],
            readings.Select(read => (read.Name, read.Reading.SourceTime, read.Reading.Value.ToString(), read.Reading.Status, read.Reading.Quality.ToString())));
        Assert.Equal(CommunicationState.Online, field.Device.State);
    }

    [Fact]
    public void A_backlog_brings_the_points_of_the_devices_topic_with_their_times_and_no_others()
    {
        var field = new DecodedField(Backlog);
        var readings = field.DecodeAll("em/backlog", """[ { "ts": 1772625600, "p": 100, "grid": { "f": 50.01 } }, { "ts": 1772625660, "p": 110 }, [ 7 ], 7, null ]""");
        Assert.Equal(
            [("ActivePower", At(12, 0), 100.0), ("Frequency", At(12, 0), 50.01), ("ActivePower", At(12, 1), 110.0)],
            readings.Select(read => (read.Name, read.Reading.SourceTime, read.Reading.Value.AsReal())));
    }

    [Fact]
    public void Live_messages_and_the_backlog_are_told_apart()
    {
        var field = new DecodedField(Backlog);
        Assert.Equal(["ActivePower"], field.DecodeAll("em", """{ "ts": 1772625600, "p": 100 }""").Select(read => read.Name));
        Assert.Empty(field.DecodeAll("em/backlog", "[]"));
        Assert.Equal(CommunicationState.Online, field.Device.State);
    }

    [Theory]
    [InlineData("""{ "p": 100 }""")]
    [InlineData("""{ "ts": "yesterday", "p": 100 }""")]
    [InlineData("""{ "ts": -5, "p": 100 }""")]
    [InlineData("""{ "ts": null, "p": 100 }""")]
    public void An_item_without_a_time_is_told_and_passed_over_and_the_others_count(string item)
    {
        var field = new DecodedField(Backlog);
        var readings = field.DecodeAll("em/backlog", $$"""[ { "ts": 1772625600, "p": 1 }, {{item}}, { "ts": 1772625660, "p": 3 } ]""");
        Assert.Equal([1.0, 3.0], readings.Select(read => read.Reading.Value.AsReal()));
        Assert.Equal(CommunicationState.Impaired, field.Device.State);
        Assert.Equal("em/backlog: point ActivePower: item 1 of the list has no time, and is passed over", field.Health.Reports[^1].Reason);
    }

    [Theory]
    [InlineData("\"NaN\"", ReadingStatus.BadDecodingError)]
    [InlineData("1e999", ReadingStatus.BadDecodingError)]
    [InlineData("{}", ReadingStatus.BadDecodingError)]
    [InlineData("null", ReadingStatus.BadNoData)]
    public void An_item_with_a_time_and_no_value_is_bad_at_that_time(string value, ReadingStatus expected)
    {
        var field = new DecodedField(Backlog);
        var reading = Assert.Single(field.DecodeAll("em/backlog", $$"""[ { "ts": 1772625600, "p": {{value}} } ]""")).Reading;
        Assert.Equal((expected, PointValueKind.None, At(12, 0)), (reading.Status, reading.Value.Kind, reading.SourceTime));
    }

    [Theory]
    [InlineData("""{ "ts": 1772625600, "p": 1 }""", "there is no list where one should be")]
    [InlineData("7", "there is no list where one should be")]
    [InlineData("[ { \"ts\": 1", "the payload is no JSON")]
    [InlineData("[ { \"\\ud800\": 1 } ]", "A member's name is no text")]
    public void What_is_no_list_is_told_and_makes_no_reading(string payload, string reason)
    {
        var field = new DecodedField(Backlog);
        Assert.Empty(field.DecodeAll("em/backlog", payload));
        Assert.Equal(CommunicationState.Impaired, field.Device.State);
        Assert.Contains(reason, field.Health.Reports[^1].Reason, StringComparison.Ordinal);
        Assert.Single(field.DecodeAll("em/backlog", """[ { "ts": 1772625600, "p": 1 } ]"""));
        Assert.Equal(CommunicationState.Online, field.Device.State);
    }

    [Theory]
    [InlineData("0", "1970-01-01T00:00:00Z")]
    [InlineData("4102444800", "2100-01-01T00:00:00Z")]
    public void Times_that_cannot_be_are_handed_on_as_they_are_for_the_server_to_judge(string seconds, string time)
    {
        var reading = Assert.Single(new DecodedField(Backlog).DecodeAll("em/backlog", $$"""[ { "ts": {{seconds}}, "p": 1 } ]""")).Reading;
        Assert.Equal(DateTime.Parse(time, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal), reading.SourceTime);
    }

    [Fact]
    public void Two_items_of_one_time_are_both_handed_on()
    {
        var readings = new DecodedField(Backlog).DecodeAll("em/backlog", """[ { "ts": 1772625600, "p": 1 }, { "ts": 1772625600, "p": 2 } ]""");
        Assert.Equal([1.0, 2.0], readings.Select(read => read.Reading.Value.AsReal()));
    }

    [Fact]
    public void A_device_that_goes_makes_its_live_points_bad_and_leaves_what_is_of_intervals_that_are_over()
    {
        var field = new DecodedField(Intervals.Replace("\"topic\": \"em\",", "\"topic\": \"em\", \"status\": { \"topic\": \"em/online\" },", StringComparison.Ordinal));
        field.DecodeAll("em", """{ "p": 1 }""");
        Assert.Equal([("ActivePower", ReadingStatus.BadNoCommunication)], field.DecodeAll("em/online", "false").Select(read => (read.Name, read.Reading.Status)));
        // What it kept is delivered even where it says that it is gone: a gateway may send it.
        Assert.Single(field.DecodeAll("em/load", """{ "profile": { "readings": [ { "end": "2026-03-04T12:15:00Z", "wh": 250 } ] } }"""));
    }

    [Fact]
    public void A_value_without_a_time_that_is_sent_again_was_true_at_some_time_and_one_with_a_time_then()
    {
        var field = new DecodedField(""" "topic": "em", "points": { "ActivePower": { "path": "p" }, "Frequency": { "path": "f", "time": { "path": "t" } } } """);
        const string Message = """{ "p": 1, "f": 50, "t": "2026-03-04T12:15:00Z" }""";
        var again = field.DecodeAll("em", Message, isDuplicate: true);
        Assert.Equal([ReadingStatus.UncertainLastUsableValue, ReadingStatus.Good], again.Select(read => read.Reading.Status));
        Assert.Equal(At(12, 15), again[1].Reading.SourceTime);
        Assert.All(field.DecodeAll("em", Message), read => Assert.Equal(ReadingStatus.Good, read.Reading.Status));
    }

    [Theory]
    [InlineData(""" "topic": "t", "points": { "A": { "list": "x", "path": "v" } } """, "want a 'time' of their own")]
    [InlineData(""" "topic": "t", "points": { "A": { "list": "x", "payload": "text" } } """, "only a JSON payload has lists")]
    [InlineData(""" "topic": "t", "points": { "A": { "list": "x", "path": "v", "time": { "path": "t" }, "writable": { "topic": "s", "template": "${value}" } } } """, "a point of a list cannot be written")]
    [InlineData(""" "topic": "t", "points": { "A": { "path": "v", "writable": { "topic": "s", "template": "${value}", "confirm": { "list": "x" } } } } """, "there is no setting 'list' here")]
    [InlineData(""" "topic": "t", "points": { "A": { "list": "x", "path": "v", "time": { "path": "t" } } }, "commands": { "C": { "topic": "c", "payload": "x", "confirm": { "point": "A", "value": 1 } } } """, "which says nothing of now")]
    [InlineData(""" "backlog": { "topic": "b" }, "time": { "path": "t" }, "points": { "A": { "topic": "t", "path": "v" } } """, "the device's 'topic', which is missing")]
    [InlineData(""" "topic": "t", "backlog": { "topic": "b" }, "points": { "A": { "path": "v" } } """, "want a 'time' of their own")]
    public void What_cannot_be_is_refused_with_its_reason(string device, string reason) =>
        Assert.Contains(reason, Assert.Throws<ConfigurationException>(() => new DecodedField(device)).Message, StringComparison.Ordinal);
}
