using System.Runtime.CompilerServices;

namespace OpcPortal.Ua.NodeSets;

/// <summary>Reads what <see cref="CompactNodeSetWriter"/> wrote. Whatever the bytes, it returns or throws a <see cref="CodecException"/>.</summary>
internal ref struct CompactNodeSetReader(ReadOnlySpan<byte> content, NodeSetLimits limits)
{
    // Required models of required models: files have one level.
    private const int MaxModelDepth = 8;

    private readonly ReadOnlySpan<byte> _content = content;
    private readonly NodeSetLimits _limits = limits;
    private int _position;
    private string?[] _strings = [];
    private int _namespaces;

    private static CodecException Malformed(string reason) => new(StatusCodes.BadDecodingError, reason);

    public NodeSet Read()
    {
        ReadStrings();
        var namespaceUris = ReadUris();
        _namespaces = namespaceUris.Length + 1;
        var serverUris = ReadUris();
        var models = ReadModels(depth: 0);
        var nodes = new NodeRecord[ReadCount(minimumBytes: 6, _limits.MaxNodes)];
        for (var i = 0; i < nodes.Length; i++) nodes[i] = ReadNode();
        if (_position != _content.Length) throw Malformed($"{_content.Length - _position} bytes follow the last node.");
        return new NodeSet { Models = models, NamespaceUris = namespaceUris, ServerUris = serverUris, Nodes = nodes };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadStrings()
    {
        // Index 0 is null.
        var strings = new string?[ReadCount(minimumBytes: 1, int.MaxValue - 1) + 1];
        for (var i = 1; i < strings.Length; i++)
        {
            var bytes = Take(ReadCount(minimumBytes: 1, _limits.MaxTextLength));
            try
            {
                strings[i] = BinaryEncoder.StrictUtf8.GetString(bytes);
            }
            catch (System.Text.DecoderFallbackException)
            {
                throw Malformed("A string is not UTF-8.");
            }
        }

        _strings = strings;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)(_content.Length - _position)) throw Malformed($"{count} bytes wanted, {_content.Length - _position} left.");
        var span = _content.Slice(_position, count);
        _position += count;
        return span;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_position >= _content.Length) throw Malformed("The content ends within a number.");
            var next = _content[_position++];
            if (shift == 63 && next > 1) break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Malformed("A number is longer than 64 bits.");
    }

    private uint ReadUInt32(uint limit = uint.MaxValue)
    {
        var value = ReadVarint();
        return value <= limit ? (uint)value : throw Malformed($"{value} exceeds {limit}.");
    }

    private int ReadSigned()
    {
        var raw = ReadVarint();
        var value = (long)(raw >> 1) ^ -(long)(raw & 1);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Malformed($"{value} is no Int32.");
    }

    /// <summary>A count that keeps to its limit and fits the bytes left: checked before anything is allocated.</summary>
    private int ReadCount(int minimumBytes, int limit)
    {
        var count = ReadVarint();
        if (count > (ulong)limit) throw Malformed($"{count} elements exceed the limit of {limit}.");
        if (count * (ulong)minimumBytes > (ulong)(_content.Length - _position)) throw Malformed($"{count} elements do not fit into {_content.Length - _position} bytes.");
        return (int)count;
    }

    private string? ReadString()
    {
        var index = ReadVarint();
        return index < (ulong)_strings.Length ? _strings[index] : throw Malformed($"String {index} is not among the {_strings.Length}.");
    }

    private ushort ReadNamespace(ulong index) => index < (ulong)_namespaces ? (ushort)index : throw Malformed($"Namespace index {index} is beyond the {_namespaces} namespaces.");

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private NodeId ReadNodeId()
    {
        var head = ReadVarint();
        var number = head >> CompactNodeIdKind.Bits;
        switch ((byte)(head & ((1 << CompactNodeIdKind.Bits) - 1)))
        {
            case CompactNodeIdKind.Standard when number <= uint.MaxValue: return new NodeId((uint)number);
            case CompactNodeIdKind.FirstNamespace when number <= uint.MaxValue: return new NodeId((uint)number, ReadNamespace(1));
            case CompactNodeIdKind.OtherNumeric: return new NodeId(ReadUInt32(), ReadNamespace(number));
            case CompactNodeIdKind.Text: return new NodeId(ReadString() ?? "", ReadNamespace(number));
            case CompactNodeIdKind.Guid: return new NodeId(new Guid(Take(16)), ReadNamespace(number));
            case CompactNodeIdKind.Opaque: return new NodeId(Take(ReadCount(1, _limits.MaxTextLength)).ToArray(), ReadNamespace(number));
            default: throw Malformed($"0x{head:X} begins no NodeId.");
        }
    }

    private string[] ReadUris()
    {
        var uris = new string[ReadCount(minimumBytes: 1, _limits.MaxNamespaces)];
        for (var i = 0; i < uris.Length; i++)
            uris[i] = ReadString() is { Length: > 0 and <= NamespaceTable.MaxUriLength } uri ? uri : throw Malformed("A URI is empty or too long.");
        return uris;
    }

    private LocalizedText[] ReadTexts()
    {
        var texts = new LocalizedText[ReadCount(minimumBytes: 2, _limits.MaxElementsPerNode)];
        for (var i = 0; i < texts.Length; i++) texts[i] = new LocalizedText(ReadString(), ReadString());
        return texts;
    }

    private RolePermission[] ReadPermissions()
    {
        var permissions = new RolePermission[ReadCount(minimumBytes: 2, _limits.MaxElementsPerNode)];
        for (var i = 0; i < permissions.Length; i++) permissions[i] = new RolePermission(ReadNodeId(), ReadUInt32());
        return permissions;
    }

    private NodeSetModel[] ReadModels(int depth)
    {
        if (depth > MaxModelDepth) throw Malformed($"Required models are nested deeper than {MaxModelDepth}.");
        var models = new NodeSetModel[ReadCount(minimumBytes: 8, _limits.MaxNamespaces)];
        for (var i = 0; i < models.Length; i++)
        {
            models[i] = new NodeSetModel
            {
                ModelUri = ReadString() ?? throw Malformed("A model has no URI."),
                Version = ReadString(),
                ModelVersion = ReadString(),
                XmlSchemaUri = ReadString(),
                PublicationDate = ReadDate(),
                DefaultAccessRestrictions = (ushort)ReadUInt32(ushort.MaxValue),
                DefaultRolePermissions = ReadUInt32(limit: 1) == 1 ? ReadPermissions() : null,
                RequiredModels = ReadModels(depth + 1),
            };
        }

        return models;
    }

    private DateTime? ReadDate()
    {
        var ticks = ReadVarint();
        if (ticks > (ulong)DateTime.MaxValue.Ticks) throw Malformed("A publication date is out of range.");
        return ticks == 0 ? null : new DateTime((long)ticks, DateTimeKind.Utc);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private NodeReference[] ReadReferences()
    {
        var count = ReadCount(minimumBytes: 3, _limits.MaxElementsPerNode);
        if (count == 0) return [];
        var references = new NodeReference[count];
        for (var i = 0; i < references.Length; i++)
        {
            var flags = ReadUInt32(limit: 3);
            var type = ReadNodeId();
            var target = ReadNodeId();
            var expanded = (flags & 2) == 0 ? new ExpandedNodeId(target) : new ExpandedNodeId(target, ReadString(), ReadUInt32());
            references[i] = new NodeReference(type, (flags & 1) != 0, expanded);
        }

        return references;
    }

    private Variant ReadValue()
    {
        var bytes = Take(ReadCount(minimumBytes: 1, _limits.MaxUnpackedBytes));
        var decoder = new BinaryDecoder(bytes, CodecContext.Default);
        var value = decoder.ReadVariant();
        return decoder.Remaining == 0 ? value : throw Malformed($"A value is followed by {decoder.Remaining} bytes.");
    }

    private IStructure ReadDefinition() =>
        ReadValue() is { Type: BuiltInType.ExtensionObject, IsScalar: true } value && value.AsExtensionObject()?.Structure is (StructureDefinition or EnumDefinition) and { } definition
            ? definition
            : throw Malformed("A DataTypeDefinition is neither a structure's nor an enumeration's.");

    private NodeClass ReadNodeClass()
    {
        var value = ReadUInt32((uint)NodeClass.View);
        return value != 0 && (value & (value - 1)) == 0 ? (NodeClass)value : throw Malformed($"{value} is no NodeClass.");
    }

    private uint[] ReadDimensions()
    {
        var dimensions = new uint[ReadCount(minimumBytes: 1, _limits.MaxElementsPerNode)];
        for (var i = 0; i < dimensions.Length; i++) dimensions[i] = ReadUInt32();
        return dimensions;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private NodeRecord ReadNode()
    {
        var nodeClass = ReadNodeClass();
        var nodeId = ReadNodeId();
        var nameSpace = ReadNamespace(ReadVarint());
        var browseName = new QualifiedName(ReadString(), nameSpace);
        var fields = (CompactFields)ReadUInt32((uint)CompactFields.All);
        bool Has(CompactFields field) => (fields & field) != 0;
        // An initialiser runs in the order it is written: the order of the writer.
        return new NodeRecord
        {
            NodeClass = nodeClass,
            NodeId = nodeId,
            BrowseName = browseName,
            DisplayNames = Has(CompactFields.DisplayNames) ? ReadTexts() : [],
            Descriptions = Has(CompactFields.Descriptions) ? ReadTexts() : [],
            WriteMask = Has(CompactFields.WriteMask) ? ReadUInt32() : 0,
            RolePermissions = Has(CompactFields.RolePermissions) ? ReadPermissions() : null,
            AccessRestrictions = Has(CompactFields.AccessRestrictions) ? (ushort)ReadUInt32(ushort.MaxValue) : null,
            ParentNodeId = Has(CompactFields.ParentNodeId) ? ReadNodeId() : null,
            SymbolicName = Has(CompactFields.SymbolicName) ? ReadString() : null,
            InverseNames = Has(CompactFields.InverseNames) ? ReadTexts() : [],
            EventNotifier = Has(CompactFields.EventNotifier) ? (byte)ReadUInt32(byte.MaxValue) : (byte)0,
            MethodDeclarationId = Has(CompactFields.MethodDeclarationId) ? ReadNodeId() : null,
            DataType = Has(CompactFields.DataType) ? ReadNodeId() : new NodeId(24u),
            ValueRank = Has(CompactFields.ValueRank) ? ReadSigned() : -1,
            ArrayDimensions = Has(CompactFields.ArrayDimensions) ? ReadDimensions() : null,
            AccessLevelEx = Has(CompactFields.AccessLevelEx) ? ReadUInt32() : 1,
            MinimumSamplingInterval = Has(CompactFields.MinimumSamplingInterval) ? BitConverter.UInt64BitsToDouble(ReadVarint()) : 0,
            Value = Has(CompactFields.Value) ? ReadValue() : default,
            DataTypeDefinition = Has(CompactFields.DataTypeDefinition) ? ReadDefinition() : null,
            IsAbstract = Has(CompactFields.IsAbstract),
            Symmetric = Has(CompactFields.Symmetric),
            ContainsNoLoops = Has(CompactFields.ContainsNoLoops),
            Executable = !Has(CompactFields.NotExecutable),
            UserExecutable = !Has(CompactFields.NotUserExecutable),
            Historizing = Has(CompactFields.Historizing),
            References = ReadReferences(),
        };
    }
}
