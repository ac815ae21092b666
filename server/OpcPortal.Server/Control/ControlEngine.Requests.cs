using OpcPortal.Models;

namespace OpcPortal.Server;

/// <content>What entities and customers ask for. All of it runs within the loop.</content>
internal sealed partial class ControlEngine
{
    /// <summary>Requests whose orders are not all over.</summary>
    public IReadOnlyCollection<LiveRequest> Live => _requests.Values;

    public LiveRequest? Find(Guid id) => _requests.GetValueOrDefault(id);

    /// <summary>The orders of a device that are not over.</summary>
    public IReadOnlyList<LiveOrder> OrdersOf(int device) => _devices.TryGetValue(device, out var known) ? known.Orders : [];

    /// <summary>Takes a request. That it makes sense, and who may, was asked before.</summary>
    /// <param name="places">Its devices; those that have too much to do are told so.</param>
    /// <returns>Null: it is taken. Else why none of it is.</returns>
    public ControlRefusal? Take(StoredRequest stored, IReadOnlyList<int> places, ControlTurn turn)
    {
        if (_orders + places.Count > _options.MaxOrders) return new ControlRefusal(ControlRefusalKind.TooMany, $"{_orders} orders are under way, and {_options.MaxOrders} are the most.");
        var request = Add(Made(stored, places));
        turn.Requests.Add(stored);
        if (!stored.IsWaiting) Open(request, turn);
        return null;
    }

    private LiveRequest Add(LiveRequest request)
    {
        _requests.Add(request.Request.Id, request);
        Interlocked.Add(ref _orders, request.Left);
        return request;
    }

    private static LiveRequest Made(StoredRequest stored, IReadOnlyList<int> places)
    {
        var request = new LiveRequest(stored);
        var orders = new LiveOrder[places.Count];
        for (var i = 0; i < orders.Length; i++) orders[i] = new LiveOrder(request, i, places[i], stored.Devices[i]) { Since = stored.Request.CreatedAt };
        (request.Orders, request.Left) = (orders, orders.Length);
        request.Count(ControlStatus.Received, orders.Length);
        return request;
    }

    private void Open(LiveRequest request, ControlTurn turn)
    {
        foreach (var order in request.Orders)
        {
            var device = DeviceOf(order.Device);
            device.Orders.Add(order);
            turn.Changes.Add(new OrderChange(order.Of.Request, order.Name, order.Device, OrderState.Received, ControlStatus.Received, turn.Now, null));
            if (order.Device < 0) Apply(device, order, OrderEvent.Forbid, turn, "there is no such device any more");
            else if (device.Orders.Count > _options.MaxOrdersPerDevice) Apply(device, order, OrderEvent.Forbid, turn, $"the device has {device.Orders.Count - 1} orders, and more are not kept");
            else if (order.Progress.IsOnce) SupersedeSwitching(device, order, turn);
            else if (Hopeless(device, order) is { } better) Apply(device, order, OrderEvent.Supersede, turn, SupersededBy(better));
            Settle(device, turn.Now);
        }
    }

    // Of two that switch the supply and are both to come, the later one is what is wanted.
    private void SupersedeSwitching(ControlledDevice device, LiveOrder order, ControlTurn turn)
    {
        foreach (var other in device.Orders.ToArray())
            if (other != order && other.Progress is { IsOnce: true, State: OrderState.Received }) Apply(device, other, OrderEvent.Supersede, turn, SupersededBy(order));
    }

    private static LiveOrder? Hopeless(ControlledDevice device, LiveOrder order)
    {
        foreach (var other in device.Orders)
            if (other != order && other.IsContending && ControlArbiter.IsHopeless(order.Claim, [other.Claim])) return other;
        return null;
    }

    private ControlledDevice DeviceOf(int device)
    {
        if (!_devices.TryGetValue(device, out var known)) _devices.Add(device, known = new ControlledDevice(device));
        return known;
    }

    /// <summary>A second person approves a request that waits for it.</summary>
    public ControlRefusal? Approve(Guid id, string approver, ControlTurn turn)
    {
        if (Find(id) is not { } request) return Unknown(id);
        if (!request.Stored.IsWaiting) return new ControlRefusal(ControlRefusalKind.AlreadyOver, "It waits for nobody's approval.");
        if (approver == request.Request.Individual) return new ControlRefusal(ControlRefusalKind.Denied, "Who asked for it cannot approve it.");
        request.Stored = request.Stored with { ApprovedBy = approver, IsWaiting = false };
        turn.Requests.Add(request.Stored);
        Open(request, turn);
        return null;
    }

