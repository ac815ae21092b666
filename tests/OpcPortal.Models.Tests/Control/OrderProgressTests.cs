namespace OpcPortal.Models.Tests;

/// <summary>The life of a device's part of a request, against the table of what may follow what.</summary>
public sealed class OrderProgressTests(ITestOutputHelper output)
{
    // What ends an order is rarer than what carries it on: else few would live long enough to see much.
    private static readonly OrderEvent[] Ends = [OrderEvent.Cancel, OrderEvent.Supersede, OrderEvent.TakeOver, OrderEvent.Forbid, OrderEvent.Refused, OrderEvent.WindowOver];
    private static readonly OrderEvent[] Events = [.. Enum.GetValues<OrderEvent>().Where(what => what != OrderEvent.None)];

    private static OrderProgress After(params OrderEvent[] events)
    {
        var progress = OrderProgress.New;
        foreach (var what in events) Assert.True(progress.TryApply(what, out progress), $"{what} in {progress}");
        return progress;
    }

    // portal-model.md, Commands: the statuses.
    [Theory]
    [InlineData(ControlStatus.Received)]
    [InlineData(ControlStatus.Received, OrderEvent.Due)]
    [InlineData(ControlStatus.Started, OrderEvent.Due, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.Started, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.Over)]
    [InlineData(ControlStatus.Completed, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.Over, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.OptOut, OrderEvent.OptOut)]
    [InlineData(ControlStatus.OptOut, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.OptOut)]
    [InlineData(ControlStatus.OptOut, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.OptOut, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.OptIn, OrderEvent.OptOut, OrderEvent.OptIn)]
    [InlineData(ControlStatus.OptIn, OrderEvent.OptOut, OrderEvent.OptIn, OrderEvent.Due)]
    [InlineData(ControlStatus.Started, OrderEvent.OptOut, OrderEvent.OptIn, OrderEvent.Due, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.Cancelled, OrderEvent.Cancel)]
    [InlineData(ControlStatus.Cancelled, OrderEvent.Due, OrderEvent.Cancel, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.Cancelled, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.Cancel, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.Cancelled, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.OptOut, OrderEvent.Cancel, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.Superseded, OrderEvent.Supersede)]
    [InlineData(ControlStatus.Superseded, OrderEvent.Due, OrderEvent.TakeOver)]
    [InlineData(ControlStatus.Superseded, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.TakeOver)]
    [InlineData(ControlStatus.Superseded, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.Supersede, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.Completed, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.Over, OrderEvent.TakeOver)]
    [InlineData(ControlStatus.PartialOptOut, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.OptOut, OrderEvent.Confirmed, OrderEvent.Over)]
    [InlineData(ControlStatus.PartialOptOut, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.OptOut, OrderEvent.Over, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.PartialOptIn, OrderEvent.OptOut, OrderEvent.OptIn, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.Over, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.NoParticipation, OrderEvent.OptOut, OrderEvent.Over)]
    [InlineData(ControlStatus.Expired, OrderEvent.WindowOver)]
    [InlineData(ControlStatus.Expired, OrderEvent.Due, OrderEvent.WindowOver, OrderEvent.Confirmed)]
    [InlineData(ControlStatus.Rejected, OrderEvent.Forbid)]
    [InlineData(ControlStatus.Rejected, OrderEvent.Due, OrderEvent.Refused)]
    [InlineData(ControlStatus.Rejected, OrderEvent.Due, OrderEvent.Confirmed, OrderEvent.Forbid, OrderEvent.Confirmed)]
    public void What_is_answered_follows_from_what_happened(ControlStatus status, params OrderEvent[] events) => Assert.Equal(status, After(events).Status);

    [Fact]
    public void What_is_done_once_cannot_be_taken_back_when_it_is_on_its_way()
    {
        var once = OrderProgress.New with { IsOnce = true };
        Assert.True(once.TryApply(OrderEvent.Cancel, out var cancelled) && cancelled.Status == ControlStatus.Cancelled);
        Assert.True(once.TryApply(OrderEvent.Due, out var sending));
        foreach (var what in (OrderEvent[])[OrderEvent.Cancel, OrderEvent.Over, OrderEvent.OptOut, OrderEvent.Supersede, OrderEvent.TakeOver, OrderEvent.Forbid]) Assert.False(sending.TryApply(what, out _), what.ToString());
        Assert.True(sending.TryApply(OrderEvent.Done, out var done) && done.Status == ControlStatus.Completed);
        Assert.True(sending.TryApply(OrderEvent.WindowOver, out var late) && late.Status == ControlStatus.Expired);
        Assert.False(OrderProgress.New.TryApply(OrderEvent.Done, out _));
    }

    [Fact]
    public void Customers_leave_what_is_asked_of_their_loads_but_not_what_switches_their_supply()
    {
        Assert.True(OrderProgress.New.TryApply(OrderEvent.OptOut, out _));
        Assert.False((OrderProgress.New with { IsOnce = true }).TryApply(OrderEvent.OptOut, out _));
    }

    [Fact]
    public void Nothing_happens_to_what_is_over()
    {
        foreach (var state in Enum.GetValues<OrderState>().Where(state => new OrderProgress(state).IsOver))
            foreach (var what in Events) Assert.False(new OrderProgress(state).TryApply(what, out var same) || same != new OrderProgress(state), $"{what} in {state}");
    }

    [Theory]
    [InlineData(OrderState.Received, OrderEvent.Confirmed)]
    [InlineData(OrderState.Received, OrderEvent.OptIn)]
    [InlineData(OrderState.Started, OrderEvent.Due)]
    [InlineData(OrderState.Started, OrderEvent.WindowOver)]
    [InlineData(OrderState.OptedOut, OrderEvent.Due)]
    [InlineData(OrderState.OptedOut, OrderEvent.OptOut)]
    [InlineData(OrderState.Releasing, OrderEvent.Due)]
    public void What_makes_no_sense_is_not_possible(OrderState state, OrderEvent what) => Assert.False(new OrderProgress(state).TryApply(what, out _));

    // Whatever happens in whatever order: what was once on the way to a device and is over was confirmed as ended, refused or taken over by another, never just forgotten.
    [Fact]
    public void A_device_that_may_have_begun_is_never_left_to_itself()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var ends = new HashSet<ControlStatus>();
        for (var life = 0; life < 20_000; life++)
        {
            var progress = OrderProgress.New;
            for (var step = 0; step < 40 && !progress.IsOver; step++)
            {
                var before = progress;
                var possible = Array.FindAll(Events, what => before.TryApply(what, out _));
                var lively = random.Next(5) == 0 ? possible : Array.FindAll(possible, what => !Ends.Contains(what));
                var what = lively[random.Next(lively.Length)];
                Assert.True(progress.TryApply(what, out progress));
                if (before.MayBeOn && !progress.MayBeOn) Assert.True(what is OrderEvent.Confirmed or OrderEvent.Refused or OrderEvent.TakeOver, $"{before} -> {what} -> {progress}");
                Assert.False(progress.IsOver && progress.Status == ControlStatus.None);
            }

            if (progress.IsOver) ends.Add(progress.Status);
        }

        Assert.Equal(
            [ControlStatus.Completed, ControlStatus.Cancelled, ControlStatus.Superseded, ControlStatus.PartialOptOut, ControlStatus.PartialOptIn, ControlStatus.NoParticipation, ControlStatus.Expired, ControlStatus.Rejected],
            ends.Order());
    }
}
