using System.Net;
using OpcPortal.Server;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>What opcportal.json comes to. Paths are absolute.</summary>
internal sealed record HostConfiguration
{
    public required EndpointOptions Endpoints { get; init; }

    /// <summary>The addresses that connections are accepted at.</summary>
    public required IReadOnlyList<IPEndPoint> Listen { get; init; }

    /// <summary>Names and addresses that the server's certificate states when one is made.</summary>
    public required IReadOnlyList<string> CertificateHosts { get; init; }

    /// <summary>The folder of certificates.</summary>
    public required string Pki { get; init; }

    /// <summary>The folder of the certificates of users who log in by certificate: an application that is trusted is no user yet.</summary>
    public required string UserPki { get; init; }

    public IReadOnlyDictionary<string, PasswordHash> Users { get; init; } = new Dictionary<string, PasswordHash>();
    public IReadOnlyList<IdentityMappings.Rule> Identities { get; init; } = [];

    /// <summary>NodeSet2 files beyond the portal's own: those listed, and those of the folder of models.</summary>
    public IReadOnlyList<string> NodeSets { get; init; } = [];

    /// <summary>Opens the database that the directory is kept in; null: there is no directory.</summary>
    public Func<PortalDatabase>? Database { get; init; }

    /// <summary>How evidence is kept, in the same database.</summary>
    public AuditLogOptions Evidence { get; init; } = new();

    /// <summary>How readings are kept, in the same database; null: they are not.</summary>
    public ReadingStoreOptions? History { get; init; }

    /// <summary>How past events are kept, in the same database; null: they are not.</summary>
    public EventArchiveOptions? Events { get; init; }

    /// <summary>How it is backed up; null: it is not.</summary>
    public BackupSettings? Backup { get; init; }

    /// <summary>How durable subscriptions are kept; null: there are none.</summary>
    public SubscriptionSettings? Subscriptions { get; init; }

    /// <summary>The folder of the directory's files; null: none.</summary>
    public string? DirectoryFolder { get; init; }

    /// <summary>Writes into the directory what a start brings, before anybody connects; null: nothing.</summary>
    public Func<PortalDirectory, Task>? Seed { get; init; }

    public required PortalServerOptions Portal { get; init; }
    public required Func<EndpointOptions, UaServerOptions> Ua { get; init; }
}

/// <summary>How a server is backed up.</summary>
/// <param name="Folder">Where backups go.</param>
/// <param name="Key">Reads the key, which is its caller's to dispose.</param>
/// <param name="Keep">Backups kept.</param>
/// <param name="Every">How often one is made without being asked for; null: never.</param>
/// <param name="PrivateKeys">Whether the server's private keys are taken along.</param>
internal sealed record BackupSettings(string Folder, Func<BackupKey> Key, int Keep, TimeSpan? Every, bool PrivateKeys);