    /// <summary>Ends an entity's request, or the orders of some of its devices.</summary>
    /// <param name="at">UTC; the present or before: now.</param>
    /// <param name="randomize">Each order ends at a time drawn between then and so long after it.</param>
    /// <param name="of">Which devices; null: all.</param>
    /// <returns>How many are ended.</returns>
    public (int Count, ControlRefusal? Refused) Cancel(Guid id, DateTime at, TimeSpan randomize, Func<int, bool>? of, ControlTurn turn)
    {
        if (Find(id) is not { } request) return (0, Unknown(id));
        if (request.Stored.IsWaiting)
        {
            // Nothing was begun: it is as if it had not been asked.
            _requests.Remove(id);
            Interlocked.Add(ref _orders, -request.Left);
            turn.Over.Add(id);
            return (request.Left, null);
        }

        var count = 0;
        foreach (var order in request.Orders)
        {
            if (order.Progress.IsOver || (of is not null && !of(order.Device)) || !order.Progress.TryApply(OrderEvent.Cancel, out _)) continue;
            count++;
            order.CancelAt = at + (randomize * OrderSchedule.Draw(id, order.Name + "/cancel").First);
            if (order.CancelAt > turn.Now) turn.Steps.Add(new ControlStep(id, order.Place, OrderEvent.None, order.CancelAt, null, CancelLater));
            else Apply(DeviceOf(order.Device), order, OrderEvent.Cancel, turn, Cancelled);
            Settle(DeviceOf(order.Device), turn.Now);
        }

        return (count, count > 0 ? null : new ControlRefusal(ControlRefusalKind.AlreadyOver, "Nothing of it can be cancelled any more."));
    }

    private const string Cancelled = "cancelled";
    private const string CancelLater = "cancel";

    /// <summary>A customer leaves what a device is asked for.</summary>
    /// <param name="until">UTC; when it joins again by itself. Null: not while these requests last.</param>
    public (int Count, ControlRefusal? Refused) OptOut(int device, DateTime? until, ControlTurn turn)
    {
        if (!_devices.TryGetValue(device, out var known)) return (0, new ControlRefusal(ControlRefusalKind.AlreadyOver, "Nothing is asked of the device now."));
        var policy = _options.Policy;
        var leaves = LeavesOf(_field.NameOf(device), turn.Now);
        if (leaves.Count >= policy.MaxLeaves) return (0, new ControlRefusal(ControlRefusalKind.MayNotLeave, $"Requests were left {policy.MaxLeaves} times within {policy.LeaveWindow.TotalDays:0} days."));
        var (count, bound) = (0, 0);
        foreach (var order in known.Orders.ToArray())
        {
            if (order.Of.Request.IsMandatory || order.Progress.IsOnce)
            {
                bound++;
                continue;
            }

            if (!Apply(known, order, OrderEvent.OptOut, turn, "the customer left it")) continue;
            order.JoinAt = until ?? DateTime.MaxValue;
            if (until is { } at) turn.Steps.Add(new ControlStep(order.Of.Request.Id, order.Place, OrderEvent.None, at, null, JoinLater));
            count++;
        }

        if (count > 0)
        {
            leaves.Add(turn.Now);
            turn.Leaves.Add((_field.NameOf(device), turn.Now));
        }

        Settle(known, turn.Now);
        if (count > 0) return (count, null);
        return (0, bound > 0 ? new ControlRefusal(ControlRefusalKind.MayNotLeave, "What is asked of the device is mandatory, or switches its supply.") : new ControlRefusal(ControlRefusalKind.AlreadyOver, "Nothing is left to leave."));
    }

    private const string JoinLater = "join";

    // When the customer of a device left requests lately.
    private List<DateTime> LeavesOf(string device, DateTime now)
    {
        if (!_leaves.TryGetValue(device, out var leaves)) _leaves.Add(device, leaves = []);
        leaves.RemoveAll(leave => leave <= now - _options.Policy.LeaveWindow);
        return leaves;
    }

