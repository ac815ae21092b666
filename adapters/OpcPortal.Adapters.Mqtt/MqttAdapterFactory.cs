using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Makes adapters for MQTT 3.1.1 and 5. What a configuration may say: <c>docs/guide-adapters.md</c>.</summary>
public sealed class MqttAdapterFactory : IAdapterFactory
{
    /// <inheritdoc/>
    public string Protocol => "mqtt";

    /// <inheritdoc/>
    public IAdapter Create(AdapterConfiguration configuration, AdapterContext context) =>
        new MqttAdapter(ConnectionSettings.Read(configuration.Connection, configuration.Portal.Id), configuration, context);

    /// <inheritdoc/>
    public void CheckConnection(ConfigElement connection) => ConnectionSettings.Read(connection, "");

    /// <inheritdoc/>
    public void CheckDevice(ConfigElement connection, DeviceConfiguration device) =>
        _ = new FieldMap([device], ConnectionSettings.Read(connection, ""), TimeProvider.System, NobodyListens.Instance);

    private sealed class NobodyListens : IAdapterHealth
    {
        public static readonly NobodyListens Instance = new();

        public void Report(int device, CommunicationState state, string? reason)
        {
        }
    }
}
