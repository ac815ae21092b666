using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;

namespace OpcPortal.Benchmarks;

/// <summary>The server of <c>premises</c>: behind each portal two meters of the company and two of the customer. Sessions act for whom the benchmark says: never a server to be used.</summary>
internal sealed class PremisesServer : ISubjectAdmission
{
    public const int DevicesPerPortal = 4;

    private static readonly string[] Points =
        ["ActiveEnergyImport", "ActiveEnergyExport", "ReactiveEnergyImport", "ReactiveEnergyExport", "ActivePower", "VoltageL1", "VoltageL2", "VoltageL3", "CurrentL1", "Frequency"];

    public PremisesServer(PortalDirectory directory, string pki)
        : this(new PortalServerParts { Directory = directory }, pki, null, [])
    {
    }

    /// <param name="adapters">The folder of the adapters' files; null: there are none.</param>
    public PremisesServer(PortalServerParts own, string pki, string? adapters, IReadOnlyList<IAdapterFactory> protocols)
    {
        const string Uri = "urn:opcportal:bench:server";
        var store = new TrustListStore(pki, TimeProvider.System);
        var certificate = store.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "bench server", ApplicationUri = Uri, Hosts = ["localhost"] }));
        var ua = new UaServerOptions
        {
            Endpoints = new EndpointOptions { Urls = ["opc.tcp://localhost:4840"], ApplicationUri = Uri, AllowAnonymous = true, Security = [new(SecurityPolicy.None, MessageSecurityMode.None)] },
        };
        var parts = new UaServerParts { Certificate = certificate, Applications = store, Admission = this, NodeSets = ModelLoader.Read([ModelLoader.PortalFile]) };
        Portal = new PortalServer(new PortalServerOptions { OwnerRestrictions = 0, AdapterFolder = adapters }, ua, parts, protocols, own);
    }

    public PortalServer Portal { get; }

    /// <summary>For whom sessions act from now on.</summary>
    public AccessSubject Subject { get; set; } = AccessSubject.Nobody;

    public AccessContext Admit(AccessContext context, UserIdentity user) => context with { Subject = Subject };

    public void Register(int portals)
    {
        var (space, fleet) = (Portal.Space, Portal.Space.Fleet);
        var meter = fleet.LayoutOf("ElectricityMeterType", [.. Points.Select(name => new LayoutPoint(name, false))], []);
        var site = fleet.LayoutOf("PortalType", [], []);
        var (company, customers, provider) = (fleet.OwnerNamespace(PremisesDirectory.Uri(PremisesDirectory.Utility)), fleet.OwnerNamespace(PremisesDirectory.Customers), fleet.OwnerNamespace(PremisesDirectory.Uri(PremisesDirectory.Operator)));
        for (var i = 0; i < portals; i++)
        {
            var portal = PremisesDirectory.Portal(i);
            space.Registry.SetPortal(portal, new PortalDetails(portal, provider, site));
            for (var d = 0; d < DevicesPerPortal; d++)
            {
                var id = DeviceId(d);
                var device = space.Registry.Device(portal, id);
                foreach (var point in Points) space.Registry.Point(portal, id, point);
                space.Registry.SetDevice(device, new DeviceDetails(null, d < DevicesPerPortal / 2 ? company : customers, meter));
            }

            fleet.PortalAdded!(space.Registry.FindPortal(portal));
        }
    }

    public static string DeviceId(int number) => number switch { 0 => "meter-0", 1 => "meter-1", 2 => "meter-2", _ => "meter-3" };

    /// <summary>Gives each point a reading, so that its memory is there.</summary>
    public void Fill()
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var batch = new Reading[1000];
        for (var first = 0; first < Portal.Space.Registry.PointCount; first += batch.Length)
        {
            for (var i = 0; i < batch.Length; i++) batch[i] = new Reading(first + i, PointValue.From((double)i), now);
            Portal.Space.Store.Apply(batch, now);
        }
    }

    public NodeRef Find(string text, string uri)
    {
        var id = new NodeId(text, Portal.Space.Fleet.OwnerNamespace(uri));
        return Portal.Ua.Model.AddressSpace.TryResolve(id, out var node) ? node : throw new InvalidOperationException($"There is no {id}.");
    }
}
