namespace OpcPortal.Ua.Server;

/// <summary>
/// Bounds of subscriptions and monitored items. What is set here is what ServerCapabilities shows and what is enforced. Where the standard lets the
/// server revise what a client asks for, it is revised; else one more gives the status named.
/// </summary>
public sealed record SubscriptionLimits
{
    /// <summary>Subscriptions of one session; one more gives BadTooManySubscriptions. Clients use some five; a gateway for many others has a few dozen.</summary>
    public int MaxSubscriptionsPerSession { get; init; } = 100;

    /// <summary>
    /// Subscriptions in the server, those without a session included, so that closing sessions frees nothing that is still held (CVE-2022-25897). When all
    /// are taken the longest orphaned one makes room; where none is orphaned: BadTooManySubscriptions. A subscription costs some 2 kB and a timer entry.
    /// </summary>
    public int MaxSubscriptions { get; init; } = 5_000;

    /// <summary>Items of one subscription; one more gives BadTooManyMonitoredItems. The largest plants subscribe to 100,000 points at once; an item costs some 300 bytes.</summary>
    public int MaxMonitoredItemsPerSubscription { get; init; } = 200_000;

    /// <summary>Items in the server: some 600 MB at 300 bytes each.</summary>
    public int MaxMonitoredItems { get; init; } = 2_000_000;

    /// <summary>Publish requests parked for one session; with one more the oldest gets BadTooManyPublishRequests. Two for each subscription are of use.</summary>
    public int MaxPublishRequestsPerSession { get; init; } = 100;

    /// <summary>Values that one data item may queue: an hour of seconds, twice over. More is revised to this.</summary>
    public uint MaxDataQueueSize { get; init; } = 10_000;

    /// <summary>Events that one event item may queue: more than an operator reads in a shift. More is revised to this.</summary>
    public uint MaxEventQueueSize { get; init; } = 10_000;

    /// <summary>What a queue size of 0 gives an event item. Part 4 7.21 leaves it to the server: an alarm burst of one plant.</summary>
    public uint DefaultEventQueueSize { get; init; } = 1_000;

    /// <summary>
    /// Room for queued values in all items beyond the first of each, in values of 48 bytes: half a gigabyte. When it is used up, queues that would have to grow
    /// overflow instead and say so.
    /// </summary>
    public long MaxQueuedValues { get; init; } = 10_000_000;

    /// <summary>The shortest publishing interval: a hundred messages a second are more than any display shows. May be set lower for fast local loops.</summary>
    public TimeSpan MinPublishingInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest publishing interval: lifetimes are counted in it.</summary>
    public TimeSpan MaxPublishingInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The shortest sampling interval where one is asked for; 0 asks for every change and gets it where the source tells of changes.</summary>
    public TimeSpan MinSamplingInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest sampling interval.</summary>
    public TimeSpan MaxSamplingInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The shortest interval of an AggregateFilter: as for samples, of which it makes one value.</summary>
    public TimeSpan MinProcessingInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest interval of an AggregateFilter: a month. What is longer outlives the subscription, and history has it.</summary>
    public TimeSpan MaxProcessingInterval { get; init; } = TimeSpan.FromDays(31);

    /// <summary>The shortest sampling interval of attributes other than Value, which change seldom and must be read to see it.</summary>
    public TimeSpan MinAttributeSamplingInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest time without a message: after it, neither side knows whether the other lives.</summary>
    public TimeSpan MaxKeepAlive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The shortest life without Publish requests: a client whose network broke needs some seconds to come back.</summary>
    public TimeSpan MinLifetime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest life without Publish requests, but for three keep-alive times: an orphan holds its queues for so long.</summary>
    public TimeSpan MaxLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Durable subscriptions in the server, those without a session included; one more gives BadTooManySubscriptions. Each is a file that is read at a start, and none makes room for another:
    /// that is what they are for.
    /// </summary>
    public int MaxDurableSubscriptions { get; init; } = 200;

    /// <summary>Durable subscriptions of one user: whose clients forget theirs takes them from nobody else.</summary>
    public int MaxDurableSubscriptionsPerUser { get; init; } = 20;

    /// <summary>The longest life of a durable subscription without its client, and what 0 hours ask for: a month is as long as a site is cut off, or a head-end in repair. Part 4 6.8.</summary>
    public TimeSpan MaxDurableLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Values or events that one item of a durable subscription may queue: eleven days of seconds. More is revised to this.</summary>
    public uint MaxDurableQueueSize { get; init; } = 1_000_000;

    /// <summary>As <see cref="MaxQueuedValues"/>, for the items of durable subscriptions, whose queues lie in memory beside their journals: half a gigabyte.</summary>
    public long MaxDurableQueuedValues { get; init; } = 10_000_000;

    /// <summary>Messages that one subscription keeps for Republish; then the oldest go. Part 4 5.14.1.1 asks for two for each Publish request.</summary>
    public int MaxRetransmissionMessages => Math.Min(4_096, 2 * MaxPublishRequestsPerSession);

    /// <summary>Bytes of messages kept for Republish in the server; then a subscription that adds one drops its own oldest.</summary>
    public long MaxRetransmissionBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Notifications in one message, also where the client sets no limit: common stacks refuse arrays above 65,535.</summary>
    public int MaxNotificationsPerMessage { get; init; } = 50_000;

    /// <summary>Bytes of notifications after which a message is closed: it stays well below the message size of every common client. One larger value goes alone.</summary>
    public int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>Items linked to one triggering item, and triggering items linked to one item: each change walks its links.</summary>
    public int MaxTriggeringLinks { get; init; } = 1_000;

    /// <summary>The publishing interval that a client gets. Part 4 5.14.2.2: 0 and what is too short give the fastest.</summary>
    public TimeSpan RevisePublishingInterval(double requestedMilliseconds) => Clamp(requestedMilliseconds, MinPublishingInterval, MaxPublishingInterval);

    /// <summary>The keep-alive and lifetime counts that a client gets. Part 4 5.14.2.2: the lifetime is at least three times the keep-alive.</summary>
    public (uint KeepAlive, uint Lifetime) ReviseCounts(TimeSpan publishingInterval, uint requestedKeepAlive, uint requestedLifetime) =>
        ReviseCounts(publishingInterval, requestedKeepAlive, requestedLifetime, MaxLifetime);

    /// <summary>The same with another longest life.</summary>
    internal (uint KeepAlive, uint Lifetime) ReviseCounts(TimeSpan publishingInterval, uint requestedKeepAlive, uint requestedLifetime, TimeSpan maxLifetime)
    {
        var keepAlive = Math.Clamp(requestedKeepAlive, 1, Periods(MaxKeepAlive, publishingInterval));
        var least = Math.Max(keepAlive * 3, Periods(MinLifetime, publishingInterval));
        return (keepAlive, Math.Clamp(requestedLifetime, least, Math.Max(least, Periods(maxLifetime, publishingInterval))));
    }

    private static uint Periods(TimeSpan time, TimeSpan interval) => (uint)Math.Clamp(Math.Ceiling(time / interval), 1, uint.MaxValue / 4);

    internal static TimeSpan Clamp(double milliseconds, TimeSpan min, TimeSpan max) =>
        !(milliseconds > min.TotalMilliseconds) ? min : milliseconds >= max.TotalMilliseconds ? max : TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond));
}
