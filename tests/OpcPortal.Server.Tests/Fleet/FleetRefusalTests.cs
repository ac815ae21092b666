namespace OpcPortal.Server.Tests;

/// <summary>Configuration that does not fit the model: refused with file, line and reason, while the other devices of the file run.</summary>
public sealed class FleetRefusalTests
{
    private static readonly FleetFixture Shared = new();
    private static int _portals;

    [Theory]
    [InlineData("""{ "id": "x", "type": "ToasterType", "points": { "ActivePower": {} } }""", "there is no type 'ToasterType'")]
    [InlineData("""{ "id": "x", "type": "MeterType", "points": { "BatteryLevel": {} } }""", "abstract")]
    [InlineData("""{ "id": "x", "type": "ThermostatType", "points": { "RoomTemperature": {}, "Colour": {} } }""", "no point Colour")]
    [InlineData("""{ "id": "x", "type": "ThermostatType", "points": { "Humidity": {} } }""", "demands the point RoomTemperature")]
    [InlineData("""{ "id": "x", "type": "ThermostatType", "points": { "RoomTemperature": {} }, "commands": { "Explode": {} } }""", "no method Explode")]
    [InlineData("""{ "id": "x", "type": "ThermostatType", "points": { "RoomTemperature": {} }, "identification": { "Favourite": "blue" } }""", "no property Favourite")]
    [InlineData("""{ "id": "x", "type": "ThermostatType", "points": { "RoomTemperature": {} }, "identification": { "RevisionCounter": "many" } }""", "'many' is no value of RevisionCounter")]
    [InlineData("""{ "id": "x", "type": "ThermostatType", "points": { "RoomTemperature/EngineeringUnits": {}, "RoomTemperature": {} } }""", "cannot be a point")]
    [InlineData("""{ "id": "x", "type": "ThermostatType", "owner": "http://opcfoundation.org/UA/DI/", "points": { "RoomTemperature": {} } }""", "not of an owner")]
    public void A_device_that_does_not_fit_its_type_is_refused_by_line_and_the_others_run(string device, string reason)
    {
        var fleet = Shared;
        var portal = $"p{Interlocked.Increment(ref _portals)}";
        var file = $$"""
            {
              "portal": { "id": "{{portal}}", "owner": "urn:owner" },
              "connection": { "protocol": "none" },
              "devices": [
                {{device}},
                { "id": "good", "type": "ThermostatType", "points": { "RoomTemperature": {} } }
              ]
            }
            """;
        var refused = Assert.Single(fleet.Load(file, "site.json"));
        Assert.StartsWith("site.json:5: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.True(fleet.Space.TryResolve(fleet.Node($"{portal}/good"), out _));
        Assert.False(fleet.Space.TryResolve(fleet.Node($"{portal}/x"), out _));
    }
}