    /// <summary>A customer joins again what was left.</summary>
    public (int Count, ControlRefusal? Refused) OptIn(int device, ControlTurn turn)
    {
        var count = 0;
        if (_devices.TryGetValue(device, out var known))
        {
            foreach (var order in known.Orders)
            {
                if (order.Progress.State != OrderState.OptedOut) continue;
                Join(order, turn);
                count++;
            }

            Settle(known, turn.Now);
        }

        return (count, count > 0 ? null : new ControlRefusal(ControlRefusalKind.AlreadyOver, "Nothing was left that could be joined."));
    }

    /// <summary>Rights may have changed: what runs without leave, and is not to finish, is stopped.</summary>
    public int Recheck(ControlTurn turn)
    {
        var stopped = 0;
        foreach (var device in _devices.Values.ToArray())
        {
            foreach (var order in device.Orders.ToArray())
            {
                if (order.Progress.IsOnce || order.Progress.State is not (OrderState.Sending or OrderState.Started) || _rights.MayFinish(order.Of.Request, order.Device)) continue;
                if (_rights.Find(order.Of.Request, order.Device, turn.Now) is { } refused && Apply(device, order, OrderEvent.Forbid, turn, refused.ToString())) stopped++;
            }

            Settle(device, turn.Now);
        }

        return stopped;
    }

    /// <summary>The same within the loop, and without waiting for it.</summary>
    public void RecheckSoon() => _inbox.Writer.TryWrite(turn => Recheck(turn));

    /// <summary>A request by what is kept of it.</summary>
    public static LiveRequest Replayed(StoredRequest stored, IReadOnlyList<ControlStep> steps, IControlField field)
    {
        var request = Made(stored, [.. stored.Devices.Select(field.Find)]);
        foreach (var step in steps) Replay(request.Orders[step.Order], step);
        return request;
    }

    private static ControlRefusal Unknown(Guid id) => new(ControlRefusalKind.UnknownRequest, $"No request {id:N} is under way.");

    // What the process before left, by what is kept of it: nothing is decided here.
    private void Restore(StoredRequest stored, IReadOnlyList<ControlStep> steps)
    {
        var request = Add(Replayed(stored, steps, _field));
        if (stored.IsWaiting) return;
        foreach (var order in request.Orders)
        {
            if (order.Progress.IsOver)
            {
                request.Left--;
                Interlocked.Decrement(ref _orders);
                continue;
            }

            order.IsUncertain = order.Told is not null && !order.IsConfirmed && order.Progress.MayBeOn;
            if (order.Progress.State == OrderState.Started && order.IsConfirmed) order.VerifyAt = Now + _options.VerifyAfter;
            var device = DeviceOf(order.Device);
            device.Orders.Add(order);
            if (order.Channel == ControlOutput.Switch && order.ToldAt > device.Past.Since) device.Past = new SwitchPast(order.Told!.Value.Output == ControlOutput.Off, order.ToldAt);
        }

        // Its end and that it is over are kept together, so that there is always something left of it.
        if (request.Left == 0) _requests.Remove(stored.Request.Id);
    }

    private static void Replay(LiveOrder order, ControlStep step)
    {
        if (step.What != OrderEvent.None)
        {
            var before = order.Progress.Status;
            if (!order.Progress.TryApply(step.What, out var after)) throw new StorageException($"{order.Name}: {step.What} cannot follow in {order.Progress.State}.");
            (order.Progress, order.Since, order.Reason) = (after, step.At, step.Reason);
            order.Of.Count(before, -1);
            order.Of.Count(after.Status, 1);
            if (step.What is OrderEvent.Confirmed or OrderEvent.Done) order.IsConfirmed = true;
            if (after.State == OrderState.Releasing) order.ReleaseAt = step.At;
            if (step.What is OrderEvent.OptIn) order.JoinAt = DateTime.MaxValue;
        }
        else if (step.Reason == CancelLater) order.CancelAt = step.At;
        else if (step.Reason == JoinLater) order.JoinAt = step.At;
        else if (step.Mark is null) order.IsConfirmed = true;

        if (step.Mark is null) return;
        (order.Told, order.ToldAt, order.IsConfirmed) = (ControlMark.Parse(step.Mark), step.At, false);
    }
}
