using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>A server on pipes, with a clock that the test moves.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly string _pki = Directory.CreateTempSubdirectory("opcportal-server").FullName;

    public TestServer(Func<UaServerOptions, UaServerOptions>? change = null, Func<EndpointOptions, EndpointOptions>? endpoints = null, Func<UaServerParts, UaServerParts>? parts = null)
    {
        var offered = new EndpointOptions
        {
            Urls = ["opc.tcp://localhost:4840"],
            ApplicationUri = TestPki.ServerUri,
            AllowAnonymous = true,
            Security = [new(SecurityPolicy.None, MessageSecurityMode.None), .. new EndpointOptions { Urls = [], ApplicationUri = "" }.Security],
        };
        var options = new UaServerOptions { Endpoints = endpoints?.Invoke(offered) ?? offered };
        // Certificates are judged by the test's clock too: it begins now.
        Time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        Trust = new TrustListStore(_pki, Time);
        foreach (var trusted in (System.Security.Cryptography.X509Certificates.X509Certificate2[])[TestPki.Client, TestPki.OtherClient, TestPki.User]) Trust.Trust(trusted);
        var given = new UaServerParts
        {
            Certificate = new ApplicationCertificate(TestPki.Server),
            Applications = Trust,
            Passwords = new Passwords(),
            Identities = new IdentityMappings([new(RoleTable.SecurityAdmin, IdentityCriteriaType.UserName, "admin"), new(RoleTable.Operator, IdentityCriteriaType.Thumbprint, TestPki.User.Thumbprint)]),
            Time = Time,
        };
        Server = new UaServer(change?.Invoke(options) ?? options, parts?.Invoke(given) ?? given);
        Server.Start();
    }

    public FakeTimeProvider Time { get; }
    public TrustListStore Trust { get; }
    public UaServer Server { get; }

    /// <summary>A connection as from a socket; what the test writes the server reads.</summary>
    public WireClient Connect(string address = "192.0.2.1")
    {
        var client = WireClient.Connect(Server.Handler, Time, address);
        _connections.Add(client.Served);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Task.WhenAll(_connections).WaitAsync(TimeSpan.FromSeconds(30));
        Directory.Delete(_pki, recursive: true);
    }

    private sealed class Passwords : IPasswordVerifier
    {
        public ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) =>
            ValueTask.FromResult(userName is "admin" or "bob" && password.Span.SequenceEqual("right"u8));
    }
}
