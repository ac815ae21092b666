namespace OpcPortal.Ua.Client;

/// <summary>
/// What a client must remember of a durable subscription to take it over after it was itself restarted: its id, the items with both sides' numbers, and the message that comes next. Part 4 6.8.
/// </summary>
/// <param name="NextSequenceNumber">The first message that was not handled yet: those before it are not asked for again.</param>
public sealed record KeptSubscription(uint SubscriptionId, uint NextSequenceNumber, IReadOnlyList<KeptItem> Items);

/// <summary>An item of a <see cref="KeptSubscription"/>.</summary>
/// <param name="ClientHandle">By which notifications name it.</param>
/// <param name="ServerId">The server's MonitoredItemId.</param>
/// <param name="Options">What it watches; asked for again only where the server has lost the subscription.</param>
public sealed record KeptItem(uint ClientHandle, uint ServerId, MonitoredItemOptions Options);
