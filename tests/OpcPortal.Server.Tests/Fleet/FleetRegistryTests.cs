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
