using System.Runtime.CompilerServices;

namespace OpcPortal.Ua.NodeSets;

/// <summary>The encodings of a DataType; a null NodeId where it has none. Part 3 5.8.4.</summary>
internal readonly record struct DataTypeEncodings(NodeId Binary, NodeId Xml, NodeId Json);

/// <summary>What the references of one NodeSet say of its DataTypes: supertypes and encodings, whichever end states them.</summary>
internal sealed class DataTypeTopology
{
    private const uint HasEncoding = 38, HasSubtype = 45;

    private readonly Dictionary<NodeId, NodeId> _baseTypes = [];
    private readonly Dictionary<NodeId, DataTypeEncodings> _encodings = [];

    private DataTypeTopology()
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static DataTypeTopology Of(IReadOnlyList<NodeRecord> nodes)
    {
        var topology = new DataTypeTopology();
        var encodingNodes = new Dictionary<NodeId, string>();
        foreach (var node in nodes)
            if (node is { NodeClass: NodeClass.Object, BrowseName: { NamespaceIndex: 0, Name: "Default Binary" or "Default XML" or "Default JSON" } })
                encodingNodes[node.NodeId] = node.BrowseName.Name;
        foreach (var node in nodes)
            foreach (var reference in node.References)
                topology.Add(node, reference, encodingNodes);
        return topology;
    }

    public NodeId BaseTypeOf(NodeId dataType) => _baseTypes.GetValueOrDefault(dataType);

    public DataTypeEncodings EncodingsOf(NodeId dataType) => _encodings.GetValueOrDefault(dataType);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(NodeRecord node, in NodeReference reference, Dictionary<NodeId, string> encodingNodes)
    {
        if (!reference.Target.IsLocal) return;
        var target = reference.Target.NodeId;
        if (reference.ReferenceTypeId.IsStandard(HasSubtype) && node.NodeClass == NodeClass.DataType)
        {
            if (reference.IsForward) _baseTypes[target] = node.NodeId;
            else _baseTypes[node.NodeId] = target;
        }
        else if (reference.ReferenceTypeId.IsStandard(HasEncoding))
        {
            var (dataType, encoding) = reference.IsForward ? (node.NodeId, target) : (target, node.NodeId);
            if (!encodingNodes.TryGetValue(encoding, out var name)) return;
            var known = _encodings.GetValueOrDefault(dataType);
            _encodings[dataType] = name switch
            {
                "Default Binary" => known with { Binary = encoding },
                "Default XML" => known with { Xml = encoding },
                _ => known with { Json = encoding },
            };
        }
    }
}
