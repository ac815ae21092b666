namespace OpcPortal.Models;

/// <summary>Where a device's part of a request stands.</summary>
public enum OrderState : byte
{
    /// <summary>Kept; its start is to come.</summary>
    Received,

    /// <summary>On its way to the device.</summary>
    Sending,

    /// <summary>The device does it.</summary>
    Started,

    /// <summary>The device is being told to end it.</summary>
    Releasing,

    /// <summary>The customer has left it, and it is not over.</summary>
    OptedOut,

    /// <summary>From here on it is over.</summary>
    Completed,
    Cancelled,
    Superseded,
    Expired,
    Rejected,
}

/// <summary>What happens to it.</summary>
public enum OrderEvent : byte
{
    None,

    /// <summary>Its start has come, and it is the one that holds.</summary>
    Due,

    /// <summary>The device has confirmed what it was told.</summary>
    Confirmed,

    /// <summary>The device refused, or did not do it.</summary>
    Refused,

    /// <summary>It could not be delivered within its window.</summary>
    WindowOver,

    /// <summary>Its end has come.</summary>
    Over,
    Cancel,

    /// <summary>Another request holds in its place, and the device is to be released of this one.</summary>
    Supersede,

    /// <summary>Another request holds in its place and has told the device already: there is nothing to release.</summary>
    TakeOver,
    OptOut,
    OptIn,

    /// <summary>A rule forbids it from now on, or leave was taken back.</summary>
    Forbid,

    /// <summary>What is done once is done.</summary>
    Done,
}

