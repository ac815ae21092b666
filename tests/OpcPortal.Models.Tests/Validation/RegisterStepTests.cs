namespace OpcPortal.Models.Tests;

public sealed class RegisterStepTests
{
    private static readonly RegisterRule SixDigits = new(6, AllowsReset: false);

    private static RegisterRead Read(int hour, double value) => new(new DateTime(2026, 3, 10, hour, 0, 0, DateTimeKind.Utc), value);

    [Theory]
    [InlineData(100, 101.5, RegisterStepKind.Forward, 1.5)]
    [InlineData(100, 100, RegisterStepKind.Forward, 0)]
    // Six digits before the point: 999,999 is followed by 0.
    [InlineData(999_998.5, 1.5, RegisterStepKind.RollOver, 3)]
    [InlineData(500_000, 1.5, RegisterStepKind.Decrease, 0)]
    [InlineData(999_998.5, 900_000, RegisterStepKind.Decrease, 0)]
    [InlineData(1_000_001, 1, RegisterStepKind.Decrease, 0)]
    public void A_register_rolls_over_at_its_last_digit_and_nowhere_else(double before, double after, RegisterStepKind kind, double consumption)
    {
        var step = RegisterStep.Between(before, after, SixDigits);
        Assert.Equal((kind, consumption), (step.Kind, step.Consumption));
    }

    [Fact]
    public void A_register_of_unknown_size_never_rolls_over() => Assert.Equal(RegisterStepKind.Decrease, RegisterStep.Between(999_999, 1, RegisterRule.Unknown).Kind);

    [Theory]
    [InlineData(true, 0.5, RegisterStepKind.Reset)]
    [InlineData(false, 0.5, RegisterStepKind.Decrease)]
    [InlineData(true, 50, RegisterStepKind.Decrease)]
    public void Going_back_to_nothing_is_a_reset_where_resets_are_allowed(bool allowed, double after, RegisterStepKind kind)
    {
        var step = RegisterStep.Between(1234, after, new RegisterRule(6, allowed));
        Assert.Equal(kind, step.Kind);
        // What it had counted before the reset nobody knows: nothing is compared with it.
        Assert.False(step.IsKnown);
        Assert.Null(RegisterStep.Span(Read(0, 1234), Read(23, after), new RegisterRule(6, allowed), []));
    }

    [Fact]
    public void An_exchanged_meter_counts_to_the_end_of_the_old_and_from_the_beginning_of_the_new()
    {
        MeterExchange[] exchanges = [new(Read(12, 0).At, 1010, 3, "OLD-1", "NEW-2")];
        var span = RegisterStep.Span(Read(0, 1000), Read(23, 8), SixDigits, exchanges)!;
        Assert.Equal(15, span.Consumption);
        Assert.Equal("; meter OLD-1 was exchanged for NEW-2 at 1010.00, beginning with 3.00", span.Remark);
        // The same numbers without an exchange in between explain nothing.
        Assert.Null(RegisterStep.Span(Read(0, 1000), Read(23, 8), SixDigits, []));
        Assert.Null(RegisterStep.Span(Read(13, 1000), Read(23, 8), SixDigits, exchanges));
        Assert.Null(RegisterStep.Span(Read(0, 1000), Read(11, 8), SixDigits, exchanges));
    }

    [Fact]
    public void A_roll_over_is_reckoned_in_and_told()
    {
        var span = RegisterStep.Span(Read(0, 999_990), Read(23, 10), SixDigits, [])!;
        Assert.Equal((20, "; it rolled over from 999990.00 to 10.00"), (span.Consumption, span.Remark));
    }

    [Fact]
    public void An_interval_counts_by_the_share_that_lies_between_the_readings()
    {
        var half = TimeSpan.FromMinutes(30);
        var span = new RegisterSpan(new(Read(1, 0).At + half, 0), new(Read(3, 0).At, 10), 10);
        Assert.Equal([0, 0.5, 1, 0], new[] { 1, 2, 3, 4 }.Select(hour => span.ShareOf(Read(hour, 0).At, TimeSpan.FromHours(1))));
    }
}
