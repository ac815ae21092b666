using System.Globalization;

namespace OpcPortal.Ua;

/// <summary>
/// NodeId, ExpandedNodeId and QualifiedName as text that names its namespace by URI. Part 6 5.1.12, 5.4.2.10, 5.4.2.11, 5.4.2.14.
/// What cannot be mapped is no error: an unknown index is written as the index; a text with an unknown URI becomes a String identifier, or name, of namespace 0.
/// </summary>
internal static class IdText
{
    private const string NamespaceUri = "nsu=", ServerUri = "svu=", ServerIndex = "svr=";

    public static string Format(in NodeId id, JsonContext context) =>
        id.NamespaceIndex != 0 && TryGetUri(id.NamespaceIndex, context, out var uri)
            ? $"{NamespaceUri}{Escape(uri)};{id.WithNamespace(0)}"
            : id.ToString();

    public static string Format(in ExpandedNodeId id, JsonContext context)
    {
        var node = string.IsNullOrEmpty(id.NamespaceUri)
            ? Format(id.NodeId, context)
            : id.NamespaceUri == NamespaceTable.OpcUa ? id.NodeId.WithNamespace(0).ToString()
            : $"{NamespaceUri}{Escape(id.NamespaceUri)};{id.NodeId.WithNamespace(0)}";
        if (id.ServerIndex == 0) return node;
        return id.ServerIndex < context.ServerUris.Count
            ? $"{ServerUri}{Escape(context.ServerUris[(int)id.ServerIndex])};{node}"
            : string.Create(CultureInfo.InvariantCulture, $"{ServerIndex}{id.ServerIndex};{node}");
    }

    /// <param name="name">Its Name is not null.</param>
    public static string Format(in QualifiedName name, JsonContext context)
    {
        var text = name.Name ?? "";
        if (name.NamespaceIndex == 0)
            return IsPlain(text) ? text : "0:" + text;
        return TryGetUri(name.NamespaceIndex, context, out var uri)
            ? $"{NamespaceUri}{Escape(uri)};{text}"
            : string.Create(CultureInfo.InvariantCulture, $"{name.NamespaceIndex}:{text}");
    }

    public static bool TryParse(string text, JsonContext context, out NodeId id)
    {
        if (!text.StartsWith(NamespaceUri, StringComparison.Ordinal)) return NodeId.TryParse(text, out id);
        if (!TryCut(text, NamespaceUri, out var uri, out var rest) || !NodeId.TryParse(rest, out id) || id.NamespaceIndex != 0)
        {
            id = default;
            return false;
        }

        id = TryGetIndex(uri, context, out var index) ? id.WithNamespace(index) : new NodeId(text, 0);
        return true;
    }

    public static bool TryParse(string text, JsonContext context, out ExpandedNodeId id)
    {
        id = default;
        var server = 0u;
        var node = text;
        if (text.StartsWith(ServerIndex, StringComparison.Ordinal))
        {
            if (!TryCut(text, ServerIndex, out var digits, out node) || !uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out server)) return false;
        }
        else if (text.StartsWith(ServerUri, StringComparison.Ordinal))
        {
            if (!TryCut(text, ServerUri, out var uri, out node)) return false;
            if (!TryGetServer(uri, context, out server))
            {
                id = new ExpandedNodeId(new NodeId(text, 0));
                return true;
            }
        }

        return TryParseNode(node, server, context, out id);
    }

    public static QualifiedName ParseName(string text, JsonContext context)
    {
        if (!TryCut(text, NamespaceUri, out var uri, out var name)) return QualifiedName.Parse(text);
        return TryGetIndex(uri, context, out var index) ? new QualifiedName(name, index) : new QualifiedName(text);
    }

    // The index of the namespace replaces its URI where the id is of this server: 5.4.2.11.
    private static bool TryParseNode(string node, uint server, JsonContext context, out ExpandedNodeId id)
    {
        id = default;
        if (!TryCut(node, NamespaceUri, out var uri, out var rest))
        {
            if (!NodeId.TryParse(node, out var plain)) return false;
            id = new ExpandedNodeId(plain, null, server);
            return true;
        }

        if (!NodeId.TryParse(rest, out var nodeId) || nodeId.NamespaceIndex != 0) return false;
        id = server == 0 && TryGetIndex(uri, context, out var index)
            ? new ExpandedNodeId(nodeId.WithNamespace(index))
            : new ExpandedNodeId(nodeId, uri, server);
        return true;
    }

    // "prefix" escaped ";" rest
    private static bool TryCut(string text, string prefix, out string value, out string rest)
    {
        value = rest = "";
        var end = text.IndexOf(';', StringComparison.Ordinal);
        if (!text.StartsWith(prefix, StringComparison.Ordinal) || end <= prefix.Length) return false;
        value = Uri.UnescapeDataString(text[prefix.Length..end]);
        rest = text[(end + 1)..];
        return true;
    }

    private static string Escape(string uri) => uri.Replace("%", "%25", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal);

    // Whether a name of namespace 0 reads back as such without an index before it.
    private static bool IsPlain(string name) => QualifiedName.Parse(name).Name == name && !name.StartsWith(NamespaceUri, StringComparison.Ordinal);

    private static bool TryGetUri(ushort index, JsonContext context, out string uri)
    {
        uri = "";
        return context.Namespaces is not null && context.Namespaces.TryGetUri(index, out uri);
    }

    private static bool TryGetIndex(string uri, JsonContext context, out ushort index)
    {
        index = 0;
        return uri == NamespaceTable.OpcUa || (context.Namespaces is not null && context.Namespaces.TryGetIndex(uri, out index));
    }

    private static bool TryGetServer(string uri, JsonContext context, out uint server)
    {
        for (var i = 0; i < context.ServerUris.Count; i++)
        {
            if (context.ServerUris[i] != uri) continue;
            server = (uint)i;
            return true;
        }

        server = 0;
        return false;
    }
}
