namespace OpcPortal.Server.Tests;

public sealed class FleetPointsTests
{
    [Fact]
    public void Every_point_in_service_is_found_by_its_number_alone_and_no_other()
    {
        var fleet = new FleetFixture();
        fleet.Load(FleetFiles.Meter);
        fleet.Load(FleetFiles.Meter.Replace("oak-1", "elm-2", StringComparison.Ordinal));
        var points = new FleetPoints(fleet.Service.Registry);
        var names = new List<string>();
        for (var point = 0; point < fleet.Service.Registry.PointCount; point++)
        {
            Assert.True(points.TryName(point, out var name), $"The point {point} has no name.");
            names.Add(name.Text);
        }

        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Contains("oak-1:CommunicationState", names);
        Assert.Contains("elm-2/meter/CommunicationReason", names);
        Assert.False(points.TryName(-1, out _));
        Assert.False(points.TryName(fleet.Service.Registry.PointCount, out _));
        var number = fleet.Service.Registry.Device("elm-2", "meter");
        Assert.True(points.TryName(fleet.Service.Registry.DeviceAt(number).FirstPoint, out var first));
        Assert.Equal(("elm-2/meter/CommunicationState", (byte)5), (first.Text, first.DataClass));
    }
}
