using Microsoft.Extensions.Logging;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A field of simulated devices, each with a connection and a last will of its own, at an embedded broker on loopback.</summary>
public sealed class MqttFieldSimulator : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, DeviceConnection> _connections;
    private Task _running = Task.CompletedTask;

    /// <param name="options">Of the broker; null: a plain one.</param>
    public MqttFieldSimulator(IReadOnlyList<SimulatedMqttDevice> devices, TimeProvider time, ILogger logger, EmbeddedBrokerOptions? options = null)
    {
        if (options is { Certificate: not null } or { Credentials: not null }) throw new ArgumentException("Simulated devices connect without TLS and password.", nameof(options));
        Devices = devices;
        Broker = new EmbeddedBroker(options);
        _connections = devices.ToDictionary(device => device.Id, device => new DeviceConnection(device, Broker, time, logger), StringComparer.Ordinal);
    }

    public IReadOnlyList<SimulatedMqttDevice> Devices { get; }
    public EmbeddedBroker Broker { get; }

    /// <summary>Starts the broker, then the devices.</summary>
    /// <param name="port">0: a free one.</param>
    /// <returns>The port.</returns>
    public async Task<int> StartAsync(int port = 0)
    {
        var bound = await Broker.StartAsync(port).ConfigureAwait(false);
        _running = Task.WhenAll(_connections.Values.Select(connection => Task.Run(() => connection.RunAsync(_stop.Token))));
        return bound;
    }

    /// <summary>Makes a device misbehave, or behave again.</summary>
    public void Inject(string device, DeviceFault fault) => _connections[device].Fault = fault;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await Broker.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}

/// <summary>How a simulated device misbehaves.</summary>
public enum DeviceFault
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>It stays connected and says nothing.</summary>
    Silence,

    /// <summary>It sends what cannot be understood.</summary>
    Garbage,

    /// <summary>Its connection breaks without a farewell: the broker publishes its last will.</summary>
    Gone,
}
