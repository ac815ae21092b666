using Microsoft.Extensions.Logging;
using OpcPortal.Server;

namespace OpcPortal.Host;

/// <summary>What makes the backups of a running server, and the key that they are sealed with.</summary>
internal sealed class Backups : IAsyncDisposable
{
    private readonly BackupKey _key;

    private Backups(BackupKey key, BackupService service)
    {
        _key = key;
        Service = service;
    }

    public BackupService Service { get; }

    /// <returns>Null where none are configured, or there is nothing to back up.</returns>
    /// <exception cref="Adapters.ConfigurationException">The key cannot be read.</exception>
    public static Backups? Of(HostConfiguration configuration, OpenedStorage? storage, ILoggerFactory loggers, TimeProvider time)
    {
        if (configuration.Backup is not { } settings || storage is null) return null;
        var key = settings.Key();
        var options = new BackupOptions { Folder = settings.Folder, Key = key, Server = configuration.Endpoints.ApplicationUri, Keep = settings.Keep, Every = settings.Every, Folders = FoldersOf(configuration) };
        return new Backups(key, new BackupService(options, storage.Database, PortalSchema.Components, storage.FlushAsync, storage.Evidence, time, loggers.CreateLogger<BackupService>()));
    }

    /// <summary>The folders that belong to a backup of a server with a configuration.</summary>
    public static IReadOnlyList<BackupFolder> FoldersOf(HostConfiguration configuration)
    {
        var withKeys = configuration.Backup?.PrivateKeys ?? false;
        var folders = new List<BackupFolder> { BackupFolder.OfCertificates("pki", configuration.Pki, withKeys) };
        // By default it lies in the other.
        if (!configuration.UserPki.StartsWith(configuration.Pki + Path.DirectorySeparatorChar, StringComparison.Ordinal)) folders.Add(BackupFolder.OfCertificates("userPki", configuration.UserPki, withKeys));
        if (configuration.Evidence.AnchorFile is { } anchors) folders.Add(BackupFolder.OfFile("anchors", anchors));
        // A journal that is copied while it is written ends with a record that is cut off, which is no harm.
        if (configuration.Subscriptions is { } kept) folders.Add(new BackupFolder("subscriptions", kept.Folder, static path => path.EndsWith(".journal", StringComparison.Ordinal), IsWhole: true));
        // Brokers were told that what lies there is kept, and devices are asked from where cursors stand: where these are lost or too new, readings are missing. What is delivered twice is known again by its time.
        if (configuration.Portal.Adapters.StoreAndForward.Folder is { } backlogs)
            folders.Add(new BackupFolder("backlog", backlogs, static path => Path.GetFileName(path) is "cursors" or "delivered" || IsBacklog(path), IsWhole: true) { OnlyGrows = IsBacklog });
        // What it holds is in the database before a backup is taken, and what another database's journal holds belongs there.
        if (configuration.History is { } history) folders.Add(BackupFolder.Emptied("journal", history.JournalFolder, static path => path != "lock"));
        return folders;
    }

    private static bool IsBacklog(string path) => path.EndsWith(".backlog", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync().ConfigureAwait(false);
        _key.Dispose();
    }
}
