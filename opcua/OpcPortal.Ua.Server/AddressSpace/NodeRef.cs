namespace OpcPortal.Ua.Server;

/// <summary>
/// A node that was found: its source and what the source needs to find its data again without a look-up.
/// It is no permission: what a user asks of a node goes through a <see cref="NodeGrant"/>.
/// </summary>
/// <param name="Source">Who computes the node; null in the default value, which is no node.</param>
/// <param name="State">An object of the source's own, such as the node in memory or the type of a computed one.</param>
/// <param name="Key">A number of the source's own, such as a row.</param>
public readonly record struct NodeRef(NodeSource Source, object? State, long Key = 0)
{
    public bool IsNone => Source is null;
    public NodeId NodeId => Source.NodeIdOf(this);
    public ushort NamespaceIndex => Source.NamespaceIndexOf(this);
    public NodeClass NodeClass => Source.NodeClassOf(this);
}
