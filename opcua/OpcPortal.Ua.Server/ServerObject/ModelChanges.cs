namespace OpcPortal.Ua.Server;

/// <summary>A change to the address space. Part 5 12.16 (ModelChangeStructureDataType).</summary>
/// <param name="Affected">The node added, or whose references or type changed; of one deleted, its former id.</param>
/// <param name="AffectedType">Its type definition; null for other classes than Object and Variable.</param>
public readonly record struct ModelChange(NodeId Affected, NodeId AffectedType, ModelChangeVerbs Verbs);

/// <summary>What happened to a node. Part 5 12.16, Table 168.</summary>
[Flags]
public enum ModelChangeVerbs : byte
{
    None = 0,
    NodeAdded = 1,
    NodeDeleted = 2,
    ReferenceAdded = 4,
    ReferenceDeleted = 8,
    DataTypeChanged = 16,
}

/// <summary>
/// Tells clients that nodes came or went: one GeneralModelChangeEvent for each call, and a new NodeVersion where the parent has one. Thread-safe.
/// Part 3 9.32, Part 5 6.4.32.
/// </summary>
public sealed class ModelChanges(IEventSink events, StaticNodes nodes, TypeTree types, TimeProvider time)
{
    /// <summary>Changes that one event lists. Beyond it, the event says only that there were some, and the client browses again.</summary>
    public const int MaxListed = 1_000;

    // Part 5 6.4.2: of interest to clients that cache, not to operators.
    private const ushort Severity = 100;

    private long _version;

    /// <summary>Reports changes to nodes below one parent.</summary>
    /// <param name="parent">
    /// The node below which they happened. Who may not browse it hears nothing: what lies below must be no more secret than the parent itself.
    /// </param>
    public void Report(NodeId parent, IReadOnlyList<ModelChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count == 0) return;
        RaiseVersion(parent);
        var isListed = changes.Count <= MaxListed;
        var now = time.GetUtcNow().UtcDateTime;
        var occurrence = new UaEvent
        {
            // Part 3 9.32.2: the base type where the changes are not told one by one.
            EventType = isListed ? ObjectTypeIds.GeneralModelChangeEventType : ObjectTypeIds.BaseModelChangeEventType,
            SourceNode = ObjectIds.Server,
            SourceName = "Server",
            VisibleWith = parent,
            Time = now,
            ReceiveTime = now,
            Message = new LocalizedText("The address space has changed.", "en"),
            Severity = Severity,
        };
        if (isListed) occurrence.With("Changes", Variant.From(changes.Select(ToStructure).ToArray()));
        events.Report(occurrence);
    }

    // Part 3 5.2.5 (NodeVersion): it changes with the references of its node.
    private void RaiseVersion(NodeId parent)
    {
        var property = StaticWalk.Child(nodes, types, parent, "NodeVersion");
        if (property.IsNull) return;
        // Never the same twice, also over restarts.
        var version = Interlocked.Increment(ref _version);
        nodes.SetValue(property, new DataValue(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time.GetUtcNow().UtcTicks}.{version}")));
    }

    private static ModelChangeStructureDataType ToStructure(ModelChange change) =>
        new() { Affected = change.Affected, AffectedType = change.AffectedType, Verb = (byte)change.Verbs };
}
