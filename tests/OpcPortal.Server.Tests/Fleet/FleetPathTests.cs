namespace OpcPortal.Server.Tests;

public sealed class FleetPathTests
{
    [Theory]
    [InlineData("p", "", "")]
    [InlineData("p", "", "CommunicationState")]
    [InlineData("p", "", "A/B")]
    [InlineData("p.1-x_y", "d", "")]
    [InlineData("p", "d", "ActivePower/EngineeringUnits")]
    [InlineData("p", "d", "odd:name")]
    public void What_is_written_is_read_back(string portal, string device, string member)
    {
        var text = device.Length == 0 ? FleetPath.OfPortal(portal, member) : FleetPath.OfDevice(portal, device, member);
        Assert.True(FleetPath.TryParse(text, out var path));
        Assert.Equal((portal, device, member), (path.Portal.ToString(), path.Device.ToString(), path.Member.ToString()));
    }

    [Fact]
    public void No_text_is_read_in_two_ways()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var n = 0; n < 20_000; n++)
        {
            var text = string.Create(random.Next(1, 12), random, static (span, random) =>
            {
                foreach (ref var c in span) c = "ab:/."[random.Next(5)];
            });
            if (!FleetPath.TryParse(text, out var path)) continue;
            var (portal, device, member) = (path.Portal.ToString(), path.Device.ToString(), path.Member.ToString());
            Assert.Equal(text, device.Length == 0 ? FleetPath.OfPortal(portal, member) : FleetPath.OfDevice(portal, device, member));
            Assert.DoesNotContain('/', portal + device);
        }
    }
}
