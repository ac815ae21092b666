using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Events as bytes, with all their fields, in the binary encoding of the standard (Part 6 5.2). Namespace indexes in them are those of the process that wrote them: whoever reads them later
/// names the URIs of then.
/// </summary>
internal sealed class EventCodec(ServerModel model)
{
    // Bumped where the form changes; what was written stays readable.
    private const byte Form = 1;

    // A field is a path of names of the standard's and the models' types.
    private const char PathSeparator = '/';

    private static readonly CodecContext Context = CodecContext.Default;

    /// <exception cref="CodecException">The event is too large, or holds what has no encoding.</exception>
    public static byte[] Write(UaEvent occurrence)
    {
        var encoder = new BinaryEncoder(Context);
        try
        {
            encoder.WriteByte(Form);
            encoder.WriteByteString(occurrence.EventId);
            encoder.WriteNodeId(occurrence.EventType);
            encoder.WriteNodeId(occurrence.SourceNode);
            encoder.WriteString(occurrence.SourceName);
            encoder.WriteDateTime(occurrence.Time);
            encoder.WriteDateTime(occurrence.ReceiveTime);
            encoder.WriteLocalizedText(occurrence.Message);
            encoder.WriteUInt16(occurrence.Severity);
            encoder.WriteNodeId(occurrence.ConditionId);
            encoder.WriteNodeId(occurrence.VisibleWith);
            encoder.WriteStatusCode(occurrence.Outcome);
            encoder.WriteInt32(occurrence.Fields.Count);
            foreach (var (name, value) in occurrence.Fields)
            {
                encoder.WriteString(name);
                encoder.WriteVariant(value);
            }

            return encoder.Written.ToArray();
        }
        finally
        {
            encoder.Dispose();
        }
    }

    /// <param name="namespaceUris">The URIs of the indexes from 1 on, as they were when it was written.</param>
    /// <exception cref="CodecException">The bytes are no event.</exception>
    public UaEvent Read(ReadOnlySpan<byte> bytes, IReadOnlyList<string> namespaceUris)
    {
        var map = NamespaceMap.ToTable(namespaceUris, model.Namespaces);
        var values = map.IsIdentity ? null : new ValueRemapper(map, NamespaceMap.ToTable(namespaceUris, model.DataTypes.Namespaces), model.DataTypes, StructureRegistry.Standard);
        var decoder = new BinaryDecoder(bytes, Context);
        if (decoder.ReadByte() != Form) throw new CodecException(StatusCodes.BadDecodingError, "The stored event is of a newer server.");
        var occurrence = new UaEvent
        {
            EventId = decoder.ReadByteString(),
            EventType = map.Map(decoder.ReadNodeId()),
            SourceNode = map.Map(decoder.ReadNodeId()),
            SourceName = decoder.ReadString() ?? "",
            Time = decoder.ReadDateTime(),
            ReceiveTime = decoder.ReadDateTime(),
            Message = decoder.ReadLocalizedText(),
            Severity = decoder.ReadUInt16(),
            ConditionId = map.Map(decoder.ReadNodeId()),
            VisibleWith = map.Map(decoder.ReadNodeId()),
            Outcome = decoder.ReadStatusCode(),
        };
        var count = decoder.ReadInt32();
        for (var i = 0; i < count; i++)
        {
            var name = decoder.ReadString() ?? "";
            var value = decoder.ReadVariant();
            occurrence.With(values is null ? name : PathOf(name, map), values is null ? value : values.Map(value));
        }

        return occurrence;
    }

    private static string PathOf(string path, NamespaceMap map) =>
        string.Join(PathSeparator, path.Split(PathSeparator).Select(name => map.Map(QualifiedName.Parse(name)).ToString()));

    /// <summary>Bytes of memory that an event takes while it waits, roughly.</summary>
    public static long SizeOf(UaEvent occurrence)
    {
        const int Plain = 512;
        long size = Plain;
        foreach (var (name, value) in occurrence.Fields) size += name.Length + SizeOf(value);
        return size;
    }

    private static long SizeOf(in Variant value)
    {
        const int Slot = 64;
        if (!value.IsScalar) return Slot + SizeOf(value.Elements);
        return Slot + value.Type switch
        {
            BuiltInType.String => 2L * (value.AsString()?.Length ?? 0),
            BuiltInType.ByteString => value.AsByteString().Length,
            BuiltInType.ExtensionObject => value.AsExtensionObject()?.BinaryBody().Length ?? 0,
            _ => 0,
        };
    }

    private static long SizeOf(Array? elements)
    {
        const int Slot = 64;
        long size = (long)Slot * (elements?.Length ?? 0);
        if (elements is string?[] texts) foreach (var text in texts) size += 2L * (text?.Length ?? 0);
        else if (elements is ByteString[] blobs) foreach (var blob in blobs) size += blob.Length;
        else if (elements is Variant[] values) foreach (var value in values) size += SizeOf(value);
        else if (elements is ExtensionObject?[] structures) foreach (var structure in structures) size += structure?.BinaryBody().Length ?? 0;
        return size;
    }
}
