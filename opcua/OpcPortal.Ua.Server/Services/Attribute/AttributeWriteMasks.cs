namespace OpcPortal.Ua.Server;

/// <summary>The bit of WriteMask for an attribute. Part 3 8.60 (AttributeWriteMask).</summary>
internal static class AttributeWriteMasks
{
    /// <returns>False for Value, whose AccessLevel decides, for what depends on the user, and for unknown attributes.</returns>
    public static bool TryGet(uint attributeId, out AttributeWriteMask bit)
    {
        bit = attributeId switch
        {
            AttributeIds.NodeId => AttributeWriteMask.NodeId,
            AttributeIds.NodeClass => AttributeWriteMask.NodeClass,
            AttributeIds.BrowseName => AttributeWriteMask.BrowseName,
            AttributeIds.DisplayName => AttributeWriteMask.DisplayName,
            AttributeIds.Description => AttributeWriteMask.Description,
            AttributeIds.WriteMask => AttributeWriteMask.WriteMask,
            AttributeIds.IsAbstract => AttributeWriteMask.IsAbstract,
            AttributeIds.Symmetric => AttributeWriteMask.Symmetric,
            AttributeIds.InverseName => AttributeWriteMask.InverseName,
            AttributeIds.ContainsNoLoops => AttributeWriteMask.ContainsNoLoops,
            AttributeIds.EventNotifier => AttributeWriteMask.EventNotifier,
            AttributeIds.DataType => AttributeWriteMask.DataType,
            AttributeIds.ValueRank => AttributeWriteMask.ValueRank,
            AttributeIds.ArrayDimensions => AttributeWriteMask.ArrayDimensions,
            AttributeIds.AccessLevel => AttributeWriteMask.AccessLevel,
            AttributeIds.MinimumSamplingInterval => AttributeWriteMask.MinimumSamplingInterval,
            AttributeIds.Historizing => AttributeWriteMask.Historizing,
            AttributeIds.Executable => AttributeWriteMask.Executable,
            AttributeIds.DataTypeDefinition => AttributeWriteMask.DataTypeDefinition,
            AttributeIds.RolePermissions => AttributeWriteMask.RolePermissions,
            AttributeIds.AccessRestrictions => AttributeWriteMask.AccessRestrictions,
            AttributeIds.AccessLevelEx => AttributeWriteMask.AccessLevelEx,
            _ => AttributeWriteMask.None,
        };
        return bit != AttributeWriteMask.None;
    }
}
