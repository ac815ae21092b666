namespace OpcPortal.Adapters.Mqtt.Tests;

public sealed class ConfigurationTests
{
    [Theory]
    [InlineData("\"topic\": \"a/#\"", "wildcards")]
    [InlineData("\"topic\": \"a/+/b\"", "wildcards")]
    [InlineData("\"topic\": \"$SYS/x\"", "broker")]
    [InlineData("\"topic\": \"a\\u0000b\"", "control characters")]
    [InlineData("\"topic\": \"~/x\"", "baseTopic")]
    [InlineData("\"path\": \"a\"", "'topic' is missing")]
    [InlineData("\"topic\": \"t\", \"path\": \"a..b\"", "path")]
    [InlineData("\"topic\": \"t\", \"path\": \"/a~2b\"", "~0")]
    [InlineData("\"topic\": \"t\", \"payload\": \"text\", \"path\": \"a\"", "only a JSON payload has paths")]
    [InlineData("\"topic\": \"t\", \"format\": \"bool\", \"scale\": 2", "no scale")]
    [InlineData("\"topic\": \"t\", \"scale\": 0", "leaves no value")]
    [InlineData("\"topic\": \"t\", \"format\": \"bool\", \"map\": { \"ON\": 1 }", "format Bool")]
    [InlineData("\"topic\": \"t\", \"qos\": 3", "from 0 to 2")]
    [InlineData("\"topic\": \"t\", \"tpoic\": \"t\"", "there is no setting 'tpoic'")]
    [InlineData("\"topic\": \"t\", \"quality\": { \"path\": \"q\", \"map\": { \"x\": \"Gut\" } }", "name of a status")]
    [InlineData("\"topic\": \"t\", \"writable\": { \"topic\": \"s\" }", "'template' is missing")]
    [InlineData("\"topic\": \"t\", \"writable\": { \"topic\": \"s\", \"template\": \"$0\" }", "placeholders")]
    [InlineData("\"topic\": \"t\", \"writable\": { \"topic\": \"s\", \"template\": \"{\\\"a\\\": ${value}}\" }", "written as JSON")]
    public void A_wrong_point_is_refused_with_its_line_and_the_reason(string mapping, string reason)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Configurations.Device($"\n\"points\": {{ \n\"X\": {{ {mapping} }} }}"));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal((Configurations.File, 3), (refused.File, refused.Line));
    }

    [Theory]
    [InlineData("\"host\": \"h\", \"version\": \"3.1\"", "3.1.1")]
    [InlineData("\"host\": \"h\", \"cleanSession\": false", "clientId")]
    [InlineData("\"port\": 1883", "'host' is missing")]
    [InlineData("\"host\": \"h\", \"tls\": { \"clientCert\": \"c.pem\" }", "belong together")]
    [InlineData("\"host\": \"h\", \"tls\": { \"ca\": \"no-such-file.pem\" }", "there is no file")]
    [InlineData("\"host\": \"h\", \"tls\": { \"insecure\": true }", "there is no setting 'insecure'")]
    [InlineData("\"host\": \"h\", \"reconnect\": { \"min\": \"10 s\", \"max\": \"1 s\" }", "from 00:00:10")]
    public void A_wrong_connection_is_refused_with_the_reason(string connection, string reason)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Configurations.Device(""" "points": { "X": { "topic": "t" } } """, connection));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"topic\": \"c\", \"payload\": \"x\", \"retain\": true", "carry it out again")]
    [InlineData("\"topic\": \"c\", \"payload\": \"${value}\"", "placeholders")]
    [InlineData("\"topic\": \"c\", \"payload\": \"x\", \"confirm\": { \"point\": \"Y\", \"value\": true }", "no point 'Y'")]
    [InlineData("\"topic\": \"c\", \"payload\": \"x\", \"response\": { \"topic\": \"r\", \"correlation\": \"id\" }", "no $id")]
    public void A_wrong_command_is_refused_with_the_reason(string mapping, string reason)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Configurations.Device($$""" "points": { "X": { "topic": "t" } }, "commands": { "Open": { {{mapping}} } } """));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CorrelationData_is_refused_under_3_1_1_and_allowed_under_5()
    {
        const string Device = """ "points": { "X": { "topic": "t" } }, "commands": { "Open": { "topic": "c", "payload": "x", "response": { "topic": "r", "correlation": true } } } """;
        Configurations.Device(Device, "\"host\": \"h\", \"version\": \"5\"");
        var refused = Assert.Throws<ConfigurationException>(() => Configurations.Device(Device, "\"host\": \"h\", \"version\": \"3.1.1\""));
        Assert.Contains("3.1.1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_device_is_refused_and_the_others_of_its_file_run_on()
    {
        var refused = new List<ConfigurationException>();
        var configuration = new AdapterConfigurationReader(new SequentialFleetNumbers(), [new MqttAdapterFactory()]).Read("site.json", """
            { "portal": { "id": "p", "owner": "urn:o" }, "connection": { "protocol": "mqtt", "host": "h" }, "devices": [
              { "id": "a", "type": "T", "topic": "x/#", "points": { "X": {} } },
              { "id": "b", "type": "T", "topic": "x", "points": { "X": {} } } ] }
            """u8, refused);
        Assert.Equal("b", Assert.Single(configuration!.Devices).Id);
        Assert.Equal(2, Assert.Single(refused).Line);
    }

    [Fact]
    public void Topics_that_many_points_share_are_subscribed_once_at_the_highest_quality_of_service()
    {
        var field = new DecodedField(""" "topic": "t", "points": { "X": { "path": "x", "qos": 0 }, "Y": { "path": "y", "qos": 2 }, "Z": { "topic": "u", "qos": 0 } } """);
        Assert.Equal(["t", "u"], field.Map.Routes.Keys.Order());
        Assert.Equal(2, (int)field.Map.Routes["t"].Qos);
        Assert.Equal(0, (int)field.Map.Routes["u"].Qos);
    }
}
