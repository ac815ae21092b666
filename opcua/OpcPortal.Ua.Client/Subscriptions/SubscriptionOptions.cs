namespace OpcPortal.Ua.Client;

/// <summary>How a subscription reports. Part 4 5.14.</summary>
public sealed record SubscriptionOptions
{
    /// <summary>How often the server reports what changed. Default 1 s.</summary>
    public TimeSpan PublishingInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the server may say nothing while nothing changes. Default 10 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it lives without its client. Default five minutes: as long as a connection may be lost without loss of what is queued.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Makes it durable, where set: the server keeps it without its client for so many hours, also over a restart (zero: as long as it allows). Null: it dies with its session. Part 4 6.8.
    /// </summary>
    public TimeSpan? DurableLifetime { get; init; }

    /// <summary>Notifications in one message; 0 leaves it to the server.</summary>
    public uint MaxNotificationsPerPublish { get; init; }

    /// <summary>Higher goes first where the server must choose.</summary>
    public byte Priority { get; init; }

    // Part 4 5.14.2.2: counts are in publishing intervals, and the lifetime is at least three keep-alives.
    internal uint KeepAliveCount => Count(KeepAlive, atLeast: 1);
    internal uint LifetimeCount => Count(Lifetime, atLeast: 3 * KeepAliveCount);

    private uint Count(TimeSpan time, uint atLeast) =>
        PublishingInterval <= TimeSpan.Zero ? Math.Max(atLeast, 10) : Math.Max(atLeast, (uint)Math.Min(uint.MaxValue / 4, Math.Ceiling(time / PublishingInterval)));
}

/// <summary>What to watch. Part 4 5.13.</summary>
public sealed record MonitoredItemOptions
{
    /// <summary>The node.</summary>
    public required NodeId NodeId { get; init; }

    /// <summary>One of <see cref="AttributeIds"/>. Default Value; EventNotifier for events.</summary>
    public uint AttributeId { get; init; } = AttributeIds.Value;

    /// <summary>A part of an array, such as "0:9"; null for all.</summary>
    public string? IndexRange { get; init; }

    /// <summary>How often the server looks; null takes the publishing interval. Zero: at every change.</summary>
    public TimeSpan? SamplingInterval { get; init; }

    /// <summary>Values kept between two reports. Default 1: the newest.</summary>
    public uint QueueSize { get; init; } = 1;

    /// <summary>What a full queue drops.</summary>
    public bool DiscardOldest { get; init; } = true;

    /// <summary>A DataChangeFilter, an AggregateFilter, an EventFilter, or null.</summary>
    public MonitoringFilter? Filter { get; init; }

    /// <summary>Default Reporting.</summary>
    public MonitoringMode Mode { get; init; } = MonitoringMode.Reporting;

    /// <summary>Whatever helps the handler to know the item again.</summary>
    public object? Tag { get; init; }
}
