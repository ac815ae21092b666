using MQTTnet.Protocol;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>A value that a topic's messages bring.</summary>
internal sealed class RoutedValue(FieldDevice device, int point, SourceMapping source)
{
    public const int NoPoint = -1;

    public FieldDevice Device { get; } = device;

    /// <summary>The point's number; <see cref="NoPoint"/> where only a command waits for the value.</summary>
    public int Point { get; } = point;

    public SourceMapping Source { get; } = source;

    /// <summary>Its device's place in <see cref="TopicRoute.Devices"/>.</summary>
    public required int DeviceIndex { get; init; }

    public int ValueSlot { get; init; } = -1;
    public int TimeSlot { get; init; } = -1;
    public int QualitySlot { get; init; } = -1;
}

/// <summary>A status that a topic's messages tell.</summary>
internal sealed record RoutedStatus(FieldDevice Device, StatusMapping Mapping, int Slot);

/// <summary>A command's answer that a topic's messages bring.</summary>
internal sealed record RoutedResponse(InvokeMapping Command, ResponseMapping Mapping, int CorrelationSlot, int OkSlot);

/// <summary>All that is wanted of one topic: a message is parsed once for all the points it feeds.</summary>
internal sealed class TopicRoute(string topic)
{
    private readonly List<FieldDevice> _devices = [];
    private readonly List<RoutedValue> _values = [];
    private readonly List<RoutedStatus> _statuses = [];
    private readonly List<RoutedResponse> _responses = [];

    public string Topic { get; } = topic;
    public PayloadTree Tree { get; } = new();
    public MqttQualityOfServiceLevel Qos { get; private set; }

    /// <summary>The devices whose points it feeds, each once.</summary>
    public IReadOnlyList<FieldDevice> Devices => _devices;

    public IReadOnlyList<RoutedValue> Values => _values;
    public IReadOnlyList<RoutedStatus> Statuses => _statuses;
    public IReadOnlyList<RoutedResponse> Responses => _responses;

    /// <summary>Why the broker refused the subscription; Good where it has not.</summary>
    public ReadingStatus Refusal { get; set; }

    public RoutedValue Add(FieldDevice device, int point, SourceMapping source)
    {
        var isJson = source.Payload == PayloadKind.Json;
        if (!_devices.Contains(device)) _devices.Add(device);
        var value = new RoutedValue(device, point, source)
        {
            DeviceIndex = _devices.IndexOf(device),
            ValueSlot = isJson ? Tree.Add(source.Path) : -1,
            TimeSlot = isJson && source.Time is { } time ? Tree.Add(time.Path) : -1,
            QualitySlot = isJson && source.Quality is { } quality ? Tree.Add(quality.Path) : -1,
        };
        Want(source.Qos);
        _values.Add(value);
        return value;
    }

    public void Add(FieldDevice device, StatusMapping status)
    {
        Want(device.Settings.Qos);
        _statuses.Add(new RoutedStatus(device, status, status.Payload == PayloadKind.Json ? Tree.Add(status.Path) : -1));
    }

    public void Add(InvokeMapping command, ResponseMapping response, MqttQualityOfServiceLevel qos)
    {
        Want(qos);
        _responses.Add(new RoutedResponse(command, response, response.Correlation is null ? -1 : Tree.Add(response.Correlation), response.Ok is { Path.Length: > 0 } ok ? Tree.Add(ok.Path) : -1));
    }

    private void Want(MqttQualityOfServiceLevel qos)
    {
        if (qos > Qos) Qos = qos;
    }
}
