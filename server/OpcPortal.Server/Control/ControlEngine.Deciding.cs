using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <content>What is to be done with a device, and what its answers come to.</content>
internal sealed partial class ControlEngine
{
    // A device whose state is not known is asked for it so often: readings come when they come.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly List<LiveOrder> _holding = [];
    private ControlClaim[] _claims = [];

    /// <summary>Lets the clock and the arbiter have their say on a device.</summary>
    /// <returns>The order of which it is to be told something now; null: none.</returns>
    private LiveOrder? Decide(ControlledDevice device, ControlTurn turn)
    {
        var again = DateTime.MaxValue;
        foreach (var order in device.Orders.ToArray()) again = Earlier(again, Age(device, order, turn));
        again = Earlier(again, Choose(device, turn, out var holder));
        LiveOrder? next = null;
        // One thing at a time: what the answer is to would not be known otherwise.
        var isBusy = device.Orders.Exists(static order => order.IsInFlight);
        foreach (var order in device.Orders)
        {
            if (isBusy) break;
            if (order != holder && order.Progress.State != OrderState.Releasing && !(order.Progress.IsOnce && order.Schedule.Start <= turn.Now)) continue;
            var (needs, at) = Needs(device, order, turn.Now);
            again = Earlier(again, at);
            // What ends comes before what begins on another channel.
            if (needs && (next is null || order.Progress.State == OrderState.Releasing)) next = order;
        }

        Schedule(device, again);
        return next;
    }

    private void Settle(ControlledDevice device, DateTime now) => Schedule(device, Earlier(device.DueAt, now));

    private void Schedule(ControlledDevice device, DateTime at)
    {
        if (device.Orders.Count == 0)
        {
            // What has just come on is not to be turned off at once by the next request.
            at = device.Past.Since + _field.OffTimesOf(device.Device).MinOn;
            if (at <= Now)
            {
                // Who stands in a lane is found again when it is taken from there.
                if (!device.IsQueued && _devices.GetValueOrDefault(device.Device) == device) _devices.Remove(device.Device);
                device.DueAt = DateTime.MaxValue;
                return;
            }
        }

        if (at >= device.DueAt) return;
        device.DueAt = at;
        _due.Enqueue(device, at);
    }

    /// <returns>When the clock changes something of it again.</returns>
    private DateTime Age(ControlledDevice device, LiveOrder order, ControlTurn turn)
    {
        var now = turn.Now;
        if (order.JoinAt <= now && order.Progress.State == OrderState.OptedOut) Join(order, turn);
        if (order.CancelAt <= now) Apply(device, order, OrderEvent.Cancel, turn, Cancelled);
        switch (order.Progress.State)
        {
            case OrderState.Received or OrderState.OptedOut when order.Schedule.End <= now:
                Apply(device, order, order.Progress.IsOnce ? OrderEvent.WindowOver : OrderEvent.Over, turn, order.Progress.State == OrderState.Received ? "its time is over" : null);
                break;
            case OrderState.Sending when !order.IsInFlight && WindowOf(order) <= now:
                Apply(device, order, OrderEvent.WindowOver, turn, "the device could not be told in time");
                break;
            case OrderState.Sending or OrderState.Started when !order.Progress.IsOnce && order.Schedule.End <= now:
                Apply(device, order, OrderEvent.Over, turn, null);
                break;
            case OrderState.Releasing when !order.IsInFlight && order.Since + _options.ReleaseWindow <= now:
                Apply(device, order, OrderEvent.Refused, turn, "the device could not be told that it is over: somebody has to look at it");
                break;
            case OrderState.Releasing when NeedsNoRelease(order):
                Apply(device, order, OrderEvent.Confirmed, turn, null);
                break;
            case OrderState.Started when order.VerifyAt <= now:
                Verify(device, order, turn);
                break;
        }

        // What has just ended may have nothing left to be told.
        if (NeedsNoRelease(order)) return now;
        return order.Progress.IsOver ? DateTime.MaxValue : NextAge(order, now);
    }

