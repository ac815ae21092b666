using System.Xml.Linq;

namespace OpcPortal.Ua.NodeSets;

// From a structure's XML to its binary body, by its definition. Part 6 5.2.6 to 5.2.8 and 5.3.5 to 5.3.7.
internal sealed partial class XmlValueDecoder
{
    private ByteString Transcode(XElement body, DataTypeEntry type)
    {
        var encoder = new BinaryEncoder(_codec);
        try
        {
            WriteStructure(ref encoder, body, body, type, depth: 0);
            return new ByteString(encoder.Written.ToArray());
        }
        finally
        {
            encoder.Dispose();
        }
    }

    /// <param name="element">Null: every field has its default.</param>
    /// <param name="at">Where errors point to.</param>
    private void WriteStructure(ref BinaryEncoder encoder, XElement? element, XElement at, DataTypeEntry type, int depth)
    {
        if (depth > limits.MaxTypeDepth) throw context.Error(at, $"Structures are nested deeper than {limits.MaxTypeDepth}: does {type.Name} hold itself?");
        if (!catalog.TryGetLayout(type, out var definition)) throw context.Error(at, $"The structure {type.Name} has no definition.");
        var children = ChildrenByName(element, definition, type);
        if (DataTypeDefinitions.IsUnion(definition))
        {
            WriteUnion(ref encoder, children, at, definition, type, depth);
            return;
        }

        var mask = definition.StructureType == StructureType.StructureWithOptionalFields ? MaskOf(children, definition) : uint.MaxValue;
        if (definition.StructureType == StructureType.StructureWithOptionalFields) encoder.WriteUInt32(mask);
        var optional = 0;
        foreach (var field in definition.Fields ?? [])
        {
            var isOptional = field.IsOptional && definition.StructureType == StructureType.StructureWithOptionalFields;
            if (isOptional && (mask & (1u << optional++)) == 0) continue;
            WriteField(ref encoder, children.GetValueOrDefault(field.Name ?? ""), at, definition, field, depth);
        }
    }

    private Dictionary<string, XElement> ChildrenByName(XElement? element, StructureDefinition definition, DataTypeEntry type)
    {
        var children = new Dictionary<string, XElement>(StringComparer.Ordinal);
        if (element is null || IsNil(element)) return children;
        foreach (var child in element.Elements())
        {
            var name = child.Name.LocalName;
            var isKnown = name is "EncodingMask" or "SwitchField" || Array.Exists(definition.Fields ?? [], f => f.Name == name);
            if (!isKnown) throw context.Error(child, $"{type.Name} has no field {name}.");
            if (!children.TryAdd(name, child)) throw context.Error(child, $"The field {name} stands twice.");
        }

        return children;
    }

    // Part 6 5.3.6: the mask says which optional fields are there; a file without it says so by having them.
    private uint MaskOf(Dictionary<string, XElement> children, StructureDefinition definition)
    {
        var stated = children.TryGetValue("EncodingMask", out var e) ? context.ParseNumber<uint>(e, e.Value) : (uint?)null;
        uint mask = 0;
        var bit = 0;
        foreach (var field in definition.Fields ?? [])
        {
            if (!field.IsOptional) continue;
            // Part 6 5.2.7: a structure has at most 32 optional fields.
            if (bit == 32) throw context.Error(e ?? children.Values.First(), "A structure has more than 32 optional fields.");
            if (stated is { } bits ? (bits & (1u << bit)) != 0 : children.ContainsKey(field.Name ?? "")) mask |= 1u << bit;
            bit++;
        }

        return mask;
    }

    private void WriteUnion(
        ref BinaryEncoder encoder, Dictionary<string, XElement> children, XElement at, StructureDefinition definition, DataTypeEntry type, int depth)
    {
        var fields = definition.Fields ?? [];
        var stated = children.TryGetValue("SwitchField", out var e) ? context.ParseNumber<uint>(e, e.Value) : (uint?)null;
        var choice = stated ?? (uint)(Array.FindIndex(fields, f => children.ContainsKey(f.Name ?? "")) + 1);
        if (choice > fields.Length) throw context.Error(e ?? at, $"{type.Name} has {fields.Length} fields, no field {choice}.");
        encoder.WriteUInt32(choice);
        if (choice == 0) return;
        var field = fields[choice - 1];
        WriteField(ref encoder, children.GetValueOrDefault(field.Name ?? ""), at, definition, field, depth);
    }

    private void WriteField(ref BinaryEncoder encoder, XElement? element, XElement at, StructureDefinition definition, StructureField field, int depth)
    {
        at = element ?? at;
        Count(at);
        if (!catalog.TryGetEncoding(field.DataType, DataTypeDefinitions.AllowsSubTypes(definition, field), out var encoding))
            throw context.Error(at, $"The DataType {field.DataType} of the field {field.Name} is not known.");
        if (element is not null && IsNil(element)) element = null;
        if (field.ValueRank == -1)
            WriteScalar(ref encoder, element, at, encoding, depth);
        else if (field.ValueRank == 1)
            WriteArray(ref encoder, element?.Elements().ToArray(), encoding, depth);
        else
            WriteMatrix(ref encoder, element, at, field.ValueRank, encoding, depth);
    }

    private void WriteScalar(ref BinaryEncoder encoder, XElement? element, XElement at, in FieldEncoding encoding, int depth)
    {
        if (encoding.Structure is { } structure)
            WriteStructure(ref encoder, element, at, structure, depth + 1);
        else if (encoding.IsEnumeration)
            encoder.WriteInt32(element is null ? 0 : EnumerationOf(element));
        else
            encoder.WriteBuiltIn(element is null ? XmlValueDefaults.Of(encoding.BuiltInType) : Scalar(element, encoding.BuiltInType), encoding.BuiltInType);
    }

    private void WriteArray(ref BinaryEncoder encoder, XElement[]? items, in FieldEncoding encoding, int depth)
    {
        encoder.WriteInt32(items?.Length ?? -1);
        foreach (var item in items ?? []) WriteScalar(ref encoder, item, item, encoding, depth);
    }

    // Part 6 5.2.5: the dimensions as an array of Int32, then the elements without a length of their own.
    private void WriteMatrix(ref BinaryEncoder encoder, XElement? element, XElement at, int rank, in FieldEncoding encoding, int depth)
    {
        if (element is null)
        {
            encoder.WriteInt32(-1);
            return;
        }

        var dimensions = (Child(element, "Dimensions")?.Elements() ?? []).Select(e => context.ParseNumber<int>(e, e.Value)).ToArray();
        var items = (Child(element, "Elements")?.Elements() ?? []).ToArray();
        if (dimensions.Length != rank || !Ua.Matrix.IsProduct(dimensions, items.Length))
            throw context.Error(at, $"Dimensions [{string.Join(',', dimensions)}] do not hold {items.Length} elements in {rank} dimensions.");
        encoder.WriteInt32Array(dimensions);
        foreach (var item in items) WriteScalar(ref encoder, item, item, encoding, depth);
    }

    // Part 6 5.3.2: Name_Value; the number alone is seen too.
    private int EnumerationOf(XElement e)
    {
        var text = e.Value.Trim();
        return context.ParseNumber<int>(e, text[(text.LastIndexOf('_') + 1)..]);
    }
}
