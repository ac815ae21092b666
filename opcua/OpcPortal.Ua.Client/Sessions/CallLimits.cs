namespace OpcPortal.Ua.Client;

/// <summary>How many items a server takes in one call. Part 5 6.3.11 (OperationLimitsType).</summary>
internal sealed record CallLimits(int Read, int Write, int MonitoredItems)
{
    // What servers take as a rule; more brings nothing.
    private const int Most = 1000;

    /// <summary>For a server that says nothing.</summary>
    public static CallLimits Usual { get; } = new(Most, Most, Most);

    /// <summary>The nodes that say it.</summary>
    public static ReadValueId[] Nodes { get; } =
    [
        .. ((uint[])[
            VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
            VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite,
            VariableIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
        ]).Select(id => new ReadValueId { NodeId = id, AttributeId = AttributeIds.Value }),
    ];

    /// <param name="values">Of <see cref="Nodes"/>.</param>
    public static CallLimits From(ReadOnlySpan<DataValue> values) => new(Limit(values[0]), Limit(values[1]), Limit(values[2]));

    // Part 5 6.3.11: a limit of 0 or none means that the server sets none.
    private static int Limit(in DataValue value) =>
        value.StatusCode.IsGood && value.Value.TryGetNumber(out var number) && number >= 1 ? (int)Math.Min(number, Most) : Most;
}
