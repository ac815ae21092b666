using System.Text;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Tests.Delivery;

/// <summary>A configuration of one device, a folder that is gone after the test, and readings.</summary>
internal sealed class TestFleet : IDisposable
{
    public const int Points = 4;
    public static readonly DateTime Noon = new(2026, 3, 4, 12, 0, 0, DateTimeKind.Utc);

    public string Folder { get; } = Directory.CreateTempSubdirectory("opcportal-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <param name="before">Points that have numbers before those of the device, as after another file was put beside it.</param>
    /// <param name="points">Of the device, A, B, C and so on.</param>
    public static AdapterConfiguration Configuration(FakeFactory factory, int before = 0, int points = Points)
    {
        var numbers = new SequentialFleetNumbers();
        for (var i = 0; i < before; i++) numbers.Point("other", "D", $"P{i}");
        var list = string.Join(", ", Enumerable.Range(0, points).Select(i => $$"""
            "{{(char)('A' + i)}}": { "register": {{i}} }
            """));
        var text = $$"""{ "portal": { "id": "P", "owner": "urn:o" }, "connection": { "protocol": "fake", "host": "h" }, "devices": [ { "id": "M", "type": "T", "unit": 1, "points": { {{list}} } } ] }""";
        var refused = new List<ConfigurationException>();
        var read = new AdapterConfigurationReader(numbers, [factory]).Read("meter.json", Encoding.UTF8.GetBytes(text), refused);
        Assert.Empty(refused);
        return read!;
    }

    public static BacklogNames Names(int before = 0, int points = Points) => new(Configuration(new FakeFactory(), before, points));

    /// <summary>Numbered readings over all the points: the number is the value, and the seconds after noon.</summary>
    public static Reading[] Readings(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => new Reading(i % Points, PointValue.From((long)i), Noon.AddSeconds(i)))];

    public static long[] Numbers(IEnumerable<Reading> readings) => [.. readings.Select(reading => reading.Value.AsSigned())];

    public static long[] Range(int first, int count) => [.. Enumerable.Range(first, count).Select(i => (long)i)];
}
