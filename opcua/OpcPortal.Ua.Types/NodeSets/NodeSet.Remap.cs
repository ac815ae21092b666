namespace OpcPortal.Ua.NodeSets;

public sealed partial record NodeSet
{
    /// <summary>
    /// The same nodes with every namespace index that of a server's table, which gets the URIs it lacks: in ids, names, definitions and
    /// values, structures included.
    /// </summary>
    /// <param name="table">The server's namespaces. The result's own <see cref="NamespaceUris"/> are those of this table from index 1 on.</param>
    /// <param name="types">Must hold the DataTypes of this NodeSet and of those it requires, so that structures can be walked.</param>
    /// <param name="structures">The structures that become typed, by the server's indexes; absent: those of the standard.</param>
    /// <exception cref="NodeSetException">A value does not fit its type, or an index is not in <see cref="NamespaceUris"/>.</exception>
    public NodeSet Remap(NamespaceTable table, DataTypeCatalog types, StructureRegistry? structures = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(types);
        var map = NamespaceMap.ToTable(NamespaceUris, table);
        var values = new ValueRemapper(map, NamespaceMap.ToTable(NamespaceUris, types.Namespaces), types, structures ?? StructureRegistry.Standard);
        return this with
        {
            Models = Array.ConvertAll(Models, model => Remap(model, map)),
            NamespaceUris = table.ToArray()[1..],
            Nodes = Array.ConvertAll(Nodes, node => Remap(node, map, values)),
        };
    }

    private static NodeRecord Remap(NodeRecord node, NamespaceMap map, ValueRemapper values)
    {
        try
        {
            var value = values.Map(node.Value);
            if (map.IsIdentity) return node with { Value = value };
            return node with
            {
                NodeId = map.Map(node.NodeId),
                BrowseName = map.Map(node.BrowseName),
                RolePermissions = Remap(node.RolePermissions, map),
                ParentNodeId = node.ParentNodeId is { } parent ? map.Map(parent) : null,
                MethodDeclarationId = node.MethodDeclarationId is { } declaration ? map.Map(declaration) : null,
                DataType = map.Map(node.DataType),
                Value = value,
                DataTypeDefinition = DataTypeDefinitions.Map(node.DataTypeDefinition, map),
                References = Array.ConvertAll(node.References, r => new NodeReference(map.Map(r.ReferenceTypeId), r.IsForward, map.Map(r.Target))),
            };
        }
        catch (CodecException e)
        {
            throw new NodeSetException("NodeSet", 0, 0, $"The node {node.NodeId} ({node.BrowseName}) cannot be renumbered: {e.Message}", e);
        }
    }

    private static NodeSetModel Remap(NodeSetModel model, NamespaceMap map) => model with
    {
        DefaultRolePermissions = Remap(model.DefaultRolePermissions, map),
        RequiredModels = Array.ConvertAll(model.RequiredModels, required => Remap(required, map)),
    };

    private static RolePermission[]? Remap(RolePermission[]? permissions, NamespaceMap map) =>
        permissions is null ? null : Array.ConvertAll(permissions, p => p with { RoleId = map.Map(p.RoleId) });
}
