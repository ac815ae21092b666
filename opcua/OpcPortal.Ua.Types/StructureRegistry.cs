using System.Collections.Concurrent;

namespace OpcPortal.Ua;

/// <summary>Reads one structure from the decoder's position.</summary>
public delegate IStructure StructureFactory(ref BinaryDecoder decoder);

/// <summary>Reads one structure from the JSON object on which the decoder stands.</summary>
public delegate IStructure JsonStructureFactory(ref JsonDecoder decoder);

/// <summary>
/// Which structures can be decoded, by the id of their encoding. A type that is not here stays an opaque ExtensionObject.
/// Thread-safe; entries are added and replaced, never removed.
/// </summary>
public sealed class StructureRegistry
{
    // Every id of the standard is below 2^15; one array look-up instead of a hash for what nearly every message holds.
    private const int StandardIds = 1 << 15;

    private readonly StructureEntry?[] _standard = new StructureEntry?[StandardIds];
    private readonly ConcurrentDictionary<NodeId, StructureEntry> _others = new();

    /// <summary>The structures of the standard. Not to be added to: make a <see cref="StructureRegistry"/> of your own for other types.</summary>
    public static StructureRegistry Standard { get; } = CreateStandard();

    /// <summary>A registry that knows the standard's structures and can be added to.</summary>
    public static StructureRegistry CreateStandard()
    {
        var registry = new StructureRegistry();
        StandardStructures.Register(registry);
        return registry;
    }

    /// <summary>Adds or replaces a type under its DataType id and each of its encoding ids that is not null.</summary>
    public void Add<T>(NodeId dataTypeId, NodeId binaryEncodingId, NodeId jsonEncodingId) where T : IStructure<T>, new() => Add(new StructureEntry(
        dataTypeId, binaryEncodingId, jsonEncodingId,
        static (ref BinaryDecoder decoder) => T.Decode(ref decoder),
        static (ref JsonDecoder decoder) => decoder.ReadBody<T>()));

    /// <summary>Adds or replaces a type that has no JSON form.</summary>
    public void Add(NodeId dataTypeId, NodeId binaryEncodingId, NodeId jsonEncodingId, StructureFactory factory) =>
        Add(new StructureEntry(dataTypeId, binaryEncodingId, jsonEncodingId, factory));

    private void Add(StructureEntry type)
    {
        var (dataTypeId, binaryEncodingId, jsonEncodingId, _, _) = type;
        Put(dataTypeId, type);
        Put(binaryEncodingId, type);
        Put(jsonEncodingId, type);
    }

    /// <summary>Finds a type by the id of its DataType or of one of its encodings.</summary>
    public bool TryGet(in NodeId id, out StructureEntry type)
    {
        if (id is { NamespaceIndex: 0, IdType: IdType.Numeric, Numeric: < StandardIds })
        {
            type = _standard[id.Numeric]!;
            return type is not null;
        }

        return _others.TryGetValue(id, out type!);
    }

    private void Put(NodeId id, StructureEntry type)
    {
        if (id.IsNull) return;
        if (id is { NamespaceIndex: 0, IdType: IdType.Numeric, Numeric: < StandardIds })
            _standard[id.Numeric] = type;
        else
            _others[id] = type;
    }
}

/// <summary>A structured DataType that can be decoded.</summary>
public sealed record StructureEntry(
    NodeId DataTypeId, NodeId BinaryEncodingId, NodeId JsonEncodingId, StructureFactory Factory, JsonStructureFactory? JsonFactory = null);
