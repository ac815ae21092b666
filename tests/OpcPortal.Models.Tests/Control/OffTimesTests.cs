namespace OpcPortal.Models.Tests;

/// <summary>How long and how often devices are off.</summary>
public sealed class OffTimesTests(ITestOutputHelper output)
{
    private static readonly DateTime Now = new(2026, 7, 1, 16, 0, 0, DateTimeKind.Utc);
    private static readonly OffTimeRules Rules = new() { MinOff = TimeSpan.FromMinutes(5), MinOn = TimeSpan.FromMinutes(7), MaxOff = TimeSpan.FromMinutes(60) };

    private static SwitchPast Off(double minutes) => new(true, Now.AddMinutes(-minutes));
    private static SwitchPast On(double minutes) => new(false, Now.AddMinutes(-minutes));

    [Fact]
    public void A_compressor_rests_before_it_is_on_again()
    {
        Assert.Equal((true, Now.AddMinutes(1)), OffTimes.Decide(Rules, Off(4), wantsOff: false, Now));
        Assert.Equal((false, DateTime.MaxValue), OffTimes.Decide(Rules, Off(5), wantsOff: false, Now));
    }

    [Fact]
    public void What_has_just_come_on_stays_on_for_a_while()
    {
        Assert.Equal((false, Now.AddMinutes(3)), OffTimes.Decide(Rules, On(4), wantsOff: true, Now));
        Assert.Equal((true, Now.AddMinutes(60)), OffTimes.Decide(Rules, On(7), wantsOff: true, Now));
    }

    [Fact]
    public void What_was_off_for_as_long_as_it_may_be_is_forced_on()
    {
        Assert.Equal((true, Now.AddMinutes(1)), OffTimes.Decide(Rules, Off(59), wantsOff: true, Now));
        Assert.Equal((false, DateTime.MaxValue), OffTimes.Decide(Rules, Off(60), wantsOff: true, Now));
        Assert.Equal((true, DateTime.MaxValue), OffTimes.Decide(Rules with { MaxOff = TimeSpan.Zero }, Off(600), wantsOff: true, Now));
    }

    [Fact]
    public void Never_off_for_longer_than_may_be_nor_switched_more_often_whatever_is_wanted()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var past = new SwitchPast(false, Now.AddDays(-1));
            var (wants, again) = (false, Now);
            for (var second = 0; second < 4 * 3600; second += 20)
            {
                var at = Now.AddSeconds(second);
                var changed = random.Next(40) == 0;
                if (changed) wants = !wants;
                var (isOff, next) = OffTimes.Decide(Rules, past, wants, at);
                if (isOff != past.IsOff)
                {
                    Assert.True(changed || again <= at, "changed before it said");
                    Assert.True(at - past.Since >= (past.IsOff ? Rules.MinOff : Rules.MinOn));
                    past = new SwitchPast(isOff, at);
                }

                if (past.IsOff) Assert.True(at - past.Since <= Rules.MaxOff);
                again = next;
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(25)]
    [InlineData(50)]
    [InlineData(99)]
    [InlineData(100)]
    public void A_duty_cycle_is_on_for_its_share_of_each_period_whatever_its_phase(double percent)
    {
        var period = TimeSpan.FromMinutes(30);
        foreach (var phase in (double[])[0, 0.3, 0.999])
        {
            var on = TimeSpan.Zero;
            var at = Now;
            while (at < Now + (4 * period))
            {
                var (wantsOff, until) = OffTimes.Duty(percent, period, phase, Now, at);
                Assert.True(until > at);
                var next = until < Now + (4 * period) ? until : Now + (4 * period);
                if (!wantsOff) on += next - at;
                at = next;
            }

            Assert.Equal(percent, on / (4 * period) * 100, 3);
        }
    }

    [Fact]
    public void Many_devices_of_one_duty_cycle_are_never_all_off_together()
    {
        var request = Guid.Parse("11111111-2222-3333-4444-555555555555");
        var phases = Enumerable.Range(0, 1_000).Select(i => OrderSchedule.Draw(request, $"oak-{i}/heater").First).ToArray();
        for (var minute = 0; minute < 60; minute += 3)
        {
            var off = phases.Count(phase => OffTimes.Duty(50, TimeSpan.FromMinutes(30), phase, Now, Now.AddMinutes(minute)).WantsOff);
            Assert.InRange(off, 420, 580);
        }
    }

    [Fact]
    public void Loads_come_back_spread_over_a_part_of_the_time_for_which_they_were_off()
    {
        Assert.Equal(TimeSpan.FromMinutes(2.5), OffTimes.Pickup(Rules, TimeSpan.FromMinutes(20), 0.5));
        Assert.Equal(TimeSpan.FromMinutes(7.5), OffTimes.Pickup(Rules, TimeSpan.FromHours(9), 0.5));
    }

    [Fact]
    public void Starts_and_ends_are_drawn_within_their_bounds_and_stay_what_they_were()
    {
        var request = RequestCheckTests.Shed with { RandomizeStart = TimeSpan.FromMinutes(-10), RandomizeEnd = TimeSpan.FromMinutes(20) };
        var drawn = Enumerable.Range(0, 1_000).Select(i => OrderSchedule.Of(request, $"oak-{i}/heater")).ToArray();
        Assert.All(drawn, one => Assert.True(one.Start > request.Start.AddMinutes(-10) && one.Start <= request.Start && one.End >= request.End && one.End < request.End.AddMinutes(20)));
        Assert.InRange(drawn.Average(one => (one.Start - request.Start).TotalMinutes), -5.6, -4.4);
        Assert.InRange(drawn.Average(one => (one.End - request.End).TotalMinutes), 8.8, 11.2);
        Assert.Equal(drawn[7], OrderSchedule.Of(request, "oak-7/heater"));
        Assert.NotEqual(drawn[7].Start, OrderSchedule.Of(request with { Id = Guid.NewGuid() }, "oak-7/heater").Start);
    }
}
