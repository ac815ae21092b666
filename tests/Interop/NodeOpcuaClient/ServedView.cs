using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace Interop.NodeOpcuaClient;

/// <summary>A View of the served nodes: the object and what counts in it.</summary>
internal sealed class ServedView(ushort served) : IViewCatalog
{
    private readonly NodeId _id = new("View", served);
    private readonly HashSet<NodeId> _contained = [new NodeId("Served", served), new NodeId("Counter", served), new NodeId("Count", served)];

    public void AttachTo(UaServer server)
    {
        server.Model.Nodes.Add(
        [
            new NodeRecord
            {
                NodeId = _id,
                NodeClass = NodeClass.View,
                BrowseName = new QualifiedName("View", served),
                ContainsNoLoops = true,
                References = [new OpcPortal.Ua.NodeSets.NodeReference(ReferenceTypeIds.Organizes, false, (NodeId)ObjectIds.ViewsFolder), new OpcPortal.Ua.NodeSets.NodeReference(ReferenceTypeIds.Organizes, true, new NodeId("Served", served))],
            },
        ]);
        server.Views.Add(this);
    }

    public bool TryGet(in NodeId viewId, out ViewVersion version)
    {
        version = new ViewVersion(3, DateTime.UnixEpoch);
        return viewId == _id;
    }

    public bool Contains(in NodeId viewId, in NodeRef node) => _contained.Contains(node.NodeId);
}
