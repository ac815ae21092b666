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

/// <summary>A list that a topic's messages bring: all the values that its items bring are found in one walk over each.</summary>
internal sealed class RoutedList(string[] path, int slot)
{
    private readonly List<RoutedValue> _values = [];

    public string[] Path { get; } = path;

    /// <summary>Where the list is among what is wanted of the payload.</summary>
    public int Slot { get; } = slot;

    /// <summary>What is wanted of an item.</summary>
    public PayloadTree Tree { get; } = new();

    public IReadOnlyList<RoutedValue> Values => _values;

    public void Add(RoutedValue value) => _values.Add(value);
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
    private readonly List<RoutedList> _lists = [];
    private readonly List<RoutedStatus> _statuses = [];
    private readonly List<RoutedResponse> _responses = [];

    public string Topic { get; } = topic;
    public PayloadTree Tree { get; } = new();
    public MqttQualityOfServiceLevel Qos { get; private set; }

    /// <summary>The devices whose points it feeds, each once.</summary>
    public IReadOnlyList<FieldDevice> Devices => _devices;

    public IReadOnlyList<RoutedValue> Values => _values;
    public IReadOnlyList<RoutedList> Lists => _lists;
    public IReadOnlyList<RoutedStatus> Statuses => _statuses;
    public IReadOnlyList<RoutedResponse> Responses => _responses;

    /// <summary>Why the broker refused the subscription; Good where it has not.</summary>
    public ReadingStatus Refusal { get; set; }

    public RoutedValue Add(FieldDevice device, int point, SourceMapping source)
    {
        var list = source.List is { } path ? ListAt(path) : null;
        var tree = source.Payload != PayloadKind.Json ? null : list?.Tree ?? Tree;
        if (!_devices.Contains(device)) _devices.Add(device);
        var value = new RoutedValue(device, point, source)
        {
            DeviceIndex = _devices.IndexOf(device),
            ValueSlot = tree?.Add(source.Path) ?? -1,
            TimeSlot = source.Time is { } time ? tree?.Add(time.Path) ?? -1 : -1,
            QualitySlot = source.Quality is { } quality ? tree?.Add(quality.Path) ?? -1 : -1,
        };
        Want(source.Qos);
        if (list is null) _values.Add(value);
        else list.Add(value);
        return value;
    }

    private RoutedList ListAt(string[] path)
    {
        var list = _lists.Find(known => known.Path.AsSpan().SequenceEqual(path));
        if (list is null) _lists.Add(list = new RoutedList(path, Tree.Add(path)));
        return list;
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
