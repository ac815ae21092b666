using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.CodeGen;

/// <summary>
/// What is kept of a published model: ids, classes, names, references, types, rules, definitions and values. Its explaining texts and the
/// type dictionaries (files of the standard, deprecated since 1.04) are left out.
/// </summary>
internal static class StandardFacts
{
    private const uint DataTypeDictionaryType = 72, HasTypeDefinition = 40;

    public static NodeSet Of(NodeSet published) => published with { Nodes = Array.ConvertAll(published.Nodes, Of) };

    private static NodeRecord Of(NodeRecord node) => node with
    {
        Descriptions = [],
        Value = IsDictionary(node) ? default : Of(node.Value),
        DataTypeDefinition = node.DataTypeDefinition switch
        {
            StructureDefinition structure => Of(structure),
            EnumDefinition enumeration => Of(enumeration),
            _ => null,
        },
    };

    private static bool IsDictionary(NodeRecord node) => Array.Exists(node.References, static r =>
        r.IsForward && r.ReferenceTypeId.IsStandard(HasTypeDefinition) && r.Target.NodeId.IsStandard(DataTypeDictionaryType));

    private static StructureDefinition Of(StructureDefinition definition) => new()
    {
        DefaultEncodingId = definition.DefaultEncodingId,
        BaseDataType = definition.BaseDataType,
        StructureType = definition.StructureType,
        Fields = Array.ConvertAll(definition.Fields ?? [], static field => new StructureField
        {
            Name = field.Name,
            DataType = field.DataType,
            ValueRank = field.ValueRank,
            ArrayDimensions = field.ArrayDimensions,
            MaxStringLength = field.MaxStringLength,
            IsOptional = field.IsOptional,
        }),
    };

    private static EnumDefinition Of(EnumDefinition definition) => new()
    {
        Fields = Array.ConvertAll(definition.Fields ?? [], static field => new EnumField
        {
            Value = field.Value,
            DisplayName = field.DisplayName,
            Name = field.Name,
        }),
    };

    private static Variant Of(Variant value) => (value.Type, value.Elements) switch
    {
        (BuiltInType.ExtensionObject, ExtensionObject?[] objects) when value.IsArray => new Variant(Array.ConvertAll(objects, Of)),
        (BuiltInType.ExtensionObject, null) when value.IsScalar => new Variant(Of(value.AsExtensionObject())),
        _ => value,
    };

    private static ExtensionObject? Of(ExtensionObject? value) => value?.Structure switch
    {
        Argument argument => new ExtensionObject(new Argument
        {
            Name = argument.Name,
            DataType = argument.DataType,
            ValueRank = argument.ValueRank,
            ArrayDimensions = argument.ArrayDimensions,
        }),
        EnumValueType member and not EnumField => new ExtensionObject(new EnumValueType { Value = member.Value, DisplayName = member.DisplayName }),
        _ => value,
    };
}
