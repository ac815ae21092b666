using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Commands;

/// <summary>What a variable's values are made of, as its attributes say.</summary>
/// <param name="Unit">Its engineering unit in short, such as kW; null without one.</param>
internal readonly record struct VariableType(DataTypeInfo? DataType, int ValueRank, string? Unit)
{
    // Paths in one call: what every server takes.
    private const int MaxPaths = 100;

    public static async Task<VariableType[]> ReadAsync(UaSession session, IReadOnlyList<NodeId> nodes, CancellationToken cancellation)
    {
        var items = nodes.SelectMany(id => (ReadValueId[])[new() { NodeId = id, AttributeId = AttributeIds.DataType }, new() { NodeId = id, AttributeId = AttributeIds.ValueRank }]).ToArray();
        var read = await session.ReadAsync(items, TimestampsToReturn.Neither, cancellation);
        var units = await UnitsAsync(session, nodes, cancellation);
        var types = new VariableType[nodes.Count];
        for (var i = 0; i < types.Length; i++)
        {
            var (type, rank) = (read[2 * i].Value, read[(2 * i) + 1].Value);
            types[i] = new(type.Type == BuiltInType.NodeId ? await LoadAsync(session, type.AsNodeId(), cancellation) : null, rank.Type == BuiltInType.Int32 ? rank.AsInt32() : -1, units[i]);
        }

        return types;
    }

    private static async Task<DataTypeInfo?> LoadAsync(UaSession session, NodeId id, CancellationToken cancellation)
    {
        try
        {
            return await session.Types.LoadAsync(id, cancellation);
        }
        catch (UaException)
        {
            // The value can be shown without; whoever needs the type says so.
            return null;
        }
    }

    // Part 8 5.3.2: the property EngineeringUnits of an AnalogUnitType.
    private static async Task<string?[]> UnitsAsync(UaSession session, IReadOnlyList<NodeId> nodes, CancellationToken cancellation)
    {
        var units = new string?[nodes.Count];
        foreach (var batch in Enumerable.Range(0, nodes.Count).Chunk(MaxPaths))
        {
            var paths = batch.Select(i => new BrowsePath { StartingNode = nodes[i], RelativePath = new RelativePath { Elements = [new RelativePathElement { ReferenceTypeId = ReferenceTypeIds.HasProperty, IncludeSubtypes = true, TargetName = "EngineeringUnits" }] } });
            var found = (await session.InvokeAsync<TranslateBrowsePathsToNodeIdsResponse>(new TranslateBrowsePathsToNodeIdsRequest { BrowsePaths = [.. paths] }, cancellation: cancellation)).Results ?? [];
            var known = batch.Zip(found).Where(p => p.Second is { StatusCode.IsGood: true, Targets: [{ TargetId.IsLocal: true }, ..] }).ToArray();
            if (known.Length == 0) continue;
            var values = await session.ReadValuesAsync([.. known.Select(p => p.Second.Targets![0].TargetId.NodeId)], cancellation);
            foreach (var ((index, _), value) in known.Zip(values)) units[index] = value.Value.AsStructure<EUInformation>()?.DisplayName.Text;
        }

        return units;
    }
}
