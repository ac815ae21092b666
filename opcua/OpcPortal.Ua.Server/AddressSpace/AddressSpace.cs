namespace OpcPortal.Ua.Server;

/// <summary>All nodes of the server: each namespace belongs to one source. Sources are added while the server runs; none is removed.</summary>
public sealed class AddressSpace(NamespaceTable namespaces)
{
    private readonly Lock _gate = new();
    private NodeSource?[] _byNamespace = new NodeSource?[16];

    public NamespaceTable Namespaces { get; } = namespaces;

    /// <summary>Gives a namespace to a source.</summary>
    /// <exception cref="InvalidOperationException">The namespace has a source already.</exception>
    public void Attach(ushort namespaceIndex, NodeSource source)
    {
        lock (_gate)
        {
            var sources = _byNamespace;
            if (sources.Length <= namespaceIndex) Array.Resize(ref sources, Math.Max(sources.Length * 2, namespaceIndex + 1));
            else sources = (NodeSource?[])sources.Clone();
            if (sources[namespaceIndex] is not null) throw new InvalidOperationException($"Namespace {namespaceIndex} has a source already.");
            sources[namespaceIndex] = source;
            Volatile.Write(ref _byNamespace, sources);
        }
    }

    /// <summary>Finds a node, whoever asks: what a user may know of it is the <see cref="AccessController"/>'s to say.</summary>
    public bool TryResolve(in NodeId nodeId, out NodeRef node)
    {
        var sources = Volatile.Read(ref _byNamespace);
        if (nodeId.NamespaceIndex < sources.Length && sources[nodeId.NamespaceIndex] is { } source) return source.TryResolve(nodeId, out node);
        node = default;
        return false;
    }
}
