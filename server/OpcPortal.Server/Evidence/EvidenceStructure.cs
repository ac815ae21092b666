using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The ids that a structured DataType of the portal's model has in this server.</summary>
internal sealed record EvidenceType(NodeId DataType, NodeId Encoding)
{
    /// <exception cref="NodeSetException">The portal's model lacks the type.</exception>
    public static EvidenceType Find(ServerModel model, string name)
    {
        var portal = model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        var nodes = model.NodeSets.SelectMany(set => set.Nodes);
        var type = nodes.FirstOrDefault(node => node.NodeClass == NodeClass.DataType && node.BrowseName == new QualifiedName(name, portal))
            ?? throw new NodeSetException(ModelLoader.PortalFile, 0, 0, $"The model has no DataType {name}.");
        var binary = nodes.FirstOrDefault(node => node.BrowseName == new QualifiedName("Default Binary") && node.References.Any(r => r.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasEncoding) && r.Target.NodeId == type.NodeId))
            ?? throw new NodeSetException(ModelLoader.PortalFile, 0, 0, $"{name} has no binary encoding.");
        return new EvidenceType(type.NodeId, binary.NodeId);
    }

    /// <summary>A value of the type.</summary>
    /// <param name="fields">Scalars in the order of NodeSet.xml, which a test compares.</param>
    public ExtensionObject With(params Variant[] fields) => new(new EvidenceStructure(this, fields));

    private sealed class EvidenceStructure(EvidenceType type, Variant[] fields) : IStructure
    {
        public NodeId DataTypeId => type.DataType;
        public NodeId BinaryEncodingId => type.Encoding;

        public void Encode(ref BinaryEncoder encoder)
        {
            foreach (var field in fields) encoder.WriteBuiltIn(field, field.Type);
        }
    }
}
