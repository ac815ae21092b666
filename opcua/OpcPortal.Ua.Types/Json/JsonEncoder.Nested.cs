using System.Text;

namespace OpcPortal.Ua;

public ref partial struct JsonEncoder
{
    // Part 6 5.4.2.17.
    internal void Value(in Variant value)
    {
        if (value.IsNull)
        {
            _writer.WriteNullValue();
            return;
        }

        _writer.WriteStartObject();
        VariantFields(value);
        _writer.WriteEndObject();
    }

    // Part 6 5.4.2.18: a DataValue is its Variant's object with more fields.
    internal void Value(in DataValue value)
    {
        _writer.WriteStartObject();
        if (!value.Value.IsNull)
        {
            Enter();
            VariantFields(value.Value);
            Leave();
        }

        if (value.StatusCode.Code != 0) WriteStatusCode("Status"u8, value.StatusCode);
        if (!IsNull(value.SourceTimestamp))
        {
            WriteDateTime("SourceTimestamp"u8, value.SourceTimestamp);
            if (value.SourcePicoseconds != 0) WriteUInt16("SourcePicoseconds"u8, value.SourcePicoseconds);
        }

        if (!IsNull(value.ServerTimestamp))
        {
            WriteDateTime("ServerTimestamp"u8, value.ServerTimestamp);
            if (value.ServerPicoseconds != 0) WriteUInt16("ServerPicoseconds"u8, value.ServerPicoseconds);
        }

        _writer.WriteEndObject();
    }

    private void VariantFields(in Variant value)
    {
        _writer.WriteNumber("UaType"u8, (byte)value.Type);
        if (value.IsScalar)
        {
            // The field is left out where the value is null.
            if (IsNull(value)) return;
            _writer.WritePropertyName("Value"u8);
            Scalar(value);
            return;
        }

        _writer.WritePropertyName("Value"u8);
        Enter();
        Elements(value.Type, value.Elements);
        Leave();
        if (!value.IsMatrix) return;
        _writer.WriteStartArray("Dimensions"u8);
        foreach (var dimension in value.Dimensions) _writer.WriteNumberValue(dimension);
        _writer.WriteEndArray();
    }

    private static bool IsNull(in Variant value) => value.Type switch
    {
        BuiltInType.DateTime => IsNull(value.AsDateTime()),
        BuiltInType.Guid => value.AsGuid() == Guid.Empty,
        BuiltInType.NodeId => value.AsNodeId().IsNull,
        BuiltInType.ExpandedNodeId => value.AsExpandedNodeId().IsNull,
        BuiltInType.QualifiedName => value.AsQualifiedName().IsNull,
        BuiltInType.LocalizedText => IsNull(value.AsLocalizedText()),
        BuiltInType.String or BuiltInType.ByteString or BuiltInType.XmlElement or BuiltInType.ExtensionObject or BuiltInType.DiagnosticInfo => value.RawReference is null,
        _ => false,
    };

    private void Scalar(in Variant value)
    {
        switch (value.Type)
        {
            case BuiltInType.Boolean: Value(value.AsBoolean()); break;
            case BuiltInType.SByte: Value(value.AsSByte()); break;
            case BuiltInType.Byte: Value(value.AsByte()); break;
            case BuiltInType.Int16: Value(value.AsInt16()); break;
            case BuiltInType.UInt16: Value(value.AsUInt16()); break;
            case BuiltInType.Int32: Value(value.AsInt32()); break;
            case BuiltInType.UInt32: Value(value.AsUInt32()); break;
            case BuiltInType.Int64: Value(value.AsInt64()); break;
            case BuiltInType.UInt64: Value(value.AsUInt64()); break;
            case BuiltInType.Float: Value(value.AsFloat()); break;
            case BuiltInType.Double: Value(value.AsDouble()); break;
            case BuiltInType.String: Value(value.AsString()); break;
            case BuiltInType.DateTime: Value(value.AsDateTime()); break;
            case BuiltInType.Guid: Value(value.AsGuid()); break;
            case BuiltInType.ByteString: Value(value.AsByteString()); break;
            case BuiltInType.XmlElement: Value(value.AsXmlElement()); break;
            case BuiltInType.NodeId: Value(value.AsNodeId()); break;
            case BuiltInType.ExpandedNodeId: Value(value.AsExpandedNodeId()); break;
            case BuiltInType.StatusCode: Value(value.AsStatusCode()); break;
            case BuiltInType.QualifiedName: Value(value.AsQualifiedName()); break;
            case BuiltInType.LocalizedText: Value(value.AsLocalizedText()); break;
            case BuiltInType.ExtensionObject: Value(value.AsExtensionObject()); break;
            case BuiltInType.DiagnosticInfo: Value(value.AsDiagnosticInfo()); break;
            case BuiltInType.DataValue:
                Enter();
                Value(value.AsDataValue());
                Leave();
                break;
            default: throw new CodecException(StatusCodes.BadEncodingError, $"No scalar of {value.Type} can be encoded.");
        }
    }

    // Part 6 5.4.2.16: the fields of the structure, and its type before them.
    internal void Value(ExtensionObject? value)
    {
        switch (value)
        {
            case null:
                _writer.WriteNullValue();
                return;
            case { Json: { } json }:
                Room(json.Text.Length);
                _writer.WriteRawValue(json.Text, skipInputValidation: true); // It was read as JSON when it came in.
                return;
        }

        Enter();
        _writer.WriteStartObject();
        WriteExpandedNodeId("UaTypeId"u8, DataTypeId(value));
        if (value.Structure is { } structure) structure.EncodeJson(ref this);
        else Body(value);
        _writer.WriteEndObject();
        Leave();
    }

    private readonly void Body(ExtensionObject value)
    {
        switch (value)
        {
            case { Binary: { IsNull: false } bytes } when JsonDecimal.TryRead(value.TypeId, bytes.Span, out var scale, out var text):
                _writer.WriteNumber("Scale"u8, scale);
                _writer.WriteString("Value"u8, text);
                break;
            case { Binary: { } bytes }:
                _writer.WriteNumber("UaEncoding"u8, 1);
                WriteByteString("UaBody"u8, bytes);
                break;
            case { Xml: { } xml }:
                _writer.WriteNumber("UaEncoding"u8, 2);
                RequireUnicode(xml.Xml ?? "");
                WriteByteString("UaBody"u8, xml.Xml is null ? default : new ByteString(Encoding.UTF8.GetBytes(xml.Xml)));
                break;
        }
    }

    // UaTypeId names the DataType. A type that is not known keeps the id it came with.
    private readonly ExpandedNodeId DataTypeId(ExtensionObject value)
    {
        if (value.Structure is { } structure) return structure.DataTypeId;
        return value.TypeId.IsLocal && _context.Codec.Structures.TryGet(value.TypeId.NodeId, out var type) ? type.DataTypeId : value.TypeId;
    }
}
