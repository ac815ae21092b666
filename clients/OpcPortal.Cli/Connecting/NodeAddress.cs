using System.Text;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Connecting;

/// <summary>A node as people write it: <c>ns=2;s=name</c>, <c>nsu=uri;s=name</c>, or a browse path such as <c>/Objects/2:Portals/Meter</c>.</summary>
internal static class NodeAddress
{
    public static async Task<NodeId> ResolveAsync(UaSession session, string text, CancellationToken cancellation)
    {
        if (text.StartsWith('/')) return await FollowAsync(session, ObjectIds.RootFolder, text, cancellation);
        if (!ExpandedNodeId.TryParse(text, out var id)) throw Malformed(text);
        if (id.NamespaceUri is not { } uri) return id.NodeId;
        if (session.TryGetNamespaceIndex(uri, out var index)) return id.NodeId.WithNamespace(index);
        throw new CliException(ExitCodes.Refused, $"The server has no namespace {uri}.", "See which it has: opcportal read i=2255");
    }

    /// <summary>Follows a path from a node. A name without a namespace index may be of any namespace.</summary>
    public static async Task<NodeId> FollowAsync(UaSession session, NodeId start, string path, CancellationToken cancellation)
    {
        var node = start;
        var done = new StringBuilder();
        foreach (var step in Split(path))
        {
            node = await StepAsync(session, node, step, done.Length == 0 ? "/" : done.ToString(), cancellation);
            done.Append('/').Append(step);
        }

        return node;
    }

    /// <summary>The parent of a path and its last name.</summary>
    public static (string Parent, string Name) Cut(string path)
    {
        var steps = Split(path);
        return (steps.Count < 2 ? "/" : "/" + string.Join('/', steps.Take(steps.Count - 1).Select(Escape)), steps.Count == 0 ? "" : Escape(steps[^1]));
    }

    private static async Task<NodeId> StepAsync(UaSession session, NodeId node, string step, string at, CancellationToken cancellation)
    {
        var name = QualifiedName.Parse(step);
        var hasIndex = step.StartsWith($"{name.NamespaceIndex}:", StringComparison.Ordinal);
        var found = new List<ReferenceDescription>();
        await foreach (var child in session.BrowseAsync(node, ReferenceTypeIds.HierarchicalReferences, cancellation: cancellation))
        {
            if (!child.NodeId.IsLocal || child.BrowseName.Name != name.Name || (hasIndex && child.BrowseName.NamespaceIndex != name.NamespaceIndex)) continue;
            if (found.All(f => f.NodeId != child.NodeId)) found.Add(child);
        }

        return found switch
        {
            [] => throw new CliException(ExitCodes.Refused, $"There is no {step} below {at}.", $"See what there is: opcportal browse {at}"),
            [var one] => one.NodeId.NodeId,
            _ => throw new CliException(ExitCodes.Usage, $"{step} below {at} may be {string.Join(" or ", found.Select(f => $"{f.BrowseName.NamespaceIndex}:{f.BrowseName.Name} ({f.NodeId})"))}.", "Write the namespace index before the name."),
        };
    }

    // Part 4 A.2: '&' before a character takes away its meaning.
    private static List<string> Split(string path)
    {
        var steps = new List<string>();
        var step = new StringBuilder();
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '&' && i + 1 < path.Length) step.Append(path[++i]);
            else if (path[i] != '/') step.Append(path[i]);
            else Take();
        }

        Take();
        return steps;

        void Take()
        {
            if (step.Length > 0) steps.Add(step.ToString());
            step.Clear();
        }
    }

    private static string Escape(string step) => step.Replace("&", "&&", StringComparison.Ordinal).Replace("/", "&/", StringComparison.Ordinal);

    private static CliException Malformed(string text) =>
        new(ExitCodes.Usage, $"'{text}' is not a node.", "A node is written ns=2;s=name, nsu=uri;s=name or /Objects/2:Name (quote it for the shell).");
}
