using System.Globalization;
using System.Numerics;
using System.Xml;
using System.Xml.Linq;

namespace OpcPortal.Ua.NodeSets;

/// <summary>What the elements of one file are read against: its namespaces, servers and aliases; and how its mistakes are told.</summary>
internal sealed class NodeSetXmlContext(XmlFragmentReader reader)
{
    private readonly Dictionary<string, NodeId> _aliases = new(StringComparer.Ordinal);

    public List<string> NamespaceUris { get; } = [];
    public List<string> ServerUris { get; } = [];

    public NodeSetException Error(XObject at, string reason, Exception? inner = null) => reader.Error(at, reason, inner);

    public void AddAlias(XElement element)
    {
        var name = Required(element, "Alias");
        if (!_aliases.TryAdd(name, ParseNodeId(element, element.Value)) && _aliases[name] != ParseNodeId(element, element.Value))
            throw Error(element, $"The alias '{name}' is given twice, with different NodeIds.");
    }

    public string? Attribute(XElement element, string name) => element.Attribute(name)?.Value;

    public string Required(XElement element, string name) =>
        Attribute(element, name) is { Length: > 0 } value ? value : throw Error(element, $"{element.Name.LocalName} lacks the attribute {name}.");

    public bool Boolean(XElement element, string name, bool absent = false) =>
        Attribute(element, name) is not { } text ? absent : ParseBoolean(element, text);

    public bool ParseBoolean(XElement at, string text) => text.Trim() switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw Error(at, $"'{Shown(text)}' is neither true nor false."),
    };

    /// <summary>An attribute that is a number of type <typeparamref name="T"/>, within its range.</summary>
    public T Number<T>(XElement element, string name, T absent) where T : struct, INumber<T> =>
        Attribute(element, name) is { } text ? ParseNumber<T>(element, text) : absent;

    public T ParseNumber<T>(XElement at, string text) where T : struct, INumber<T>
    {
        var isFloating = typeof(T) == typeof(double) || typeof(T) == typeof(float);
        var style = isFloating ? NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent : NumberStyles.AllowLeadingSign;
        var trimmed = text.AsSpan().Trim();
        return T.TryParse(trimmed, style, CultureInfo.InvariantCulture, out var value) || (isFloating && TryParseSpecial(trimmed, out value))
            ? value
            : throw Error(at, $"'{Shown(text)}' is no {typeof(T).Name}, or out of its range.");
    }

    // The names that XML Schema gives to what is no number.
    private static bool TryParseSpecial<T>(ReadOnlySpan<char> text, out T value) where T : struct, INumber<T>
    {
        var special = text switch
        {
            "INF" or "+INF" => double.PositiveInfinity,
            "-INF" => double.NegativeInfinity,
            "NaN" => double.NaN,
            _ => 0,
        };
        value = T.CreateTruncating(special);
        return special != 0;
    }

    public DateTime ParseDateTime(XElement at, string text)
    {
        try
        {
            return XmlConvert.ToDateTime(text.Trim(), XmlDateTimeSerializationMode.Utc);
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException)
        {
            throw Error(at, $"'{Shown(text)}' is no date and time such as 2025-01-31T00:00:00Z.", e);
        }
    }

    /// <summary>An attribute that is a NodeId or an alias; null where it is absent or empty.</summary>
    public NodeId? NodeId(XElement element, string name) =>
        Attribute(element, name) is { Length: > 0 } text ? ParseNodeId(element, text) : null;

    /// <summary>A NodeId in the string form or an alias of the file. Part 6 F.3, F.4.</summary>
    public NodeId ParseNodeId(XElement at, string text)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed.Contains('='))
        {
            if (!Ua.NodeId.TryParse(trimmed, out var nodeId)) throw Error(at, $"'{Shown(text)}' is no NodeId such as i=85 or ns=1;s=name.");
            CheckNamespace(at, nodeId.NamespaceIndex);
            return nodeId;
        }

        if (_aliases.TryGetValue(trimmed.ToString(), out var aliased)) return aliased;
        throw Error(at, $"'{Shown(text)}' is neither a NodeId such as i=85 or ns=1;s=name nor an alias of this file.");
    }

    public ExpandedNodeId ParseExpandedNodeId(XElement at, string text)
    {
        var trimmed = text.AsSpan().Trim();
        if (!trimmed.StartsWith("svr=", StringComparison.Ordinal) && !trimmed.StartsWith("nsu=", StringComparison.Ordinal)) return ParseNodeId(at, text);
        if (!ExpandedNodeId.TryParse(trimmed, out var id)) throw Error(at, $"'{Shown(text)}' is no ExpandedNodeId.");
        if (id.ServerIndex > ServerUris.Count) throw Error(at, $"Server index {id.ServerIndex} is not in ServerUris, which has {ServerUris.Count}.");
        if (id.NamespaceUri is null) CheckNamespace(at, id.NodeId.NamespaceIndex);
        return id.ServerIndex == 0 ? ByIndex(id) : ByUri(id);
    }

    private ExpandedNodeId ByIndex(in ExpandedNodeId id)
    {
        if (id.NamespaceUri is null or NamespaceTable.OpcUa) return id.NodeId;
        var at = NamespaceUris.IndexOf(id.NamespaceUri);
        return at < 0 ? id : id.NodeId.WithNamespace((ushort)(at + 1));
    }

    // Part 4 7.16: the index of a namespace means nothing to another server.
    private ExpandedNodeId ByUri(in ExpandedNodeId id) => id.NodeId.NamespaceIndex == 0
        ? id
        : id with { NamespaceUri = NamespaceUris[id.NodeId.NamespaceIndex - 1], NodeId = id.NodeId.WithNamespace(0) };

    public QualifiedName ParseQualifiedName(XElement at, string text)
    {
        var name = QualifiedName.Parse(text);
        return name.NamespaceIndex <= NamespaceUris.Count
            ? name
            : throw Error(at, $"'{Shown(text)}' has namespace index {name.NamespaceIndex}, but NamespaceUris has {NamespaceUris.Count}.");
    }

    public ushort CheckNamespace(XElement at, ushort index) => index <= NamespaceUris.Count
        ? index
        : throw Error(at, $"Namespace index {index} is not in NamespaceUris, which has {NamespaceUris.Count}.");

    /// <summary>"" or "3,0,2"; null where there are no dimensions.</summary>
    public uint[]? ArrayDimensions(XElement element)
    {
        if (Attribute(element, "ArrayDimensions") is not { } text || string.IsNullOrWhiteSpace(text)) return null;
        return Array.ConvertAll(text.Split(','), part => ParseNumber<uint>(element, part));
    }

    /// <summary>The texts of all children of a name, one a locale, in the file's order.</summary>
    public LocalizedText[] LocalizedTexts(XElement parent, string name)
    {
        List<LocalizedText>? texts = null;
        foreach (var element in parent.Elements(parent.Name.Namespace + name))
        {
            var locale = Attribute(element, "Locale");
            (texts ??= []).Add(new LocalizedText(element.Value, string.IsNullOrEmpty(locale) ? null : locale));
        }

        return texts?.ToArray() ?? [];
    }

    public RolePermission[]? RolePermissions(XElement parent)
    {
        var ns = parent.Name.Namespace;
        return parent.Element(ns + "RolePermissions") is not { } list
            ? null
            : [.. list.Elements(ns + "RolePermission").Select(e => new RolePermission(ParseNodeId(e, e.Value), Number<uint>(e, "Permissions", 0)))];
    }

    /// <summary>So much of a text as an error message should repeat.</summary>
    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
