using System.Diagnostics.CodeAnalysis;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Server;

/// <summary>The ObjectTypes of models by name, as configuration files and scopes name them. Does not change: made anew where a model comes.</summary>
internal sealed class TypeNames
{
    private readonly ushort _portal;
    private readonly Dictionary<string, NodeId> _ids = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ambiguous = new(StringComparer.Ordinal);

    /// <param name="models">By the server's namespaces.</param>
    /// <param name="portal">The namespace of the portal's own model.</param>
    public TypeNames(IEnumerable<NodeSet> models, ushort portal)
    {
        _portal = portal;
        foreach (var node in models.SelectMany(set => set.Nodes))
            if (node.NodeClass == NodeClass.ObjectType && node.NodeId.NamespaceIndex != 0) Add(node.BrowseName.Name!, node.NodeId);
    }

    /// <summary>The names, those that name nothing for sure among them.</summary>
    public IReadOnlyDictionary<string, NodeId> All => _ids;

    public bool IsAmbiguous(string name) => _ambiguous.Contains(name);

    public bool TryGet(string name, out NodeId type) => _ids.TryGetValue(name, out type);

    /// <summary>Finds a type of a model that is to come whose name another model has given already: then neither could be named any more, by devices or by rules.</summary>
    public bool TryFindClash(NodeSet coming, [NotNullWhen(true)] out string? name)
    {
        name = coming.Nodes.Where(node => node.NodeClass == NodeClass.ObjectType).Select(node => node.BrowseName.Name!).FirstOrDefault(given => _ids.TryGetValue(given, out var known) && known.NamespaceIndex != _portal);
        return name is not null;
    }

    // Types of the portal's own model come first; of those that two other models call alike, neither can be named.
    private void Add(string name, in NodeId id)
    {
        if (_ids.TryGetValue(name, out var known) && known.NamespaceIndex != _portal && id.NamespaceIndex != _portal) _ambiguous.Add(name);
        if (known.IsNull || known.NamespaceIndex != _portal) _ids[name] = id;
        if (id.NamespaceIndex == _portal) _ambiguous.Remove(name);
    }
}
