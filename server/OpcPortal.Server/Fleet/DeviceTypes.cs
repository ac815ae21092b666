using System.Collections.Concurrent;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The device types in the numbers of decisions. A type's commodity is its property Commodity, or that of the next type above that has one. Thread-safe.</summary>
internal sealed class DeviceTypes
{
    private readonly TypeTree _types;
    private readonly WordTable _words;
    private readonly QualifiedName _commodity;
    private volatile Dictionary<NodeId, string> _commodities = [];
    private readonly ConcurrentDictionary<NodeId, int> _numbers = new();
    private readonly Lock _gate = new();

    public DeviceTypes(ServerModel model, ushort portal, WordTable words)
    {
        _types = model.Types;
        _words = words;
        _commodity = new QualifiedName("Commodity", portal);
        Take(model);
    }

    /// <summary>Takes over the types of the models that are loaded now.</summary>
    public void Take(ServerModel model)
    {
        var commodities = new Dictionary<NodeId, string>();
        foreach (var node in model.NodeSets.SelectMany(set => set.Nodes))
            if (node.NodeClass == NodeClass.Variable && node.BrowseName == _commodity && node.ParentNodeId is { IsNull: false } parent && node.Value.Type == BuiltInType.String) commodities[parent] = node.Value.AsString()!;
        _commodities = commodities;
    }

    public TypeFacts FactsOf(NodeId type) => new(type, NumberOf(type), CommodityOf(type));

    /// <summary>The numbers of a type and all its subtypes.</summary>
    public IReadOnlyCollection<int> WithSubtypes(NodeId type) => [.. _types.SubtypesOf(type).Select(NumberOf)];

    private int NumberOf(NodeId type)
    {
        if (_numbers.TryGetValue(type, out var known)) return known;
        lock (_gate) return _numbers.GetOrAdd(type, _numbers.Count);
    }

    private int CommodityOf(NodeId type)
    {
        var commodities = _commodities;
        for (; !type.IsNull; type = _types.BaseOf(type))
            if (commodities.TryGetValue(type, out var commodity)) return _words.Of(commodity);
        return -1;
    }
}
