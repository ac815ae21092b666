using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MQTTnet;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>How an embedded broker behaves.</summary>
public sealed record EmbeddedBrokerOptions
{
    /// <summary>With its private key: the port speaks TLS. Null: it does not.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The authorities that issue certificates to clients; null: clients need none.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>The only user and password; null: anybody.</summary>
    public (string User, string Password)? Credentials { get; init; }

    /// <summary>Topics that nobody may subscribe to.</summary>
    public IReadOnlySet<string> Forbidden { get; init; } = new HashSet<string>();
}

/// <summary>An MQTT broker on loopback, for the demo and for tests: a real one, inside the process.</summary>
public sealed class EmbeddedBroker(EmbeddedBrokerOptions? options = null) : IAsyncDisposable
{
    // Between finding a free port and listening on it another process may take it.
    private const int MaxPortAttempts = 10;

    private readonly EmbeddedBrokerOptions _options = options ?? new EmbeddedBrokerOptions();
    private MqttServer? _server;

    /// <summary>Is told every subscription that a client makes.</summary>
    public event Action<string>? Subscribed;

    /// <summary>The port it listens on, or listened on last.</summary>
    public int Port { get; private set; }

    /// <summary>Starts listening.</summary>
    /// <param name="port">0: the port of last time, else a free one.</param>
    /// <returns>The port.</returns>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    public async Task<int> StartAsync(int port = 0)
    {
        if (_server is not null) throw new InvalidOperationException("The broker runs already.");
        var isChosen = port != 0 || Port != 0;
        for (var attempt = 1; ; attempt++)
        {
            Port = port != 0 ? port : isChosen ? Port : FreePort();
            var server = CreateServer();
            try
            {
                await server.StartAsync().ConfigureAwait(false);
                _server = server;
                return Port;
            }
            catch (SocketException) when (!isChosen && attempt < MaxPortAttempts)
            {
                server.Dispose();
            }
        }
    }

    /// <summary>Closes every connection and refuses new ones. What was retained is forgotten, as by a broker without a disk.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server) return;
        await server.StopAsync().ConfigureAwait(false);
        server.Dispose();
    }

    /// <summary>Publishes a message as if a device had.</summary>
    public Task PublishAsync(string topic, string payload, bool retain = false, int qos = 1) => PublishAsync(topic, Encoding.UTF8.GetBytes(payload), retain, qos);

    /// <summary>Publishes a message as if a device had.</summary>
    public Task PublishAsync(string topic, byte[] payload, bool retain = false, int qos = 1) => PublishAsync(new MqttApplicationMessage
    {
        Topic = topic,
        PayloadSegment = new ArraySegment<byte>(payload),
        Retain = retain,
        QualityOfServiceLevel = (MqttQualityOfServiceLevel)qos,
    });

    /// <summary>Publishes a message as if a device had.</summary>
    public Task PublishAsync(MqttApplicationMessage message) =>
        (_server ?? throw new InvalidOperationException("The broker does not run.")).InjectApplicationMessage(new InjectedMqttApplicationMessage(message) { SenderClientId = "field" });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(StopAsync());

    private MqttServer CreateServer()
    {
        var builder = new MqttServerOptionsBuilder().WithPersistentSessions().WithMaxPendingMessagesPerClient(10_000);
        if (_options.Certificate is { } certificate)
        {
            builder = builder.WithoutDefaultEndpoint().WithEncryptedEndpoint().WithEncryptedEndpointPort(Port).WithEncryptedEndpointBoundIPAddress(IPAddress.Loopback)
                .WithEncryptedEndpointBoundIPV6Address(IPAddress.None).WithEncryptionCertificate(certificate);
            if (_options.ClientAuthorities is not null) builder = builder.WithClientCertificate((_, presented, _, _) => presented is not null && IsIssued(presented), false);
        }
        else
        {
            builder = builder.WithDefaultEndpoint().WithDefaultEndpointPort(Port).WithDefaultEndpointBoundIPAddress(IPAddress.Loopback).WithDefaultEndpointBoundIPV6Address(IPAddress.None);
        }

        var server = new MqttServerFactory().CreateMqttServer(builder.Build());
        server.ValidatingConnectionAsync += ValidateAsync;
        server.InterceptingSubscriptionAsync += InterceptSubscriptionAsync;
        server.ClientSubscribedTopicAsync += subscribed =>
        {
            Subscribed?.Invoke(subscribed.TopicFilter.Topic);
            return Task.CompletedTask;
        };
        return server;
    }

    private Task ValidateAsync(ValidatingConnectionEventArgs connecting)
    {
        if (_options.Credentials is { } wanted && (connecting.UserName, connecting.Password) != wanted) connecting.ReasonCode = MqttConnectReasonCode.BadUserNameOrPassword;
        return Task.CompletedTask;
    }

    private Task InterceptSubscriptionAsync(InterceptingSubscriptionEventArgs subscribing)
    {
        if (!_options.Forbidden.Contains(subscribing.TopicFilter.Topic)) return Task.CompletedTask;
        subscribing.ProcessSubscription = false;
        subscribing.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
        return Task.CompletedTask;
    }

    private bool IsIssued(X509Certificate presented)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_options.ClientAuthorities!);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(new X509Certificate2(presented));
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
