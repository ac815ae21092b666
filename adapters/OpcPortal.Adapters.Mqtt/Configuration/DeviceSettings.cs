using System.Collections.Frozen;
using MQTTnet.Protocol;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>What the protocol reads of a device's object, beside its points and commands.</summary>
internal sealed record DeviceSettings
{
    /// <summary>What <c>~</c> in its topics stands for.</summary>
    public string? BaseTopic { get; init; }

    /// <summary>The topic of the points that name none.</summary>
    public string? Topic { get; init; }

    public required PayloadKind Payload { get; init; }
    public required MqttQualityOfServiceLevel Qos { get; init; }
    public required RetainedPolicy Retained { get; init; }
    public (string[] Path, TimeFormat Format)? Time { get; init; }
    public QualityMapping? Quality { get; init; }
    public StatusMapping? Status { get; init; }
    public BacklogMapping? Backlog { get; init; }

    /// <summary>How long a device may say nothing before it counts as offline; null: as long as it likes.</summary>
    public TimeSpan? SilentAfter { get; init; }

    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static DeviceSettings Read(ConfigElement element, MqttQualityOfServiceLevel qos)
    {
        foreach (var shared in (ReadOnlySpan<string>)["id", "name", "type", "owner", "points", "commands"]) element.Find(shared);
        var baseTopic = element.Find("baseTopic") is { } @base ? MqttTopic.Read(@base, null).TrimEnd('/') : null;
        var settings = new DeviceSettings
        {
            BaseTopic = baseTopic,
            Topic = element.Find("topic") is { } topic ? MqttTopic.Read(topic, baseTopic) : null,
            Payload = element.Find("payload")?.OneOf<PayloadKind>() ?? PayloadKind.Json,
            Qos = element.Find("qos") is { } own ? ConnectionSettings.ReadQos(own) : qos,
            Retained = element.Find("retained")?.OneOf<RetainedPolicy>() ?? RetainedPolicy.Uncertain,
            Time = element.Find("time") is { } time ? SourceMapping.ReadTime(time) : null,
            Quality = element.Find("quality") is { } quality ? QualityMapping.Read(quality) : null,
            Status = element.Find("status") is { } status ? StatusMapping.Read(status, baseTopic) : null,
            Backlog = element.Find("backlog") is { } backlog ? BacklogMapping.Read(backlog, baseTopic) : null,
            SilentAfter = element.Find("silentAfter")?.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(366)),
        };
        element.RefuseUnread();
        if (settings.Backlog is null) return settings;
        if (settings.Topic is null) throw element.Wrong("a 'backlog' holds what would have come on the device's 'topic', which is missing");
        if ((settings.Backlog.Time ?? settings.Time) is null) throw element.Wrong("the items of a 'backlog' want a 'time' of their own: else nobody could tell of when they are");
        return settings;
    }
}

/// <summary>
/// Where a device that was offline sends what it has kept: a list whose items are each like a message on the device's topic, with a time. <c>{ "topic", "list", "time" }</c>.
/// </summary>
/// <param name="Time">Null: as on the device's topic.</param>
internal sealed record BacklogMapping(string Topic, string[] List, (string[] Path, TimeFormat Format)? Time)
{
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static BacklogMapping Read(ConfigElement element, string? baseTopic)
    {
        var mapping = new BacklogMapping(
            MqttTopic.Read(element.Get("topic"), baseTopic),
            element.Find("list") is { } list ? SourceMapping.ReadList(list) : [],
            element.Find("time") is { } time ? SourceMapping.ReadTime(time) : null);
        element.RefuseUnread();
        return mapping;
    }
}

/// <summary>The topic on which a device, or its last will, says whether it is there: <c>{ "topic", "path", "map": { "online": "Online", "offline": "Offline" } }</c>.</summary>
internal sealed record StatusMapping(string Topic, PayloadKind Payload, string[] Path, FrozenDictionary<string, CommunicationState> Words)
{
    // What the common firmwares say: Tasmota and Shelly, Zigbee2MQTT, ESPHome, Homie.
    private static readonly FrozenDictionary<string, CommunicationState> CommonWords = new Dictionary<string, CommunicationState>
    {
        ["online"] = CommunicationState.Online,
        ["Online"] = CommunicationState.Online,
        ["true"] = CommunicationState.Online,
        ["1"] = CommunicationState.Online,
        ["ready"] = CommunicationState.Online,
        ["alert"] = CommunicationState.Impaired,
        ["offline"] = CommunicationState.Offline,
        ["Offline"] = CommunicationState.Offline,
        ["false"] = CommunicationState.Offline,
        ["0"] = CommunicationState.Offline,
        ["lost"] = CommunicationState.Offline,
        ["disconnected"] = CommunicationState.Offline,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static StatusMapping Read(ConfigElement element, string? baseTopic)
    {
        var path = PayloadPath.Read(element.Find("path"));
        var words = CommonWords;
        if (element.Find("map") is { } map) words = map.Members.ToFrozenDictionary(word => word.Key, word => word.Value.OneOf<CommunicationState>(), StringComparer.Ordinal);
        var mapping = new StatusMapping(MqttTopic.Read(element.Get("topic"), baseTopic), path.Length > 0 ? PayloadKind.Json : PayloadKind.Text, path, words);
        element.RefuseUnread();
        return mapping;
    }
}
