using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// What a layout's points have where their history is kept: Annotations, and how values behave between readings (Part 11 5.2.2: HistoricalDataConfigurationType). All devices of a layout have the same,
/// so that it costs nothing per point.
/// </summary>
internal static class LayoutHistory
{
    public const string Annotations = "Annotations";

    // Part 11 5.2.2: the name that the standard gives the object.
    private const string Configuration = "HA Configuration";

    /// <summary>Notes at a point's slot, and at those of what it has, how its readings behave.</summary>
    /// <param name="isState">Its values hold until the next: switches, modes, texts.</param>
    /// <param name="interval">IntervalLength in milliseconds, where the point has one.</param>
    public static void Describe(LayoutSlot[] slots, int at, bool isState, in Variant interval)
    {
        var length = interval.Type == BuiltInType.Double && interval.AsDouble() is > 0 and var milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : TimeSpan.Zero;
        var point = slots[at];
        // What was consumed within an interval is no point of a curve.
        point.Traits = new HistoryTraits
        {
            IsStepped = isState || length > TimeSpan.Zero,
            MaxTimeInterval = length > TimeSpan.Zero ? length : null,
            MinTimeInterval = length > TimeSpan.Zero ? length : null,
        };
        foreach (var slot in slots)
            if (slot == point || (slot.Source == SlotSource.Quality && slot.Index == point.Index)) slot.Interval = length;
    }

    /// <returns>The slots, and those of the history of their points after them.</returns>
    public static LayoutSlot[] Extend(LayoutSlot[] slots)
    {
        var all = new List<LayoutSlot>(slots);
        // A type that declares its own has its own.
        var members = slots.Select(slot => slot.Member).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < slots.Length; i++)
            if (slots[i].Source == SlotSource.Point && !members.Contains($"{slots[i].Member}/{Annotations}") && !members.Contains($"{slots[i].Member}/{Configuration}")) AddTo(all, i);
        if (all.Count > ushort.MaxValue) throw new LayoutException($"A device would have more than {ushort.MaxValue} nodes.");
        return [.. all];
    }

    private static void AddTo(List<LayoutSlot> all, int point)
    {
        var traits = all[point].Traits!;
        Add(all, point, Annotations, ReferenceTypeIds.HasProperty, VariableTypeIds.PropertyType, Variable(DataTypeIds.Annotation, default) with { AccessLevelEx = 0, ValueRank = -2 }, SlotSource.Annotations);
        var configuration = Add(all, point, Configuration, ReferenceTypeIds.HasHistoricalConfiguration, ObjectTypeIds.HistoricalDataConfigurationType, Object());
        Property(configuration, "Stepped", DataTypeIds.Boolean, traits.IsStepped);
        Property(configuration, "StartOfArchive", DataTypeIds.UtcTime, default, SlotSource.StartOfArchive);
        if (traits.MaxTimeInterval is { } longest) Property(configuration, "MaxTimeInterval", DataTypeIds.Duration, longest.TotalMilliseconds);
        if (traits.MinTimeInterval is { } shortest) Property(configuration, "MinTimeInterval", DataTypeIds.Duration, shortest.TotalMilliseconds);
        var aggregates = Add(all, configuration, "AggregateConfiguration", ReferenceTypeIds.HasComponent, ObjectTypeIds.AggregateConfigurationType, Object());
        Property(aggregates, "TreatUncertainAsBad", DataTypeIds.Boolean, traits.Aggregates.TreatUncertainAsBad);
        Property(aggregates, "PercentDataBad", DataTypeIds.Byte, traits.Aggregates.PercentDataBad);
        Property(aggregates, "PercentDataGood", DataTypeIds.Byte, traits.Aggregates.PercentDataGood);
        Property(aggregates, "UseSlopedExtrapolation", DataTypeIds.Boolean, traits.Aggregates.UseSlopedExtrapolation);

        void Property(int parent, string name, uint dataType, Variant value, SlotSource source = SlotSource.Type) =>
            Add(all, parent, name, ReferenceTypeIds.HasProperty, VariableTypeIds.PropertyType, Variable(dataType, value), source);
    }

    private static int Add(List<LayoutSlot> all, int parent, string name, uint reference, uint type, NodeRecord record, SlotSource source = SlotSource.Type)
    {
        var above = all[parent];
        var at = all.Count;
        all.Add(new LayoutSlot
        {
            Record = record with { BrowseName = new QualifiedName(name) },
            Member = $"{above.Member}/{name}",
            Security = above.Security,
            TypeDefinition = type,
            Source = source,
            Index = above.Index,
            DataClass = above.DataClass,
            FunctionGroup = above.FunctionGroup,
            Point = above.Point,
            Interval = above.Interval,
            IsOfHistory = true,
            References = [new LayoutReference(ReferenceTypeIds.HasTypeDefinition, true, -1, new ExpandedNodeId(new NodeId(type))), new LayoutReference(reference, false, parent, default)],
        });
        above.References = [.. above.References, new LayoutReference(reference, true, at, default)];
        return at;
    }

    private static NodeRecord Variable(uint dataType, Variant value) => new() { NodeId = default, NodeClass = NodeClass.Variable, BrowseName = default, DataType = dataType, Value = value };

    private static NodeRecord Object() => new() { NodeId = default, NodeClass = NodeClass.Object, BrowseName = default };
}
