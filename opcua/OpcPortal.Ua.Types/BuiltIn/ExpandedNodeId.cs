using System.Globalization;

namespace OpcPortal.Ua;

/// <summary>A NodeId that may name its namespace by URI and its server by index. Part 4 7.16.</summary>
/// <param name="NodeId">The identifier; its namespace index is 0 while <paramref name="NamespaceUri"/> is given.</param>
/// <param name="NamespaceUri">The namespace URI, or null where the index says it.</param>
/// <param name="ServerIndex">0 for the local server, else an index into the ServerArray.</param>
public readonly record struct ExpandedNodeId(NodeId NodeId, string? NamespaceUri = null, uint ServerIndex = 0)
{
    public bool IsNull => ServerIndex == 0 && string.IsNullOrEmpty(NamespaceUri) && NodeId.IsNull;

    /// <summary>Whether the node lies in the server that gave the id, with its namespace by index.</summary>
    public bool IsLocal => ServerIndex == 0 && string.IsNullOrEmpty(NamespaceUri);

    public static implicit operator ExpandedNodeId(NodeId nodeId) => new(nodeId);

    /// <summary>The string form of Part 6 5.1.13: <c>svr=1;nsu=uri;s=name</c>.</summary>
    public override string ToString()
    {
        var server = ServerIndex == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"svr={ServerIndex};");
        if (string.IsNullOrEmpty(NamespaceUri)) return server + NodeId;
        var uri = NamespaceUri.Replace("%", "%25", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal);
        return $"{server}nsu={uri};{NodeId.WithNamespace(0)}";
    }

    /// <summary>Parses the string form of Part 6 5.1.13.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ExpandedNodeId id)
    {
        id = default;
        uint server = 0;
        string? uri = null;
        if (text.StartsWith("svr=", StringComparison.Ordinal))
        {
            var end = text.IndexOf(';');
            if (end < 0 || !uint.TryParse(text[4..end], NumberStyles.None, CultureInfo.InvariantCulture, out server)) return false;
            text = text[(end + 1)..];
        }

        if (text.StartsWith("nsu=", StringComparison.Ordinal))
        {
            var end = text.IndexOf(';');
            if (end <= 4) return false;
            uri = text[4..end].ToString().Replace("%3B", ";", StringComparison.OrdinalIgnoreCase).Replace("%25", "%", StringComparison.Ordinal);
            text = text[(end + 1)..];
        }

        if (!NodeId.TryParse(text, out var nodeId)) return false;
        if (uri is not null && nodeId.NamespaceIndex != 0) return false;
        id = new ExpandedNodeId(nodeId, uri, server);
        return true;
    }
}