/// <summary>
/// The life of an order: a state, and of the past what its answer depends on. Pure. What ends an order that the device may have begun first releases the device: unless another takes it over.
/// </summary>
/// <param name="State">Where it stands.</param>
/// <param name="Cause">Of an order that is being released: why.</param>
/// <param name="HasLeft">The customer left it once.</param>
/// <param name="HasJoined">The customer came back.</param>
/// <param name="WasOn">The device did it once.</param>
/// <param name="IsOnce">It is done once and never released, as a supply switch is operated: once it is on its way it cannot be taken back.</param>
public readonly record struct OrderProgress(OrderState State, OrderEvent Cause = OrderEvent.None, bool HasLeft = false, bool HasJoined = false, bool WasOn = false, bool IsOnce = false)
{
    public static OrderProgress New => default;

    /// <summary>Whether nothing happens to it any more.</summary>
    public bool IsOver => State >= OrderState.Completed;

    /// <summary>Whether the device may be doing it now.</summary>
    public bool MayBeOn => State is OrderState.Sending or OrderState.Started or OrderState.Releasing;

    /// <summary>What is answered.</summary>
    public ControlStatus Status => State switch
    {
        OrderState.Received => HasJoined ? ControlStatus.OptIn : ControlStatus.Received,
        OrderState.Sending => HasJoined ? ControlStatus.OptIn : ControlStatus.Received,
        OrderState.Started => ControlStatus.Started,
        OrderState.Releasing => Cause == OrderEvent.OptOut ? ControlStatus.OptOut : ControlStatus.Started,
        OrderState.OptedOut => ControlStatus.OptOut,
        OrderState.Completed when !HasLeft => ControlStatus.Completed,
        OrderState.Completed when HasJoined => ControlStatus.PartialOptIn,
        OrderState.Completed => WasOn ? ControlStatus.PartialOptOut : ControlStatus.NoParticipation,
        OrderState.Cancelled => ControlStatus.Cancelled,
        OrderState.Superseded => ControlStatus.Superseded,
        OrderState.Expired => ControlStatus.Expired,
        _ => ControlStatus.Rejected,
    };

    /// <summary>What becomes of it.</summary>
    /// <returns>False where that cannot happen to it now.</returns>
    public bool TryApply(OrderEvent what, out OrderProgress next)
    {
        next = this;
        OrderProgress? after = State switch
        {
            OrderState.Received => AfterReceived(what),
            OrderState.Sending => AfterSending(what),
            OrderState.Started => AfterStarted(what),
            OrderState.Releasing => AfterReleasing(what),
            OrderState.OptedOut => AfterOptedOut(what),
            _ => null,
        };
        if (after is null) return false;
        next = after.Value;
        return true;
    }

    private OrderProgress? AfterReceived(OrderEvent what) => what switch
    {
        OrderEvent.Due => In(OrderState.Sending),
        OrderEvent.WindowOver or OrderEvent.Over => In(OrderState.Expired),
        // Customers leave what is asked of their loads; whether they have supply is not theirs to say.
        OrderEvent.OptOut when !IsOnce => In(OrderState.OptedOut) with { HasLeft = true, HasJoined = false },
        _ => Ended(what),
    };

    // Whether the device has begun is not known: it is released in any case, unless another takes it over.
    private OrderProgress? AfterSending(OrderEvent what) => what switch
    {
        OrderEvent.Done when IsOnce => In(OrderState.Completed),
        OrderEvent.WindowOver when IsOnce => In(OrderState.Expired),
        OrderEvent.Refused => In(OrderState.Rejected),
        _ when IsOnce => null,
        OrderEvent.Confirmed => In(OrderState.Started) with { WasOn = true },
        OrderEvent.TakeOver => In(OrderState.Superseded),
        OrderEvent.WindowOver or OrderEvent.Over or OrderEvent.Cancel or OrderEvent.OptOut or OrderEvent.Forbid or OrderEvent.Supersede => Releasing(what),
        _ => null,
    };

    private OrderProgress? AfterStarted(OrderEvent what) => what switch
    {
        OrderEvent.Refused => In(OrderState.Rejected),
        OrderEvent.TakeOver => In(OrderState.Superseded),
        OrderEvent.Over or OrderEvent.Cancel or OrderEvent.OptOut or OrderEvent.Forbid or OrderEvent.Supersede => Releasing(what),
        _ => null,
    };

    // What has a reason of its own to be ended keeps it, but who leaves and is cancelled meanwhile is cancelled. Where another takes the device over, it needs no release any more.
    private OrderProgress? AfterReleasing(OrderEvent what) => what switch
    {
        OrderEvent.Confirmed or OrderEvent.TakeOver => Cause switch
        {
            OrderEvent.OptOut => In(OrderState.OptedOut),
            OrderEvent.Cancel => In(OrderState.Cancelled),
            OrderEvent.Forbid => In(OrderState.Rejected),
            OrderEvent.WindowOver => In(OrderState.Expired),
            OrderEvent.Supersede => In(OrderState.Superseded),
            _ => In(OrderState.Completed),
        },
        OrderEvent.Refused => In(OrderState.Rejected),
        OrderEvent.Over or OrderEvent.Cancel or OrderEvent.Forbid when Cause == OrderEvent.OptOut => Releasing(what),
        _ => null,
    };

    private OrderProgress? AfterOptedOut(OrderEvent what) => what switch
    {
        OrderEvent.OptIn => In(OrderState.Received) with { HasJoined = true },
        OrderEvent.Over or OrderEvent.WindowOver => In(OrderState.Completed),
        _ => Ended(what),
    };

    private OrderProgress? Ended(OrderEvent what) => what switch
    {
        OrderEvent.Cancel => In(OrderState.Cancelled),
        OrderEvent.Supersede or OrderEvent.TakeOver => In(OrderState.Superseded),
        OrderEvent.Forbid or OrderEvent.Refused => In(OrderState.Rejected),
        _ => null,
    };

    private OrderProgress In(OrderState state) => this with { State = state, Cause = OrderEvent.None };

    private OrderProgress Releasing(OrderEvent cause) => this with { State = OrderState.Releasing, Cause = cause, HasLeft = HasLeft || cause == OrderEvent.OptOut, HasJoined = HasJoined && cause != OrderEvent.OptOut };
}
