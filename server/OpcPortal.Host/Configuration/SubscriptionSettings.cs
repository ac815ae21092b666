using OpcPortal.Adapters;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>Where durable subscriptions are kept, and how.</summary>
/// <param name="Folder">An absolute path.</param>
internal sealed record SubscriptionSettings(string Folder, FileSubscriptionStoreOptions Store)
{
    private const string DefaultFolder = "subscriptions";

    /// <summary>The settings of a folder, all else by default.</summary>
    /// <param name="folder">The folder of the configuration.</param>
    public static SubscriptionSettings In(string folder) => new(Path.Combine(folder, DefaultFolder), new FileSubscriptionStoreOptions());

    /// <param name="subscriptions">Null: the defaults.</param>
    /// <param name="folder">The folder of the configuration.</param>
    public static SubscriptionSettings Read(ConfigElement? subscriptions, string folder)
    {
        var otherwise = In(folder);
        if (subscriptions is null) return otherwise;
        var settings = new SubscriptionSettings(
            subscriptions.Find("folder") is { } own ? Path.GetFullPath(own.Text(), folder) : otherwise.Folder,
            otherwise.Store with
            {
                MaxBytes = subscriptions.Find("maxMegabytes")?.Integer(16, 1 << 24) is { } megabytes ? (long)megabytes << 20 : otherwise.Store.MaxBytes,
                FlushInterval = subscriptions.Find("flushInterval")?.Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)) ?? otherwise.Store.FlushInterval,
            });
        subscriptions.RefuseUnread();
        return settings;
    }
}
