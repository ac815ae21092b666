using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// Brings what an earlier process kept to the indexes that its namespaces have in this one. Part 3 8.2.2: an index holds while the server runs, and no longer. A namespace that is gone gets an index
/// without nodes: nothing of it is taken for another's.
/// </summary>
internal sealed class NamespaceChange
{
    private readonly IReadOnlyList<string> _before;
    private readonly NamespaceMap _map;
    private readonly DataTypeCatalog _types;

    /// <param name="before">The URIs by the indexes of then.</param>
    /// <param name="now">Gets those that it lacks.</param>
    public NamespaceChange(IReadOnlyList<string> before, NamespaceTable now, DataTypeCatalog types)
    {
        _before = [.. before.Skip(1)];
        _map = NamespaceMap.ToTable(_before, now);
        _types = types;
    }

    /// <summary>Whether every index means what it meant.</summary>
    public bool IsNone => _map.IsIdentity;

    public NodeId Map(in NodeId id) => id.NamespaceIndex <= _before.Count ? _map.Map(id) : id;

    public QualifiedName Map(in QualifiedName name) => name.NamespaceIndex <= _before.Count ? _map.Map(name) : name;

    public DataValue Map(DataValue value) => value with { Value = Map(value.Value) };

    public Variant[] Map(Variant[] fields) => Array.ConvertAll(fields, field => Map(field));

    public ExtensionObject? Map(ExtensionObject? value) => value is null ? null : Map(new Variant(value)).AsExtensionObject();

    private Variant Map(in Variant value)
    {
        try
        {
            return new ValueRemapper(_map, NamespaceMap.ToTable(_before, _types.Namespaces), _types, StructureRegistry.Standard).Map(value);
        }
        catch (CodecException)
        {
            // An index that meant nothing then means nothing now: it was somebody's value, and stays it.
            return value;
        }
    }

    /// <summary>The same notifications of a message that was encoded then.</summary>
    public ExtensionObject? MapNotifications(ExtensionObject? data)
    {
        if (data is null || !StructureRegistry.Standard.TryGet(data.TypeId.NodeId, out var type)) return data;
        var decoder = new BinaryDecoder(data.BinaryBody().Span, SubscriptionRecordWriter.Context);
        switch (type.Factory(ref decoder))
        {
            case DataChangeNotification changes:
                foreach (ref var item in (changes.MonitoredItems ?? []).AsSpan()) item.Value = Map(item.Value);
                return Encoded(changes);
            case EventNotificationList events:
                foreach (ref var item in (events.Events ?? []).AsSpan()) item.EventFields = Map(item.EventFields ?? []);
                return Encoded(events);
            default:
                return data;
        }
    }

    private static ExtensionObject Encoded(IStructure structure) => new(structure.BinaryEncodingId, BinaryEncoder.ToBytes(structure));
}
