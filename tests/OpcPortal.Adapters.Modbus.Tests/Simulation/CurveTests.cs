using OpcPortal.Adapters.Simulation;

namespace OpcPortal.Adapters.Modbus.Tests;

public sealed class CurveTests
{
    private static readonly DateTime Start = new(2026, 6, 10, 3, 17, 0, DateTimeKind.Utc);

    public static TheoryData<string, ICurve> Curves => new()
    {
        { "household", new LoadCurve(1, 650) },
        { "commercial", new LoadCurve(2, 9000, LoadShape.Commercial) },
        { "water", new LoadCurve(3, 0.02, LoadShape.Water) },
        { "heating", new LoadCurve(4, 0.5, LoadShape.Heating) },
        { "sun", new SolarCurve(5, 6000) },
        { "ripple", new Ripple(6) },
    };

    // The oracle is a sum of small steps; appliances that switch within a step make it miss by about a step's worth.
    [Theory]
    [MemberData(nameof(Curves), DisableDiscoveryEnumeration = true)]
    public void The_integral_is_that_of_the_value(string name, ICurve curve)
    {
        _ = name;
        var step = TimeSpan.FromSeconds(2);
        double sum = 0;
        double size = 0;
        for (var at = Start; at < Start + TimeSpan.FromHours(30); at += step)
        {
            sum += curve.At(at + (step / 2)) * step.TotalHours;
            size += Math.Abs(curve.At(at + (step / 2))) * step.TotalHours;
        }

        Assert.Equal(sum, curve.Integral(Start + TimeSpan.FromHours(30)) - curve.Integral(Start), size * 0.002);
    }

    [Theory]
    [MemberData(nameof(Curves), DisableDiscoveryEnumeration = true)]
    public void What_is_drawn_is_never_negative_and_its_register_never_falls(string name, ICurve curve)
    {
        if (name == "ripple") return;
        var before = curve.Integral(Start);
        for (var at = Start; at < Start + TimeSpan.FromDays(8); at += TimeSpan.FromMinutes(3))
        {
            Assert.True(curve.At(at) >= 0, $"{at:O}: {curve.At(at)}");
            Assert.True(curve.Integral(at) >= before, $"{at:O}");
            before = curve.Integral(at);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_curve_and_another_seed_another()
    {
        Assert.Equal(new LoadCurve(7, 650).At(Start), new LoadCurve(7, 650).At(Start));
        Assert.NotEqual(new LoadCurve(7, 650).At(Start), new LoadCurve(8, 650).At(Start));
        Assert.Equal(new SolarCurve(7, 6000).Integral(Start), new SolarCurve(7, 6000).Integral(Start));
    }

    [Fact]
    public void The_sun_does_not_shine_at_night_and_gives_more_in_summer()
    {
        var sun = new SolarCurve(9, 6000);
        Assert.Equal(0, sun.At(new DateTime(2026, 6, 10, 0, 30, 0, DateTimeKind.Utc)));
        Assert.InRange(sun.At(new DateTime(2026, 6, 10, 12, 0, 0, DateTimeKind.Utc)), 500, 6000);
        double Month(int month) => sun.Integral(new DateTime(2026, month, 28, 0, 0, 0, DateTimeKind.Utc)) - sun.Integral(new DateTime(2026, month, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.True(Month(6) > 1.5 * Month(12));
    }

    [Fact]
    public void A_household_draws_more_in_the_evening_than_at_night_and_a_load_moves_within_seconds()
    {
        var load = new LoadCurve(10, 650);
        double Hours(int from, int to) => load.Integral(Start.Date.AddHours(to)) - load.Integral(Start.Date.AddHours(from));
        Assert.True(Hours(18, 21) > 1.3 * Hours(1, 4));
        Assert.NotEqual(Math.Round(load.At(Start)), Math.Round(load.At(Start.AddSeconds(5))));
    }
}
