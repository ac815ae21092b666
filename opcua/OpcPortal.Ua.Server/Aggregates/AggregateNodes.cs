namespace OpcPortal.Ua.Server;

/// <summary>The folders in which clients find the aggregates that a server calculates. Part 13 4.2.2.1, 4.4, Part 5 6.3.2 (ServerCapabilities), Part 11 5.7.2 (HistoryServerCapabilities).</summary>
internal static class AggregateNodes
{
    /// <summary>Fills those of the folders that are there. Of values as they come, all but what needs annotations.</summary>
    public static void Show(ServerModel model)
    {
        Fill(model, ObjectIds.Server_ServerCapabilities_AggregateFunctions);
        Fill(model, ObjectIds.HistoryServerCapabilities_AggregateFunctions);
        Fill(model, ObjectIds.DefaultHAConfiguration_AggregateFunctions);
    }

    private static void Fill(ServerModel model, uint folder)
    {
        if (!model.Nodes.Contains(folder)) return;
        foreach (var aggregate in AggregateCatalog.Supported)
            if (model.Nodes.Contains(aggregate)) model.Nodes.AddReference(folder, ReferenceTypeIds.HasComponent, isForward: true, aggregate);
    }
}
