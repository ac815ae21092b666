using Microsoft.Extensions.Logging.Abstractions;

namespace OpcPortal.Ua.Server.Tests.Subscriptions;

/// <summary>
/// A world whose durable subscriptions are kept in files, and that can be ended at any moment: what an abrupt end leaves is what stands in the files then, so the next world begins with a copy of them.
/// </summary>
internal sealed class DurableWorld : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-durable-").FullName;
    private readonly SubscriptionLimits _limits;
    private readonly FileSubscriptionStoreOptions _options;
    private readonly string[] _namespaces;
    private FileSubscriptionStore _store = null!;
    private int _life;

    public DurableWorld(SubscriptionLimits? limits = null, FileSubscriptionStoreOptions? options = null, params string[] namespaces)
    {
        _limits = limits ?? new SubscriptionLimits();
        _options = options ?? new FileSubscriptionStoreOptions();
        _namespaces = namespaces;
        Begin(_namespaces);
    }

    public SubscriptionWorld World { get; private set; } = null!;
    public FileSubscriptionStore Store => _store;
    public SubscriptionEngine Engine => World.Engine;
    public string Folder => Path.Combine(_folder, $"{_life}");

    /// <summary>The journals' files.</summary>
    public string[] Files => Directory.GetFiles(Folder, "*.journal");

    private void Begin(string[] namespaces)
    {
        Directory.CreateDirectory(Folder);
        World?.Dispose();
        _store?.Dispose();
        // The clock of the store stands still: nothing here depends on when the disk is forced.
        _store = new FileSubscriptionStore(Folder, _options, new WatchedTime(), NullLogger<FileSubscriptionStore>.Instance);
        World = new SubscriptionWorld(_limits, store: _store, namespaces: namespaces);
    }

    /// <summary>The process is killed; another begins with the same nodes.</summary>
    /// <param name="nodes">Makes the nodes of the new one; they are there before it restores subscriptions.</param>
    /// <param name="damage">What happens to the files meanwhile.</param>
    public void Kill(Action<SubscriptionWorld> nodes, Action<string>? damage = null, params string[] namespaces)
    {
        var from = Folder;
        _life++;
        Directory.CreateDirectory(Folder);
        foreach (var file in Directory.GetFiles(from, "*.journal*")) File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
        damage?.Invoke(Folder);
        Begin(namespaces.Length > 0 ? namespaces : _namespaces);
        nodes(World);
        Engine.Restore();
    }

    /// <summary>A durable subscription.</summary>
    public async Task<uint> Subscribe(SubscriptionClient client, uint hours = 1, double interval = 100)
    {
        var subscription = await client.Subscribe(interval);
        Assert.Equal(StatusCodes.Good, Engine.SetDurable(client.Session.Id, subscription, hours, out _));
        return subscription;
    }

    /// <summary>A new session of a user that has taken the subscription over.</summary>
    public async Task<(SubscriptionClient Client, TransferResult Result)> TakeOver(uint subscription, string? user = "alice")
    {
        var client = World.Connect(user);
        var response = await client.Send<TransferSubscriptionsResponse>(new TransferSubscriptionsRequest { SubscriptionIds = [subscription] });
        return (client, response.Results![0]);
    }

    public void Dispose()
    {
        World.Dispose();
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
