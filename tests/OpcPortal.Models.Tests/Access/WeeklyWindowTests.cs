using CsCheck;

namespace OpcPortal.Models.Tests.Access;

public sealed class WeeklyWindowTests
{
    // 2026-07-05 is a Sunday.
    private static readonly DateTime Sunday = new(2026, 7, 5, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void A_window_holds_from_its_first_instant_up_to_its_end()
    {
        var window = new WeeklyWindow(0b000_0010, TimeSpan.FromHours(9), TimeSpan.FromHours(17));
        var monday = Sunday.AddDays(1);
        Assert.Equal([false, true, true, false], new[] { monday.AddHours(9).AddTicks(-1), monday.AddHours(9), monday.AddHours(17).AddTicks(-1), monday.AddHours(17) }.Select(window.Contains));
        Assert.False(window.Contains(Sunday.AddHours(10)));
    }

    [Fact]
    public void A_window_over_midnight_belongs_to_the_day_on_which_it_opens()
    {
        var window = new WeeklyWindow(0b100_0000, TimeSpan.FromHours(22), TimeSpan.FromHours(6));
        var saturday = Sunday.AddDays(6);
        Assert.Equal([false, true, true, false, false], new[] { saturday.AddHours(5), saturday.AddHours(22), saturday.AddHours(29), saturday.AddHours(30), saturday.AddHours(46) }.Select(window.Contains));
    }

    [Fact]
    public void A_window_that_ends_as_it_begins_lasts_a_day()
    {
        var window = new WeeklyWindow(0b000_0001, TimeSpan.FromHours(6), TimeSpan.FromHours(6));
        Assert.Equal([false, true, true, false], new[] { Sunday.AddHours(5), Sunday.AddHours(6), Sunday.AddHours(29.9), Sunday.AddHours(30) }.Select(window.Contains));
        var whole = new WeeklyWindow(0b000_0001, TimeSpan.Zero, TimeSpan.FromDays(1));
        Assert.Equal([false, true, true, false], new[] { Sunday.AddTicks(-1), Sunday, Sunday.AddDays(1).AddTicks(-1), Sunday.AddDays(1) }.Select(whole.Contains));
    }

    [Fact]
    public void A_window_of_no_day_never_opens()
    {
        var window = new WeeklyWindow(0, TimeSpan.Zero, TimeSpan.FromDays(1));
        Assert.False(window.Contains(Sunday));
        Assert.Equal(DateTime.MaxValue, window.NextChange(Sunday));
        Assert.Equal(Sunday.AddDays(1), new WeeklyWindow(1, TimeSpan.Zero, TimeSpan.FromDays(1)).NextChange(Sunday));
    }

    [Fact]
    public void A_window_opens_again_a_week_later()
    {
        var window = new WeeklyWindow(0b000_0001, TimeSpan.FromHours(9), TimeSpan.FromHours(17));
        Assert.Equal(Sunday.AddHours(9), window.NextChange(Sunday));
        Assert.Equal(Sunday.AddHours(17), window.NextChange(Sunday.AddHours(9)));
        Assert.Equal(Sunday.AddDays(7).AddHours(9), window.NextChange(Sunday.AddHours(17)));
    }

    // Clocks can be anywhere; at the ends of time there is no yesterday and no tomorrow.
    [Fact]
    public void The_ends_of_time_are_no_fault()
    {
        var window = new WeeklyWindow(0x7F, TimeSpan.FromHours(22), TimeSpan.FromHours(6));
        Assert.Equal([false, true], [window.Contains(DateTime.MinValue), window.Contains(DateTime.MaxValue)]);
        Assert.Equal(DateTime.MinValue.AddHours(22), window.NextChange(DateTime.MinValue));
        Assert.Equal(DateTime.MaxValue, window.NextChange(DateTime.MaxValue));
    }

    [Fact]
    public void Until_it_changes_a_window_stays_as_it_is() => Gen.Select(Gen.Int[0, 127], Gen.Int[0, 23], Gen.Int[0, 24], Gen.Int[0, 24 * 14], Gen.Double[0, 1]).Sample((days, from, until, at, part) =>
    {
        var window = new WeeklyWindow((byte)days, TimeSpan.FromHours(from), TimeSpan.FromHours(until));
        var now = Sunday.AddHours(at * 0.5);
        var change = window.NextChange(now);
        if (change == DateTime.MaxValue) return days == 0;
        return change > now && window.Contains(now) == window.Contains(now.AddTicks((long)((change - now).Ticks * part * 0.999)));
    }, iter: 2_000);
}
