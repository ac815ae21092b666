using System.Globalization;
using System.Runtime.CompilerServices;

namespace OpcPortal.Ua;

/// <summary>The kind of identifier in a <see cref="NodeId"/>. Part 3 8.2.3.</summary>
public enum IdType : byte
{
    Numeric = 0,
    String = 1,
    Guid = 2,
    Opaque = 3,
}

/// <summary>Identifies a node in a server: a namespace index and an identifier. The default value is the null NodeId. Part 3 8.2.</summary>
public readonly struct NodeId : IEquatable<NodeId>
{
    private readonly object? _identifier;
    private readonly uint _numeric;

    public NodeId(uint numeric, ushort namespaceIndex = 0)
    {
        _numeric = numeric;
        NamespaceIndex = namespaceIndex;
    }

    public NodeId(string identifier, ushort namespaceIndex)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        _identifier = identifier;
        NamespaceIndex = namespaceIndex;
        IdType = IdType.String;
    }

    public NodeId(Guid identifier, ushort namespaceIndex)
    {
        _identifier = identifier;
        NamespaceIndex = namespaceIndex;
        IdType = IdType.Guid;
    }

    public NodeId(byte[] identifier, ushort namespaceIndex)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        _identifier = identifier;
        NamespaceIndex = namespaceIndex;
        IdType = IdType.Opaque;
    }

    private NodeId(object? identifier, uint numeric, ushort namespaceIndex, IdType idType)
    {
        _identifier = identifier;
        _numeric = numeric;
        NamespaceIndex = namespaceIndex;
        IdType = idType;
    }

    public static NodeId Null => default;

    public ushort NamespaceIndex { get; }
    public IdType IdType { get; }

    /// <summary>The numeric identifier; 0 for the other kinds.</summary>
    public uint Numeric => _numeric;

    /// <summary>The string identifier; null for the other kinds.</summary>
    public string? Text => _identifier as string;

    public Guid Guid => _identifier is Guid guid ? guid : default;

    public byte[]? Opaque => _identifier as byte[];

    /// <summary>Part 3 8.2.4: the null value has namespace 0 and an identifier that is 0, empty or all zeros.</summary>
    public bool IsNull => NamespaceIndex == 0 && IdType switch
    {
        IdType.Numeric => _numeric == 0,
        IdType.String => ((string)_identifier!).Length == 0,
        IdType.Guid => (Guid)_identifier! == Guid.Empty,
        _ => ((byte[])_identifier!).Length == 0,
    };

    /// <summary>Whether this is the numeric id <paramref name="numeric"/> of the standard's namespace.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsStandard(uint numeric) => _numeric == numeric && NamespaceIndex == 0 && _identifier is null;

    public NodeId WithNamespace(ushort namespaceIndex) => new(_identifier, _numeric, namespaceIndex, IdType);

    public bool Equals(NodeId other)
    {
        if (_numeric != other._numeric || NamespaceIndex != other.NamespaceIndex || IdType != other.IdType) return false;
        if (ReferenceEquals(_identifier, other._identifier)) return true;
        return IdType switch
        {
            IdType.Numeric => true,
            IdType.String => string.Equals(Text, other.Text, StringComparison.Ordinal),
            IdType.Guid => Guid == other.Guid,
            _ => Opaque.AsSpan().SequenceEqual(other.Opaque),
        };
    }

    public override bool Equals(object? obj) => obj is NodeId other && Equals(other);

    public override int GetHashCode()
    {
        var hash = IdType switch
        {
            IdType.Numeric => (int)(_numeric * 0x9E37_79B1u),
            IdType.String => Text!.GetHashCode(StringComparison.Ordinal),
            IdType.Guid => Guid.GetHashCode(),
            _ => HashBytes(Opaque!),
        };
        return hash ^ (NamespaceIndex * 0x0101_0193);
    }

    private static int HashBytes(byte[] bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    public static bool operator ==(NodeId left, NodeId right) => left.Equals(right);
    public static bool operator !=(NodeId left, NodeId right) => !left.Equals(right);
    public static implicit operator NodeId(uint numeric) => new(numeric);

    /// <summary>The string form of Part 6 5.1.12: <c>ns=2;s=name</c>, the namespace left out when 0.</summary>
    public override string ToString()
    {
        var ns = NamespaceIndex == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"ns={NamespaceIndex};");
        return IdType switch
        {
            IdType.Numeric => string.Create(CultureInfo.InvariantCulture, $"{ns}i={_numeric}"),
            IdType.String => $"{ns}s={Text}",
            IdType.Guid => $"{ns}g={Guid}",
            _ => $"{ns}b={Convert.ToBase64String(Opaque!)}",
        };
    }

    /// <summary>Parses the string form of Part 6 5.1.12.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out NodeId nodeId)
    {
        nodeId = default;
        ushort namespaceIndex = 0;
        if (text.StartsWith("ns=", StringComparison.Ordinal))
        {
            var end = text.IndexOf(';');
            if (end < 0 || !ushort.TryParse(text[3..end], NumberStyles.None, CultureInfo.InvariantCulture, out namespaceIndex)) return false;
            text = text[(end + 1)..];
        }

        if (text.Length < 2 || text[1] != '=') return false;
        var identifier = text[2..];
        switch (text[0])
        {
            case 'i' when uint.TryParse(identifier, NumberStyles.None, CultureInfo.InvariantCulture, out var numeric):
                nodeId = new NodeId(numeric, namespaceIndex);
                return true;
            case 's':
                nodeId = new NodeId(identifier.ToString(), namespaceIndex);
                return true;
            case 'g' when Guid.TryParse(identifier, out var guid):
                nodeId = new NodeId(guid, namespaceIndex);
                return true;
            case 'b':
                var bytes = new byte[identifier.Length];
                if (!Convert.TryFromBase64Chars(identifier, bytes, out var written)) return false;
                nodeId = new NodeId(bytes[..written], namespaceIndex);
                return true;
            default:
                return false;
        }
    }

    /// <exception cref="FormatException">The text is not a NodeId.</exception>
    public static NodeId Parse(string text) =>
        TryParse(text, out var nodeId) ? nodeId : throw new FormatException($"'{text}' is not a NodeId such as i=85 or ns=2;s=name.");
}
