using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Commands;

/// <summary>What a variable's values are made of, as its attributes say.</summary>
internal readonly record struct VariableType(DataTypeInfo? DataType, int ValueRank)
{
    public static async Task<VariableType[]> ReadAsync(UaSession session, IReadOnlyList<NodeId> nodes, CancellationToken cancellation)
    {
        var items = nodes.SelectMany(id => (ReadValueId[])[new() { NodeId = id, AttributeId = AttributeIds.DataType }, new() { NodeId = id, AttributeId = AttributeIds.ValueRank }]).ToArray();
        var read = await session.ReadAsync(items, TimestampsToReturn.Neither, cancellation);
        var types = new VariableType[nodes.Count];
        for (var i = 0; i < types.Length; i++)
        {
            var (type, rank) = (read[2 * i].Value, read[(2 * i) + 1].Value);
            types[i] = new(type.Type == BuiltInType.NodeId ? await LoadAsync(session, type.AsNodeId(), cancellation) : null, rank.Type == BuiltInType.Int32 ? rank.AsInt32() : -1);
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
}
