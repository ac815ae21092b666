namespace OpcPortal.Ua;

/// <summary>
/// A structure with its type. The body is an <see cref="IStructure"/> of a known type, or, kept as it came, a <see cref="ByteString"/>
/// (binary), an <see cref="XmlElement"/> or a <see cref="JsonBody"/>, or nothing. A null reference is the null ExtensionObject. Part 6 5.2.2.15.
/// </summary>
public sealed class ExtensionObject : IEquatable<ExtensionObject>
{
    private readonly object? _body;

    public ExtensionObject(IStructure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        TypeId = structure.BinaryEncodingId;
        _body = structure;
    }

    public ExtensionObject(ExpandedNodeId typeId) => TypeId = typeId;

    public ExtensionObject(ExpandedNodeId typeId, ByteString body)
    {
        TypeId = typeId;
        _body = body;
    }

    public ExtensionObject(ExpandedNodeId typeId, XmlElement body)
    {
        TypeId = typeId;
        _body = body;
    }

    public ExtensionObject(ExpandedNodeId typeId, JsonBody body)
    {
        TypeId = typeId;
        _body = body;
    }

    /// <summary>The id of the encoding node (of the DataType, where the encoding is XML without such a node or JSON).</summary>
    public ExpandedNodeId TypeId { get; }

    /// <summary>The decoded structure, or null.</summary>
    public IStructure? Structure => _body as IStructure;

    /// <summary>The undecoded binary body, or null.</summary>
    public ByteString? Binary => _body as ByteString?;

    /// <summary>The undecoded XML body, or null.</summary>
    public XmlElement? Xml => _body as XmlElement?;

    /// <summary>The undecoded JSON object, or null.</summary>
    public JsonBody? Json => _body as JsonBody?;

    public static ExtensionObject? From(IStructure? structure) => structure is null ? null : new ExtensionObject(structure);

    /// <summary>Two objects are equal when their types and their encoded bodies are.</summary>
    public bool Equals(ExtensionObject? other)
    {
        if (other is null) return false;
        if (ReferenceEquals(this, other)) return true;
        if (TypeId != other.TypeId) return false;
        if (_body is XmlElement or JsonBody || other._body is XmlElement or JsonBody) return Equals(_body, other._body);
        return BinaryBody().Equals(other.BinaryBody());
    }

    public override bool Equals(object? obj) => Equals(obj as ExtensionObject);
    public override int GetHashCode() => TypeId.GetHashCode();

    /// <summary>The binary body, encoded where it is held as a structure; null where there is none.</summary>
    public ByteString BinaryBody() => _body switch
    {
        IStructure structure => BinaryEncoder.ToBytes(structure),
        ByteString bytes => bytes,
        _ => default,
    };

    public override string ToString() => _body is IStructure structure ? structure.GetType().Name : $"ExtensionObject({TypeId})";
}

/// <summary>A structure of unknown type as the JSON object that it came as, its UaTypeId included. Part 6 5.4.2.16.</summary>
public readonly record struct JsonBody(string Text)
{
    public override string ToString() => Text;
}
