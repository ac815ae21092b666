using System.Text;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

/// <summary>Configurations as a file would bring them.</summary>
internal static class Configurations
{
    public const string File = "field/site.json";

    /// <summary>One device, <c>meter</c>, whose members are given.</summary>
    public static AdapterConfiguration Device(string device, string connection = "\"host\": \"127.0.0.1\"") => Read(
        $$"""{ "portal": { "id": "p1", "owner": "urn:utility" }, "connection": { "protocol": "mqtt", {{connection}} }, "devices": [ { "id": "meter", "type": "ElectricityMeterType", {{device}} } ] }""");

    /// <exception cref="ConfigurationException">The first thing that the reader refuses.</exception>
    public static AdapterConfiguration Read(string json, string file = File)
    {
        var refused = new List<ConfigurationException>();
        var configuration = new AdapterConfigurationReader(new SequentialFleetNumbers(), [new MqttAdapterFactory()]).Read(file, Encoding.UTF8.GetBytes(json), refused);
        if (refused.Count > 0) throw refused[0];
        return configuration!;
    }

    /// <summary>Where the point of a name is in the readings.</summary>
    public static int Point(this AdapterConfiguration configuration, string name, int device = 0) => configuration.Devices[device].Points.Single(point => point.Name == name).Number;
}

/// <summary>Keeps what is reported of devices.</summary>
internal sealed class RecordedHealth : IAdapterHealth
{
    public List<(int Device, CommunicationState State, string? Reason)> Reports { get; } = [];

    public void Report(int device, CommunicationState state, string? reason) => Reports.Add((device, state, reason));
}

/// <summary>A configuration's messages decoded without any broker.</summary>
internal sealed class DecodedField
{
    public static readonly DateTime Received = new(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc);

    private readonly MessageDecoder _decoder;

    public DecodedField(string device, string version = "5")
    {
        Configuration = Configurations.Device(device, $"\"host\": \"127.0.0.1\", \"version\": \"{version}\"");
        var settings = ConnectionSettings.Read(Configuration.Connection, "p1");
        Map = new FieldMap(Configuration.Devices, settings, new Microsoft.Extensions.Time.Testing.FakeTimeProvider(), Health);
        _decoder = new MessageDecoder(Pending);
    }

    public AdapterConfiguration Configuration { get; }
    public FieldMap Map { get; }
    public RecordedHealth Health { get; } = new();
    public PendingAnswers Pending { get; } = new();
    public FieldDevice Device => Map.Devices[0];

    public Dictionary<string, Reading> Decode(string topic, string payload, bool isRetained = false) => Decode(topic, Encoding.UTF8.GetBytes(payload), isRetained);

    /// <summary>All readings of a message, in their order, with the names of their points.</summary>
    public (string Name, Reading Reading)[] DecodeAll(string topic, string payload, bool isRetained = false, bool isDuplicate = false)
    {
        _decoder.Decode(Map.Routes[topic], Encoding.UTF8.GetBytes(payload), new MessageFacts(isRetained, IsDuplicate: isDuplicate), Received);
        return [.. _decoder.Readings.Select(reading => (Configuration.Devices[0].Points.Single(point => point.Number == reading.Point).Name, reading))];
    }

    public Dictionary<string, Reading> Decode(string topic, ReadOnlySpan<byte> payload, bool isRetained = false)
    {
        _decoder.Decode(Map.Routes[topic], payload, new MessageFacts(isRetained), Received);
        return _decoder.Readings.ToDictionary(reading => Configuration.Devices[0].Points.Single(point => point.Number == reading.Point).Name);
    }
}