    private DateTime NextAge(LiveOrder order, DateTime now)
    {
        var next = order.CancelAt > now ? order.CancelAt : DateTime.MaxValue;
        return order.Progress.State switch
        {
            OrderState.Received => Earlier(next, Earlier(order.Schedule.Start > now ? order.Schedule.Start : DateTime.MaxValue, order.Schedule.End)),
            OrderState.OptedOut => Earlier(next, Earlier(order.JoinAt, order.Schedule.End)),
            OrderState.Sending => Earlier(next, Earlier(order.IsInFlight ? DateTime.MaxValue : WindowOf(order), order.Progress.IsOnce ? DateTime.MaxValue : order.Schedule.End)),
            OrderState.Started => Earlier(next, Earlier(order.VerifyAt, order.Schedule.End)),
            _ => Earlier(next, order.IsInFlight ? DateTime.MaxValue : order.Since + _options.ReleaseWindow),
        };
    }

    private static DateTime WindowOf(LiveOrder order) => order.Since + order.Of.Request.DeliveryWindow;

    // Who has the device; whoever has lost it for good is told.
    private DateTime Choose(ControlledDevice device, ControlTurn turn, out LiveOrder? holder)
    {
        _holding.Clear();
        foreach (var order in device.Orders)
            if (order.IsContending) _holding.Add(order);
        if (_claims.Length < _holding.Count) _claims = new ControlClaim[Math.Max(_holding.Count, _options.MaxOrdersPerDevice)];
        var running = -1;
        for (var i = 0; i < _holding.Count; i++)
        {
            _claims[i] = _holding[i].Claim;
            if (_holding[i].Progress.State != OrderState.Received) running = i;
        }

        var (chosen, again) = ControlArbiter.Choose(_claims.AsSpan(0, _holding.Count), running, _options.Policy.Grace, turn.Now);
        holder = chosen < 0 ? null : _holding[chosen];
        for (var i = 0; i < _holding.Count && chosen >= 0; i++)
            if (i != chosen && i != running && _claims[i].Holds(turn.Now) && _claims[chosen].Supersedes(_claims[i])) Apply(device, _holding[i], OrderEvent.Supersede, turn, SupersededBy(_holding[chosen]));
        return again;
    }

    private static string SupersededBy(LiveOrder order) => $"superseded by request {order.Of.Request.Id:N} of {order.Of.Request.Entity}";

    /// <summary>Whether the device is to be told something of an order, and when that may be.</summary>
    private (bool Needs, DateTime At) Needs(ControlledDevice device, LiveOrder order, DateTime now)
    {
        if (order.IsUncertain) return order.RetryAt > now ? (false, order.RetryAt) : (true, DateTime.MaxValue);
        if (order.Progress.State == OrderState.Releasing && order.ReleaseAt > now) return (false, order.ReleaseAt);
        var (wanted, again) = Wanted(device, order, now, out _);
        if (order.Progress.State == OrderState.Received)
            return wanted is { } first && first == ControlOutput.On && order.Of.Request.Measure.Kind == LoadMeasureKind.Off ? (false, again) : (true, again);
        if (wanted is null || (order.Told!.Value.Output == wanted && order.IsConfirmed)) return (false, again);
        return order.RetryAt > now && order.Told.Value.Output == wanted ? (false, Earlier(again, order.RetryAt)) : (true, again);
    }

    // What its channel is to be, by the order and by the rules of off times.
    private (ControlOutput? Output, DateTime Again) Wanted(ControlledDevice device, LiveOrder order, DateTime now, out string? reason)
    {
        reason = null;
        if (order.Progress.State == OrderState.Releasing) return (order.Told!.Value.Release, DateTime.MaxValue);
        if (order.Progress.State != OrderState.Received && order.Channel != ControlOutput.Switch) return (order.Told!.Value.Output, DateTime.MaxValue);
        var request = order.Of.Request;
        if (_field.OutputOf(order.Device, new LoadMeasureOf(request.Action, request.Measure), channel => BeforeOf(device, order, channel), out reason) is not { } output) return (null, DateTime.MaxValue);
        if (output.Channel != ControlOutput.Switch) return (output, DateTime.MaxValue);
        var rules = _field.OffTimesOf(order.Device);
        var (wantsOff, until) = request.Measure.Kind == LoadMeasureKind.DutyCycle
            ? OffTimes.Duty(request.Measure.Value, rules.DutyPeriod, OrderSchedule.Draw(request.Id, order.Name).First, order.Schedule.Start, now)
            : (true, DateTime.MaxValue);
        var (isOff, again) = OffTimes.Decide(rules, device.Past, wantsOff, now);
        return (isOff ? ControlOutput.Off : ControlOutput.On, Earlier(until, again));
    }

