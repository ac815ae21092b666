using System.Text.Json;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Samples.ScadaSubscriber;

/// <summary>What this program must remember of its durable subscription to go on with it after a restart of its own: a few lines of JSON. Part 4 6.8.</summary>
internal sealed class SubscriptionFile(string path)
{
    private sealed record Item(string Node, uint Handle, uint ServerId);

    private sealed record State(uint Subscription, uint Next, Item[] Items);

    /// <summary>Remembers that all messages so far were handled. A crash leaves what was remembered before, whole.</summary>
    public void Save(KeptSubscription kept)
    {
        var items = kept.Items.Select(item => new Item(item.Options.NodeId.ToString(), item.ClientHandle, item.ServerId));
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(new State(kept.SubscriptionId, kept.NextSequenceNumber, [.. items])));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <param name="options">Makes the options of an item, as it was made with.</param>
    /// <returns>Null where nothing was remembered.</returns>
    public KeptSubscription? Load(Func<NodeId, MonitoredItemOptions> options)
    {
        if (!File.Exists(path) || JsonSerializer.Deserialize<State>(File.ReadAllText(path)) is not { } state) return null;
        return new KeptSubscription(state.Subscription, state.Next, [.. state.Items.Select(item => new KeptItem(item.Handle, item.ServerId, options(NodeId.Parse(item.Node))))]);
    }
}
