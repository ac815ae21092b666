using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using OpcPortal.Adapters;
using OpcPortal.Adapters.Mqtt;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace Interop.Mqtt;

/// <summary>An adapter at the broker, and the device's side of it.</summary>
internal sealed class MosquittoSite(Mosquitto broker) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private AdapterConfiguration? _configuration;
    private IAdapter? _adapter;
    private Task _running = Task.CompletedTask;
    private IMqttClient? _publisher;

    public RecordingSink Sink { get; } = new();

    public int Point(string name) => _configuration!.Devices[0].Points.Single(point => point.Name == name).Number;

    public Task<Reading> WaitForAsync(string point, Predicate<Reading> wanted) => Sink.WaitForAsync(Point(point), wanted);

    public Task<ReadingStatus> ExecuteAsync(DeviceCommand command) => _adapter!.ExecuteAsync(command, CancellationToken.None).AsTask().WaitAsync(ContractLimits.Patience);

    public void Start(string device, string connection = "\"version\": \"5\"", string passwordFile = "password.txt", string ca = "ca.pem") => Run(device,
        $$""" "port": {{broker.Port}}, "user": "{{Mosquitto.User}}", "passwordFile": {{broker.File(passwordFile)}}, "tls": { "ca": {{broker.File(ca)}} }, {{connection}} """);

    public void StartWithCertificate(string device) => Run(device,
        $$""" "port": {{broker.CertificatePort}}, "tls": { "ca": {{broker.File("ca.pem")}}, "clientCert": {{broker.File("client.pem")}}, "clientKey": {{broker.File("client.key")}} } """);

    /// <summary>The adapter listens to the topic: a message that the broker keeps reaches it, whether it has subscribed already or does so later.</summary>
    public async Task ListensAsync(string topic)
    {
        using var device = await ConnectAsync();
        await device.PublishAsync(Message(topic, """{ "p": 0 }""", MqttQualityOfServiceLevel.AtLeastOnce, retain: true));
        await WaitForAsync("ActivePower", reading => reading.Value == PointValue.From(0.0));
    }

    /// <summary>A device publishes.</summary>
    public async Task PublishAsync(string topic, string payload, bool retain = false, MqttQualityOfServiceLevel qos = MqttQualityOfServiceLevel.AtLeastOnce)
    {
        _publisher ??= await ConnectAsync();
        await _publisher.PublishAsync(Message(topic, payload, qos, retain));
    }

    /// <summary>A device's connection.</summary>
    public async Task<IMqttClient> ConnectAsync((string Topic, string Payload)? will = null)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        var builder = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", broker.Port).WithProtocolVersion(MqttProtocolVersion.V500).WithCredentials(Mosquitto.User, Mosquitto.Password)
            .WithTlsOptions(tls => tls.WithCertificateValidationHandler(_ => true));
        if (will is { } last) builder = builder.WithWillTopic(last.Topic).WithWillPayload(last.Payload);
        await client.ConnectAsync(builder.Build());
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_adapter is not null)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running.WaitAsync(ContractLimits.Stop));
            await _adapter.DisposeAsync();
        }

        _publisher?.Dispose();
        _stop.Dispose();
    }

    private void Run(string device, string connection)
    {
        var refused = new List<ConfigurationException>();
        var json = $$"""
            { "portal": { "id": "site", "owner": "urn:utility" }, "connection": { "protocol": "mqtt", "host": "127.0.0.1", "reconnect": { "min": "100 ms", "max": "200 ms" }, {{connection}} },
              "devices": [ { "id": "meter", "type": "ElectricityMeterType", {{device}} } ] }
            """;
        var factory = new MqttAdapterFactory();
        _configuration = new AdapterConfigurationReader(new SequentialFleetNumbers(), [factory]).Read("site.json", Encoding.UTF8.GetBytes(json), refused);
        Assert.Empty(refused);
        _adapter = factory.Create(_configuration!, new AdapterContext(Sink, Sink, TimeProvider.System, NullLogger.Instance));
        _running = Task.Run(() => _adapter.RunAsync(_stop.Token));
    }

    private static MqttApplicationMessage Message(string topic, string payload, MqttQualityOfServiceLevel qos, bool retain) => new()
    {
        Topic = topic,
        PayloadSegment = new ArraySegment<byte>(Encoding.UTF8.GetBytes(payload)),
        QualityOfServiceLevel = qos,
        Retain = retain,
    };
}
