using System.Xml.Linq;

namespace OpcPortal.Ua.CodeGen.Types;

/// <summary>A field: its type's name, and whether it is an array.</summary>
internal sealed record SchemaField(string Name, string Type, bool IsArray);

/// <summary>A structure with its own fields, those of its base left out.</summary>
internal sealed record SchemaStructure(string Name, string? Base, SchemaField[] Fields);

/// <summary>An enumeration, or an option set of 8, 16 or 32 bits.</summary>
internal sealed record SchemaEnumeration(string Name, int Bits, bool IsOptionSet, (string Name, long Value)[] Members);

/// <summary>The DataTypes of the standard's binary schema (Opc.Ua.Types.bsd), without the built-in types, which are written by hand.</summary>
internal sealed class BinarySchema
{
    public const string FileName = "Opc.Ua.Types.bsd";

    // The parts of the built-in types' wire format, and IdType, which NodeId needs.
    private static readonly HashSet<string> ByHand =
    [
        "XmlElement", "NodeIdType", "IdType", "TwoByteNodeId", "FourByteNodeId", "NumericNodeId", "StringNodeId", "GuidNodeId", "ByteStringNodeId", "NodeId",
        "ExpandedNodeId", "DiagnosticInfo", "QualifiedName", "LocalizedText", "DataValue", "ExtensionObject", "Variant", "StatusCode",
    ];

    private readonly Dictionary<string, SchemaStructure> _structures;
    private readonly Dictionary<string, SchemaEnumeration> _enumerations;

    private BinarySchema(IEnumerable<SchemaStructure> structures, IEnumerable<SchemaEnumeration> enumerations)
    {
        _structures = structures.ToDictionary(s => s.Name);
        _enumerations = enumerations.ToDictionary(e => e.Name);
        Structures = [.. _structures.Values.OrderBy(s => s.Name, StringComparer.Ordinal)];
        Enumerations = [.. _enumerations.Values.OrderBy(e => e.Name, StringComparer.Ordinal)];
    }

    public IReadOnlyList<SchemaStructure> Structures { get; }
    public IReadOnlyList<SchemaEnumeration> Enumerations { get; }

    public SchemaStructure? Structure(string name) => _structures.GetValueOrDefault(name);
    public SchemaEnumeration? Enumeration(string name) => _enumerations.GetValueOrDefault(name);
    public bool HasSubtype(SchemaStructure structure) => Structures.Any(s => s.Base == structure.Name);

    /// <summary>The structure's bases, the nearest first.</summary>
    public IEnumerable<SchemaStructure> Bases(SchemaStructure structure)
    {
        for (var at = structure.Base; at is not null; at = _structures[at].Base) yield return _structures[at];
    }

    public static BinarySchema Read(string path)
    {
        var root = XDocument.Load(path).Root!;
        var types = root.Elements().Where(e => !ByHand.Contains(Name(e))).ToArray();
        var flat = types.Where(e => e.Name.LocalName == "StructuredType").ToDictionary(Name, Structure);
        var structures = flat.Values.Select(s => s with { Fields = Own(s, flat) });
        return new(structures, types.Where(e => e.Name.LocalName == "EnumeratedType").Select(Enumeration));
    }

    private static SchemaStructure Structure(XElement type)
    {
        var lengths = type.Elements().Select(f => (string?)f.Attribute("LengthField")).ToHashSet();
        var fields = type.Elements().Where(f => f.Name.LocalName == "Field" && !lengths.Contains(Name(f)));
        var parent = Local((string?)type.Attribute("BaseType"));
        return new(Name(type), parent is null or "ExtensionObject" ? null : parent, [.. fields.Select(Field)]);
    }

    private static SchemaField Field(XElement field) => field.Attribute("SwitchField") is null
        ? new(Name(field), Local((string)field.Attribute("TypeName")!)!, field.Attribute("LengthField") is not null)
        : throw new NotSupportedException($"{Name(field.Parent!)}.{Name(field)} is optional: no structure of the standard had such a field.");

    // The schema repeats a base's fields in its subtypes, at the front.
    private static SchemaField[] Own(SchemaStructure structure, Dictionary<string, SchemaStructure> flat)
    {
        if (structure.Base is null) return structure.Fields;
        var inherited = flat[structure.Base].Fields;
        return structure.Fields.Take(inherited.Length).SequenceEqual(inherited)
            ? structure.Fields[inherited.Length..]
            : throw new NotSupportedException($"{structure.Name} does not begin with the fields of {structure.Base}.");
    }

    private static SchemaEnumeration Enumeration(XElement type) => new(
        Name(type), (int)type.Attribute("LengthInBits")!, (bool?)type.Attribute("IsOptionSet") ?? false,
        [.. type.Elements().Where(e => e.Name.LocalName == "EnumeratedValue").Select(e => (Name(e), (long)e.Attribute("Value")!))]);

    private static string Name(XElement element) => (string?)element.Attribute("Name") ?? "";
    private static string? Local(string? name) => name?[(name.IndexOf(':') + 1)..];
}
