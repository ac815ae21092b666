using System.Security.Cryptography.X509Certificates;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Evidence in a server: every audit event, change of the directory and disclosure goes into the log, and the objects AuditLog, DisclosureLog and SecurityReports are there for those who
/// may read of it. The one place where the rooms of evidence are put together. To be attached before the server starts.
/// </summary>
public sealed class EvidenceSpace : IAsyncDisposable
{
    // Who subscribes is granted once, and sees on and on: asked anew each hour, it stands in the log of each hour.
    private static readonly TimeSpan SubscriptionsAskedEvery = TimeSpan.FromHours(1);

    private readonly DirectoryRecorder? _directory;
    private readonly ITimer _hour;

    private EvidenceSpace(UaServer server, AuditLog log, DisclosureRecorder disclosures, DirectoryRecorder? directory, TimeProvider time)
    {
        Log = log;
        Disclosures = disclosures;
        _directory = directory;
        _hour = time.CreateTimer(_ => server.RefreshAccess(), null, SubscriptionsAskedEvery, SubscriptionsAskedEvery);
    }

    public AuditLog Log { get; }

    /// <summary>Where the access policy tells what it granted.</summary>
    public DisclosureRecorder Disclosures { get; }

    /// <param name="log">Disposed with what this returns.</param>
    /// <param name="disclosures">As the access policy of the server has it; disposed with what this returns.</param>
    /// <param name="directory">Null: there is none, and only the server's own events are recorded.</param>
    /// <param name="trusted">Certificates that are trusted without being in the directory, for the report of those that expire.</param>
    /// <param name="recorded">Events that are evidence without being audit events, with their subtypes: by name in the portal's namespace. Those that no model has are passed over.</param>
    public static EvidenceSpace Attach(
        UaServer server, AuditLog log, DisclosureRecorder disclosures, PortalDirectory? directory, TimeProvider time, Func<IEnumerable<X509Certificate2>>? trusted = null, params IReadOnlyList<string> recorded)
    {
        ArgumentNullException.ThrowIfNull(server);
        var recorder = new AuditRecorder(log, server.Model, [.. TypesOf(server.Model, recorded)]);
        server.Events.Recorder = server.Events.Recorder is { } other ? new Both(recorder, other) : recorder;
        EvidenceMethods.Bind(server, log, disclosures, () => directory?.Tables, () => [server.Certificates.Current.Certificate, .. trusted?.Invoke() ?? []]);
        return new EvidenceSpace(server, log, disclosures, directory is null ? null : new DirectoryRecorder(log, directory), time);
    }

    private static IEnumerable<NodeId> TypesOf(ServerModel model, IReadOnlyList<string> names)
    {
        var portal = model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        return model.NodeSets.SelectMany(set => set.Nodes)
            .Where(node => node.NodeClass == NodeClass.ObjectType && node.BrowseName.NamespaceIndex == portal && names.Contains(node.BrowseName.Name, StringComparer.Ordinal))
            .Select(node => node.NodeId);
    }

    /// <summary>Stores all that was recorded, then closes the log. To be disposed after the server, whose end is recorded too.</summary>
    public async ValueTask DisposeAsync()
    {
        await _hour.DisposeAsync().ConfigureAwait(false);
        _directory?.Dispose();
        await Disclosures.DisposeAsync().ConfigureAwait(false);
        await Log.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class Both(IEventReceiver first, IEventReceiver second) : IEventReceiver
    {
        public void OnEvent(UaEvent occurrence)
        {
            first.OnEvent(occurrence);
            second.OnEvent(occurrence);
        }
    }
}
