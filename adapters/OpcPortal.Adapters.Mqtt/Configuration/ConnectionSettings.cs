using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>The object <c>connection</c> of a configuration file whose protocol is <c>mqtt</c>.</summary>
internal sealed record ConnectionSettings
{
    /// <summary>Bytes of a payload when the file says nothing: a gateway's JSON with a thousand points has less.</summary>
    public const int DefaultMaxPayloadBytes = 256 * 1024;

    public required string Host { get; init; }
    public required int Port { get; init; }
    public required MqttProtocolVersion Version { get; init; }
    public required string ClientId { get; init; }
    public string? User { get; init; }

    /// <summary>Full path; the file is read at each connect, so that a changed password needs no restart.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Null: without TLS.</summary>
    public TlsSettings? Tls { get; init; }

    public required bool CleanSession { get; init; }
    public required TimeSpan SessionExpiry { get; init; }
    public required TimeSpan KeepAlive { get; init; }
    public required TimeSpan Timeout { get; init; }
    public required MqttQualityOfServiceLevel Qos { get; init; }
    public required TimeSpan ReconnectMin { get; init; }
    public required TimeSpan ReconnectMax { get; init; }
    public required int MaxPayloadBytes { get; init; }
    public required int MaxTopicsPerSubscribe { get; init; }

    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    /// <param name="portal">The portal's id, for a client identifier that the file does not choose.</param>
    public static ConnectionSettings Read(ConfigElement element, string portal)
    {
        element.Find("protocol");
        var tls = element.Find("tls") is { } tlsElement ? TlsSettings.Read(tlsElement) : null;
        var clientId = element.Find("clientId");
        var cleanSession = element.Find("cleanSession")?.Boolean() ?? true;
        // MQTT 3.1.1 3.1.2.4: a session that outlives its connection is found again by the client identifier, so that one must be chosen.
        if (!cleanSession && clientId is null) throw element.Wrong("a session that is kept (cleanSession false) wants a 'clientId' that is this server's own");
        var (reconnectMin, reconnectMax) = Reconnect(element.Find("reconnect"));
        var settings = new ConnectionSettings
        {
            Host = element.Get("host").Text(253),
            Port = element.Find("port")?.Integer(1, 65535) ?? (tls is null ? 1883 : 8883),
            Version = element.Find("version") is { } version ? ReadVersion(version) : MqttProtocolVersion.V500,
            ClientId = clientId?.Text(128) ?? $"opcportal-{portal}",
            User = element.Find("user")?.Text(256),
            PasswordFile = element.Find("passwordFile") is { } password ? ExistingFile(password) : null,
            Tls = tls,
            CleanSession = cleanSession,
            SessionExpiry = element.Find("sessionExpiry")?.Duration(TimeSpan.Zero, TimeSpan.FromDays(30)) ?? (cleanSession ? TimeSpan.Zero : TimeSpan.FromHours(1)),
            KeepAlive = element.Find("keepAlive")?.Duration(TimeSpan.FromSeconds(5), TimeSpan.FromHours(18)) ?? TimeSpan.FromSeconds(30),
            Timeout = element.Find("timeout")?.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(2)) ?? TimeSpan.FromSeconds(10),
            Qos = element.Find("qos") is { } qos ? ReadQos(qos) : MqttQualityOfServiceLevel.AtLeastOnce,
            ReconnectMin = reconnectMin,
            ReconnectMax = reconnectMax,
            MaxPayloadBytes = element.Find("maxPayloadBytes")?.Integer(64, 16 * 1024 * 1024) ?? DefaultMaxPayloadBytes,
            MaxTopicsPerSubscribe = element.Find("maxTopicsPerSubscribe")?.Integer(1, 1000) ?? 64,
        };
        element.RefuseUnread();
        return settings;
    }

    /// <summary>0, 1 or 2. MQTT 5.0 4.3.</summary>
    public static MqttQualityOfServiceLevel ReadQos(ConfigElement element) => (MqttQualityOfServiceLevel)element.Integer(0, 2);

    /// <summary>The full path of a file that a setting names, relative to the configuration file.</summary>
    /// <exception cref="ConfigurationException">There is no such file.</exception>
    public static string ExistingFile(ConfigElement element)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(element.File)) ?? "", element.Text());
        return File.Exists(path) ? path : throw element.Wrong($"there is no file '{path}'");
    }

    private static MqttProtocolVersion ReadVersion(ConfigElement element) => element.Kind is System.Text.Json.JsonTokenType.String ? element.Text() switch
    {
        "3.1.1" => MqttProtocolVersion.V311,
        "5" or "5.0" => MqttProtocolVersion.V500,
        _ => throw element.Wrong("\"3.1.1\" or \"5\" is wanted here"),
    }
    : element.Integer(5, 5) == 5 ? MqttProtocolVersion.V500 : throw element.Wrong("\"3.1.1\" or \"5\" is wanted here");

    private static (TimeSpan Min, TimeSpan Max) Reconnect(ConfigElement? element)
    {
        if (element is null) return (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        var min = element.Find("min")?.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)) ?? TimeSpan.FromSeconds(1);
        var max = element.Find("max")?.Duration(min, TimeSpan.FromDays(1)) ?? (min > TimeSpan.FromMinutes(1) ? min : TimeSpan.FromMinutes(1));
        element.RefuseUnread();
        return (min, max);
    }
}
