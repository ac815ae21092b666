using System.Text.Json;
using MQTTnet.Protocol;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>What is sent for a command or a set-point, and where: <c>topic</c>, <c>template</c>, <c>qos</c>, <c>retain</c>.</summary>
internal sealed record OutgoingMapping(string Topic, PayloadTemplate Template, MqttQualityOfServiceLevel Qos, bool Retain)
{
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static OutgoingMapping Read(ConfigElement element, DeviceSettings device, bool hasValue)
    {
        var topic = MqttTopic.Read(element.Get("topic"), device.BaseTopic);
        var template = new PayloadTemplate(element.Find("template") ?? element.Get(hasValue ? "template" : "payload"), hasValue);
        var retain = element.Find("retain");
        // A retained command would be carried out again whenever the device comes back.
        if (!hasValue && retain?.Boolean() == true) throw retain.Wrong("a command must not be retained: the device would carry it out again at each reconnect");
        return new OutgoingMapping(topic, template, element.Find("qos") is { } qos ? ConnectionSettings.ReadQos(qos) : device.Qos, retain?.Boolean() ?? false);
    }
}

/// <summary>How a set-point is written, and by which value of the device's it shows that it has arrived.</summary>
/// <param name="Confirm">Null: nobody knows; the answer is GoodCompletesAsynchronously.</param>
internal sealed record WriteMapping(OutgoingMapping Outgoing, SourceMapping? Confirm, TimeSpan Timeout)
{
    /// <summary>How long a device may take to confirm or answer, where the configuration says nothing.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Reads <c>writable</c>: <c>{ "topic", "template", "qos", "retain", "confirm": true | { "topic", "path", ..., "timeout" } }</c>.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static WriteMapping Read(ConfigElement element, DeviceSettings device, SourceMapping point)
    {
        var outgoing = OutgoingMapping.Read(element, device, hasValue: true);
        var confirm = element.Find("confirm");
        SourceMapping? source = null;
        var timeout = DefaultTimeout;
        if (confirm is { Kind: JsonTokenType.True }) source = point;
        else if (confirm is { Kind: not JsonTokenType.False })
        {
            source = SourceMapping.Read(confirm, device, point);
            timeout = ReadTimeout(confirm);
            confirm.RefuseUnread();
        }

        element.RefuseUnread();
        return new WriteMapping(outgoing, source, timeout);
    }

    /// <summary>Reads <c>timeout</c>.</summary>
    public static TimeSpan ReadTimeout(ConfigElement element) => element.Find("timeout")?.Duration(MinTimeout, MaxTimeout) ?? DefaultTimeout;
}

/// <summary>How a command is sent, and where its answer comes.</summary>
/// <param name="Response">Null where the device answers on no topic.</param>
/// <param name="Confirm">The point that shows that the command was carried out, and the value that it then has; null: none.</param>
internal sealed record InvokeMapping(string Name, OutgoingMapping Outgoing, ResponseMapping? Response, (string Point, PointValue Value)? Confirm, TimeSpan Timeout)
{
    /// <summary>Reads <c>{ "topic", "payload", "qos", "response": { ... } | "confirm": { "point", "value", "timeout" } }</c>.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static InvokeMapping Read(CommandConfiguration command, DeviceSettings device, DeviceConfiguration configuration, bool isVersion5)
    {
        var element = command.Mapping;
        var outgoing = OutgoingMapping.Read(element, device, hasValue: false);
        var timeout = WriteMapping.DefaultTimeout;
        ResponseMapping? response = null;
        (string, PointValue)? confirm = null;
        if (element.Find("response") is { } answer)
        {
            response = ResponseMapping.Read(answer, device, outgoing.Template.HasId, isVersion5);
            timeout = WriteMapping.ReadTimeout(answer);
            answer.RefuseUnread();
        }

        if (element.Find("confirm") is { } shown)
        {
            if (response is not null) throw shown.Wrong("a command has either a 'response' or a 'confirm'");
            confirm = (PointOf(shown.Get("point"), configuration), ValueOf(shown.Get("value")));
            timeout = WriteMapping.ReadTimeout(shown);
            shown.RefuseUnread();
        }

        element.RefuseUnread();
        return new InvokeMapping(command.Name, outgoing, response, confirm, timeout);
    }

    private static string PointOf(ConfigElement element, DeviceConfiguration device)
    {
        var name = element.Text();
        foreach (var point in device.Points)
            if (point.Name == name) return name;
        throw element.Wrong($"the device has no point '{name}'");
    }

    private static PointValue ValueOf(ConfigElement element) => element.Scalar() switch
    {
        bool truth => PointValue.From(truth),
        double number => PointValue.From(number),
        string text => PointValue.From(text),
        _ => throw element.Wrong("a value is wanted here"),
    };
}

/// <summary>A device's answer: on which topic, how it is known to belong to a command, and what makes it a good one.</summary>
/// <param name="Correlation">Where the answer repeats <c>$id</c>; null: by CorrelationData (MQTT 5.0 4.10), else the next message answers.</param>
/// <param name="ByCorrelationData">The device sends the CorrelationData of MQTT 5 back.</param>
/// <param name="Ok">Where it says how it went, and the word that means well; null: any answer is a good one.</param>
internal sealed record ResponseMapping(string Topic, string[]? Correlation, bool ByCorrelationData, (string[] Path, string Word)? Ok)
{
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static ResponseMapping Read(ConfigElement element, DeviceSettings device, bool templateHasId, bool isVersion5)
    {
        var topic = MqttTopic.Read(element.Get("topic"), device.BaseTopic);
        var correlation = element.Find("correlation");
        var isProperty = correlation is { Kind: JsonTokenType.True };
        if (isProperty && !isVersion5) throw correlation!.Wrong("CorrelationData exists from MQTT 5 on; this connection speaks 3.1.1");
        if (correlation is not null && !isProperty && !templateHasId) throw correlation.Wrong("the payload holds no $id that the answer could repeat");
        (string[], string)? ok = null;
        if (element.Find("ok") is { } good)
        {
            ok = (PayloadPath.Read(good.Find("path")), Word(good.Get("value")));
            good.RefuseUnread();
        }

        return new ResponseMapping(topic, correlation is null || isProperty ? null : PayloadPath.Read(correlation), isProperty, ok);
    }

    private static string Word(ConfigElement element) => element.Scalar() switch
    {
        bool truth => truth ? "true" : "false",
        double number => number.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        string text => text,
        _ => throw element.Wrong("a value is wanted here"),
    };
}