    // Writes down what the device is told, to be sent once that is kept.
    private void Tell(ControlledDevice device, LiveOrder order, ControlTurn turn)
    {
        if (order.IsUncertain && !IsSettled(device, order, turn))
        {
            _lanes.GiveBack(_field.LaneOf(order.Device));
            return;
        }

        var what = OrderEvent.None;
        if (order.Progress.State == OrderState.Received)
        {
            if (_rights.Find(order.Of.Request, order.Device, turn.Now) is { } refused)
            {
                Refuse(device, order, refused.ToString(), turn);
                return;
            }

            what = OrderEvent.Due;
        }

        if (Wanted(device, order, turn.Now, out var reason).Output is not { } output)
        {
            Refuse(device, order, reason ?? "nothing is known that it could go back to", turn);
            return;
        }

        var before = BeforeOf(device, order, output.Channel);
        if (what == OrderEvent.Due) Begin(device, order, output, turn);
        order.Told = new ControlMark(output, before);
        (order.ToldAt, order.IsConfirmed, order.IsInFlight) = (turn.Now, false, true);
        if (output.Channel == ControlOutput.Switch && device.Past.IsOff != (output == ControlOutput.Off)) device.Past = new SwitchPast(output == ControlOutput.Off, turn.Now);
        turn.Steps.Add(new ControlStep(order.Of.Request.Id, order.Place, what, turn.Now, order.Told.ToString()));
        turn.Sends.Add(order);
    }

    private void Refuse(ControlledDevice device, LiveOrder order, string reason, ControlTurn turn)
    {
        _lanes.GiveBack(_field.LaneOf(order.Device));
        Apply(device, order, order.Progress.State == OrderState.Received ? OrderEvent.Forbid : OrderEvent.Refused, turn, reason);
    }

    // It has the device now: whoever had it is told, and released of it where it did something else.
    private void Begin(ControlledDevice device, LiveOrder order, ControlOutput output, ControlTurn turn)
    {
        foreach (var other in device.Orders.ToArray())
        {
            if (other == order || other.Told is not { } told || !other.Progress.MayBeOn || other.Progress.IsOnce) continue;
            if (told.Output.Channel == output.Channel) Apply(device, other, OrderEvent.TakeOver, turn, SupersededBy(order));
            else if (other.Progress.State != OrderState.Releasing) Apply(device, other, OrderEvent.Supersede, turn, SupersededBy(order));
        }

        Enter(order, OrderEvent.Due, turn, null);
    }

    // What a channel has without control: whoever had it before knows, for it was asked before anything was changed.
    private double? BeforeOf(ControlledDevice device, LiveOrder order, string channel)
    {
        if (channel == ControlOutput.Switch) return 1;
        if (channel == ControlOutput.Supply) return null;
        if (order.Told is { } own && own.Output.Channel == channel) return own.Before;
        foreach (var other in device.Orders)
            if (other != order && other.Progress.MayBeOn && other.Told is { } told && told.Output.Channel == channel) return told.Before;
        return _field.Shown(order.Device, channel, DateTime.MinValue);
    }

    // What became of a command of a process before this one is read from the device.
    private bool IsSettled(ControlledDevice device, LiveOrder order, ControlTurn turn)
    {
        var told = order.Told!.Value.Output;
        if (_field.Shown(order.Device, told.Channel, order.ToldAt) is not { } shown)
        {
            order.RetryAt = turn.Now + LookAgain;
            return false;
        }

        order.IsUncertain = false;
        if (!Agrees(shown, told.Value)) return true;
        OnGood(device, order, turn);
        return false;
    }

    private void OnAnswer(LiveOrder order, StatusCode status, ControlTurn turn)
    {
        order.IsInFlight = false;
        var device = _devices[order.Device];
        if (status.IsGood) OnGood(device, order, turn);
        else if (IsRefusal(status)) Apply(device, order, OrderEvent.Refused, turn, $"the device refused: {status}");
        else
        {
            var pause = _options.RetryPause * Math.Pow(2, Math.Min(order.Attempts++, 16));
            order.RetryAt = turn.Now + (pause < _options.MaxRetryPause ? pause : _options.MaxRetryPause);
            order.Reason = $"told {order.Attempts} times: {status}";
        }

        Settle(device, turn.Now);
    }

