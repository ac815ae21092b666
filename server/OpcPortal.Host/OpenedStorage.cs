using Microsoft.Extensions.Logging;
using OpcPortal.Adapters;
using OpcPortal.Server;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Host;

/// <summary>The database of a server and what is kept in it: opened before the server, closed after it.</summary>
internal sealed class OpenedStorage : IAsyncDisposable
{
    private OpenedStorage(PortalDatabase database, AuditLog evidence, PortalDirectory directory, DirectoryPasswords passwords, DirectoryUsers users, ReadingStore? history, EventArchive? events)
    {
        Events = events;
        History = history;
        Users = users;
        Database = database;
        Evidence = evidence;
        Directory = directory;
        Passwords = passwords;
    }

    public PortalDatabase Database { get; }
    /// <summary>The log of all that is evidence, which the server ends when it ends.</summary>
    public AuditLog Evidence { get; }

    public PortalDirectory Directory { get; }

    /// <summary>The stored readings; null where the configuration keeps none.</summary>
    public ReadingStore? History { get; }

    /// <summary>Keeps over a restart what is to be validated; null where no readings are stored.</summary>
    public SqlValidationWork? ValidationWork { get; private init; }

    /// <summary>Keeps requests of control and what became of them.</summary>
    public required SqlControlStore Control { get; init; }

    /// <summary>What is told of exchanged meters; null where no readings are stored.</summary>
    public MeterExchanges? Exchanges { get; private init; }

    /// <summary>Past events; null where the configuration keeps none.</summary>
    public EventArchive? Events { get; }

    /// <summary>Of individuals of the directory and of the users of the configuration.</summary>
    public DirectoryPasswords Passwords { get; }

    /// <summary>Local users, managed over OPC UA.</summary>
    public DirectoryUsers Users { get; }

    /// <param name="models">The models that the server loads: nobody owns their namespaces.</param>
    /// <exception cref="StartupException">It cannot be opened or read, or does not take what the start brings: what to do, in one line.</exception>
    /// <exception cref="ConfigurationException">A file of the directory is wrong.</exception>
    public static async Task<OpenedStorage> OpenAsync(Func<PortalDatabase> open, HostConfiguration configuration, IReadOnlyList<NodeSet> models, ILoggerFactory loggers, TimeProvider time)
    {
        PortalDatabase? database = null;
        AuditLog? evidence = null;
        PortalDirectory? directory = null;
        ReadingStore? history = null;
        EventArchive? events = null;
        try
        {
            database = open();
            evidence = await AuditLog.OpenAsync(await SqlEvidenceStore.OpenAsync(database).ConfigureAwait(false), configuration.Evidence, time, loggers.CreateLogger<AuditLog>()).ConfigureAwait(false);
            var store = await SqlRecordStore.OpenAsync(database, CancellationToken.None).ConfigureAwait(false);
            directory = await PortalDirectory.OpenAsync(store, time, OptionsOf(configuration, models), loggers.CreateLogger<PortalDirectory>()).ConfigureAwait(false);
            // What a start brings is a change like others; the server records those that come later.
            using var recorder = new DirectoryRecorder(evidence, directory);
            if (configuration.DirectoryFolder is { } folder) await DirectoryFolder.ApplyAsync(folder, directory).ConfigureAwait(false);
            if (configuration.Seed is { } seed) await seed(directory).ConfigureAwait(false);
            if (configuration.History is { } options) history = await ReadingStore.OpenAsync(database, options, time, loggers.CreateLogger<ReadingStore>()).ConfigureAwait(false);
            if (configuration.Events is { } past) events = await EventArchive.OpenAsync(database, past, time, loggers.CreateLogger<EventArchive>()).ConfigureAwait(false);
            return new OpenedStorage(
                database, evidence, directory, new DirectoryPasswords(directory, configuration.Users, time), new DirectoryUsers(directory, configuration.Users.Keys.ToHashSet(StringComparer.Ordinal)), history, events)
            {
                Control = await SqlControlStore.OpenAsync(database).ConfigureAwait(false),
                ValidationWork = history is null ? null : await SqlValidationWork.OpenAsync(database).ConfigureAwait(false),
                Exchanges = history is null ? null : await MeterExchanges.OpenAsync(database).ConfigureAwait(false),
            };
        }
        catch (Exception failed)
        {
            if (events is not null) await events.DisposeAsync().ConfigureAwait(false);
            if (history is not null) await history.DisposeAsync().ConfigureAwait(false);
            if (directory is not null) await directory.DisposeAsync().ConfigureAwait(false);
            if (evidence is not null) await evidence.DisposeAsync().ConfigureAwait(false);
            if (database is not null) await database.DisposeAsync().ConfigureAwait(false);
            if (failed is StorageException or DirectoryException) throw new StartupException($"The storage cannot be used: {failed.Message}", failed);
            throw;
        }
    }

    private static DirectoryOptions OptionsOf(HostConfiguration configuration, IReadOnlyList<NodeSet> models) => new()
    {
        ConfiguredUsers = configuration.Users.Keys.ToHashSet(StringComparer.Ordinal),
        ReservedNamespaces = models.SelectMany(set => set.Models).Select(model => model.ModelUri).Append(configuration.Endpoints.ApplicationUri).ToHashSet(StringComparer.Ordinal),
    };

    /// <summary>Completes when all that was taken before is in the database.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        if (History is not null) await History.FlushAsync(cancellation).ConfigureAwait(false);
        await Evidence.FlushAsync(cancellation).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Passwords.Dispose();
        Users.Dispose();
        Exchanges?.Dispose();
        if (Events is not null) await Events.DisposeAsync().ConfigureAwait(false);
        if (History is not null) await History.DisposeAsync().ConfigureAwait(false);
        await Directory.DisposeAsync().ConfigureAwait(false);
        await Evidence.DisposeAsync().ConfigureAwait(false);
        await Database.DisposeAsync().ConfigureAwait(false);
    }
}
