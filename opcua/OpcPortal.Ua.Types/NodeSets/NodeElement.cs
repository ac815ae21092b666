using System.Xml.Linq;

namespace OpcPortal.Ua.NodeSets;

/// <summary>A node element of the file: what can be read at once, and the parts that wait until all DataTypes are known.</summary>
internal sealed class NodeElement
{
    // The children of an element that are not in UANodeSet's namespace are ignored, as Extensions are.
    private NodeElement(XElement element, NodeRecord record, XElement? value, XElement? definition)
    {
        Element = element;
        Record = record;
        Value = value;
        Definition = definition;
    }

    /// <summary>The element's start, for errors; it holds no children any more.</summary>
    public XElement Element { get; }

    public NodeRecord Record { get; set; }
    public XElement? Value { get; }
    public XElement? Definition { get; }

    public static bool TryGetNodeClass(string elementName, out NodeClass nodeClass)
    {
        nodeClass = elementName switch
        {
            "UAObject" => NodeClass.Object,
            "UAVariable" => NodeClass.Variable,
            "UAMethod" => NodeClass.Method,
            "UAView" => NodeClass.View,
            "UAObjectType" => NodeClass.ObjectType,
            "UAVariableType" => NodeClass.VariableType,
            "UADataType" => NodeClass.DataType,
            "UAReferenceType" => NodeClass.ReferenceType,
            _ => NodeClass.Unspecified,
        };
        return nodeClass != NodeClass.Unspecified;
    }

    public static NodeElement Read(XElement element, NodeClass nodeClass, NodeSetXmlContext context)
    {
        var ns = element.Name.Namespace;
        var value = element.Element(ns + "Value");
        var definition = element.Element(ns + "Definition");
        var record = WithClassAttributes(ReadCommon(element, nodeClass, context), element, context);
        value?.Remove();
        definition?.Remove();
        element.RemoveNodes();
        return new NodeElement(element, record, value, definition);
    }

    /// <summary>The records with definitions and values, once every node of the file is read.</summary>
    public static NodeRecord[] Complete(IReadOnlyList<NodeElement> nodes, NodeSetXmlContext context, NodeSetReaderOptions options)
    {
        var ids = new HashSet<NodeId>(nodes.Count);
        foreach (var node in nodes)
            if (!ids.Add(node.Record.NodeId)) throw context.Error(node.Element, $"The NodeId {node.Record.NodeId} stands twice in the file.");

        var catalog = (options.Types ?? new DataTypeCatalog(options.Limits.MaxTypeDepth)).CreateOverlay();
        var records = nodes.Select(static n => n.Record).ToArray();
        catalog.Add(context.NamespaceUris, records);
        new DataTypeDefinitionBuilder(nodes, records, catalog, context, options.Limits).BuildAll();
        catalog.Add(context.NamespaceUris, [.. nodes.Select(static n => n.Record)]);

        var values = new XmlValueDecoder(context, catalog, options.Limits);
        foreach (var node in nodes)
            if (node.Value is { } value) node.Record = node.Record with { Value = values.Decode(value) };
        return [.. nodes.Select(static n => n.Record)];
    }

    private static NodeRecord ReadCommon(XElement element, NodeClass nodeClass, NodeSetXmlContext context)
    {
        var nodeId = context.ParseNodeId(element, context.Required(element, "NodeId"));
        if (nodeId.IsNull) throw context.Error(element, "A node has the null NodeId.");
        var browseName = context.ParseQualifiedName(element, context.Required(element, "BrowseName"));
        var displayNames = context.LocalizedTexts(element, "DisplayName");
        // What says no more than the BrowseName is left to it, so that equal nodes are equal however the file puts it.
        if (displayNames is [{ Locale: null } only] && only.Text == browseName.Name) displayNames = [];
        return new NodeRecord
        {
            NodeId = nodeId,
            NodeClass = nodeClass,
            BrowseName = browseName,
            DisplayNames = displayNames,
            Descriptions = context.LocalizedTexts(element, "Description"),
            WriteMask = context.Number(element, "WriteMask", 0u),
            AccessRestrictions = element.Attribute("AccessRestrictions") is null ? null : context.Number<ushort>(element, "AccessRestrictions", 0),
            RolePermissions = context.Boolean(element, "HasNoPermissions") ? [] : context.RolePermissions(element),
            SymbolicName = context.Attribute(element, "SymbolicName"),
            ParentNodeId = context.NodeId(element, "ParentNodeId"),
            References = ReadReferences(element, context),
        };
    }

    private static NodeReference[] ReadReferences(XElement element, NodeSetXmlContext context)
    {
        var ns = element.Name.Namespace;
        var list = element.Element(ns + "References");
        if (list is null) return [];
        var references = new List<NodeReference>();
        foreach (var reference in list.Elements(ns + "Reference"))
        {
            var type = context.ParseNodeId(reference, context.Required(reference, "ReferenceType"));
            var target = context.ParseExpandedNodeId(reference, reference.Value);
            references.Add(new NodeReference(type, context.Boolean(reference, "IsForward", absent: true), target));
        }

        return [.. references];
    }

    private static NodeRecord WithClassAttributes(NodeRecord record, XElement element, NodeSetXmlContext context) => record.NodeClass switch
    {
        NodeClass.Object => record with { EventNotifier = context.Number<byte>(element, "EventNotifier", 0) },
        NodeClass.View => record with
        {
            EventNotifier = context.Number<byte>(element, "EventNotifier", 0),
            ContainsNoLoops = context.Boolean(element, "ContainsNoLoops"),
        },
        NodeClass.Method => record with
        {
            Executable = context.Boolean(element, "Executable", absent: true),
            UserExecutable = context.Boolean(element, "UserExecutable", absent: true),
            MethodDeclarationId = context.NodeId(element, "MethodDeclarationId"),
        },
        NodeClass.Variable => WithValueAttributes(record, element, context) with
        {
            AccessLevelEx = context.Number(element, "AccessLevel", 1u),
            MinimumSamplingInterval = context.Number(element, "MinimumSamplingInterval", 0d),
            Historizing = context.Boolean(element, "Historizing"),
        },
        NodeClass.VariableType => WithValueAttributes(record, element, context) with { IsAbstract = context.Boolean(element, "IsAbstract") },
        NodeClass.ReferenceType => record with
        {
            IsAbstract = context.Boolean(element, "IsAbstract"),
            Symmetric = context.Boolean(element, "Symmetric"),
            InverseNames = context.LocalizedTexts(element, "InverseName"),
        },
        _ => record with { IsAbstract = context.Boolean(element, "IsAbstract") },
    };

    private static NodeRecord WithValueAttributes(NodeRecord record, XElement element, NodeSetXmlContext context)
    {
        var rank = context.Number(element, "ValueRank", -1);
        if (rank < -3) throw context.Error(element, $"ValueRank {rank} is below -3.");
        return record with
        {
            DataType = context.NodeId(element, "DataType") ?? new NodeId(24u),
            ValueRank = rank,
            ArrayDimensions = context.ArrayDimensions(element),
        };
    }
}
