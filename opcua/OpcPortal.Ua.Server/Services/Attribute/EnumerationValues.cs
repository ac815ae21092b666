using System.Collections.Concurrent;

namespace OpcPortal.Ua.Server;

/// <summary>The values that enumerations define, by their DataTypeDefinition. Thread-safe. Part 3 5.8.3, 8.49 (EnumDefinition).</summary>
public sealed class EnumerationValues(AddressSpace addressSpace)
{
    // One for each enumeration that is written: as many as the models have.
    private readonly ConcurrentDictionary<NodeId, IReadOnlySet<long>?> _known = new();

    /// <summary>The values of a DataType; null where it defines none, as Enumeration itself.</summary>
    public IReadOnlySet<long>? Of(NodeId dataType)
    {
        if (_known.TryGetValue(dataType, out var known)) return known;
        if (!addressSpace.TryResolve(dataType, out var node)) return null;
        var isDefined = node.Source.ReadAttribute(node, AttributeIds.DataTypeDefinition, [], out var definition).IsGood;
        return _known.GetOrAdd(dataType, isDefined && definition.AsStructure<EnumDefinition>()?.Fields is { Length: > 0 } fields ? fields.Select(static field => field.Value).ToHashSet() : null);
    }
}
