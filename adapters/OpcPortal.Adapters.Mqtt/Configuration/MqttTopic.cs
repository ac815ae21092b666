using System.Text;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Topic names as configurations write them. MQTT 5.0 4.7.</summary>
internal static class MqttTopic
{
    /// <summary>Bytes in UTF-8. MQTT 5.0 1.5.4 allows 65,535; brokers in use refuse far less, and a configuration needs far less.</summary>
    public const int MaxBytes = 1024;

    /// <summary>Reads a topic name; <c>~</c> at its start stands for the device's <c>baseTopic</c>.</summary>
    /// <exception cref="ConfigurationException">It has wildcards, control characters, is too long, or uses a base that there is not.</exception>
    public static string Read(ConfigElement element, string? baseTopic)
    {
        var text = element.Text();
        if (text[0] == '~' && (text.Length == 1 || text[1] == '/'))
            text = baseTopic is null ? throw element.Wrong("'~' stands for the device's baseTopic, and the device has none") : baseTopic + text[1..];
        if (Refusal(text) is { } reason) throw element.Wrong(reason);
        return text;
    }

    private static string? Refusal(string topic)
    {
        // MQTT 5.0 4.7.1: wildcards belong to filters. A point that many topics feed would have no one value.
        if (topic.AsSpan().ContainsAny('#', '+')) return "a topic without the wildcards '#' and '+' is wanted here";
        // MQTT 5.0 1.5.4 and 4.7.3: no U+0000; control characters may make a receiver close the connection.
        foreach (var character in topic)
            if (char.IsControl(character)) return "a topic must not hold control characters";
        // MQTT 5.0 4.7.2: topics of the server itself.
        if (topic[0] == '$') return "topics that begin with '$' belong to the broker";
        return Encoding.UTF8.GetByteCount(topic) > MaxBytes ? $"a topic of at most {MaxBytes} bytes is wanted here" : null;
    }
}
