using OpcPortal.Ua;
namespace OpcPortal.Server.Tests;

public sealed class FleetRegistryTests
{
    [Fact]
    public void The_same_names_have_the_same_numbers_and_points_follow_their_device()
    {
        var registry = new FleetRegistry();
        var first = registry.Device("p", "a");
        var power = registry.Point("p", "a", "Power");
        var energy = registry.Point("p", "a", "Energy");
        var second = registry.Device("p", "b");
        var other = registry.Point("p", "b", "Power");
        Assert.Equal((first, power, energy), (registry.Device("p", "a"), power, power + 1));
        Assert.Equal(second, registry.Device("p", "b"));
        Assert.Equal(other, registry.Point("p", "b", "Power"));
        Assert.NotEqual(first, second);
        Assert.Equal(3, new[] { power, energy, other }.Distinct().Count());
        Assert.Throws<InvalidOperationException>(() => registry.Point("p", "c", "Power"));
    }

    [Fact]
    public void What_has_its_place_is_seen_once_it_is_opened()
    {
        var fleet = new FleetFixture();
        fleet.Load("""{ "portal": { "id": "p", "owner": "urn:owner" }, "connection": { "protocol": "none" }, "devices": [ { "id": "a", "type": "WaterHeaterType", "points": { "WaterTemperature": {}, "SwitchState": {} } } ] }""");
        var (registry, a) = (fleet.Service.Registry, fleet.Service.Registry.DeviceAt(0));
        var numbers = Enumerable.Range(0, 3).Select(n => registry.Device("p", $"n{n}")).ToArray();
        foreach (var number in numbers) registry.PlaceDevice(number, new DeviceDetails(null, a.Namespace, a.Layout!));
        Assert.Equal(["p/a"], Devices());
        Assert.False(fleet.Space.TryResolve(fleet.Node("p/n1"), out _));
        registry.OpenDevice(numbers[1], a.Layout!);
        Assert.Equal(["p/a", "p/n1"], Devices());
        Assert.True(fleet.Space.TryResolve(fleet.Node("p/n1"), out _));
        registry.OpenDevice(numbers[2], a.Layout!);
        registry.OpenDevice(numbers[0], a.Layout!);
        Assert.Equal(["p/a", "p/n0", "p/n1", "p/n2"], Devices());
        // A place is given once.
        Assert.Throws<InvalidOperationException>(() => registry.PlaceDevice(numbers[0], new DeviceDetails(null, a.Namespace, a.Layout!)));

        string[] Devices() => [.. fleet.References(fleet.Node("p"), BrowseDirection.Forward).Select(text => text[(text.LastIndexOf('=') + 1)..]).Where(id => id.StartsWith("p/", StringComparison.Ordinal) && id.Length <= 4).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void Ids_that_share_a_portal_or_a_device_name_are_apart()
    {
        var registry = new FleetRegistry();
        var devices = from portal in Enumerable.Range(0, 50) from device in Enumerable.Range(0, 50) select registry.Device($"p{portal}", $"d{device}");
        Assert.Equal(2_500, devices.ToList().Distinct().Count());
        Assert.Equal(FleetRegistry.None, registry.FindPortal("P1"));
        Assert.Equal(FleetRegistry.None, registry.FindDevice(registry.FindPortal("p1"), "d50"));
        Assert.Equal(FleetRegistry.None, registry.FindDevice(FleetRegistry.None, "d1"));
    }

    [Fact]
    public async Task It_is_read_while_it_grows()
    {
        var registry = new FleetRegistry();
        var done = 0;
        var writer = Task.Run(() =>
        {
            for (var n = 1; n <= 20_000; n++)
            {
                registry.Device("p", $"d{n}");
                Volatile.Write(ref done, n);
            }
        }, TestContext.Current.CancellationToken);
        while (!writer.IsCompleted)
        {
            var n = Volatile.Read(ref done);
            if (n == 0) continue;
            // What was given out before is found, however much is being added.
            Assert.Equal(n - 1, registry.FindDevice(registry.FindPortal("p"), $"d{n}"));
            Assert.Equal(0, registry.FindDevice(registry.FindPortal("p"), "d1"));
        }

        await writer;
        Assert.Equal(20_000, registry.DeviceCount);
    }
}
