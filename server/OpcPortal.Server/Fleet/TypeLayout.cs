using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The nodes that every device of one type with one set of mapped points has: compiled once, shared by all such devices. Together with a row of the registry it is all that
/// is needed to compute a device's nodes. Immutable.
/// </summary>
internal sealed class TypeLayout
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _byMember;
    private readonly Dictionary<string, int> _points = new(StringComparer.Ordinal);

    public TypeLayout(TypeFacts type, LayoutSlot[] slots, IReadOnlyList<string> identification)
    {
        Type = type;
        Facets = LayoutClasses.FacetsOf(slots);
        Slots = slots;
        Identification = identification;
        var byMember = new Dictionary<string, int>(slots.Length, StringComparer.Ordinal);
        for (var i = 0; i < slots.Length; i++)
        {
            byMember.Add(slots[i].Member, i);
            if (slots[i].Source == SlotSource.Point) _points[slots[i].Member] = slots[i].Index;
        }

        _byMember = byMember.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public NodeId TypeId => Type.Id;

    /// <summary>What decisions of access know of the type.</summary>
    public TypeFacts Type { get; }

    /// <summary>What of the slots differs in a decision.</summary>
    public AccessFacet[] Facets { get; }

    /// <summary>The root first.</summary>
    public LayoutSlot[] Slots { get; }

    /// <summary>The members whose values come with the row.</summary>
    public IReadOnlyList<string> Identification { get; }

    /// <param name="member">Names from the root on, joined with '/'; empty for the root.</param>
    public bool TryFind(ReadOnlySpan<char> member, out int slot) => _byMember.TryGetValue(member, out slot);

    /// <summary>The slot of the point of a number, counted from the device's first.</summary>
    public LayoutSlot SlotOfPoint(int index) => Array.Find(Slots, slot => slot.Source == SlotSource.Point && slot.Index == index)!;

    /// <summary>Which of its device's points a member is, counted from the device's first; -1 where it is none.</summary>
    public int PointAt(string member) => _points.GetValueOrDefault(member, -1);
}

/// <summary>A device type in the numbers of decisions.</summary>
/// <param name="Number">The type's own.</param>
/// <param name="Commodity">A word; -1: of none.</param>
internal readonly record struct TypeFacts(NodeId Id, int Number, int Commodity);

/// <summary>Where the value of a slot comes from.</summary>
internal enum SlotSource : byte
{
    /// <summary>From the type: the same for all devices. Also what slots without a value have.</summary>
    Type,

    /// <summary>From the point of number <see cref="LayoutSlot.Index"/> after the device's first.</summary>
    Point,

    /// <summary>The quality of that point.</summary>
    Quality,

    /// <summary>From the row's identification, text of number <see cref="LayoutSlot.Index"/>.</summary>
    Identification,

    /// <summary>The access network of a portal's row.</summary>
    AccessNetworkMedium,

    /// <summary>The version of a portal's references. Part 3 5.2.5.</summary>
    NodeVersion,

    /// <summary>What people noted on readings of that point. Part 11 5.1.2 (Annotations).</summary>
    Annotations,

    /// <summary>The time of the oldest reading of that point that its reader may see.</summary>
    StartOfArchive,

    /// <summary>A method that the server itself serves.</summary>
    Served,
}

/// <summary>One node of a layout.</summary>
internal sealed class LayoutSlot
{
    /// <summary>The class of what belongs to none: roots, folders, nameplates.</summary>
    public const byte Structural = byte.MaxValue;

    /// <summary>A bit for each class has to fit into 64.</summary>
    public const int MaxDataClass = 63;

    /// <summary>Its attributes; ids in it mean nothing.</summary>
    public required NodeRecord Record { get; init; }

    /// <summary>Names from the root on, joined with '/'.</summary>
    public required string Member { get; init; }

    public required NodeSecurity Security { get; init; }
    public NodeId TypeDefinition { get; init; }
    public SlotSource Source { get; init; }
    public int Index { get; init; }

    /// <summary>How readings become values of the node's DataType; null for other slots.</summary>
    public PointConversion? Conversion { get; set; }

    /// <summary>0 to <see cref="MaxDataClass"/>, or <see cref="Structural"/>.</summary>
    public byte DataClass { get; set; } = Structural;

    /// <summary>Of a method and what is below it: a word; -1: of none.</summary>
    public int FunctionGroup { get; set; } = -1;

    /// <summary>A method that nobody calls at the device itself: supply is switched by requests of control alone, which are armed, held to interlocks and stored.</summary>
    public bool IsForControl { get; set; }

    /// <summary>The word of the point that it is or belongs to; -1: of none.</summary>
    public int Point { get; set; } = -1;

    /// <summary>What a reading of the point that it is or belongs to covers: it is stamped with its end. Zero: an instant.</summary>
    public TimeSpan Interval { get; set; }

    /// <summary>How the values of the point behave between readings, without what depends on who asks; null for other slots.</summary>
    public HistoryTraits? Traits { get; set; }

    /// <summary>Whether it is there only where history of the point of number <see cref="Index"/> is kept.</summary>
    public bool IsOfHistory { get; init; }

    public LayoutReference[] References { get; set; } = [];
}

/// <summary>A reference of a layout.</summary>
/// <param name="Slot">The node of the same layout that it leads to; -1 where it leads to <paramref name="Target"/>.</param>
internal readonly record struct LayoutReference(NodeId ReferenceTypeId, bool IsForward, int Slot, ExpandedNodeId Target);
