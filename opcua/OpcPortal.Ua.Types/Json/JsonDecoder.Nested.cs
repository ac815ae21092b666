using System.Text;
using System.Text.Json;

namespace OpcPortal.Ua;

public ref partial struct JsonDecoder
{
    // Part 6 5.4.2.13.
    public DiagnosticInfo? ReadDiagnosticInfo()
    {
        if (IsNull) return null;
        Require(JsonTokenType.StartObject, "DiagnosticInfo");
        Enter();
        var outer = _seen;
        _seen = 0;
        int? symbolicId = null, namespaceUri = null, locale = null, localizedText = null;
        string? additionalInfo = null;
        StatusCode? innerStatus = null;
        DiagnosticInfo? inner = null;
        while (NextField())
        {
            if (IsField("SymbolicId"u8, 0)) symbolicId = ReadInt32();
            else if (IsField("NamespaceUri"u8, 1)) namespaceUri = ReadInt32();
            else if (IsField("Locale"u8, 2)) locale = ReadInt32();
            else if (IsField("LocalizedText"u8, 3)) localizedText = ReadInt32();
            else if (IsField("AdditionalInfo"u8, 4)) additionalInfo = ReadString();
            else if (IsField("InnerStatusCode"u8, 5)) innerStatus = ReadStatusCode();
            else if (IsField("InnerDiagnosticInfo"u8, 6)) inner = ReadDiagnosticInfo();
            else throw UnknownField();
        }

        _seen = outer;
        Leave();
        var info = new DiagnosticInfo
        {
            SymbolicId = symbolicId,
            NamespaceUri = namespaceUri,
            Locale = locale,
            LocalizedText = localizedText,
            AdditionalInfo = additionalInfo,
            InnerStatusCode = innerStatus,
            InnerDiagnosticInfo = inner,
        };
        return info.IsEmpty ? null : info;
    }

    /// <summary>What an ExtensionObject's object says of itself beside the fields of a structure. UaTypeId may stand anywhere.</summary>
    private ref struct ExtensionFields
    {
        public ExpandedNodeId TypeId;
        public byte? Encoding;
        public Utf8JsonReader Body;
        public bool HasBody, IsReversible, HasOthers;

        /// <summary>The type, where UaTypeId came first and fields of the structure follow: the rest was not looked at.</summary>
        public StructureEntry? Known;
    }

    // Part 6 5.4.2.16, and H.7. A type that the registry lacks is kept as its text.
    public ExtensionObject? ReadExtensionObject()
    {
        if (IsNull) return null;
        Require(JsonTokenType.StartObject, "ExtensionObject");
        var start = _reader;
        var from = (int)_reader.TokenStartIndex;
        var fields = FindExtensionFields();
        if (fields.Known is not null) return ReadStructure(fields.Known, start);
        var end = _reader;
        if (fields.TypeId.IsNull)
            return fields is { HasBody: false, HasOthers: false } ? null : throw Malformed("An ExtensionObject has no UaTypeId.");

        Enter();
        var value = ReadBody(fields, start, (from, (int)end.BytesConsumed));
        Leave();
        _reader = end;
        return value;
    }

    private ExtensionObject ReadStructure(StructureEntry type, Utf8JsonReader at)
    {
        _reader = at;
        Enter();
        var structure = type.JsonFactory!(ref this);
        Leave();
        return new ExtensionObject(structure);
    }

    private ExtensionFields FindExtensionFields()
    {
        var outer = _seen;
        _seen = 0;
        var fields = new ExtensionFields();
        while (NextField())
        {
            if (IsField("UaTypeId"u8, TypeIdField)) fields.TypeId = ReadExpandedNodeId();
            else if (IsField("UaEncoding"u8, 0)) fields.Encoding = ReadByte();
            else if (IsField("UaBody"u8, 1)) TakeBody(ref fields);
            else if (fields.TypeId.IsNull && IsField("TypeId"u8, TypeIdField)) (fields.TypeId, fields.IsReversible) = (ReadExpandedNodeId(), true);
            else if (fields.IsReversible && IsField("Encoding"u8, 0)) fields.Encoding = ReadByte();
            else if (fields.IsReversible && IsField("Body"u8, 1)) TakeBody(ref fields);
            else if (IsStructureField(ref fields)) break;
            else Skip();
        }

        _seen = outer;
        return fields;
    }

    private void TakeBody(ref ExtensionFields fields)
    {
        fields.HasBody = true;
        fields.Body = _reader;
        Skip();
    }

    // The usual order, type before fields, needs no second look at the object.
    private bool IsStructureField(ref ExtensionFields fields)
    {
        fields.HasOthers = true;
        if (fields.HasBody || fields.IsReversible || fields.Encoding is not null || JsonDecimal.Is(fields.TypeId)) return false;
        fields.Known = FindType(fields.TypeId);
        return fields.Known is not null;
    }

    private StructureEntry? FindType(in ExpandedNodeId id) =>
        id.IsLocal && _context.Codec.Structures.TryGet(id.NodeId, out var type) && type.JsonFactory is not null ? type : null;

    private ExtensionObject? ReadBody(in ExtensionFields fields, Utf8JsonReader start, (int From, int To) text)
    {
        if (fields.Encoding is not null and not 0 || (fields.HasBody && !fields.IsReversible)) return ReadEncodedBody(fields);
        if (JsonDecimal.Is(fields.TypeId) && !fields.IsReversible) return ReadDecimal(fields.TypeId, start);
        if (FindType(fields.TypeId) is not { } type)
        {
            if (!fields.HasBody && !fields.HasOthers) return new ExtensionObject(fields.TypeId);
            return new ExtensionObject(fields.TypeId, new JsonBody(RawText(text.From, text.To)));
        }

        // In the deprecated form a missing body is a null object.
        if (fields.IsReversible && (!fields.HasBody || fields.Body.TokenType == JsonTokenType.Null)) return null;
        if (fields is { IsReversible: true, HasOthers: true }) throw Malformed("An ExtensionObject has a Body and other fields.");
        _reader = fields.IsReversible ? fields.Body : start;
        return new ExtensionObject(type.JsonFactory!(ref this));
    }

    // UaBody is Base64 of UA Binary or of XML; in the deprecated form XML stands as text.
    private ExtensionObject ReadEncodedBody(in ExtensionFields fields)
    {
        if (fields.HasOthers) throw Malformed("An ExtensionObject has a UaBody and other fields.");
        if (!fields.HasBody) throw Malformed("An ExtensionObject has no UaBody.");
        _reader = fields.Body;
        switch (fields.Encoding)
        {
            case 1:
                var bytes = ReadByteString();
                return fields.TypeId.IsLocal && _context.Codec.Structures.TryGet(fields.TypeId.NodeId, out var type)
                    ? ReadBinary(type, bytes)
                    : new ExtensionObject(fields.TypeId, bytes);
            case 2 when fields.IsReversible:
                return new ExtensionObject(fields.TypeId, ReadXmlElement());
            case 2:
                return new ExtensionObject(fields.TypeId, new XmlElement(XmlText(ReadByteString())));
            default:
                throw Malformed($"{fields.Encoding} is no UaEncoding.");
        }
    }

    private ExtensionObject ReadBinary(StructureEntry type, ByteString bytes)
    {
        if (bytes.IsNull) return new ExtensionObject(type.BinaryEncodingId, bytes);
        var decoder = new BinaryDecoder(bytes.Span, _context.Codec, _depth);
        var structure = type.Factory(ref decoder);
        if (decoder.Remaining > 0) throw Malformed($"{decoder.Remaining} bytes follow the structure in UaBody.");
        return new ExtensionObject(structure);
    }

    private static string? XmlText(ByteString utf8)
    {
        try
        {
            return utf8.IsNull ? null : BinaryEncoder.StrictUtf8.GetString(utf8.Span);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("XML in UaBody is not UTF-8.");
        }
    }

    private string RawText(int from, int to)
    {
        if (to - from > _context.Limits.MaxStringLength) throw Limit($"{to - from} bytes exceed the limit of {_context.Limits.MaxStringLength}.");
        return XmlText(new ByteString(_json[from..to].ToArray()))!;
    }

    // Part 6 5.4.3.
    private ExtensionObject ReadDecimal(in ExpandedNodeId type, Utf8JsonReader start)
    {
        _reader = start;
        var outer = _seen;
        _seen = 0;
        short scale = 0;
        var digits = "0";
        while (NextField())
        {
            if (IsField("Scale"u8, 0)) scale = ReadInt16();
            else if (IsField("Value"u8, 1)) digits = RequiredText("Decimal");
            else if (IsField("UaTypeId"u8, TypeIdField)) Skip();
            else throw UnknownField();
        }

        _seen = outer;
        return JsonDecimal.TryWrite(scale, digits, out var body) ? new ExtensionObject(type, body) : throw Malformed("The digits are no Decimal.");
    }
}
