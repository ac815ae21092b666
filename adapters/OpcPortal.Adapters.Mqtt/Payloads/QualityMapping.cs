using System.Text.Json;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>What a device says of a value. Without a map its words are names of statuses or codes <c>origin.category.index</c> of IEC 61968-9.</summary>
internal sealed class QualityMapping
{
    private readonly Dictionary<string, (ReadingStatus Status, QualityCode Code)>? _map;

    private QualityMapping(string[] path, Dictionary<string, (ReadingStatus, QualityCode)>? map)
    {
        Path = path;
        _map = map;
    }

    public string[] Path { get; }

    /// <summary>Reads <c>"path"</c>, or <c>{ "path", "map": { WORD: "status" | "code" | { "status", "code" } } }</c>.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static QualityMapping Read(ConfigElement element)
    {
        if (element.Kind == JsonTokenType.String) return new QualityMapping(PayloadPath.Read(element), null);
        var path = PayloadPath.Read(element.Get("path"));
        var map = element.Find("map") is { } words ? ReadMap(words) : null;
        element.RefuseUnread();
        return new QualityMapping(path, map);
    }

    /// <summary>The meaning of a word. One that the configuration does not know makes the value Uncertain: something was said of it, nobody knows what.</summary>
    public (ReadingStatus Status, QualityCode Code) Decode(PayloadScalar scalar, ReadOnlySpan<byte> payload)
    {
        if (scalar.Kind is JsonTokenType.None or JsonTokenType.Null) return default;
        if (scalar.Kind is JsonTokenType.StartObject or JsonTokenType.StartArray || !scalar.TryGetText(payload, out var word)) return (ReadingStatus.Uncertain, default);
        (ReadingStatus, QualityCode) meaning;
        if (_map is not null) return _map.TryGetValue(word, out meaning) ? meaning : (ReadingStatus.Uncertain, default);
        return TryParse(word, out meaning) ? meaning : (ReadingStatus.Uncertain, default);
    }

    private static Dictionary<string, (ReadingStatus, QualityCode)> ReadMap(ConfigElement element)
    {
        var map = new Dictionary<string, (ReadingStatus, QualityCode)>(StringComparer.Ordinal);
        foreach (var (word, meaning) in element.Members)
        {
            if (meaning.Kind == JsonTokenType.String)
            {
                if (!TryParse(meaning.Text(), out var parsed)) throw meaning.Wrong("the name of a status such as UncertainSubstituteValue, or a code such as 1.8.0, is wanted here");
                map[word] = parsed;
                continue;
            }

            var status = meaning.Find("status")?.OneOf<ReadingStatus>() ?? ReadingStatus.Good;
            QualityCode code = default;
            if (meaning.Find("code") is { } text && !QualityCode.TryParse(text.Text(), out code)) throw text.Wrong("a code such as 1.8.0 is wanted here");
            meaning.RefuseUnread();
            map[word] = (status, code);
        }

        return map;
    }

    private static bool TryParse(string word, out (ReadingStatus Status, QualityCode Code) meaning)
    {
        meaning = default;
        if (QualityCode.TryParse(word, out var code)) meaning = (StatusOf(code), code);
        else if (!char.IsAsciiLetter(word.FirstOrDefault()) || !Enum.TryParse(word, out ReadingStatus status)) return false;
        else meaning = (status, default);
        return true;
    }

    // How a code shows as a status: the portal model's table.
    private static ReadingStatus StatusOf(QualityCode code) => code.Category switch
    {
        QualityCode.Edited => ReadingStatus.GoodLocalOverride,
        QualityCode.Estimated => ReadingStatus.UncertainSubstituteValue,
        QualityCode.Questionable => ReadingStatus.Uncertain,
        QualityCode.Reasonability when code.Index == 256 => ReadingStatus.UncertainEngineeringUnitsExceeded,
        QualityCode.Reasonability when code.Index == 259 => ReadingStatus.BadNoData,
        QualityCode.Diagnostics when code.Index == 3 => ReadingStatus.BadSensorFailure,
        _ => ReadingStatus.Good,
    };
}
