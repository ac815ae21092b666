namespace OpcPortal.Ua.Server;

/// <summary>The way from a NodeId to the history of a Variable, for one user. Part 3 5.6.2 (AccessLevel), 8.55 (ReadHistory and the like).</summary>
internal static class HistoryNodes
{
    /// <param name="wanted">ReadHistory, or what of InsertHistory, ModifyHistory and DeleteHistory is to be done.</param>
    /// <returns>Good with a history; BadHistoryOperationUnsupported where none is kept, for everybody who may browse the node; else why the user may not.</returns>
    public static StatusCode TryOpen(AccessController access, AccessContext who, in NodeId nodeId, PermissionType wanted, out NodeGrant grant, out INodeHistory? history)
    {
        history = null;
        var bit = wanted == PermissionType.ReadHistory ? AccessLevelExType.HistoryRead : AccessLevelExType.HistoryWrite;
        var status = access.Resolve(who, nodeId, wanted, out grant);
        // Who may not read would otherwise be told that there is something to read.
        if (status.IsBad) return access.Resolve(who, nodeId, PermissionType.Browse, out var seen).IsGood && !Keeps(seen.Node, bit) ? StatusCodes.BadHistoryOperationUnsupported : status;
        if (!Keeps(grant.Node, bit)) return StatusCodes.BadHistoryOperationUnsupported;
        history = grant.Node.Source.HistoryOf(grant);
        return history is null ? StatusCodes.BadHistoryOperationUnsupported : StatusCodes.Good;
    }

    private static bool Keeps(in NodeRef node, AccessLevelExType bit) => node.NodeClass == NodeClass.Variable && (node.Source.AccessLevelOf(node) & bit) != 0;
}
