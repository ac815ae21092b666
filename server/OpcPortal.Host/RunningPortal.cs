using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Modbus;
using OpcPortal.Adapters.Mqtt;
using OpcPortal.Server;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>A portal server with its listener, from a configuration: everything is loaded before the port opens.</summary>
internal sealed partial class RunningPortal : IAsyncDisposable
{
    private readonly RunningListener _listener;
    private readonly PasswordUsers _users;

    private readonly Backups? _backups;
    private readonly FileSubscriptionStore? _subscriptions;

    private RunningPortal(PortalServer server, RunningListener listener, PasswordUsers users, OpenedStorage? storage, Backups? backups, FileSubscriptionStore? subscriptions)
    {
        _backups = backups;
        _subscriptions = subscriptions;
        Server = server;
        _listener = listener;
        _users = users;
        Storage = storage;
    }

    public PortalServer Server { get; }

    /// <summary>Null where the configuration names none: then roles alone say who may do what.</summary>
    public OpenedStorage? Storage { get; }

    /// <summary>The addresses bound.</summary>
    public IReadOnlyList<IPEndPoint> Addresses => _listener.Addresses;

    /// <exception cref="StartupException">It cannot start: what to do, in one line.</exception>
    /// <exception cref="ConfigurationException">A file of the directory is wrong.</exception>
    public static async Task<RunningPortal> StartAsync(HostConfiguration configuration, ILoggerFactory loggers, TimeProvider time)
    {
        var began = Stopwatch.GetTimestamp();
        var logger = loggers.CreateLogger("OpcPortal");
        var (store, certificate) = OwnCertificate.Load(
            configuration.Pki, configuration.Endpoints.ApplicationUri, configuration.Endpoints.ApplicationName.Text ?? "OpcPortal", configuration.CertificateHosts, time);
        var models = LoadModels(configuration);
        var storage = configuration.Database is { } database ? await OpenedStorage.OpenAsync(database, configuration, models, loggers, time).ConfigureAwait(false) : null;
        var users = new PasswordUsers(configuration.Users);
        FileSubscriptionStore? subscriptions = null;
        var parts = new UaServerParts
        {
            Certificate = certificate,
            Applications = store,
            Users = OwnCertificate.LoadUsers(configuration.UserPki, time),
            Passwords = storage is null ? users : storage.Passwords,
            ManagedUsers = storage?.Users,
            Identities = new IdentityMappings(configuration.Identities),
            NodeSets = models,
            Time = time,
            Loggers = loggers,
        };
        PortalServer? server = null;
        Backups? backups = null;
        try
        {
            if (configuration.Subscriptions is { } kept) subscriptions = new FileSubscriptionStore(kept.Folder, kept.Store, time, loggers.CreateLogger<FileSubscriptionStore>());
            backups = Backups.Of(configuration, storage, loggers, time);
            server = Compose(configuration, parts with { SubscriptionStore = subscriptions }, storage, backups);
            server.Start();
            foreach (var refused in server.Refused) LogRefused(logger, refused.Message);
            var listener = await ListenAsync(server.Ua, loggers, configuration.Listen).ConfigureAwait(false);
            var fleet = server.Space.Registry;
            LogStarted(logger, string.Join(", ", configuration.Endpoints.Urls), server.AdapterCount, fleet.PortalCount, fleet.DeviceCount, fleet.PointCount, server.Refused.Count, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            backups?.Service.Start();
            return new RunningPortal(server, listener, users, storage, backups, subscriptions);
        }
        catch (Exception failed)
        {
            if (server is not null) await server.DisposeAsync().ConfigureAwait(false);
            if (backups is not null) await backups.DisposeAsync().ConfigureAwait(false);
            subscriptions?.Dispose();
            if (storage is not null) await storage.DisposeAsync().ConfigureAwait(false);
            users.Dispose();
            if (failed is SubscriptionStoreException) throw new StartupException(failed.Message, failed);
            throw;
        }
    }

    private static IReadOnlyList<NodeSet> LoadModels(HostConfiguration configuration)
    {
        if (!File.Exists(ModelLoader.PortalFile)) throw new StartupException($"{ModelLoader.PortalFile} is missing: build the server again, or copy NodeSet.xml there.");
        try
        {
            return ModelLoader.Read([ModelLoader.PortalFile, .. configuration.NodeSets]);
        }
        catch (NodeSetException wrong)
        {
            throw new StartupException($"A model cannot be loaded. {wrong.Message}", wrong);
        }
    }

    private static PortalServer Compose(HostConfiguration configuration, UaServerParts parts, OpenedStorage? storage, Backups? backups)
    {
        try
        {
            return new PortalServer(
                configuration.Portal, configuration.Ua(configuration.Endpoints), parts, [new ModbusAdapterFactory(), new MqttAdapterFactory()], new PortalServerParts { Directory = storage?.Directory, Evidence = storage?.Evidence, History = storage?.History, Events = storage?.Events, ValidationWork = storage?.ValidationWork, Exchanges = storage?.Exchanges, Control = storage?.Control, Backups = backups?.Service });
        }
        catch (Exception wrong) when (wrong is NodeSetException or InvalidOperationException)
        {
            throw new StartupException($"The models do not fit together: {wrong.Message}", wrong);
        }
        catch (DirectoryException wrong)
        {
            throw new StartupException($"The storage cannot be used: {wrong.Message}", wrong);
        }
    }

    private static async Task<RunningListener> ListenAsync(UaServer server, ILoggerFactory loggers, IReadOnlyList<IPEndPoint> addresses)
    {
        var text = string.Join(", ", addresses);
        try
        {
            return await server.ListenAsync(loggers, [.. addresses]).ConfigureAwait(false);
        }
        catch (IOException taken) when (taken.InnerException is AddressInUseException)
        {
            throw new StartupException($"{text} is in use by another program: end that, or set another port in \"endpoints.urls\" (and \"endpoints.listen\").", taken);
        }
        catch (Exception refused) when (refused is SocketException or IOException)
        {
            throw new StartupException($"{text} cannot be listened at ({refused.Message}): set an address of this machine, and a port that you may open, in \"endpoints.listen\".", refused);
        }
    }

    /// <summary>Accepts no more connections, ends those there are, then the adapters, then the storage.</summary>
    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        // Before the server: that a backup was given up is evidence, which the server ends.
        if (_backups is not null) await _backups.DisposeAsync().ConfigureAwait(false);
        await Server.DisposeAsync().ConfigureAwait(false);
        _subscriptions?.Dispose();
        if (Storage is not null) await Storage.DisposeAsync().ConfigureAwait(false);
        _users.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving {Urls}: {Adapters} adapters, {Portals} portals, {Devices} devices, {Points} points; {Refused} refused. Started in {Milliseconds} ms.")]
    private static partial void LogStarted(ILogger logger, string urls, int adapters, int portals, int devices, int points, int refused, long milliseconds);
}
