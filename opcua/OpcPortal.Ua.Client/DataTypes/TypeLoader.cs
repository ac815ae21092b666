using System.Collections.Concurrent;

namespace OpcPortal.Ua.Client;

/// <summary>
/// Learns the DataTypes of a server from their DataTypeDefinition attributes, once each, so that values of structures that no code was generated for get fields with
/// names. Thread-safe. Part 3 5.8.3, 8.48.
/// </summary>
public sealed class TypeLoader
{
    // DataTypes learnt from one server. Default 10,000: several times what the largest information models have.
    private const int MaxTypes = 10_000;

    // Steps from a type to the built-in type that it comes from, and from a structure into its fields.
    private const int MaxDepth = 50;

    private readonly UaSession _session;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<NodeId, DataTypeInfo> _types = new();
    private readonly ConcurrentDictionary<NodeId, NodeId> _byEncoding = new();
    private CodecContext _codec;

    internal TypeLoader(UaSession session, CodecContext codec)
    {
        _session = session;
        _codec = codec;
    }

    /// <summary>The session has a new channel, which decodes by what is known here, or, where the server's namespaces have changed, by what it says anew.</summary>
    internal void MoveTo(CodecContext codec, bool keep)
    {
        _codec = codec;
        if (!keep)
        {
            _types.Clear();
            _byEncoding.Clear();
            return;
        }

        foreach (var type in _types.Values)
            if (type.Layout is { } layout) Register(layout);
    }

    private void Register(StructureLayout layout)
    {
        if (!layout.BinaryEncodingId.IsNull) _codec.Structures.Add(layout.DataTypeId, layout.BinaryEncodingId, default, (ref BinaryDecoder decoder) => layout.Decode(ref decoder));
    }

