namespace OpcPortal.Models.Tests;

public sealed class LocalDayTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);

    // Directive 2000/84/EC: the last Sundays of March and October.
    [Theory]
    [InlineData("2026-03-28", 96, "2026-03-27T23:00", "2026-03-28T23:00")]
    [InlineData("2026-03-29", 92, "2026-03-28T23:00", "2026-03-29T22:00")]
    [InlineData("2026-10-25", 100, "2026-10-24T22:00", "2026-10-25T23:00")]
    public void A_day_of_daylight_saving_has_23_or_25_hours(string date, int intervals, string start, string end)
    {
        var day = LocalDay.Of(DateOnly.Parse(date, null), Berlin);
        Assert.Equal((start, end), ($"{day.Start:yyyy-MM-ddTHH:mm}", $"{day.End:yyyy-MM-ddTHH:mm}"));
        var ends = day.IntervalEnds(Quarter).ToList();
        Assert.Equal(intervals, ends.Count);
        Assert.Equal(day.Start + Quarter, ends[0]);
        Assert.Equal(day.End, ends[^1]);
        Assert.All(ends, each => Assert.Equal(day, LocalDay.OfInterval(each, Berlin)));
    }

    [Fact]
    public void The_hour_that_comes_twice_has_one_time_on_the_wall()
    {
        // Between 00:00 and 02:00 UTC of this day clocks in Berlin show 02:00 to 03:00 twice.
        Assert.Equal(new TimeOnly(2, 30), LocalDay.ClockOf(new DateTime(2026, 10, 25, 0, 30, 0, DateTimeKind.Utc), Berlin));
        Assert.Equal(new TimeOnly(2, 30), LocalDay.ClockOf(new DateTime(2026, 10, 25, 1, 30, 0, DateTimeKind.Utc), Berlin));
        Assert.Equal(new TimeOnly(3, 30), LocalDay.ClockOf(new DateTime(2026, 10, 25, 2, 30, 0, DateTimeKind.Utc), Berlin));
    }

    [Theory]
    [InlineData("America/Havana", "2026-03-08", 23)]
    [InlineData("America/Havana", "2026-11-01", 25)]
    public void Clocks_that_change_at_midnight_leave_no_hole_between_days(string zone, string date, int hours)
    {
        var where = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var day = LocalDay.Of(DateOnly.Parse(date, null), where);
        Assert.Equal(TimeSpan.FromHours(hours), day.End - day.Start);
        Assert.Equal(day.Start, LocalDay.Of(day.Date.AddDays(-1), where).End);
    }

    [Theory]
    [InlineData("2026-03-10T12:00:00", true)]
    [InlineData("2026-03-10T12:15:00", true)]
    [InlineData("2026-03-10T12:15:01", false)]
    [InlineData("2026-03-10T12:05:00", false)]
    public void Intervals_are_counted_from_midnight_of_UTC(string time, bool isEnd) => Assert.Equal(isEnd, LocalDay.IsEnd(DateTime.Parse(time, null), Quarter));

    [Fact]
    public void A_holiday_is_like_a_Sunday()
    {
        var calendar = new DayCalendar(new HashSet<DateOnly> { new(2026, 12, 25) });
        Assert.Equal(DayKind.Sunday, calendar.KindOf(new(2026, 12, 25)));
        Assert.Equal(DayKind.Weekday, DayCalendar.WithoutHolidays.KindOf(new(2026, 12, 25)));
        Assert.Equal(DayKind.Saturday, calendar.KindOf(new(2026, 12, 26)));
        // Before Monday the 28th: Thursday, Wednesday, Tuesday, Monday; Friday was the holiday.
        Assert.Equal([24, 23, 22, 21], calendar.LikeDaysBefore(new(2026, 12, 28), weeks: 1).Select(day => day.Day));
        Assert.Equal([25, 20], calendar.LikeDaysBefore(new(2026, 12, 27), weeks: 1).Select(day => day.Day));
    }
}
