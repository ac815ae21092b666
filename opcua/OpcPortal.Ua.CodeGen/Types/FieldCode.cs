namespace OpcPortal.Ua.CodeGen.Types;

/// <summary>How a field is declared, read and written in C#.</summary>
/// <param name="IsPart">Whether it is a structure of its own, which a new value starts with.</param>
internal sealed record FieldCode(string Property, string Type, string Read, string Write, bool IsPart)
{
    // Schema name -> C# type, name in the codec. A reference type is null where the wire says so.
    private static readonly Dictionary<string, (string Type, string Codec)> BuiltIns = new()
    {
        ["Boolean"] = ("bool", "Boolean"), ["SByte"] = ("sbyte", "SByte"), ["Byte"] = ("byte", "Byte"),
        ["Int16"] = ("short", "Int16"), ["UInt16"] = ("ushort", "UInt16"), ["Int32"] = ("int", "Int32"), ["UInt32"] = ("uint", "UInt32"),
        ["Int64"] = ("long", "Int64"), ["UInt64"] = ("ulong", "UInt64"), ["Float"] = ("float", "Float"), ["Double"] = ("double", "Double"),
        ["String"] = ("string?", "String"), ["CharArray"] = ("string?", "String"), ["DateTime"] = ("DateTime", "DateTime"), ["Guid"] = ("Guid", "Guid"),
        ["ByteString"] = ("ByteString", "ByteString"), ["XmlElement"] = ("XmlElement", "XmlElement"), ["NodeId"] = ("NodeId", "NodeId"),
        ["ExpandedNodeId"] = ("ExpandedNodeId", "ExpandedNodeId"), ["StatusCode"] = ("StatusCode", "StatusCode"),
        ["QualifiedName"] = ("QualifiedName", "QualifiedName"), ["LocalizedText"] = ("LocalizedText", "LocalizedText"),
        ["ExtensionObject"] = ("ExtensionObject?", "ExtensionObject"), ["DataValue"] = ("DataValue", "DataValue"), ["Variant"] = ("Variant", "Variant"),
        ["DiagnosticInfo"] = ("DiagnosticInfo?", "DiagnosticInfo"),
    };

    public static FieldCode Of(BinarySchema schema, SchemaStructure owner, SchemaField field, HashSet<string> structs)
    {
        var name = field.Name == owner.Name ? field.Name + "Value" : field.Name;
        if (BuiltIns.TryGetValue(field.Type, out var builtIn))
        {
            var array = field.IsArray ? "Array" : "";
            return new(name, field.IsArray ? builtIn.Type + "[]?" : builtIn.Type, $"decoder.Read{builtIn.Codec}{array}()", $"encoder.Write{builtIn.Codec}{array}({name})", IsPart: false);
        }

        if (schema.Enumeration(field.Type) is { } enumeration) return Of(name, field, enumeration);
        if (schema.Structure(field.Type) is null) throw new NotSupportedException($"{owner.Name}.{field.Name} is of {field.Type}, which the schema does not define.");
        if (field.IsArray) return new(name, $"{field.Type}[]?", $"decoder.ReadStructureArray<{field.Type}>()", $"encoder.WriteStructureArray({name})", IsPart: false);
        return structs.Contains(field.Type)
            ? new(name, field.Type, $"decoder.ReadStructure<{field.Type}>()", $"encoder.WriteStructureValue({name})", IsPart: false)
            : new(name, field.Type, $"decoder.ReadStructure<{field.Type}>()", $"encoder.WriteStructure({name})", IsPart: true);
    }

    private static FieldCode Of(string name, SchemaField field, SchemaEnumeration enumeration) => (enumeration.Bits, field.IsArray) switch
    {
        (32, true) => new(name, $"{field.Type}[]?", $"decoder.ReadEnumArray<{field.Type}>()", $"encoder.WriteEnumArray({name})", IsPart: false),
        (32, false) => new(name, field.Type, $"decoder.ReadEnum<{field.Type}>()", $"encoder.WriteEnum({name})", IsPart: false),
        (16, false) => new(name, field.Type, $"({field.Type})decoder.ReadUInt16()", $"encoder.WriteUInt16((ushort){name})", IsPart: false),
        (8, false) => new(name, field.Type, $"({field.Type})decoder.ReadByte()", $"encoder.WriteByte((byte){name})", IsPart: false),
        _ => throw new NotSupportedException($"An array of {field.Type}, {enumeration.Bits} bits wide."),
    };
}
