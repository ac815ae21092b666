namespace OpcPortal.Ua.NodeSets;

/// <summary>A model that a NodeSet holds or requires. Part 6 F.5 (ModelTableEntry).</summary>
public sealed record NodeSetModel
{
    public required string ModelUri { get; init; }
    public string? Version { get; init; }

    /// <summary>The semantic version of Part 6 F.5; null where the file has none.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>UTC; null where the file has none.</summary>
    public DateTime? PublicationDate { get; init; }

    public string? XmlSchemaUri { get; init; }

    /// <summary>The namespace's DefaultRolePermissions; null where the file has none.</summary>
    public RolePermission[]? DefaultRolePermissions { get; init; }

    /// <summary>The namespace's DefaultAccessRestrictions.</summary>
    public ushort DefaultAccessRestrictions { get; init; }

    public NodeSetModel[] RequiredModels { get; init; } = [];
}

/// <summary>Nodes as data, with their namespaces. Index 0 is OPC UA; index i is <see cref="NamespaceUris"/>[i - 1].</summary>
public sealed partial record NodeSet
{
    public NodeSetModel[] Models { get; init; } = [];
    public required string[] NamespaceUris { get; init; }

    /// <summary>The servers that ExpandedNodeIds with a server index name: index i is ServerUris[i - 1].</summary>
    public string[] ServerUris { get; init; } = [];

    public required NodeRecord[] Nodes { get; init; }
}
