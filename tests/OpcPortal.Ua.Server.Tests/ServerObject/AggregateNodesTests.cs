namespace OpcPortal.Ua.Server.Tests;

/// <summary>Where clients find the aggregates that are calculated. Part 13 4.4.</summary>
public sealed class AggregateNodesTests
{
    [Fact]
    public void The_folders_of_aggregates_list_all_that_the_standard_has()
    {
        var model = new ServerModel(StandardSpace.ApplicationUri, []);
        AggregateNodes.Show(model);
        var all = typeof(ObjectIds).GetFields().Where(static field => field.Name.StartsWith("AggregateFunction_", StringComparison.Ordinal)).Select(static field => new NodeId((uint)field.GetRawConstantValue()!));
        foreach (var folder in new uint[]
        {
            ObjectIds.Server_ServerCapabilities_AggregateFunctions, ObjectIds.HistoryServerCapabilities_AggregateFunctions, ObjectIds.DefaultHAConfiguration_AggregateFunctions,
        }) Assert.Equal(all.ToHashSet(), StaticWalk.Children(model.Nodes, model.Types, folder).ToHashSet());
    }

    [Fact]
    public void Folders_that_are_not_there_are_left_alone()
    {
        var model = new ServerModel(StandardSpace.ApplicationUri, []);
        StandardNodes.Prune(model.Nodes, model.Types, new HashSet<NodeId>());
        AggregateNodes.Show(model);
        Assert.False(model.Nodes.Contains(ObjectIds.HistoryServerCapabilities_AggregateFunctions));
        Assert.Equal(37, StaticWalk.Children(model.Nodes, model.Types, ObjectIds.Server_ServerCapabilities_AggregateFunctions).Count());
    }
}
