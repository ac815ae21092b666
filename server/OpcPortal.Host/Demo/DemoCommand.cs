using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>Runs the demonstration: a simulated neighbourhood, the ordinary adapters, and a server on loopback that lets everybody look.</summary>
internal static class DemoCommand
{
    private const int Seed = 20_260_401;

    public static async Task RunAsync(TextWriter output, ILoggerFactory loggers, CancellationToken stop)
    {
        await using var demo = await StartAsync(DefaultFolder(), HostConfigurationReader.DefaultPort, loggers, TimeProvider.System).ConfigureAwait(false);
        await output.WriteAsync(DemoText.Of(demo)).ConfigureAwait(false);
        await ServeCommand.Stopped(stop).ConfigureAwait(false);
        await output.WriteLineAsync("Stopping.").ConfigureAwait(false);
    }

    /// <param name="folder">Certificates and the adapters' files go here.</param>
    /// <param name="port">0 for one that is free.</param>
    /// <exception cref="StartupException">It cannot start: what to do, in one line.</exception>
    public static async Task<RunningDemo> StartAsync(string folder, int port, ILoggerFactory loggers, TimeProvider time)
    {
        DemoNeighbourhood neighbourhood;
        try
        {
            neighbourhood = await DemoNeighbourhood.StartAsync(folder, Seed, time, loggers).ConfigureAwait(false);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The folder of the demonstration, {folder}, cannot be used ({unwritable.Message}): make it writable.", unwritable);
        }

        var users = new DemoUsers();
        try
        {
            var configuration = Configuration(folder, port, users, neighbourhood);
            var certificates = MakeCertificates(folder, configuration, time);
            configuration = configuration with { Seed = directory => DemoDirectory.SeedAsync(directory, certificates, time.GetUtcNow().UtcDateTime) };
            var portal = await RunningPortal.StartAsync(configuration, loggers, time).ConfigureAwait(false);
            await ConcludeAsync(portal, certificates).ConfigureAwait(false);
            return new RunningDemo(folder, neighbourhood, portal, users, certificates);
        }
        catch
        {
            await neighbourhood.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task ConcludeAsync(RunningPortal portal, DemoCertificates certificates)
    {
        try
        {
            await DemoSignatures.ConcludeAsync(portal.Server.Agreements!.Service, portal.Storage!.Directory, certificates).ConfigureAwait(false);
            await portal.Server.Governance!.CurrentAsync().ConfigureAwait(false);
        }
        catch (AgreementException refused)
        {
            await portal.DisposeAsync().ConfigureAwait(false);
            throw new StartupException($"The entities of the demonstration cannot agree: {refused.Message} Delete the folder of the demonstration to begin anew.", refused);
        }
    }

    private static DemoCertificates MakeCertificates(string folder, HostConfiguration configuration, TimeProvider time)
    {
        var (store, own) = OwnCertificate.Load(configuration.Pki, configuration.Endpoints.ApplicationUri, configuration.Endpoints.ApplicationName.Text!, configuration.CertificateHosts, time);
        using (own) return DemoCertificates.Make(folder, own.Certificate, store, time);
    }

    private static HostConfiguration Configuration(string folder, int port, DemoUsers users, DemoNeighbourhood neighbourhood)
    {
        var defaults = new EndpointOptions { Urls = [$"opc.tcp://localhost:{port}"], ApplicationUri = HostConfigurationReader.DefaultApplicationUri };
        return new HostConfiguration
        {
            Endpoints = defaults with
            {
                ApplicationName = new LocalizedText("OpcPortal demonstration"),
                Security = [.. defaults.Security, new EndpointSecurity(SecurityPolicy.None, MessageSecurityMode.None)],
                AllowAnonymous = true,
            },
            // Loopback alone: what is unprotected is not shown to a network.
            Listen = Socket.OSSupportsIPv6 && port != 0 ? [new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.IPv6Loopback, port)] : [new IPEndPoint(IPAddress.Loopback, port)],
            CertificateHosts = ["localhost", "127.0.0.1", Dns.GetHostName()],
            Pki = Path.Combine(folder, "pki"),
            UserPki = Path.Combine(folder, "pki", "users"),
            Database = () => new SqliteDatabase(Path.Combine(folder, "portal.db")),
            Events = new EventArchiveOptions(),
            History = new ReadingStoreOptions { JournalFolder = Path.Combine(folder, "journal") },
            Backup = new BackupSettings(Path.Combine(folder, "backups"), () => DemoBackup.Key(folder), Keep: 7, Every: null, PrivateKeys: false),
            Subscriptions = SubscriptionSettings.In(folder),
            Users = users.Hashes,
            Identities = DemoUsers.Rules,
            Portal = new PortalServerOptions { AdapterFolder = neighbourhood.AdapterFolder, Adapters = BacklogSettings.In(folder), OwnerRestrictions = default, Validation = DemoValidation.Load(folder) },
            Ua = endpoints => new UaServerOptions { Endpoints = endpoints },
        };
    }

    // The user's own data; where there is no such folder (a container without a home), one below the working folder, which git ignores.
    private static string DefaultFolder()
    {
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return data.Length > 0 ? Path.Combine(data, "OpcPortal", "demo") : Path.GetFullPath(Path.Combine("data", "demo"));
    }
}

/// <summary>A demonstration that runs until it is disposed.</summary>
internal sealed record RunningDemo(string Folder, DemoNeighbourhood Neighbourhood, RunningPortal Portal, DemoUsers Users, DemoCertificates Certificates) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync().ConfigureAwait(false);
        await Neighbourhood.DisposeAsync().ConfigureAwait(false);
    }
}
