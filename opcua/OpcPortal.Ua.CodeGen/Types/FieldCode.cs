namespace OpcPortal.Ua.CodeGen.Types;

/// <summary>How a field is declared, read and written in C#.</summary>
/// <param name="Name">The standard's name, which JSON has.</param>
/// <param name="IsPart">Whether it is a structure of its own, which a new value starts with.</param>
internal sealed record FieldCode(string Name, string Property, string Type, string Read, string Write, string JsonRead, string JsonWrite, bool IsPart)
{
    // Schema name -> C# type, name in the codec. A reference type is null where the wire says so.
    private static readonly Dictionary<string, (string Type, string Codec)> BuiltIns = new()
    {
        ["Boolean"] = ("bool", "Boolean"),
        ["SByte"] = ("sbyte", "SByte"),
        ["Byte"] = ("byte", "Byte"),
        ["Int16"] = ("short", "Int16"),
        ["UInt16"] = ("ushort", "UInt16"),
        ["Int32"] = ("int", "Int32"),
        ["UInt32"] = ("uint", "UInt32"),
        ["Int64"] = ("long", "Int64"),
        ["UInt64"] = ("ulong", "UInt64"),
        ["Float"] = ("float", "Float"),
        ["Double"] = ("double", "Double"),
        ["String"] = ("string?", "String"),
        ["CharArray"] = ("string?", "String"),
        ["DateTime"] = ("DateTime", "DateTime"),
        ["Guid"] = ("Guid", "Guid"),
        ["ByteString"] = ("ByteString", "ByteString"),
        ["XmlElement"] = ("XmlElement", "XmlElement"),
        ["NodeId"] = ("NodeId", "NodeId"),
        ["ExpandedNodeId"] = ("ExpandedNodeId", "ExpandedNodeId"),
        ["StatusCode"] = ("StatusCode", "StatusCode"),
        ["QualifiedName"] = ("QualifiedName", "QualifiedName"),
        ["LocalizedText"] = ("LocalizedText", "LocalizedText"),
        ["ExtensionObject"] = ("ExtensionObject?", "ExtensionObject"),
        ["DataValue"] = ("DataValue", "DataValue"),
        ["Variant"] = ("Variant", "Variant"),
        ["DiagnosticInfo"] = ("DiagnosticInfo?", "DiagnosticInfo"),
    };

    public static FieldCode Of(BinarySchema schema, SchemaStructure owner, SchemaField field, HashSet<string> structs)
    {
        var name = field.Name == owner.Name ? field.Name + "Value" : field.Name;
        if (BuiltIns.TryGetValue(field.Type, out var builtIn)) return Of(name, field, builtIn.Type, builtIn.Codec);
        if (schema.Enumeration(field.Type) is { } enumeration) return Of(name, field, enumeration);
        if (schema.Structure(field.Type) is null) throw new NotSupportedException($"{owner.Name}.{field.Name} is of {field.Type}, which the schema does not define.");
        if (field.IsArray) return OfArray(name, field, "Structure");
        var value = structs.Contains(field.Type) ? "Value" : "";
        return new(field.Name, name, field.Type, $"decoder.ReadStructure<{field.Type}>()", $"encoder.WriteStructure{value}({name})",
            $"decoder.ReadStructure<{field.Type}>()", Json("Structure", field, name), IsPart: value.Length == 0);
    }

    private static FieldCode Of(string name, SchemaField field, string type, string codec)
    {
        var method = field.IsArray ? codec + "Array" : codec;
        var read = $"decoder.Read{method}()";
        return new(field.Name, name, field.IsArray ? type + "[]?" : type, read, $"encoder.Write{method}({name})", read, Json(method, field, name), IsPart: false);
    }

    // An option set is a number in JSON too: Part 6 5.4.4 gives names to enumerations only.
    private static FieldCode Of(string name, SchemaField field, SchemaEnumeration enumeration) => (enumeration, field.IsArray) switch
    {
        ({ Bits: 32, IsOptionSet: false }, true) => OfArray(name, field, "Enum"),
        ({ Bits: 32, IsOptionSet: false }, false) => new(field.Name, name, field.Type, $"decoder.ReadEnum<{field.Type}>()", $"encoder.WriteEnum({name})",
            $"decoder.ReadEnum<{field.Type}>()", Json("Enum", field, name), IsPart: false),
        ({ Bits: 32 }, false) => OfFlags(name, field, "uint", "UInt32") with { Read = $"decoder.ReadEnum<{field.Type}>()", Write = $"encoder.WriteEnum({name})" },
        ({ Bits: 16 }, false) => OfFlags(name, field, "ushort", "UInt16"),
        ({ Bits: 8 }, false) => OfFlags(name, field, "byte", "Byte"),
        _ => throw new NotSupportedException($"An array of {field.Type}, {enumeration.Bits} bits wide."),
    };

    private static FieldCode OfFlags(string name, SchemaField field, string number, string codec) => new(
        field.Name, name, field.Type, $"({field.Type})decoder.Read{codec}()", $"encoder.Write{codec}(({number}){name})",
        $"({field.Type})decoder.Read{codec}()", Json(codec, field, $"({number}){name}"), IsPart: false);

    private static FieldCode OfArray(string name, SchemaField field, string codec)
    {
        var read = $"decoder.Read{codec}Array<{field.Type}>()";
        return new(field.Name, name, $"{field.Type}[]?", read, $"encoder.Write{codec}Array({name})", read, Json(codec + "Array", field, name), IsPart: false);
    }

    private static string Json(string method, SchemaField field, string value) => $"encoder.Write{method}(\"{field.Name}\"u8, {value})";
}
