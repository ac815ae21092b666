using System.Collections.Frozen;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>A configuration compiled: what each topic feeds, and how each command is sent.</summary>
internal sealed class FieldMap
{
    private readonly Dictionary<string, TopicRoute> _routes = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Device, int Point), WritablePoint> _writes = [];
    private readonly Dictionary<(int Device, string Name), Command> _commands = [];

    /// <exception cref="ConfigurationException">A mapping is wrong.</exception>
    public FieldMap(IReadOnlyList<DeviceConfiguration> devices, ConnectionSettings connection, TimeProvider time, IAdapterHealth health)
    {
        Devices = [.. devices.Select(device => new FieldDevice(device, DeviceSettings.Read(device.Settings, connection.Qos), time, health))];
        var isVersion5 = connection.Version == MQTTnet.Formatter.MqttProtocolVersion.V500;
        foreach (var device in Devices) Add(device, isVersion5);
        Routes = _routes.ToFrozenDictionary(StringComparer.Ordinal);
        Writes = _writes.ToFrozenDictionary();
        Commands = _commands.ToFrozenDictionary();
    }

    public IReadOnlyList<FieldDevice> Devices { get; }
    public FrozenDictionary<string, TopicRoute> Routes { get; }
    public FrozenDictionary<(int Device, int Point), WritablePoint> Writes { get; }
    public FrozenDictionary<(int Device, string Name), Command> Commands { get; }

    private void Add(FieldDevice device, bool isVersion5)
    {
        if (device.Settings.Status is { } status) Route(status.Topic).Add(device, status);
        var values = new Dictionary<string, RoutedValue>(StringComparer.Ordinal);
        foreach (var point in device.Configuration.Points)
        {
            var source = SourceMapping.Read(point.Mapping, device.Settings);
            var value = values[point.Name] = Route(source.Topic).Add(device, point.Number, source);
            if (source.List is null) device.AddLive(point.Number);
            if (point.Mapping.Find("writable") is { } list && source.List is not null) throw list.Wrong("a point of a list cannot be written");
            if (device.Settings.Backlog is { } backlog && IsLiveJson(source, device.Settings)) Route(backlog.Topic).Add(device, point.Number, source with { Topic = backlog.Topic, List = backlog.List, Time = backlog.Time ?? source.Time });
            if (point.Mapping.Find("writable") is { } writable) _writes[(device.Number, point.Number)] = Writable(WriteMapping.Read(writable, device.Settings, source), value);
            point.Mapping.RefuseUnread();
        }

        foreach (var command in device.Configuration.Commands)
        {
            var mapping = InvokeMapping.Read(command, device.Settings, device.Configuration, isVersion5);
            if (mapping.Confirm is { } shown && values[shown.Point].Source.List is not null) throw command.Mapping.Get("confirm").Wrong($"'{shown.Point}' is a point of a list, which says nothing of now");
            if (mapping.Response is { } response) Route(response.Topic).Add(mapping, response, mapping.Outgoing.Qos);
            _commands[(device.Number, command.Name)] = new Command(device, mapping, mapping.Confirm is { } confirm ? values[confirm.Point] : null);
        }
    }

    // What the device's topic brings comes in its backlog too; a topic of a point's own has another form.
    private static bool IsLiveJson(SourceMapping source, DeviceSettings device) => source.List is null && source.Payload == PayloadKind.Json && source.Topic == device.Topic;

    private WritablePoint Writable(WriteMapping write, RoutedValue point)
    {
        var shownBy = write.Confirm switch
        {
            null => null,
            { } confirm when ReferenceEquals(confirm, point.Source) => point,
            { } confirm => Route(confirm.Topic).Add(point.Device, RoutedValue.NoPoint, confirm),
        };
        return new WritablePoint(point, write, shownBy);
    }

    private TopicRoute Route(string topic)
    {
        if (!_routes.TryGetValue(topic, out var route)) _routes.Add(topic, route = new TopicRoute(topic));
        return route;
    }

    /// <summary>A point that can be written.</summary>
    /// <param name="ShownBy">The value whose arrival confirms a write.</param>
    internal sealed record WritablePoint(RoutedValue Value, WriteMapping Mapping, RoutedValue? ShownBy);

    /// <summary>A command that the configuration maps.</summary>
    /// <param name="ShownBy">The value whose arrival confirms it.</param>
    internal sealed record Command(FieldDevice Device, InvokeMapping Mapping, RoutedValue? ShownBy);
}
