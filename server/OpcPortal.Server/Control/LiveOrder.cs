using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>A request whose orders are not all over.</summary>
internal sealed class LiveRequest(StoredRequest stored)
{
    private readonly int[] _counts = new int[byte.MaxValue + 1];

    public StoredRequest Stored { get; set; } = stored;
    public ControlRequest Request => Stored.Request;
    public LiveOrder[] Orders { get; set; } = [];

    /// <summary>Orders that are not over.</summary>
    public int Left { get; set; }

    public void Count(ControlStatus status, int change) => Interlocked.Add(ref _counts[(byte)status], change);

    /// <summary>Orders of each status.</summary>
    public IReadOnlyDictionary<ControlStatus, int> Counts() =>
        Enum.GetValues<ControlStatus>().Select(status => (Status: status, Count: Volatile.Read(ref _counts[(byte)status]))).Where(pair => pair.Count > 0).ToDictionary(pair => pair.Status, pair => pair.Count);
}

/// <summary>A device's part of a request while it lasts. Changed by the engine alone.</summary>
internal sealed class LiveOrder(LiveRequest of, int place, int device, string name)
{
    public LiveRequest Of => of;
    public int Place => place;

    /// <summary>-1: the device is gone.</summary>
    public int Device => device;

    /// <summary><c>portal/device</c>.</summary>
    public string Name => name;

    public OrderSchedule Schedule { get; } = OrderSchedule.Of(of.Request, name);
    public OrderProgress Progress { get; set; } = OrderProgress.New with { IsOnce = !of.Request.HasEnd };

    /// <summary>When it got where it is, and why.</summary>
    public DateTime Since { get; set; }
    public string? Reason { get; set; }

    /// <summary>What the device was told last; null: nothing yet.</summary>
    public ControlMark? Told { get; set; }
    public DateTime ToldAt { get; set; }

    /// <summary>Whether the device has confirmed that.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>Its state is looked at then; <see cref="DateTime.MaxValue"/>: it was.</summary>
    public DateTime VerifyAt { get; set; } = DateTime.MaxValue;

    public bool IsInFlight { get; set; }
    public int Attempts { get; set; }
    public DateTime RetryAt { get; set; }

    /// <summary>The process that told the device is gone: what became of that is read from the device before it is told anything again.</summary>
    public bool IsUncertain { get; set; }

    /// <summary>When it is to be released: loads do not come back all at once.</summary>
    public DateTime ReleaseAt { get; set; }

    /// <summary>When it is cancelled; <see cref="DateTime.MaxValue"/>: it is not.</summary>
    public DateTime CancelAt { get; set; } = DateTime.MaxValue;

    /// <summary>When who left it joins it again; <see cref="DateTime.MaxValue"/>: not by itself.</summary>
    public DateTime JoinAt { get; set; } = DateTime.MaxValue;

    public ControlClaim Claim => new(of.Request.Id, of.Request.Entity, of.Request.Primacy, of.Request.CreatedAt, Schedule.Start, Schedule.End);
    public string? Channel => Told?.Output.Channel;

    /// <summary>Whether it has the device, or may come to have it, beside others: what is done once asks nobody.</summary>
    public bool IsContending => !Progress.IsOnce && Progress.State is OrderState.Received or OrderState.Sending or OrderState.Started;
}

/// <summary>A device that there are orders for.</summary>
internal sealed class ControlledDevice(int device)
{
    public int Device => device;
    public List<LiveOrder> Orders { get; } = [];

    /// <summary>As its switch was put.</summary>
    public SwitchPast Past { get; set; }

    public DateTime DueAt { get; set; } = DateTime.MaxValue;

    /// <summary>Whether it stands in a lane.</summary>
    public bool IsQueued { get; set; }
}
