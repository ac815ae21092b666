namespace OpcPortal.Models.Tests;

/// <summary>What a request moves at a device: rather too much than too little, for caps are to hold.</summary>
public sealed class PowerEstimateTests
{
    private const double Otherwise = 1_000;

    [Theory]
    [InlineData(LoadMeasureKind.Off, 0, 3_000)]
    [InlineData(LoadMeasureKind.DutyCycle, 0, 3_000)]
    [InlineData(LoadMeasureKind.DutyCycle, 25, 2_250)]
    [InlineData(LoadMeasureKind.DutyCycle, 100, 0)]
    [InlineData(LoadMeasureKind.PowerLimit, 1_000, 2_000)]
    [InlineData(LoadMeasureKind.PowerLimit, 5_000, 0)]
    [InlineData(LoadMeasureKind.SetPointOffset, 2, 3_000)]
    public void A_measure_moves_what_it_leaves_of_the_present_power(LoadMeasureKind kind, double value, double watts) =>
        Assert.Equal(watts, PowerEstimate.WattsOf(ControlAction.Shed, new LoadMeasure(kind, value), new DevicePower(3_000, 9_000), isNow: true, Otherwise));

    [Theory]
    [InlineData(3_000.0, 9_000.0, true, 3_000)]
    [InlineData(3_000.0, 9_000.0, false, 9_000)]
    [InlineData(3_000.0, null, false, 3_000)]
    [InlineData(null, 9_000.0, true, 9_000)]
    [InlineData(null, null, true, Otherwise)]
    [InlineData(double.NaN, null, true, Otherwise)]
    [InlineData(0.0, 9_000.0, true, 0)]
    [InlineData(0.0, 9_000.0, false, 9_000)]
    [InlineData(-3_000.0, null, true, 3_000)]
    public void Now_counts_what_it_takes_and_later_the_most_that_it_may_take(double? present, double? nameplate, bool isNow, double watts) =>
        Assert.Equal(watts, PowerEstimate.WattsOf(ControlAction.Shed, LoadMeasure.Off, new DevicePower(present, nameplate), isNow, Otherwise));

    [Fact]
    public void A_supply_that_is_connected_brings_back_more_than_is_taken_while_it_is_off()
    {
        var power = new DevicePower(0, 9_000);
        Assert.Equal(9_000, PowerEstimate.WattsOf(ControlAction.ConnectSupply, default, power, isNow: true, Otherwise));
        Assert.Equal(0, PowerEstimate.WattsOf(ControlAction.DisconnectSupply, default, power, isNow: true, Otherwise));
    }
}
