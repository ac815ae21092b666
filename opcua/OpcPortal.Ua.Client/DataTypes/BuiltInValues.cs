namespace OpcPortal.Ua.Client;

/// <summary>Values of built-in types whose type is known only at run time.</summary>
internal static class BuiltInValues
{
    /// <summary>Zero, null or empty.</summary>
    public static Variant Default(BuiltInType type) => CreateArray(type, 1) is var one && type is not BuiltInType.Variant ? FromElement(one.GetValue(0), type) : Variant.Null;

    public static Array CreateArray(BuiltInType type, int length) => type switch
    {
        BuiltInType.Boolean => new bool[length],
        BuiltInType.SByte => new sbyte[length],
        BuiltInType.Byte => new byte[length],
        BuiltInType.Int16 => new short[length],
        BuiltInType.UInt16 => new ushort[length],
        BuiltInType.Int32 => new int[length],
        BuiltInType.UInt32 => new uint[length],
        BuiltInType.Int64 => new long[length],
        BuiltInType.UInt64 => new ulong[length],
        BuiltInType.Float => new float[length],
        BuiltInType.Double => new double[length],
        BuiltInType.String => new string?[length],
        BuiltInType.DateTime => new DateTime[length],
        BuiltInType.Guid => new Guid[length],
        BuiltInType.ByteString => new ByteString[length],
        BuiltInType.XmlElement => new XmlElement[length],
        BuiltInType.NodeId => new NodeId[length],
        BuiltInType.ExpandedNodeId => new ExpandedNodeId[length],
        BuiltInType.StatusCode => new StatusCode[length],
        BuiltInType.QualifiedName => new QualifiedName[length],
        BuiltInType.LocalizedText => new LocalizedText[length],
        BuiltInType.ExtensionObject => new ExtensionObject?[length],
        BuiltInType.DataValue => new DataValue[length],
        BuiltInType.DiagnosticInfo => new DiagnosticInfo?[length],
        _ => new Variant[length],
    };

    public static void Set(Array array, int index, in Variant value, BuiltInType type)
    {
        if (array is Variant[] variants) variants[index] = value;
        else if (value.Type == type) array.SetValue(value.ToObject(), index);
        else throw new CodecException(StatusCodes.BadDecodingError, $"{value.Type} stands where {type} belongs.");
    }

    /// <summary>An element of an array as <see cref="CreateArray"/> makes it.</summary>
    public static Variant FromElement(object? element, BuiltInType type) => type switch
    {
        BuiltInType.Boolean => new Variant((bool)element!),
        BuiltInType.SByte => new Variant((sbyte)element!),
        BuiltInType.Byte => new Variant((byte)element!),
        BuiltInType.Int16 => new Variant((short)element!),
        BuiltInType.UInt16 => new Variant((ushort)element!),
        BuiltInType.Int32 => new Variant((int)element!),
        BuiltInType.UInt32 => new Variant((uint)element!),
        BuiltInType.Int64 => new Variant((long)element!),
        BuiltInType.UInt64 => new Variant((ulong)element!),
        BuiltInType.Float => new Variant((float)element!),
        BuiltInType.Double => new Variant((double)element!),
        BuiltInType.String => new Variant((string?)element),
        BuiltInType.DateTime => new Variant((DateTime)element!),
        BuiltInType.Guid => new Variant((Guid)element!),
        BuiltInType.ByteString => new Variant((ByteString)element!),
        BuiltInType.XmlElement => new Variant((XmlElement)element!),
        BuiltInType.NodeId => new Variant((NodeId)element!),
        BuiltInType.ExpandedNodeId => new Variant((ExpandedNodeId)element!),
        BuiltInType.StatusCode => new Variant((StatusCode)element!),
        BuiltInType.QualifiedName => new Variant((QualifiedName)element!),
        BuiltInType.LocalizedText => new Variant((LocalizedText)element!),
        BuiltInType.ExtensionObject => new Variant((ExtensionObject?)element),
        BuiltInType.DataValue => new Variant((DataValue)element!),
        BuiltInType.DiagnosticInfo => new Variant((DiagnosticInfo?)element),
        _ => (Variant)element!,
    };
}
