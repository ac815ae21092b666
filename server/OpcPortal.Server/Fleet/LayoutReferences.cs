using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Server;

/// <summary>Gives the slots of a layout their references, those within the layout at both ends.</summary>
internal static class LayoutReferences
{
    /// <param name="scratch">The namespace of the layout's own nodes, whose numbers are slots.</param>
    public static void Connect(Instance instance, LayoutSlot[] slots, ushort scratch)
    {
        var lists = new List<LayoutReference>[slots.Length];
        for (var i = 0; i < lists.Length; i++) lists[i] = [];
        for (var i = 0; i < slots.Length; i++)
        {
            foreach (var reference in instance.Nodes[i].References)
            {
                if (!reference.Target.IsLocal || reference.Target.NodeId.NamespaceIndex != scratch)
                {
                    Add(lists[i], new LayoutReference(reference.ReferenceTypeId, reference.IsForward, -1, reference.Target));
                    continue;
                }

                var other = (int)reference.Target.NodeId.Numeric;
                Add(lists[i], new LayoutReference(reference.ReferenceTypeId, reference.IsForward, other, default));
                Add(lists[other], new LayoutReference(reference.ReferenceTypeId, !reference.IsForward, i, default));
            }
        }

        for (var i = 0; i < slots.Length; i++) slots[i].References = [.. lists[i]];
    }

    private static void Add(List<LayoutReference> list, LayoutReference reference)
    {
        if (!list.Contains(reference)) list.Add(reference);
    }
}