    /// <summary>What a DataType's values are made of.</summary>
    /// <exception cref="UaException">The server has no such DataType or does not describe it.</exception>
    public async Task<DataTypeInfo> LoadAsync(NodeId dataTypeId, CancellationToken cancellation = default)
    {
        if (_types.TryGetValue(dataTypeId, out var known)) return known;
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await LoadAsync(dataTypeId, 0, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The value with its structures decoded; those that the server does not describe, or that no longer can be asked for, stay as they came.</summary>
    public async ValueTask<Variant> DecodeAsync(Variant value, CancellationToken cancellation = default)
    {
        if (!IsOpaque(value)) return value;
        if (value.IsScalar) return new Variant(await DecodeAsync(value.AsExtensionObject(), cancellation).ConfigureAwait(false));
        var elements = (ExtensionObject?[])((ExtensionObject?[])value.Elements!).Clone();
        for (var i = 0; i < elements.Length; i++) elements[i] = await DecodeAsync(elements[i], cancellation).ConfigureAwait(false);
        return value.IsMatrix ? new Variant(new Matrix(elements, value.Dimensions.ToArray())) : new Variant(elements);
    }

    internal static bool IsOpaque(in Variant value)
    {
        if (value.Type != BuiltInType.ExtensionObject) return false;
        if (value.IsScalar) return value.AsExtensionObject()?.Binary is not null;
        foreach (var element in (ExtensionObject?[]?)value.Elements ?? [])
            if (element?.Binary is not null) return true;
        return false;
    }

    private async ValueTask<ExtensionObject?> DecodeAsync(ExtensionObject? opaque, CancellationToken cancellation)
    {
        if (opaque?.Binary is not { } bytes || !opaque.TypeId.IsLocal) return opaque;
        try
        {
            var info = await LoadByEncodingAsync(opaque.TypeId.NodeId, cancellation).ConfigureAwait(false);
            return info is null ? opaque : Decode(info, bytes) ?? opaque;
        }
        catch (UaException)
        {
            return opaque;
        }
    }

    private ExtensionObject? Decode(DataTypeInfo info, ByteString bytes)
    {
        try
        {
            var decoder = new BinaryDecoder(bytes.Span, _codec);
            var structure = info.DecodeStructure(ref decoder);
            return decoder.Remaining == 0 ? new ExtensionObject(structure) : null;
        }
        catch (CodecException)
        {
            return null;
        }
    }

    private async Task<DataTypeInfo?> LoadByEncodingAsync(NodeId encodingId, CancellationToken cancellation)
    {
        if (!_byEncoding.TryGetValue(encodingId, out var dataTypeId))
        {
            var owner = await FirstAsync(encodingId, ReferenceTypeIds.HasEncoding, BrowseDirection.Inverse, cancellation).ConfigureAwait(false);
            if (owner is null) return null;
            dataTypeId = owner.Value.NodeId.NodeId;
            if (_byEncoding.Count < MaxTypes) _byEncoding[encodingId] = dataTypeId;
        }

        var info = await LoadAsync(dataTypeId, cancellation).ConfigureAwait(false);
        return info.IsConcreteStructure ? info : null;
    }

    private async Task<DataTypeInfo> LoadAsync(NodeId id, int depth, CancellationToken cancellation)
    {
        if (_types.TryGetValue(id, out var known)) return known;
        if (BuiltIn(id) is { } builtIn) return _types[id] = builtIn;
        if (depth > MaxDepth || _types.Count >= MaxTypes) throw new UaException(StatusCodes.BadEncodingLimitsExceeded, $"The DataTypes of the server lead too far, at {id}.");
        var attributes = await _session.ReadAsync([Attribute(id, AttributeIds.BrowseName), Attribute(id, AttributeIds.DataTypeDefinition)], cancellation: cancellation).ConfigureAwait(false);
        if (attributes[0].StatusCode.IsBad || attributes[0].Value.Type != BuiltInType.QualifiedName) throw new UaException(attributes[0].StatusCode.IsBad ? attributes[0].StatusCode : StatusCodes.BadDataTypeIdUnknown, $"The server has no DataType {id}.");
        var name = attributes[0].Value.AsQualifiedName().Name ?? id.ToString();
        if (Standard(id) is { } standard) return _types[id] = new DataTypeInfo { DataTypeId = id, Name = name, BuiltInType = BuiltInType.ExtensionObject, Standard = standard };
        if (attributes[1].Value.AsStructure<StructureDefinition>() is { } definition) return await LoadStructureAsync(id, name, definition, depth, cancellation).ConfigureAwait(false);
        var parent = await FirstAsync(id, ReferenceTypeIds.HasSubtype, BrowseDirection.Inverse, cancellation).ConfigureAwait(false)
            ?? throw new UaException(StatusCodes.BadDataTypeIdUnknown, $"DataType {id} of the server has no supertype.");
        var type = (await LoadAsync(parent.NodeId.NodeId, depth + 1, cancellation).ConfigureAwait(false)).BuiltInType;
        return _types[id] = new DataTypeInfo { DataTypeId = id, Name = name, BuiltInType = type, Enumeration = attributes[1].Value.AsStructure<EnumDefinition>() };
    }

    private async Task<DataTypeInfo> LoadStructureAsync(NodeId id, string name, StructureDefinition definition, int depth, CancellationToken cancellation)
    {
        var encodingId = definition.DefaultEncodingId;
        if (encodingId.IsNull) encodingId = await EncodingOfAsync(id, cancellation).ConfigureAwait(false);
        var layout = new StructureLayout(name, id, encodingId, definition.StructureType);
        var info = new DataTypeInfo { DataTypeId = id, Name = name, BuiltInType = BuiltInType.ExtensionObject, Layout = layout };
        // Known before its fields are: a type may hold itself.
        _types[id] = info;
        try
        {
            var fields = new List<StructureLayoutField>();
            foreach (var field in definition.Fields ?? [])
            {
                fields.Add(new StructureLayoutField
                {
                    Name = field.Name ?? "",
                    DataType = await LoadAsync(field.DataType, depth + 1, cancellation).ConfigureAwait(false),
                    ValueRank = field.ValueRank == 0 ? 1 : Math.Max(field.ValueRank, -1),
                    IsOptional = field.IsOptional,
                    AllowsSubtypes = field.IsOptional && definition.StructureType is StructureType.StructureWithSubtypedValues or StructureType.UnionWithSubtypedValues,
                });
            }

            layout.Complete([.. fields]);
        }
        catch
        {
            _types.TryRemove(id, out _);
            throw;
        }

        Register(layout);
        return info;
    }

    private async Task<NodeId> EncodingOfAsync(NodeId id, CancellationToken cancellation)
    {
        await foreach (var encoding in _session.BrowseAsync(id, ReferenceTypeIds.HasEncoding, cancellation: cancellation).ConfigureAwait(false))
            if (encoding.BrowseName.Name == "Default Binary") return encoding.NodeId.NodeId;
        return default;
    }

    private async Task<ReferenceDescription?> FirstAsync(NodeId id, NodeId referenceType, BrowseDirection direction, CancellationToken cancellation)
    {
        await foreach (var reference in _session.BrowseAsync(id, referenceType, direction, cancellation: cancellation).ConfigureAwait(false)) return reference;
        return null;
    }

    private static StructureEntry? Standard(NodeId id) => StructureRegistry.Standard.TryGet(id, out var entry) && entry.DataTypeId == id ? entry : null;

    private static ReadValueId Attribute(NodeId id, uint attribute) => new() { NodeId = id, AttributeId = attribute };

    // Part 6 5.1.2 and 5.2.4: the ids of the built-in types are their numbers; abstract numbers are Variants; enumerations are Int32.
    private static DataTypeInfo? BuiltIn(NodeId id)
    {
        if (id.NamespaceIndex != 0 || id.IdType != IdType.Numeric) return null;
        var type = id.Numeric switch
        {
            >= 1 and <= 25 => (BuiltInType)id.Numeric,
            DataTypeIds.Number or DataTypeIds.Integer or DataTypeIds.UInteger => BuiltInType.Variant,
            DataTypeIds.Enumeration => BuiltInType.Int32,
            _ => BuiltInType.Null,
        };
        return type == BuiltInType.Null ? null : new DataTypeInfo { DataTypeId = id, Name = type.ToString(), BuiltInType = type };
    }
}
