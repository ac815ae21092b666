using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>Orders on their way to devices and back.</summary>
public sealed class ControlEngineTests
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_shed_begins_and_ends_when_it_is_to()
    {
        await using var world = await ControlWorld.CreateAsync();
        var shed = await world.TakeAsync(world.Shed(fromMinutes: 10, minutes: 30), 1);
        await world.PassAsync(9);
        Assert.Empty(world.Field.Told);
        await world.PassAsync(1);
        Assert.Equal([ControlOutput.Off], world.Field.ToldOf(1));
        await world.PassAsync(29);
        Assert.Equal(0, world.Field.Of(1, ControlOutput.Switch));
        await world.PassAsync(1);
        Assert.Equal([ControlOutput.Off, ControlOutput.On], world.Field.ToldOf(1));
        Assert.Equal([ControlStatus.Received, ControlStatus.Started, ControlStatus.Completed], world.StatusesOf(shed, 1));
        Assert.Equal(0, world.Engine.Orders);
    }

    [Fact]
    public async Task What_was_there_before_comes_back_after_a_limit_and_an_offset()
    {
        await using var world = await ControlWorld.CreateAsync();
        await world.TakeAsync(world.Shed(minutes: 30, measure: new LoadMeasure(LoadMeasureKind.PowerLimit, 1500)), 1);
        await world.TakeAsync(world.Shed(minutes: 30, measure: new LoadMeasure(LoadMeasureKind.SetPointOffset, -2)), 2);
        Assert.Equal((1500, 19), (world.Field.Of(1, "PowerLimit"), world.Field.Of(2, "TemperatureSetpoint")));
        await world.PassAsync(30);
        Assert.Equal((7000, 21), (world.Field.Of(1, "PowerLimit"), world.Field.Of(2, "TemperatureSetpoint")));
    }

    [Fact]
    public async Task The_stronger_request_takes_the_device_over_without_a_moment_between_and_the_loser_is_told()
    {
        await using var world = await ControlWorld.CreateAsync();
        var weak = await world.TakeAsync(world.Shed(minutes: 60, measure: new LoadMeasure(LoadMeasureKind.PowerLimit, 3000)), 1);
        var strong = await world.TakeAsync(world.Shed(minutes: 30, entity: "utility", primacy: 1, measure: new LoadMeasure(LoadMeasureKind.PowerLimit, 1000)), 1);
        // Grace: the one that runs is left a minute.
        Assert.Equal(3000, world.Field.Of(1, "PowerLimit"));
        await world.PassAsync(1);
        Assert.Equal([3000, 1000], world.Field.ToldOf(1).Select(told => told.Value));
        Assert.Equal([ControlStatus.Received, ControlStatus.Started, ControlStatus.Superseded], world.StatusesOf(weak, 1));
        Assert.Contains(strong.Id.ToString("N"), world.ReasonOf(weak, 1), StringComparison.Ordinal);
        await world.PassAsync(30);
        // Not what the first had made of it, but what was there before both.
        Assert.Equal([3000, 1000, 7000], world.Field.ToldOf(1).Select(told => told.Value));
    }

    [Fact]
    public async Task Who_is_superseded_by_another_measure_is_released_as_well()
    {
        await using var world = await ControlWorld.CreateAsync();
        var weak = await world.TakeAsync(world.Shed(minutes: 60), 1);
        var strong = await world.TakeAsync(world.Shed(minutes: 30, entity: "utility", primacy: 1, measure: new LoadMeasure(LoadMeasureKind.PowerLimit, 1000)), 1);
        await world.PassAsync(2);
        Assert.Equal((1, 1000), (world.Field.Of(1, ControlOutput.Switch), world.Field.Of(1, "PowerLimit")));
        Assert.Equal(ControlStatus.Superseded, world.StatusesOf(weak, 1)[^1]);
        Assert.Equal(ControlStatus.Started, world.StatusesOf(strong, 1)[^1]);
    }

    [Fact]
    public async Task Of_two_entities_at_the_same_instant_one_holds_and_the_other_is_told_at_once()
    {
        await using var world = await ControlWorld.CreateAsync();
        var (one, other) = (world.Shed(fromMinutes: 5), world.Shed(fromMinutes: 5, entity: "retailer"));
        await world.TakeAsync(one, 1);
        await world.TakeAsync(other, 1);
        await world.PassAsync(6);
        var statuses = new[] { world.StatusesOf(one, 1)[^1], world.StatusesOf(other, 1)[^1] };
        Assert.Equal([ControlStatus.Started, ControlStatus.Superseded], statuses.Order());
        Assert.Single(world.Field.ToldOf(1));
    }

    [Fact]
    public async Task Cancelled_now_or_later_it_ends_then_and_what_is_done_cannot_be_cancelled()
    {
        await using var world = await ControlWorld.CreateAsync();
        var (early, late) = (await world.TakeAsync(world.Shed(), 1), await world.TakeAsync(world.Shed(), 2));
        Assert.Equal(1, (await world.CancelAsync(early.Id)).Count);
        Assert.Equal(1, (await world.CancelAsync(late.Id, inMinutes: 10)).Count);
        Assert.Equal(ControlStatus.Cancelled, world.StatusesOf(early, 1)[^1]);
        await world.RestartAsync();
        await world.PassAsync(9);
        Assert.Equal(0, world.Field.Of(2, ControlOutput.Switch));
        await world.PassAsync(1);
        Assert.Equal((1, ControlStatus.Cancelled), (world.Field.Of(2, ControlOutput.Switch), world.StatusesOf(late, 2)[^1]));
        Assert.Equal(ControlRefusalKind.UnknownRequest, (await world.CancelAsync(early.Id)).Refused!.Kind);
    }

    [Fact]
    public async Task A_customer_leaves_and_joins_again_and_the_answer_says_so()
    {
        await using var world = await ControlWorld.CreateAsync();
        var shed = await world.TakeAsync(world.Shed(minutes: 60), 1);
        Assert.Equal(1, (await world.OptOutAsync(1, minutes: 20)).Count);
        Assert.Equal(1, world.Field.Of(1, ControlOutput.Switch));
        await world.RestartAsync();
        await world.PassAsync(20);
        Assert.Equal(0, world.Field.Of(1, ControlOutput.Switch));
        await world.PassAsync(40);
        Assert.Equal([ControlStatus.Received, ControlStatus.Started, ControlStatus.OptOut, ControlStatus.OptIn, ControlStatus.Started, ControlStatus.PartialOptIn], world.StatusesOf(shed, 1));
    }

    [Fact]
    public async Task What_is_mandatory_cannot_be_left_and_nobody_leaves_more_often_than_may_be()
    {
        await using var world = await ControlWorld.CreateAsync(new ControlOptions { Policy = new ControlPolicy { MaxLeaves = 2 } });
        await world.TakeAsync(world.Shed() with { IsMandatory = true }, 1);
        Assert.Equal((0, ControlRefusalKind.MayNotLeave), (await world.OptOutAsync(1)) is var bound ? (bound.Count, bound.Refused!.Kind) : default);
        Assert.Equal(0, world.Field.Of(1, ControlOutput.Switch));
        for (var i = 0; i < 3; i++)
        {
            await world.TakeAsync(world.Shed(minutes: 5), 2);
            var (count, refused) = await world.OptOutAsync(2);
            Assert.Equal((i < 2 ? 1 : 0, i < 2 ? null : ControlRefusalKind.MayNotLeave), (count, refused?.Kind));
            await world.PassAsync(6);
            // It is remembered over a restart.
            await world.RestartAsync();
        }
    }

    [Fact]
    public async Task Whether_a_home_has_supply_is_not_its_customers_to_leave()
    {
        await using var world = await ControlWorld.CreateAsync();
        var disconnect = await world.TakeAsync(world.Shed() with { Action = ControlAction.DisconnectSupply, Measure = default, Duration = TimeSpan.Zero, Start = world.Now.AddMinutes(10) }, 1);
        var shed = await world.TakeAsync(world.Shed(), 2);
        Assert.Equal((0, ControlRefusalKind.MayNotLeave), (await world.OptOutAsync(1)) is var bound ? (bound.Count, bound.Refused?.Kind) : default);
        Assert.Equal(1, (await world.OptOutAsync(2)).Count);
        await world.PassAsync(11);
        Assert.Equal(ControlStatus.Completed, world.StatusesOf(disconnect, 1)[^1]);
        Assert.Contains(ControlStatus.OptOut, world.StatusesOf(shed, 2));
        Assert.Equal(0, world.Field.Of(1, ControlOutput.Supply));
    }

    [Fact]
    public async Task A_device_that_says_yes_and_does_nothing_is_found_out()
    {
        await using var world = await ControlWorld.CreateAsync();
        world.Field.Manners[1] = DeviceManner.Idle;
        var (idle, good) = (await world.TakeAsync(world.Shed(), 1), await world.TakeAsync(world.Shed(), 2));
        await world.PassAsync(1);
        Assert.Equal(ControlStatus.Rejected, world.StatusesOf(idle, 1)[^1]);
        Assert.Contains("shows 1", world.ReasonOf(idle, 1), StringComparison.Ordinal);
        Assert.Equal(ControlStatus.Started, world.StatusesOf(good, 2)[^1]);
    }

    [Fact]
    public async Task A_device_that_is_away_is_told_within_the_window_and_not_after()
    {
        await using var world = await ControlWorld.CreateAsync();
        world.Field.Manners[1] = world.Field.Manners[2] = DeviceManner.Silent;
        var (comes, stays) = (await world.TakeAsync(world.Shed(), 1), await world.TakeAsync(world.Shed(), 2));
        await world.PassAsync(3, 0.1);
        world.Field.Manners[1] = DeviceManner.Obedient;
        await world.PassAsync(3, 0.1);
        Assert.Equal((0, ControlStatus.Started), (world.Field.Of(1, ControlOutput.Switch), world.StatusesOf(comes, 1)[^1]));
        // Whether it began is not known: it is told that it is over when it comes back.
        world.Field.Manners[2] = DeviceManner.Obedient;
        await world.PassAsync(10);
        Assert.Equal([ControlOutput.On], world.Field.ToldOf(2));
        Assert.Equal(ControlStatus.Expired, world.StatusesOf(stays, 2)[^1]);
    }

    [Fact]
    public async Task A_device_that_refuses_is_not_asked_again()
    {
        await using var world = await ControlWorld.CreateAsync();
        world.Field.Manners[1] = DeviceManner.Refusing;
        var shed = await world.TakeAsync(world.Shed(), 1);
        await world.PassAsync(20);
        Assert.Single(world.Field.ToldOf(1));
        Assert.Equal([ControlStatus.Received, ControlStatus.Rejected], world.StatusesOf(shed, 1));
    }

    [Fact]
    public async Task Leave_that_was_taken_back_stops_what_runs_unless_it_is_to_finish()
    {
        await using var world = await ControlWorld.CreateAsync();
        var (stopped, finishes) = (await world.TakeAsync(world.Shed(), 1), await world.TakeAsync(world.Shed(entity: "retailer"), 2));
        var later = await world.TakeAsync(world.Shed(fromMinutes: 10, entity: "retailer"), 3);
        world.Barred["brightline"] = false;
        world.Barred["retailer"] = true;
        Assert.Equal(1, await world.Engine.DoAsync(world.Engine.Recheck, Cancellation));
        await world.PassAsync(11);
        Assert.Equal((1, ControlStatus.Rejected), (world.Field.Of(1, ControlOutput.Switch), world.StatusesOf(stopped, 1)[^1]));
        Assert.Contains("agreement-7", string.Join(' ', world.Changes.Where(change => change.Request.Id == stopped.Id).Select(change => change.Reason)), StringComparison.Ordinal);
        Assert.Equal((0, ControlStatus.Started), (world.Field.Of(2, ControlOutput.Switch), world.StatusesOf(finishes, 2)[^1]));
        // What has not begun is asked at the moment of sending.
        Assert.Equal(ControlStatus.Rejected, world.StatusesOf(later, 3)[^1]);
        Assert.Empty(world.Field.ToldOf(3));
    }

    [Fact]
    public async Task A_duty_cycle_turns_the_device_off_and_on_and_ends_on()
    {
        await using var world = await ControlWorld.CreateAsync();
        world.Field.OffTimes = OffTimeRules.None with { DutyPeriod = TimeSpan.FromMinutes(10) };
        var shed = await world.TakeAsync(world.Shed(minutes: 60, measure: new LoadMeasure(LoadMeasureKind.DutyCycle, 50)), 1);
        var off = 0;
        for (var minute = 0; minute < 60; minute++)
        {
            await world.PassAsync(1, 0.5);
            if (world.Field.Of(1, ControlOutput.Switch) == 0) off++;
        }

        Assert.InRange(off, 27, 33);
        await world.PassAsync(1);
        Assert.Equal((1, ControlStatus.Completed), (world.Field.Of(1, ControlOutput.Switch), world.StatusesOf(shed, 1)[^1]));
    }

    [Fact]
    public async Task What_is_off_for_as_long_as_it_may_be_is_forced_on()
    {
        await using var world = await ControlWorld.CreateAsync();
        world.Field.OffTimes = OffTimeRules.None with { MaxOff = TimeSpan.FromMinutes(20), MinOn = TimeSpan.FromMinutes(10) };
        await world.TakeAsync(world.Shed(minutes: 60), 1);
        await world.PassAsync(21);
        Assert.Equal(1, world.Field.Of(1, ControlOutput.Switch));
        await world.PassAsync(10);
        Assert.Equal(0, world.Field.Of(1, ControlOutput.Switch));
    }

    [Fact]
    public async Task Loads_that_were_off_come_back_one_after_the_other()
    {
        await using var world = await ControlWorld.CreateAsync();
        world.Field.OffTimes = new OffTimeRules { PickupShare = 0.25 };
        await world.TakeAsync(world.Shed(minutes: 40), [.. Enumerable.Range(0, 100)]);
        await world.PassAsync(40);
        var counts = new List<int>();
        for (var minute = 0; minute < 10; minute++)
        {
            await world.PassAsync(1, 0.1);
            counts.Add(Enumerable.Range(0, 100).Count(device => world.Field.Of(device, ControlOutput.Switch) == 1));
        }

        Assert.InRange(counts[1], 5, 40);
        Assert.InRange(counts[4], 30, 70);
        Assert.Equal(100, counts[9]);
    }

    [Fact]
    public async Task A_group_goes_out_as_fast_as_its_network_takes_it_and_holds_up_nobody_else()
    {
        await using var world = await ControlWorld.CreateAsync(new ControlOptions { Policy = new ControlPolicy { Paces = new Dictionary<string, ControlPace> { ["PLC"] = new(10, 10) } } });
        for (var device = 0; device < 200; device++) world.Field.Lanes[device] = "PLC";
        await world.TakeAsync(world.Shed(), [.. Enumerable.Range(0, 200)]);
        Assert.Equal(10, world.Field.Told.Count);
        await world.PassAsync(5 / 60.0, 0.1 / 60);
        Assert.InRange(world.Field.Told.Count, 58, 61);
        // Another entity takes turns with it, and another network has its own pace.
        world.Field.Lanes[500] = "PLC";
        var (beside, elsewhere) = (await world.TakeAsync(world.Shed(entity: "utility"), 500), await world.TakeAsync(world.Shed(entity: "utility"), 600));
        await world.PassAsync(0.5 / 60, 0.1 / 60);
        Assert.Equal((ControlStatus.Started, ControlStatus.Started), (world.StatusesOf(beside, 500)[^1], world.StatusesOf(elsewhere, 600)[^1]));
    }

    [Fact]
    public async Task A_request_that_waits_for_approval_begins_when_somebody_else_gives_it()
    {
        await using var world = await ControlWorld.CreateAsync();
        var request = world.Shed() with { Individual = "ann" };
        await world.Engine.DoAsync(turn => world.Engine.Take(new StoredRequest(request, [world.Field.NameOf(1)], 12, null, IsWaiting: true), [1], turn), Cancellation);
        await world.RestartAsync();
        await world.PassAsync(1);
        Assert.Empty(world.Field.Told);
        Assert.Equal(ControlRefusalKind.Denied, (await world.Engine.DoAsync(turn => world.Engine.Approve(request.Id, "ann", turn), Cancellation))!.Kind);
        Assert.Null(await world.Engine.DoAsync(turn => world.Engine.Approve(request.Id, "ben", turn), Cancellation));
        await world.IdleAsync();
        Assert.Single(world.Field.Told);
        Assert.Equal(ControlRefusalKind.AlreadyOver, (await world.Engine.DoAsync(turn => world.Engine.Approve(request.Id, "ben", turn), Cancellation))!.Kind);
    }

    [Fact]
    public async Task A_supply_switch_is_operated_once_and_never_taken_back()
    {
        await using var world = await ControlWorld.CreateAsync();
        world.Field.Manners[1] = DeviceManner.Mute;
        var request = world.Shed() with { Action = ControlAction.DisconnectSupply, Measure = default, Duration = TimeSpan.Zero };
        await world.TakeAsync(request, 1);
        await world.PassAsync(0.1, 0.05);
        Assert.Equal((0, ControlRefusalKind.AlreadyOver), (await world.CancelAsync(request.Id)) is var answer ? (answer.Count, answer.Refused!.Kind) : default);
        world.Field.Manners[1] = DeviceManner.Obedient;
        await world.PassAsync(1, 0.1);
        Assert.Equal(ControlStatus.Completed, world.StatusesOf(request, 1)[^1]);
        await world.PassAsync(60, 10);
        Assert.Equal(0, world.Field.Of(1, ControlOutput.Supply));
    }

    [Fact]
    public async Task What_has_been_over_for_longer_than_it_is_kept_is_deleted_and_what_is_under_way_is_not()
    {
        await using var world = await ControlWorld.CreateAsync(new ControlOptions { KeepFor = TimeSpan.FromDays(10) });
        var old = await world.TakeAsync(world.Shed(minutes: 5), 1);
        await world.PassAsync(6);
        world.Time.Advance(TimeSpan.FromDays(9));
        var recent = await world.TakeAsync(world.Shed(minutes: 5), 1);
        await world.PassAsync(6);
        world.Time.Advance(TimeSpan.FromDays(2));
        var running = await world.TakeAsync(world.Shed(minutes: 5), 1);
        await world.IdleAsync();
        Assert.Null(await world.Store.FindAsync(old.Id, Cancellation));
        Assert.NotNull(await world.Store.FindAsync(recent.Id, Cancellation));
        Assert.NotNull(await world.Store.FindAsync(running.Id, Cancellation));
    }
}
