using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary>The rules of validation of the demonstration: a file in its folder, to be read and changed. What it does not say the rules that ship do.</summary>
internal static class DemoValidation
{
    private const string Rules = $$"""
        {
          "$schema": "https://opcportal.org/schemas/validation.schema.json",
          "ruleSets": [
            {
              "id": "river-power", "version": "1",
              "deviceTypes": ["ElectricityMeterType"],
              "billableFor": ["{{DemoEntities.RiverPower}}"],
              "timeZones": { "{{DemoEntities.Jurisdiction}}": "America/Los_Angeles" },
              "holidays": ["2026-12-25", "2027-01-01", "2027-07-05", "2027-12-24"],
              "arrival": [ { "dataClasses": ["Energy", "PowerQuality"] } ],
              "channels": [
                {
                  "interval": "IntervalEnergyImport", "register": "ActiveEnergyImport",
                  "checks": {
                    "missingAfter": "30 min",
                    "spike": { "ratio": 1.8, "above": 5 },
                    "likeDays": { "low": 0.05, "high": 5, "above": 5 },
                    "sum": { "percent": 0.5, "slack": 0.02, "maxSpan": "35 d" }
                  },
                  "estimation": { "after": "6 h", "order": ["interpolation", "likeDays", "register"], "maxInterpolated": 8, "maxDays": 10 }
                }
              ]
            }
          ]
        }
        """;

    /// <summary>The rules in force; at the first start the file is written.</summary>
    /// <param name="folder">Of the demonstration.</param>
    public static ValidationRules Load(string folder)
    {
        var rules = Path.Combine(folder, "validation");
        var file = Path.Combine(rules, "river-power.json");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(rules);
            File.WriteAllText(file, Rules);
        }

        return ValidationFolder.Load(rules);
    }
}
