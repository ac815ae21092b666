using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Server;

/// <summary>
/// Tells for each slot of a layout what decisions of access go by: its data class, function group and point. They are properties of the types' declarations (DataClass, FunctionGroup), so that other
/// models bring classes and groups that nobody here knows.
/// </summary>
internal static class LayoutClasses
{
    // The function group of those who may cut off supply.
    private const string SupplyGroup = "Disconnect";

    // NodeSet.xml, DataClassEnumeration: commands act on what is switched and set, where their type does not say otherwise.
    private const byte LoadState = 3;

    /// <param name="parentOf">The slot that a slot is below; -1 for the root.</param>
    /// <exception cref="LayoutException">A data class is no number that there can be.</exception>
    public static void Assign(LayoutSlot[] slots, int[] parentOf, ushort portalNamespace, WordTable words)
    {
        var stated = new byte?[slots.Length];
        var groups = new int[slots.Length];
        Array.Fill(groups, -1);
        for (var i = 1; i < slots.Length; i++)
        {
            var record = slots[i].Record;
            if (record.NodeClass != NodeClass.Variable || record.BrowseName.NamespaceIndex != portalNamespace || parentOf[i] <= 0) continue;
            if (record.BrowseName.Name == "DataClass") stated[parentOf[i]] = ClassOf(slots[i]);
            if (record.BrowseName.Name == "FunctionGroup" && record.Value.Type == BuiltInType.String && record.Value.AsString() is { Length: > 0 } group) groups[parentOf[i]] = words.Of(group);
        }

        // Parents come before what is below them.
        for (var i = 1; i < slots.Length; i++) AssignOne(slots, i, parentOf[i], stated[i], groups[i], words);
    }

    private static void AssignOne(LayoutSlot[] slots, int index, int parent, byte? stated, int group, WordTable words)
    {
        var slot = slots[index];
        var above = parent < 0 ? null : slots[parent];
        slot.FunctionGroup = group >= 0 ? group : above?.FunctionGroup ?? -1;
        slot.IsForControl = slot.Record.NodeClass == NodeClass.Method && group >= 0 && group == words.Of(SupplyGroup);
        if (stated is { } own) slot.DataClass = own;
        else if (above is { DataClass: not LayoutSlot.Structural }) slot.DataClass = above.DataClass;
        else if (slot.Record.NodeClass == NodeClass.Method) slot.DataClass = LoadState;
        else if (slot.Source == SlotSource.Point) slot.DataClass = 0;
        // A method counts as one: rules forbid to open a switch and let it be closed.
        var isPoint = slot.Record.NodeClass == NodeClass.Method || (slot.Record.NodeClass == NodeClass.Variable && (stated is not null || slot.Source == SlotSource.Point));
        // What is below a point, such as its range, goes with it.
        slot.Point = above is { Point: >= 0 } ? above.Point : isPoint ? words.Of(slot.Member) : -1;
    }

    private static byte? ClassOf(LayoutSlot slot)
    {
        if (slot.Record.Value.Type != BuiltInType.Int32) return null;
        var number = slot.Record.Value.AsInt32();
        return number is >= 0 and <= LayoutSlot.MaxDataClass ? (byte)number : throw new LayoutException($"{slot.Member} is {number}: data classes have numbers from 0 to {LayoutSlot.MaxDataClass}.", slot.Member);
    }

    /// <summary>What of the slots differs in a decision, each once: what a device's root goes by, which may be seen by whoever may see any of it.</summary>
    public static AccessFacet[] FacetsOf(LayoutSlot[] slots) =>
        [.. slots.Where(slot => slot.DataClass != LayoutSlot.Structural).Select(slot => new AccessFacet(slot.DataClass, slot.FunctionGroup, slot.Point)).Distinct()];
}

/// <summary>What a decision within one device depends on.</summary>
internal readonly record struct AccessFacet(byte DataClass, int FunctionGroup, int Point);
