using System.Text.Json.Nodes;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A message that a simulated device sends.</summary>
/// <param name="Retain">The broker keeps it for those who come later.</param>
public sealed record MqttPublication(string Topic, string Payload, bool Retain = false);

/// <summary>A message that a simulated device receives.</summary>
/// <param name="ResponseTopic">Where an answer is wanted (MQTT 5.0 4.10); null: nowhere in particular.</param>
public sealed record MqttRequest(string Topic, string Payload, string? ResponseTopic);

/// <summary>
/// A simulated device: what it publishes, what it does when told, and how the MQTT adapter is configured for it, all from the same topics. It has no clock and no connection of
/// its own; <see cref="MqttFieldSimulator"/> gives it both, and calls it from one thread at a time.
/// </summary>
public abstract class SimulatedMqttDevice(string id, string baseTopic)
{
    /// <summary>The device's id in the configuration, and its client identifier at the broker.</summary>
    public string Id { get; } = id;

    /// <summary>The level below which its topics lie.</summary>
    public string BaseTopic { get; } = baseTopic;

    /// <summary>How often it publishes.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The BrowseName of its type in the portal model.</summary>
    public abstract string Type { get; }

    /// <summary>Where it says that it is there, and its last will that it is not.</summary>
    public abstract MqttPublication Online { get; }

    /// <summary>Its last will.</summary>
    public abstract MqttPublication Will { get; }

    /// <summary>The topics that it listens to.</summary>
    public virtual IReadOnlyList<string> Listens => [];

    /// <summary>What it publishes at a time.</summary>
    public abstract IReadOnlyList<MqttPublication> Publish(DateTime now);

    /// <summary>The broker has what it published: what it keeps for those who did not hear it, it may forget.</summary>
    public virtual void Delivered(MqttPublication publication)
    {
    }

    /// <summary>What it publishes because it was told something.</summary>
    public virtual IReadOnlyList<MqttPublication> Receive(MqttRequest request, DateTime now) => [];

    /// <summary>The device's object in an adapter configuration: <see cref="MqttDemoConfiguration"/>.</summary>
    internal abstract JsonObject Configure();

    /// <summary>A number as devices write it.</summary>
    protected static double Rounded(double value, int digits = 1) => Math.Round(value, digits);
}
