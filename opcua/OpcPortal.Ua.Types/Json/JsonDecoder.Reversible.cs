using System.Text.Json;

namespace OpcPortal.Ua;

// The deprecated reversible form of ids and names: objects instead of strings. Part 6 H.2, H.3, H.5.
public ref partial struct JsonDecoder
{
    private ExpandedNodeId ReadIdObject()
    {
        var outer = _seen;
        _seen = 0;
        var idType = IdType.Numeric;
        var id = default(Utf8JsonReader);
        var hasId = false;
        var server = 0u;
        (ushort Index, string? Uri) ns = default;
        while (NextField())
        {
            if (IsField("IdType"u8, 0))
            {
                idType = (IdType)ReadByte();
            }
            else if (IsField("Id"u8, 1))
            {
                id = _reader; // Its form depends on IdType, which may follow.
                hasId = true;
                Skip();
            }
            else if (IsField("Namespace"u8, 2))
            {
                ns = ReadNamespace();
            }
            else if (IsField("ServerUri"u8, 3))
            {
                server = ReadUInt32();
            }
            else
            {
                throw UnknownField();
            }
        }

        _seen = outer;
        var end = _reader;
        if (hasId) _reader = id;
        var nodeId = hasId ? ReadIdentifier(idType, ns.Index) : new NodeId(0, ns.Index);
        _reader = end;
        return new ExpandedNodeId(nodeId, ns.Uri, server);
    }

    private NodeId ReadIdentifier(IdType type, ushort index) => type switch
    {
        IdType.Numeric => new NodeId(ReadUInt32(), index),
        IdType.String => new NodeId(RequiredText("identifier"), index),
        IdType.Guid => new NodeId(ReadGuid(), index),
        IdType.Opaque => new NodeId(ReadByteString().Bytes ?? [], index),
        _ => throw Malformed($"{(byte)type} is no IdType."),
    };

    // An index, or a URI that is turned into one where it is known.
    private (ushort Index, string? Uri) ReadNamespace()
    {
        if (IsNumber) return (ReadUInt16(), null);
        var uri = RequiredText("namespace");
        if (uri == NamespaceTable.OpcUa) return default;
        return _context.Namespaces is not null && _context.Namespaces.TryGetIndex(uri, out var index) ? (index, null) : ((ushort)0, uri);
    }

    private QualifiedName ReadNameObject()
    {
        var outer = _seen;
        _seen = 0;
        string? name = null;
        ushort index = 0;
        while (NextField())
        {
            if (IsField("Name"u8, 0)) name = ReadString();
            else if (IsField("Uri"u8, 1)) index = ReadUInt16();
            else throw UnknownField();
        }

        _seen = outer;
        return new QualifiedName(name, index);
    }
}
