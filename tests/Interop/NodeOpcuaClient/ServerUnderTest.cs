using System.Net;
using System.Net.Sockets;
using System.Text;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;

namespace Interop.NodeOpcuaClient;

/// <summary>Our server in this process, on a loopback port, with nodes of every built-in type, structures, methods and events (served.NodeSet2.xml).</summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    public const string User = "operator";
    public const string Password = "a password of some length";

    private readonly RunningListener _listener;

    private ServerUnderTest(UaServer server, RunningListener listener, string url, string folder, TrustListStore trust, PeerCertificates certificates)
    {
        Server = server;
        _listener = listener;
        Url = url;
        Folder = folder;
        Trust = trust;
        Certificates = certificates;
    }

    public UaServer Server { get; }
    public string Url { get; }
    public string Folder { get; }
    public TrustListStore Trust { get; }
    public PeerCertificates Certificates { get; }

    /// <param name="isOpen">Also without protection and anonymously, as a demo is; else as a server is that nobody configured otherwise.</param>
    /// <param name="subscriptions">Keeps durable subscriptions; null: there are none.</param>
    public static async Task<ServerUnderTest> StartAsync(string folder, string nodeFolder, bool isOpen, ISubscriptionStore? subscriptions = null)
    {
        var port = FreePort();
        var url = $"opc.tcp://localhost:{port}";
        var trust = new TrustListStore(Path.Combine(folder, isOpen ? "open" : "closed"), TimeProvider.System);
        var certificates = new PeerCertificates(Path.Combine(folder, isOpen ? "open-peers" : "closed-peers"), trust);
        var subject = new CertificateSubject { Name = "Interop server", ApplicationUri = "urn:opcportal:interop:server", Hosts = ["localhost", "127.0.0.1"] };
        var offered = new EndpointOptions { Urls = [url], ApplicationUri = subject.ApplicationUri! };
        if (isOpen) offered = offered with { AllowAnonymous = true, Security = [new(SecurityPolicy.None, MessageSecurityMode.None), .. offered.Security] };
        var server = new UaServer(
            new UaServerOptions
            {
                Endpoints = offered,
                // Short enough that a test sees renewals and time-outs; an installation's floors are higher.
                Connections = new ConnectionLimits { MinTokenLifetime = TimeSpan.FromSeconds(1) },
                Sessions = new SessionLimits { MinTimeout = TimeSpan.FromSeconds(1) },
            },
            new UaServerParts
            {
                Certificate = trust.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(subject)),
                Applications = trust,
                SubscriptionStore = subscriptions,
                Passwords = new OnePassword(),
                // All is shown to this user, diagnostics of others' sessions too.
                Identities = new IdentityMappings([new(RoleTable.SecurityAdmin, IdentityCriteriaType.UserName, User), new(RoleTable.Operator, IdentityCriteriaType.UserName, User), new(RoleTable.Operator, IdentityCriteriaType.Thumbprint, certificates.UserThumbprint)]),
                NodeSets = ReadModels(Path.Combine(nodeFolder, "interop.NodeSet2.xml"), Path.Combine(nodeFolder, "served.NodeSet2.xml")),
            });
        new ServedNodes(server).Bind();
        return new ServerUnderTest(server, await server.ListenAsync(null, new IPEndPoint(IPAddress.Loopback, port)), url, folder, trust, certificates);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await Server.DisposeAsync();
    }

    // Each file knows the types of those before it.
    private static NodeSet[] ReadModels(params string[] files)
    {
        var types = new DataTypeCatalog();
        types.Add(StandardModel.LoadUa());
        return Array.ConvertAll(files, file =>
        {
            var model = NodeSet2Reader.Read(file, new NodeSetReaderOptions { Types = types });
            types.Add(model);
            return model;
        });
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class OnePassword : IPasswordVerifier
    {
        public ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) =>
            ValueTask.FromResult(userName == User && password.Span.SequenceEqual(Encoding.UTF8.GetBytes(Password)));
    }
}
