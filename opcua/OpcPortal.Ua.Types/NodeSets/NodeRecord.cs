namespace OpcPortal.Ua.NodeSets;

/// <summary>A reference of a node as a NodeSet states it, seen from that node. Part 6 F.6 (Reference).</summary>
public readonly record struct NodeReference(NodeId ReferenceTypeId, bool IsForward, ExpandedNodeId Target);

/// <summary>What a role may do with a node, as the bits of PermissionType. Part 3 8.55.</summary>
public readonly record struct RolePermission(NodeId RoleId, uint Permissions);

/// <summary>
/// One node as data: the attributes its NodeClass has, and its references. Attributes of other classes keep their defaults.
/// NodeIds and names count namespaces by the table of the <see cref="NodeSet"/> it stands in. Part 3 5, Part 6 F.
/// Arrays are not copied: treat them as immutable. Equality is by reference of the arrays; compare two sets by their compact bytes.
/// </summary>
public sealed record NodeRecord
{
    public required NodeId NodeId { get; init; }
    public required NodeClass NodeClass { get; init; }
    public required QualifiedName BrowseName { get; init; }

    /// <summary>One text for each locale, the first being the default. Empty: the text is that of the BrowseName.</summary>
    public LocalizedText[] DisplayNames { get; init; } = [];

    /// <summary>The default display name.</summary>
    public LocalizedText DisplayName => DisplayNames.Length > 0 ? DisplayNames[0] : new LocalizedText(BrowseName.Name);

    /// <summary>One text for each locale; empty where there is no Description attribute.</summary>
    public LocalizedText[] Descriptions { get; init; } = [];

    public uint WriteMask { get; init; }

    /// <summary>Null: the node has no such attribute and the namespace's default holds. Empty: nobody may do anything.</summary>
    public RolePermission[]? RolePermissions { get; init; }

    /// <summary>Null: the namespace's default holds.</summary>
    public ushort? AccessRestrictions { get; init; }

    /// <summary>The node that owns this instance in the tree of the file; null for types and where the file says nothing.</summary>
    public NodeId? ParentNodeId { get; init; }

    /// <summary>The name for generated code; null where it is the BrowseName's.</summary>
    public string? SymbolicName { get; init; }

    public NodeReference[] References { get; init; } = [];

    // ObjectType, VariableType, DataType, ReferenceType
    public bool IsAbstract { get; init; }

    // ReferenceType
    public bool Symmetric { get; init; }

    /// <summary>One text for each locale; empty where there is none.</summary>
    public LocalizedText[] InverseNames { get; init; } = [];

    // View
    public bool ContainsNoLoops { get; init; }

    // Object, View: the bits of EventNotifierType.
    public byte EventNotifier { get; init; }

    // Method
    public bool Executable { get; init; } = true;
    public bool UserExecutable { get; init; } = true;

    /// <summary>The method of the type that this method stands for; null where the file says nothing.</summary>
    public NodeId? MethodDeclarationId { get; init; }

    // Variable, VariableType
    public NodeId DataType { get; init; } = new(24u);

    /// <summary>-3 scalar or one dimension, -2 any, -1 scalar, 0 one or more, n dimensions. Part 3 5.6.2.</summary>
    public int ValueRank { get; init; } = -1;

    /// <summary>A length for each dimension, 0 for one that varies; null where the attribute is absent.</summary>
    public uint[]? ArrayDimensions { get; init; }

    /// <summary>The value; null where the file gives none.</summary>
    public Variant Value { get; init; }

    // Variable

    /// <summary>The 32 bits of AccessLevelEx; the lowest 8 are those of AccessLevel. Part 3 8.58 (AccessLevelExType).</summary>
    public uint AccessLevelEx { get; init; } = 1;

    public byte AccessLevel => (byte)AccessLevelEx;

    /// <summary>A Duration in milliseconds: 0 means continuous, -1 unknown. Part 3 5.6.2.</summary>
    public double MinimumSamplingInterval { get; init; }

    public bool Historizing { get; init; }

    // DataType

    /// <summary>A StructureDefinition or an EnumDefinition; null where the DataType has none. Part 3 5.8.3.</summary>
    public IStructure? DataTypeDefinition { get; init; }
}
