namespace OpcPortal.Server.Tests;

public sealed class FleetPathTests
{
    [Theory]
    [InlineData(null, "p", "", "")]
    [InlineData(null, "p", "", "CommunicationState")]
    [InlineData(null, "p", "", "A/B")]
    [InlineData(null, "p.1-x_y", "d", "")]
    [InlineData(null, "p", "d", "ActivePower/EngineeringUnits")]
    [InlineData(null, "p", "d", "odd:name")]
    [InlineData("anna", "p", "", "")]
    [InlineData("anna", "p", "", "A/B")]
    [InlineData("anna", "p", "d", "")]
    [InlineData("anna", "p", "d", "odd@name")]
    public void What_is_written_is_read_back(string? owner, string portal, string device, string member)
    {
        var text = device.Length == 0 ? FleetPath.OfPortal(owner, portal, member) : FleetPath.OfDevice(owner, portal, device, member);
        Assert.True(FleetPath.TryParse(text, out var path));
        Assert.Equal((owner ?? "", portal, device, member), (path.Owner.ToString(), path.Portal.ToString(), path.Device.ToString(), path.Member.ToString()));
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
                foreach (ref var c in span) c = "ab:/.@"[random.Next(6)];
            });
            if (!FleetPath.TryParse(text, out var path)) continue;
            var owner = path.Owner.IsEmpty ? null : path.Owner.ToString();
            var (portal, device, member) = (path.Portal.ToString(), path.Device.ToString(), path.Member.ToString());
            Assert.Equal(text, device.Length == 0 ? FleetPath.OfPortal(owner, portal, member) : FleetPath.OfDevice(owner, portal, device, member));
            Assert.DoesNotContain('/', owner + portal + device);
        }
    }
}
