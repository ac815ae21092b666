using System.Xml.Linq;

namespace OpcPortal.Ua.NodeSets;

/// <summary>
/// Decodes OPC UA XML, Part 6 5.3, as it stands in the Value of a node. Namespace indexes stay those of the file.
/// A structure is transcoded to its binary body by the definition of its DataType.
/// </summary>
internal sealed partial class XmlValueDecoder(NodeSetXmlContext context, DataTypeCatalog catalog, NodeSetLimits limits)
{
    private const string ListOf = "ListOf";
    private static readonly XName Nil = XName.Get("nil", "http://www.w3.org/2001/XMLSchema-instance");

    private readonly CodecContext _codec = new(StructureRegistry.Standard, CodecLimits.Default);
    private int _fieldsLeft = limits.MaxValueFields;

    /// <summary>Decodes the Value element of a node: one element named after its type, or nothing.</summary>
    public Variant Decode(XElement value)
    {
        try
        {
            return VariantContent(value);
        }
        catch (CodecException e)
        {
            throw context.Error(value, $"The value cannot be encoded: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            // A character that XML allows by reference but a name or fragment cannot hold.
            throw context.Error(value, $"The value is not valid: {e.Message}", e);
        }
    }

    // The content of a Variant or of a node's Value.
    private Variant VariantContent(XElement parent)
    {
        using var children = parent.Elements().GetEnumerator();
        if (!children.MoveNext()) return default;
        var child = children.Current;
        if (children.MoveNext()) throw context.Error(children.Current, "A value has more than one element.");
        return Typed(child);
    }

    private Variant Typed(XElement element)
    {
        var name = element.Name.LocalName;
        if (name == "Matrix") return IsNil(element) ? default : MatrixOf(element);
        if (name == "Variant") return Variant(element);
        if (TryGetBuiltIn(name, out var type)) return IsNil(element) ? default : Scalar(element, type);
        if (name.StartsWith(ListOf, StringComparison.Ordinal) && TryGetBuiltIn(name[ListOf.Length..], out type))
            return IsNil(element) ? Ua.Variant.NullArray(type) : Ua.Variant.FromElements(Elements(element.Elements(), type));
        throw context.Error(element, $"{name} is no built-in type, nor ListOf one, nor Matrix.");
    }

    private static bool IsNil(XElement element) => element.Attribute(Nil)?.Value.Trim() is "true" or "1";

    private static bool TryGetBuiltIn(string name, out BuiltInType type) =>
        Enum.TryParse(name, out type) && type != BuiltInType.Null && Enum.IsDefined(type) && !char.IsAsciiDigit(name[0]) && !name.Contains(',');

    // <Variant><Value><Int32>1</Int32></Value></Variant>
    private Variant Variant(XElement element) => Child(element, "Value") is { } value && !IsNil(element) ? VariantContent(value) : default;

    // Part 6 5.3.1.17: the dimensions, then the elements in row-major order, each named after its type.
    private Variant MatrixOf(XElement element)
    {
        var dimensions = (Child(element, "Dimensions")?.Elements() ?? []).Select(e => context.ParseNumber<int>(e, e.Value)).ToArray();
        var items = (Child(element, "Elements")?.Elements() ?? []).ToArray();
        var type = BuiltInType.Variant;
        if (items.Length > 0 && !TryGetBuiltIn(items[0].Name.LocalName, out type)) throw context.Error(items[0], $"{items[0].Name.LocalName} is no built-in type.");
        foreach (var item in items)
            if (item.Name != items[0].Name) throw context.Error(item, "The elements of a Matrix have different types.");

        var elements = Elements(items, type);
        if (dimensions.Length == 0 || !Ua.Matrix.IsProduct(dimensions, elements.Length))
            throw context.Error(element, $"Dimensions [{string.Join(',', dimensions)}] do not hold {elements.Length} elements.");
        return dimensions.Length == 1 ? Ua.Variant.FromElements(elements) : new Variant(new Matrix(elements, dimensions));
    }

    private Array Elements(IEnumerable<XElement> items, BuiltInType type) => type switch
    {
        BuiltInType.Boolean => Convert(items, type, static v => v.AsBoolean()),
        BuiltInType.SByte => Convert(items, type, static v => v.AsSByte()),
        BuiltInType.Byte => Convert(items, type, static v => v.AsByte()),
        BuiltInType.Int16 => Convert(items, type, static v => v.AsInt16()),
        BuiltInType.UInt16 => Convert(items, type, static v => v.AsUInt16()),
        BuiltInType.Int32 => Convert(items, type, static v => v.AsInt32()),
        BuiltInType.UInt32 => Convert(items, type, static v => v.AsUInt32()),
        BuiltInType.Int64 => Convert(items, type, static v => v.AsInt64()),
        BuiltInType.UInt64 => Convert(items, type, static v => v.AsUInt64()),
        BuiltInType.Float => Convert(items, type, static v => v.AsFloat()),
        BuiltInType.Double => Convert(items, type, static v => v.AsDouble()),
        BuiltInType.String => Convert(items, type, static v => v.AsString()),
        BuiltInType.DateTime => Convert(items, type, static v => v.AsDateTime()),
        BuiltInType.Guid => Convert(items, type, static v => v.AsGuid()),
        BuiltInType.ByteString => Convert(items, type, static v => v.AsByteString()),
        BuiltInType.XmlElement => Convert(items, type, static v => v.AsXmlElement()),
        BuiltInType.NodeId => Convert(items, type, static v => v.AsNodeId()),
        BuiltInType.ExpandedNodeId => Convert(items, type, static v => v.AsExpandedNodeId()),
        BuiltInType.StatusCode => Convert(items, type, static v => v.AsStatusCode()),
        BuiltInType.QualifiedName => Convert(items, type, static v => v.AsQualifiedName()),
        BuiltInType.LocalizedText => Convert(items, type, static v => v.AsLocalizedText()),
        BuiltInType.ExtensionObject => Convert(items, type, static v => v.AsExtensionObject()),
        BuiltInType.DataValue => Convert(items, type, static v => v.AsDataValue()),
        BuiltInType.DiagnosticInfo => Convert(items, type, static v => v.AsDiagnosticInfo()),
        _ => Convert(items, type, static v => v),
    };

    private T[] Convert<T>(IEnumerable<XElement> items, BuiltInType type, Func<Variant, T> convert)
    {
        var values = new List<T>();
        foreach (var item in items) values.Add(convert(Scalar(item, type)));
        return [.. values];
    }

    /// <summary>An element whose content is a scalar of a known type, whatever its name. A nil one is the type's default.</summary>
    private Variant Scalar(XElement e, BuiltInType type)
    {
        Count(e);
        if (IsNil(e)) return XmlValueDefaults.Of(type);
        return type switch
        {
            BuiltInType.Boolean => new Variant(context.ParseBoolean(e, e.Value)),
            BuiltInType.SByte => new Variant(context.ParseNumber<sbyte>(e, e.Value)),
            BuiltInType.Byte => new Variant(context.ParseNumber<byte>(e, e.Value)),
            BuiltInType.Int16 => new Variant(context.ParseNumber<short>(e, e.Value)),
            BuiltInType.UInt16 => new Variant(context.ParseNumber<ushort>(e, e.Value)),
            BuiltInType.Int32 => new Variant(context.ParseNumber<int>(e, e.Value)),
            BuiltInType.UInt32 => new Variant(context.ParseNumber<uint>(e, e.Value)),
            BuiltInType.Int64 => new Variant(context.ParseNumber<long>(e, e.Value)),
            BuiltInType.UInt64 => new Variant(context.ParseNumber<ulong>(e, e.Value)),
            BuiltInType.Float => new Variant(context.ParseNumber<float>(e, e.Value)),
            BuiltInType.Double => new Variant(context.ParseNumber<double>(e, e.Value)),
            BuiltInType.String => new Variant(e.Value),
            BuiltInType.DateTime => new Variant(context.ParseDateTime(e, e.Value)),
            BuiltInType.Guid => new Variant(GuidOf(e)),
            BuiltInType.ByteString => new Variant(ByteStringOf(e)),
            BuiltInType.XmlElement => new Variant(new XmlElement(InnerXml(e))),
            BuiltInType.NodeId => new Variant(NodeIdOf(e)),
            BuiltInType.ExpandedNodeId => new Variant(IdentifierOf(e) is { } id ? context.ParseExpandedNodeId(e, id) : default),
            BuiltInType.StatusCode => new Variant(StatusCodeOf(e)),
            BuiltInType.QualifiedName => new Variant(QualifiedNameOf(e)),
            BuiltInType.LocalizedText => new Variant(LocalizedTextOf(e)),
            BuiltInType.ExtensionObject => new Variant(ExtensionObjectOf(e)),
            BuiltInType.DataValue => new Variant(DataValueOf(e)),
            BuiltInType.DiagnosticInfo => new Variant(DiagnosticInfoOf(e)),
            _ => Variant(e),
        };
    }

    /// <summary>Small types can stand for much work: a structure with few elements may have many fields. This bounds it.</summary>
    private void Count(XElement at)
    {
        if (--_fieldsLeft < 0) throw context.Error(at, $"The values have more than {limits.MaxValueFields} fields and elements.");
    }

    /// <summary>The first child of a local name: files differ in the namespaces they give to fields.</summary>
    private static XElement? Child(XElement parent, string name)
    {
        foreach (var child in parent.Elements())
            if (child.Name.LocalName == name) return child;
        return null;
    }
}
