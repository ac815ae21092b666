namespace OpcPortal.Ua.NodeSets;

/// <summary>The value of a field that XML leaves out: the default of its built-in type. Part 6 5.3.5.</summary>
internal static class XmlValueDefaults
{
    public static Variant Of(BuiltInType type) => type switch
    {
        BuiltInType.Boolean => new Variant(false),
        BuiltInType.SByte => new Variant((sbyte)0),
        BuiltInType.Byte => new Variant((byte)0),
        BuiltInType.Int16 => new Variant((short)0),
        BuiltInType.UInt16 => new Variant((ushort)0),
        BuiltInType.Int32 => new Variant(0),
        BuiltInType.UInt32 => new Variant(0u),
        BuiltInType.Int64 => new Variant(0L),
        BuiltInType.UInt64 => new Variant(0UL),
        BuiltInType.Float => new Variant(0f),
        BuiltInType.Double => new Variant(0d),
        BuiltInType.String => new Variant((string?)null),
        BuiltInType.DateTime => new Variant(DateTime.MinValue),
        BuiltInType.Guid => new Variant(Guid.Empty),
        BuiltInType.ByteString => new Variant(default(ByteString)),
        BuiltInType.XmlElement => new Variant(default(XmlElement)),
        BuiltInType.NodeId => new Variant(default(NodeId)),
        BuiltInType.ExpandedNodeId => new Variant(default(ExpandedNodeId)),
        BuiltInType.StatusCode => new Variant(default(StatusCode)),
        BuiltInType.QualifiedName => new Variant(default(QualifiedName)),
        BuiltInType.LocalizedText => new Variant(default(LocalizedText)),
        BuiltInType.ExtensionObject => new Variant((ExtensionObject?)null),
        BuiltInType.DataValue => new Variant(default(DataValue)),
        BuiltInType.DiagnosticInfo => new Variant((DiagnosticInfo?)null),
        _ => default,
    };
}
