namespace OpcPortal.Server.Tests;

/// <summary>Configuration files for tests.</summary>
internal static class FleetFiles
{
    public const string Meter = """
        {
          "portal": { "id": "oak-1", "name": "Oak Street 1", "owner": "urn:owner", "accessNetwork": "Fibre" },
          "connection": { "protocol": "none" },
          "devices": [
            {
              "id": "meter", "name": "Main meter", "type": "ElectricityMeterType",
              "identification": { "Manufacturer": "Acme", "SerialNumber": "A-17", "RevisionCounter": "4" },
              "points": { "ActiveEnergyImport": {}, "ActivePower": {}, "VoltageL1": {}, "SupplySwitchState": {} }
            },
            {
              "id": "heater", "type": "WaterHeaterType", "owner": "urn:customer",
              "points": { "WaterTemperature": {}, "TemperatureSetpoint": { "writable": true }, "SwitchState": {} },
              "commands": { "Open": {}, "Close": {}, "SetSetpoint": {} }
            }
          ]
        }
        """;
}
