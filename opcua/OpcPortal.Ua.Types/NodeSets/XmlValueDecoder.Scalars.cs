using System.Xml.Linq;

namespace OpcPortal.Ua.NodeSets;

// Built-in types whose XML is more than a text. Part 6 5.3.1.
internal sealed partial class XmlValueDecoder
{
    private Guid GuidOf(XElement e)
    {
        var text = (Child(e, "String") ?? e).Value.Trim();
        if (text.Length == 0) return Guid.Empty;
        return Guid.TryParse(text, out var guid) ? guid : throw context.Error(e, "The text is no Guid.");
    }

    private ByteString ByteStringOf(XElement e)
    {
        try
        {
            return new ByteString(System.Convert.FromBase64String(e.Value));
        }
        catch (FormatException error)
        {
            throw context.Error(e, "The text is not base64.", error);
        }
    }

    private static string InnerXml(XElement e) => string.Concat(e.Nodes().Select(static n => n.ToString(SaveOptions.DisableFormatting)));

    private static string? IdentifierOf(XElement e) =>
        (Child(e, "Identifier")?.Value ?? (e.HasElements ? null : e.Value)) is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;

    private NodeId NodeIdOf(XElement e) => IdentifierOf(e) is { } id ? context.ParseNodeId(e, id) : default;

    private StatusCode StatusCodeOf(XElement e) =>
        Child(e, "Code") is { } code && !string.IsNullOrWhiteSpace(code.Value) ? new StatusCode(context.ParseNumber<uint>(code, code.Value)) : default;

    private QualifiedName QualifiedNameOf(XElement e)
    {
        var index = Child(e, "NamespaceIndex") is { } i && !string.IsNullOrWhiteSpace(i.Value) ? context.ParseNumber<ushort>(i, i.Value) : (ushort)0;
        return new QualifiedName(TextOf(e, "Name"), context.CheckNamespace(e, index));
    }

    // An empty Locale says as little as none.
    private static LocalizedText LocalizedTextOf(XElement e) =>
        new(TextOf(e, "Text"), TextOf(e, "Locale") is { Length: > 0 } locale ? locale : null);

    private static string? TextOf(XElement e, string name) => Child(e, name) is { } child && !IsNil(child) ? child.Value : null;

    private DataValue DataValueOf(XElement e) => new(
        Child(e, "Value") is { } value ? VariantContent(value) : default,
        Child(e, "StatusCode") is { } status ? StatusCodeOf(status) : default,
        Child(e, "SourceTimestamp") is { } source ? context.ParseDateTime(source, source.Value) : default,
        Child(e, "ServerTimestamp") is { } server ? context.ParseDateTime(server, server.Value) : default)
    {
        SourcePicoseconds = Child(e, "SourcePicoseconds") is { } s ? context.ParseNumber<ushort>(s, s.Value) : (ushort)0,
        ServerPicoseconds = Child(e, "ServerPicoseconds") is { } p ? context.ParseNumber<ushort>(p, p.Value) : (ushort)0,
    };

    private DiagnosticInfo? DiagnosticInfoOf(XElement e)
    {
        if (!e.HasElements) return null;
        return new DiagnosticInfo
        {
            SymbolicId = Int32Of(e, "SymbolicId"),
            NamespaceUri = Int32Of(e, "NamespaceUri"),
            Locale = Int32Of(e, "Locale"),
            LocalizedText = Int32Of(e, "LocalizedText"),
            AdditionalInfo = TextOf(e, "AdditionalInfo"),
            InnerStatusCode = Child(e, "InnerStatusCode") is { } status ? StatusCodeOf(status) : null,
            InnerDiagnosticInfo = Child(e, "InnerDiagnosticInfo") is { } inner ? DiagnosticInfoOf(inner) : null,
        };
    }

    private int? Int32Of(XElement e, string name) => Child(e, name) is { } child ? context.ParseNumber<int>(child, child.Value) : null;

    // Part 6 5.3.1.16: the type of the body, then the body: a structure's element, or its bytes in a ByteString.
    private ExtensionObject? ExtensionObjectOf(XElement e)
    {
        var typeId = Child(e, "TypeId") is { } type ? NodeIdOf(type) : default;
        var body = Child(e, "Body")?.Elements().FirstOrDefault();
        if (typeId.IsNull && body is null) return null;
        if (typeId.IsNull) throw context.Error(e, "An ExtensionObject has a Body but no TypeId.");
        if (body is null) return new ExtensionObject(typeId);
        if (body.Name.LocalName == "ByteString") return Known(body, typeId, ByteStringOf(body));
        if (!catalog.TryGetByEncoding(_toCatalog.Map(typeId), out var entry) || entry.BinaryEncodingId.IsNull)
            return new ExtensionObject(typeId, new XmlElement(body.ToString(SaveOptions.DisableFormatting)));
        return Known(body, entry.BinaryEncodingId.WithNamespace(FileIndex(entry.BinaryEncodingId, typeId)), Transcode(body, entry));
    }

    private readonly NamespaceMap _toCatalog = NamespaceMap.ToTable(context.NamespaceUris, catalog.Namespaces);

    // An encoding stands in the namespace of its type nearly always; where it does not, the file must name it.
    private ushort FileIndex(NodeId catalogId, NodeId fileId)
    {
        if (catalogId.NamespaceIndex == 0) return 0;
        if (_toCatalog.Map(fileId.NamespaceIndex) == catalogId.NamespaceIndex) return fileId.NamespaceIndex;
        return (ushort)(context.NamespaceUris.IndexOf(catalog.Namespaces[catalogId.NamespaceIndex]) + 1);
    }

    private ExtensionObject Known(XElement at, NodeId encodingId, ByteString body)
    {
        // Only the standard's ids mean the same in a file and in a registry.
        if (encodingId.NamespaceIndex != 0 || !_codec.Structures.TryGet(encodingId, out var type) || type.BinaryEncodingId != encodingId)
            return new ExtensionObject(encodingId, body);
        try
        {
            var decoder = new BinaryDecoder(body.Span, _codec);
            var structure = type.Factory(ref decoder);
            return decoder.Remaining == 0 ? new ExtensionObject(structure) : throw context.Error(at, $"The body of {encodingId} is too long by {decoder.Remaining} bytes.");
        }
        catch (CodecException e)
        {
            throw context.Error(at, $"The body of {encodingId} is malformed: {e.Message}", e);
        }
    }
}
