namespace OpcPortal.Server.Tests;

/// <summary>What decisions know of the nodes of a device comes from its type's declaration alone.</summary>
public sealed class LayoutClassesTests
{
    // Nothing here changes it.
    private static readonly FleetFixture Fleet = new();

    [Theory]
    [InlineData("ActivePower", 1)]
    [InlineData("ActivePower/EngineeringUnits", 1)]
    [InlineData("ActivePower/Quality", 1)]
    [InlineData("VoltageL1", 2)]
    [InlineData("CommunicationState", 5)]
    [InlineData("Manufacturer", LayoutSlot.Structural)]
    [InlineData("", LayoutSlot.Structural)]
    public void A_node_has_the_class_of_the_point_that_it_belongs_to(string member, byte expected)
    {
        var layout = Compile("ElectricityMeterType", ["ActivePower", "VoltageL1"], []);
        Assert.True(layout.TryFind(member, out var slot));
        Assert.Equal(expected, layout.Slots[slot].DataClass);
    }

    [Fact]
    public void What_is_below_a_point_is_named_by_the_point()
    {
        var layout = Compile("ElectricityMeterType", ["ActivePower"], []);
        layout.TryFind("ActivePower", out var point);
        layout.TryFind("ActivePower/Quality", out var quality);
        layout.TryFind("Manufacturer", out var nameplate);
        Assert.Equal(Fleet.Service.Fleet.Words.Of("ActivePower"), layout.Slots[point].Point);
        Assert.Equal(layout.Slots[point].Point, layout.Slots[quality].Point);
        Assert.Equal(-1, layout.Slots[nameplate].Point);
    }

    [Theory]
    [InlineData("WaterHeaterType", "Open", "LoadControl", "electricity")]
    [InlineData("InverterType", "Connect", "ResourceControl", "electricity")]
    public void Methods_have_a_function_group_and_types_a_commodity(string type, string method, string group, string commodity)
    {
        var layout = Compile(type, [], [method]);
        Assert.True(layout.TryFind(method, out var slot));
        Assert.Equal(Fleet.Service.Fleet.Words.Of(group), layout.Slots[slot].FunctionGroup);
        Assert.Equal(3, layout.Slots[slot].DataClass);
        Assert.Equal(Fleet.Service.Fleet.Words.Of(commodity), layout.Type.Commodity);
    }

    [Fact]
    public void Gas_and_water_are_no_electricity_and_a_portal_is_of_none()
    {
        var words = Fleet.Service.Fleet.Words;
        Assert.Equal([words.Of("gas"), words.Of("water"), -1], ((string[])["GasMeterType", "WaterMeterType", "PortalType"]).Select(type => Fleet.Service.Fleet.Types.FactsOf(Fleet.Service.Fleet.FindType(type)!.Value).Commodity));
    }

    // What the type demands is mapped as well: which points that are differs from type to type.
    private static TypeLayout Compile(string type, string[] points, string[] methods)
    {
        var mapped = points.Select(point => new LayoutPoint(point, false)).ToList();
        while (true)
        {
            try
            {
                return Fleet.Service.Fleet.LayoutOf(type, mapped, methods);
            }
            catch (LayoutException missing) when (mapped.TrueForAll(point => point.Name != missing.Member))
            {
                mapped.Add(new LayoutPoint(missing.Member!, false));
            }
        }
    }
}