    private static bool IsRefusal(StatusCode status) => status == StatusCodes.BadNotSupported || status == StatusCodes.BadNotWritable || status == StatusCodes.BadUserAccessDenied || status == StatusCodes.BadOutOfRange
        || status == StatusCodes.BadTypeMismatch || status == StatusCodes.BadInvalidArgument || status == StatusCodes.BadNotImplemented || status == StatusCodes.BadConfigurationError || status == StatusCodes.BadMethodInvalid;

    private void OnGood(ControlledDevice device, LiveOrder order, ControlTurn turn)
    {
        (order.IsConfirmed, order.Attempts, order.VerifyAt) = (true, 0, turn.Now + _options.VerifyAfter);
        if (order.Progress.State == OrderState.Started) turn.Steps.Add(new ControlStep(order.Of.Request.Id, order.Place, OrderEvent.None, turn.Now));
        // What ended while it was on its way is released next, and that was no answer to it.
        else if (order.Progress.State != OrderState.Releasing || IsReleased(order)) Apply(device, order, order.Progress.IsOnce ? OrderEvent.Done : OrderEvent.Confirmed, turn, null);
    }

    private static bool IsReleased(LiveOrder order) => order.Told is { } told && told.Release is { } release && Agrees(told.Output.Value, release.Value);

    // Nothing is left to be told: what it was told last is what releases it.
    private static bool NeedsNoRelease(LiveOrder order) => order.Progress.State == OrderState.Releasing && !order.IsInFlight && order.IsConfirmed && IsReleased(order);

    // A device that says yes and does nothing is found out by what it reports.
    private void Verify(ControlledDevice device, LiveOrder order, ControlTurn turn)
    {
        order.VerifyAt = DateTime.MaxValue;
        if (order.Told is not { } told || !order.IsConfirmed || _field.Shown(order.Device, told.Output.Channel, order.ToldAt) is not { } shown || Agrees(shown, told.Output.Value)) return;
        Apply(device, order, OrderEvent.Refused, turn, $"the device confirmed {told.Output} and shows {shown:0.###}: it did not do it, or somebody else changed it");
    }

    // Set-points are rounded by devices.
    private static bool Agrees(double shown, double told) => Math.Abs(shown - told) <= 0.01 * Math.Max(1, Math.Abs(told));

    private void Join(LiveOrder order, ControlTurn turn)
    {
        order.JoinAt = DateTime.MaxValue;
        if (order.Progress.TryApply(OrderEvent.OptIn, out _)) Enter(order, OrderEvent.OptIn, turn, null, isStep: true);
    }

    /// <summary>Lets something happen to an order, and writes it down.</summary>
    /// <returns>False where it cannot happen to it now.</returns>
    private bool Apply(ControlledDevice device, LiveOrder order, OrderEvent what, ControlTurn turn, string? reason)
    {
        if (!order.Progress.TryApply(what, out var after)) return false;
        if (after.State == OrderState.Releasing)
        {
            (order.Attempts, order.RetryAt) = (0, turn.Now);
            // Loads of which many come back at once come back in turn.
            if (what == OrderEvent.Over && order.Channel == ControlOutput.Switch && device.Past.IsOff)
                order.ReleaseAt = turn.Now + OffTimes.Pickup(_field.OffTimesOf(order.Device), turn.Now - device.Past.Since, OrderSchedule.Draw(order.Of.Request.Id, order.Name).Second);
            else order.ReleaseAt = turn.Now;
        }

        Enter(order, what, turn, reason, isStep: true);
        if (!order.Progress.IsOver) return true;
        device.Orders.Remove(order);
        Interlocked.Decrement(ref _orders);
        if (--order.Of.Left > 0) return true;
        _requests.Remove(order.Of.Request.Id);
        turn.Over.Add(order.Of.Request.Id);
        return true;
    }

    private static void Enter(LiveOrder order, OrderEvent what, ControlTurn turn, string? reason, bool isStep = false)
    {
        var before = order.Progress.Status;
        order.Progress.TryApply(what, out var after);
        (order.Progress, order.Since, order.Reason) = (after, turn.Now, reason);
        order.Of.Count(before, -1);
        order.Of.Count(after.Status, 1);
        if (isStep) turn.Steps.Add(new ControlStep(order.Of.Request.Id, order.Place, what, turn.Now, null, reason));
        turn.Changes.Add(new OrderChange(order.Of.Request, order.Name, order.Device, after.State, after.Status, turn.Now, reason));
    }

    private static DateTime Earlier(DateTime one, DateTime other) => one < other ? one : other;
}
