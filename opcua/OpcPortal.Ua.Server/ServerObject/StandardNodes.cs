using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>
/// What of the standard's instances this server does not have. They are taken out rather than left without values and handlers: what a client finds,
/// works. Types stay whole. A room that implements one of them says so, and it stays.
/// </summary>
internal static class StandardNodes
{
    private const string NoHistory = "No history is kept.";
    private const string NoDevice = "What the server runs on is not modelled.";
    private const string RoleNotGiven = "No identity mapping gives this role.";

    // Newer than the table of ids.
    private const uint ServerLog = 19372;

    private static readonly (NodeId Root, string Reason)[] Absent =
    [
        (VariableIds.Server_UrisVersion, "Sessionless services are not offered: no request relies on a version of the URI arrays."),
        (VariableIds.Server_EstimatedReturnTime, "When the server comes back is not known to it."),
        (MethodIds.Server_SetSubscriptionDurable, "Subscriptions do not survive the process: no store for them was given."),
        (MethodIds.Server_RequestServerStateChange, "The process is stopped by its host."),
        (VariableIds.Server_ServerCapabilities_ConformanceUnits, "What is claimed is claimed by ServerProfileArray."),
        (VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerNodeManagement, "Clients add no nodes."),
        (ObjectIds.HistoryServerCapabilities, NoHistory),
        (ObjectIds.DefaultHAConfiguration, NoHistory),
        (ObjectIds.DefaultHEConfiguration, NoHistory),
        (VariableIds.Server_ServerDiagnostics_SamplingIntervalDiagnosticsArray, "Most items are told of changes, not sampled: it would mislead."),
        (VariableIds.Server_ServerRedundancy_RedundantServerArray, "There is no redundant set: RedundancySupport is None."),
        (ObjectIds.ServerConfiguration, "Certificates and trust are managed in folders, not by clients."),
        (ObjectIds.PublishSubscribe, "There is no PubSub."),
        (ServerLog, "The log is written by the host's logging, and not served."),
        (ObjectIds.Dictionaries, "There are no dictionaries."),
        (ObjectIds.Quantities, "No quantities are described."),
        (ObjectIds.Resources, NoDevice),
        (ObjectIds.Locations, "No locations are described."),
        (ObjectIds.Aliases, "There are no alias names."),
        (ObjectIds.WellKnownRole_SecurityKeyServerAdmin, RoleNotGiven),
        (ObjectIds.WellKnownRole_SecurityKeyServerPush, RoleNotGiven),
        (ObjectIds.WellKnownRole_SecurityKeyServerAccess, RoleNotGiven),
    ];

    /// <summary>The table, for those who document it.</summary>
    public static IReadOnlyList<(NodeId Root, string Reason)> Table => Absent;

    /// <summary>Takes out what is not there, with all that stands below it.</summary>
    /// <param name="implemented">Roots of the table, or below them, that a room of the server fills with life.</param>
    public static void Prune(StaticNodes nodes, TypeTree types, IReadOnlySet<NodeId> implemented)
    {
        var gone = new HashSet<NodeId>();
        foreach (var (root, _) in Absent)
            if (!implemented.Contains(root)) AddSubtree(nodes, types, root, gone);
        // Devices (OPC 10000-100) hangs it there for servers whose devices can be locked.
        if (StaticWalk.Child(nodes, types, ObjectIds.Server_ServerCapabilities, "MaxInactiveLockTime") is { IsNull: false } locking && !implemented.Contains(locking)) gone.Add(locking);
        var kept = new HashSet<NodeId>();
        foreach (var root in implemented) AddSubtree(nodes, types, root, kept);
        gone.ExceptWith(kept);
        nodes.Remove(gone);
        // Part 18 5.3 hangs it below ServerConfiguration: it stands by itself where that is not there.
        if (implemented.Contains(ObjectIds.UserManagement) && !nodes.Contains(ObjectIds.ServerConfiguration))
            nodes.AddReference(ObjectIds.Server, ReferenceTypeIds.HasComponent, isForward: true, new NodeId(ObjectIds.UserManagement));
    }

    /// <summary>A node and all instances below it.</summary>
    public static void AddSubtree(StaticNodes nodes, TypeTree types, NodeId root, HashSet<NodeId> subtree)
    {
        if (!nodes.Contains(root)) return;
        var waiting = new Stack<NodeId>([root]);
        while (waiting.TryPop(out var nodeId))
        {
            if (!subtree.Add(nodeId)) continue;
            foreach (var child in StaticWalk.Children(nodes, types, nodeId)) waiting.Push(child);
        }
    }
}

/// <summary>Walks what stands below nodes in memory, whoever asks.</summary>
internal static class StaticWalk
{
    public static IEnumerable<NodeId> Children(StaticNodes nodes, TypeTree types, NodeId parent)
    {
        if (!nodes.TryResolve(parent, out var node)) yield break;
        var filter = new ReferenceFilter(BrowseDirection.Forward, types.SubtypesOf(ReferenceTypeIds.HierarchicalReferences));
        var cursor = default(ReferenceCursor);
        while (nodes.TryNextReference(node, filter, ref cursor, out var reference))
        {
            if (!reference.Target.IsLocal || reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasSubtype)) continue;
            if (nodes.TryResolve(reference.Target.NodeId, out var child) && child.NodeClass is NodeClass.Object or NodeClass.Variable or NodeClass.Method)
                yield return reference.Target.NodeId;
        }
    }

    /// <summary>Changes the attributes of a node, whose references stay.</summary>
    public static void Replace(StaticNodes nodes, NodeId nodeId, Func<NodeRecord, NodeRecord> change)
    {
        if (!nodes.TryResolve(nodeId, out var node) || node.State is not StaticNode found) return;
        var references = Array.ConvertAll(found.References, static r => new NodeSets.NodeReference(r.ReferenceTypeId, r.IsForward, r.Target));
        nodes.Remove([nodeId]);
        nodes.Add([change(found.Record) with { References = references }]);
    }

    /// <summary>The child of a name, whatever its namespace; null where there is none.</summary>
    public static NodeId Child(StaticNodes nodes, TypeTree types, NodeId parent, string name)
    {
        foreach (var child in Children(nodes, types, parent))
            if (nodes.TryResolve(child, out var node) && nodes.BrowseNameOf(node).Name == name) return child;
        return default;
    }
}
