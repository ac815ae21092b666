using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The nodes of NodeSet.xml that agreements are made of, by the ids that they have in this server.</summary>
internal sealed class AgreementModel
{
    /// <summary>The namespace of the agreements themselves: their ids are those of the directory.</summary>
    public const string AgreementsUri = "http://opcportal.org/UA/Agreements/";

    private readonly ServerModel _model;
    private readonly ushort _portal;

    /// <exception cref="NodeSetException">The portal's model lacks something.</exception>
    public AgreementModel(ServerModel model)
    {
        _model = model;
        _portal = model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        AgreementType = Find("AgreementType", NodeClass.ObjectType);
        RegistryType = Find("AgreementRegistryType", NodeClass.ObjectType);
        EventType = Find("AgreementEventType", NodeClass.ObjectType);
        NoticeType = Find("AgreementExpiryNoticeEventType", NodeClass.ObjectType);
        Registry = Find("Agreements", NodeClass.Object);
        Scope = Structure("AgreementScopeDataType");
        Window = Structure("WeeklyWindowDataType");
        Conditions = Structure("AgreementConditionsDataType");
        Act = Structure("AgreementActDataType");
        Difference = Structure("AccessDifferenceDataType");
        Aggregates = Members.Find(new QualifiedName("Aggregates", _portal)) ?? throw Missing("Aggregates");
        Sum = Aggregates.Children.Length == 1 ? Aggregates.Children[0] : throw Missing("CustomerSumType");
    }

    public NodeId AgreementType { get; }
    public NodeId RegistryType { get; }
    public NodeId EventType { get; }
    public NodeId NoticeType { get; }

    /// <summary>The object below Objects that organises all agreements.</summary>
    public NodeId Registry { get; }

    public StructureIds Scope { get; }
    public StructureIds Window { get; }
    public StructureIds Conditions { get; }
    public StructureIds Act { get; }
    public StructureIds Difference { get; }

    /// <summary>The folder of the sums that an agreement gives.</summary>
    public InstanceDeclaration Aggregates { get; }

    /// <summary>What stands for each of them.</summary>
    public InstanceDeclaration Sum { get; }

    /// <summary>A property of sums, whichever namespace it is of.</summary>
    public InstanceDeclaration BelowSum(string name) => Array.Find(Sum.Children, property => property.BrowseName.Name == name) ?? throw Missing(name);

    /// <summary>What an agreement has below it.</summary>
    public IReadOnlyList<InstanceDeclaration> Members => _model.Declarations.Of(AgreementType);

    /// <summary>A method of one of the types.</summary>
    public NodeId Method(NodeId type, string name) =>
        _model.Declarations.Of(type).Find(new QualifiedName(name, _portal))?.Node.NodeId ?? throw Missing(name);

    /// <summary>The path of a field of an event, as filters write it.</summary>
    public string Field(string name) => $"{_portal}:{name}";

    private NodeId Find(string name, NodeClass nodeClass) => Record(name, nodeClass).NodeId;

    private NodeRecord Record(string name, NodeClass nodeClass) =>
        Nodes.FirstOrDefault(node => node.NodeClass == nodeClass && node.BrowseName == new QualifiedName(name, _portal)) ?? throw Missing(name);

    private StructureIds Structure(string name)
    {
        var type = Find(name, NodeClass.DataType);
        var binary = Nodes.FirstOrDefault(node => node.BrowseName == new QualifiedName("Default Binary") && node.References.Any(r => r.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasEncoding) && r.Target.NodeId == type));
        return new StructureIds(type, binary?.NodeId ?? throw Missing(name));
    }

    private IEnumerable<NodeRecord> Nodes => _model.NodeSets.SelectMany(set => set.Nodes);

    private static NodeSetException Missing(string name) => new(ModelLoader.PortalFile, 0, 0, $"The model has no {name} as agreements need it.");
}

/// <summary>A structure of the portal's model in this server.</summary>
internal readonly record struct StructureIds(NodeId DataType, NodeId Encoding);
