using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The nodes of all portals and devices, computed from their rows and the layouts of their types whenever they are asked for: none is held in memory. One source serves the
/// namespaces of all owners; a node is found in the namespace of its owner alone.
/// </summary>
public sealed class FleetNodes : NodeSource
{
    private readonly FleetRegistry _registry;
    private readonly PointStore _store;
    private readonly CommandService _commands;
    private readonly ReadingQualityIds _quality;
    private readonly FleetReferences _references;
    private readonly FleetOwnership _ownership;
    private readonly FleetVersions _versions;
    private readonly HistoryEditor _editor;
    private readonly TimeProvider _time;

    internal FleetNodes(
        FleetRegistry registry, PointStore store, CommandService commands, ReadingQualityIds quality, FleetReferences references, FleetOwnership ownership, FleetVersions versions, TimeProvider time)
    {
        _time = time;
        _editor = new HistoryEditor(time);
        references.KeepsHistory = KeepsHistory;
        _ownership = ownership;
        _versions = versions;
        _registry = registry;
        _store = store;
        _commands = commands;
        _quality = quality;
        _references = references;
    }

    /// <summary>What was read and is kept; null: nothing is.</summary>
    public IReadingHistory? History { get; set; }

    /// <summary>The chains of quality of current readings; null: only their own codes are known.</summary>
    internal CurrentRevisions? Chains { get; set; }

    /// <summary>Who may see what of it; null: whoever roles let read history.</summary>
    internal IHistoryRights? Rights { get; set; }

    /// <summary>What tells that a meter was exchanged; null: only files do.</summary>
    internal ExchangeMethod? Exchange { get; set; }

    /// <summary>Load control; null: devices have none of its methods.</summary>
    internal DeviceControlMethods? Control { get; set; }

    /// <summary>Finds nodes by the ids that they had; null: none.</summary>
    internal FormerNodes? Former { get; set; }

    public override bool TryResolve(in NodeId nodeId, out NodeRef node)
    {
        node = default;
        if (nodeId.Text is not { } text || !FleetPath.TryParse(text, out var path)) return false;
        var portal = _registry.FindPortal(path.Portal);
        if (portal == FleetRegistry.None) return false;
        FleetKey key;
        if (path.Device.IsEmpty)
        {
            key = FleetKey.OfPortal(portal);
        }
        else
        {
            var device = _registry.FindDevice(portal, path.Device);
            if (device == FleetRegistry.None) return false;
            key = FleetKey.OfDevice(device);
        }

        if (LayoutOf(key) is not { } layout || !layout.TryFind(path.Member, out var slot)) return false;
        // A node is found by the id that it has now: in its present owner's namespace, and under the name of whoever owns it, where that is a natural person.
        var dataClass = layout.Slots[slot].DataClass;
        if (_ownership.NamespaceOfNodes(key, dataClass) != nodeId.NamespaceIndex || !path.Owner.SequenceEqual(_ownership.NamedOwner(key, dataClass)))
            return Former is { } former && former.TryFind(key.At(slot), layout, nodeId.NamespaceIndex, path.Owner, out node) && KeepsHistory(key, layout.Slots[slot]);
        if (layout.Slots[slot].IsOfHistory && !KeepsHistory(key, layout.Slots[slot])) return false;
        node = new NodeRef(this, layout, key.At(slot));
        return true;
    }

    public override NodeId NodeIdOf(in NodeRef node) => _references.IdOf(new FleetKey(node.Key), SlotOf(node));
    public override ushort NamespaceIndexOf(in NodeRef node) => _ownership.NamespaceOfNodes(new FleetKey(node.Key), SlotOf(node).DataClass);
    public override NodeClass NodeClassOf(in NodeRef node) => SlotOf(node).Record.NodeClass;
    public override NodeId TypeDefinitionOf(in NodeRef node) => SlotOf(node).TypeDefinition;
    public override NodeSecurity SecurityOf(in NodeRef node) => SlotOf(node).Security;

    // What is kept of a point can be read; its quality and its notes are changed with it, not as values.
    public override AccessLevelExType AccessLevelOf(in NodeRef node)
    {
        var slot = SlotOf(node);
        if (slot.Record.NodeClass != NodeClass.Variable) return default;
        var level = (AccessLevelExType)slot.Record.AccessLevelEx;
        if (slot.Source is not (SlotSource.Point or SlotSource.Quality or SlotSource.Annotations) || !KeepsHistory(new FleetKey(node.Key), slot)) return level;
        return level | AccessLevelExType.HistoryRead | (slot.Source == SlotSource.Quality ? default : AccessLevelExType.HistoryWrite);
    }

    public override QualifiedName BrowseNameOf(in NodeRef node)
    {
        var key = new FleetKey(node.Key);
        return key.Slot > 0 ? SlotOf(node).Record.BrowseName : new QualifiedName(_registry.TextAt(key.IsPortal ? _registry.PortalAt(key.Row).Id : _registry.DeviceAt(key.Row).Id), NamespaceIndexOf(node));
    }

    public override LocalizedText DisplayNameOf(in NodeRef node, IReadOnlyList<string> locales)
    {
        var key = new FleetKey(node.Key);
        return key.Slot > 0 ? StaticAttributes.DisplayName(SlotOf(node).Record, locales)
            : new LocalizedText(_registry.TextAt(key.IsPortal ? _registry.PortalAt(key.Row).Name : _registry.DeviceAt(key.Row).Name));
    }

    public override StatusCode ReadAttribute(in NodeRef node, uint attributeId, IReadOnlyList<string> locales, out Variant value)
    {
        switch (attributeId)
        {
            case AttributeIds.NodeId:
                value = NodeIdOf(node);
                return StatusCodes.Good;
            case AttributeIds.BrowseName:
                value = BrowseNameOf(node);
                return StatusCodes.Good;
            case AttributeIds.DisplayName:
                value = DisplayNameOf(node, locales);
                return StatusCodes.Good;
            case AttributeIds.AccessLevel when SlotOf(node).Record.NodeClass == NodeClass.Variable:
                value = (byte)AccessLevelOf(node);
                return StatusCodes.Good;
            case AttributeIds.AccessLevelEx when SlotOf(node).Record.NodeClass == NodeClass.Variable:
                value = (uint)AccessLevelOf(node);
                return StatusCodes.Good;
            case AttributeIds.Historizing when SlotOf(node).Record.NodeClass == NodeClass.Variable:
                value = (AccessLevelOf(node) & AccessLevelExType.HistoryRead) != 0;
                return StatusCodes.Good;
            default:
                return StaticAttributes.Read(SlotOf(node).Record, attributeId, locales, out value);
        }
    }

    public override DataValue ReadValue(in NodeGrant grant)
    {
        var slot = SlotOf(grant.Node);
        var key = new FleetKey(grant.Node.Key);
        return slot.Source switch
        {
            SlotSource.Point => ValueWatcher.ToDataValue(_store.Read(PointOf(key, slot)), slot.Conversion!, TermsOf(grant, Operations.Read), slot.Interval),
            SlotSource.Quality => QualityOf(grant, slot, key, Operations.Read).ToDataValue(_store.Read(PointOf(key, slot))),
            SlotSource.StartOfArchive => StartOfArchive(grant, key, slot),
            SlotSource.Identification => new DataValue(IdentificationTexts.ToVariant(slot.Record, IdentificationOf(key, slot))),
            SlotSource.NodeVersion => new DataValue(_versions.Of(_ownership.PortalOf(key))),
            SlotSource.AccessNetworkMedium => new DataValue((int)_registry.PortalAt(key.Row).AccessNetworkMedium),
            _ => slot.Record.Value.IsNull ? DataValue.FromStatus(StatusCodes.BadNoData) : new DataValue(slot.Record.Value),
        };
    }

    public override IDisposable? Observe(in NodeGrant grant, IValueObserver observer)
    {
        var slot = SlotOf(grant.Node);
        var key = new FleetKey(grant.Node.Key);
        return slot.Source switch
        {
            SlotSource.Point => _store.Watch(PointOf(key, slot), new ValueWatcher(slot.Conversion!, TermsOf(grant, Operations.Subscribe), slot.Interval, observer)),
            SlotSource.Quality => _store.Watch(PointOf(key, slot), new QualityWatcher(QualityOf(grant, slot, key, Operations.Subscribe), observer)),
            // Seldom changes, and nobody is told: it is sampled.
            SlotSource.NodeVersion or SlotSource.StartOfArchive => null,
            SlotSource.Identification when IsSerial(key, slot) => null,
            // What is fixed by type or configuration never changes: there is nothing to sample either.
            _ => NeverChanges.Instance,
        };
    }

    public override INodeHistory? HistoryOf(in NodeGrant grant)
    {
        var slot = SlotOf(grant.Node);
        var key = new FleetKey(grant.Node.Key);
        if (slot.Source is not (SlotSource.Point or SlotSource.Quality or SlotSource.Annotations) || !KeepsHistory(key, slot)) return null;
        var source = SourceOf(grant, key, slot);
        return slot.Source switch
        {
            SlotSource.Point => new PointHistory(source),
            SlotSource.Quality => new QualityHistory(source),
            _ => new AnnotationHistory(new PointHistory(source)),
        };
    }

    private HistorySource SourceOf(in NodeGrant grant, FleetKey key, LayoutSlot slot)
    {
        var point = LayoutOf(grant.Node).SlotOfPoint(slot.Index);
        return new HistorySource(History!, PointOf(key, slot), point, RightsOf(grant, slot), Rights, grant, _editor, _quality, _time);
    }

    private HistoryRight RightsOf(in NodeGrant grant, LayoutSlot slot) => Rights?.Of(grant, slot.Interval) ?? HistoryRight.ByRoles(grant.Who);

    private bool KeepsHistory(FleetKey key, LayoutSlot slot) => History is { } history && history.Keeps(PointOf(key, slot));

    private CurrentQuality QualityOf(in NodeGrant grant, LayoutSlot slot, FleetKey key, Operations operation) =>
        new(PointOf(key, slot), _quality, TermsOf(grant, operation), slot.Interval, Chains, Rights, grant);

    // Part 11 5.2.2: the date before which there is no data in the archive; where none may be seen, none is told.
    private DataValue StartOfArchive(in NodeGrant grant, FleetKey key, LayoutSlot slot)
    {
        if (Chains is null || !Chains.TryStartOf(PointOf(key, slot), out var first)) return DataValue.FromStatus(StatusCodes.BadWaitingForInitialData);
        var windows = RightsOf(grant, slot).Readable;
        return HistoryStart.Within(windows, first) is { } start ? new DataValue(start) : DataValue.FromStatus(StatusCodes.BadNoData);
    }

    public override ValueTask<StatusCode> WriteValueAsync(NodeGrant grant, DataValue value, CancellationToken cancellation)
    {
        var slot = SlotOf(grant.Node);
        var key = new FleetKey(grant.Node.Key);
        if (slot.Source != SlotSource.Point || key.IsPortal) return ValueTask.FromResult<StatusCode>(StatusCodes.BadNotWritable);
        var status = slot.Conversion!.TryCommand(value.Value, out var wanted);
        return status.IsBad ? ValueTask.FromResult(status) : _commands.SetAsync(key.Row, PointOf(key, slot), wanted, cancellation);
    }

    public override async ValueTask<MethodResult> CallAsync(NodeGrant grant, MethodCall call, CancellationToken cancellation)
    {
        var slot = SlotOf(grant.Node);
        var key = new FleetKey(grant.Node.Key);
        if (key.IsPortal || !slot.Record.Executable) return new MethodResult(StatusCodes.BadNotExecutable);
        if (slot.Source == SlotSource.Served && slot.Member != ExchangeMethod.Member) return await Control!.CallAsync(_registry.NameOfDevice(key.Row), slot.Member, call, cancellation).ConfigureAwait(false);
        if (slot.Source != SlotSource.Served && slot.IsForControl) return new MethodResult(StatusCodes.BadNotExecutable);
        if (slot.Source == SlotSource.Served) return await Exchange!.CallAsync(key.Row, RightsOf(grant, slot), call, cancellation).ConfigureAwait(false);
        var arguments = new PointValue[call.InputArguments.Length];
        for (var i = 0; i < arguments.Length; i++)
            if (!PointConversion.TryFrom(call.InputArguments[i], out arguments[i])) return BadArgument(arguments.Length, i);
        var status = await _commands.InvokeAsync(key.Row, slot.Member, arguments, cancellation).ConfigureAwait(false);
        return new MethodResult(status, []);
    }

    private static MethodResult BadArgument(int count, int bad)
    {
        var results = new StatusCode[count];
        results[bad] = StatusCodes.BadTypeMismatch;
        return new MethodResult(StatusCodes.BadInvalidArgument, null, results);
    }

    public override bool TryNextReference(in NodeRef node, in ReferenceFilter filter, ref ReferenceCursor cursor, out NodeReferenceTarget reference) =>
        _references.TryNext(new FleetKey(node.Key), (TypeLayout)node.State!, filter, ref cursor.Position, out reference);

    private int PointOf(FleetKey key, LayoutSlot slot) => (key.IsPortal ? _registry.PortalAt(key.Row).FirstPoint : _registry.DeviceAt(key.Row).FirstPoint) + slot.Index;

    private string IdentificationOf(FleetKey key, LayoutSlot slot)
    {
        var text = (key.IsPortal ? _registry.PortalAt(key.Row).Identification : _registry.DeviceAt(key.Row).Identification)![slot.Index];
        return IsSerial(key, slot) ? Exchange!.SerialOf(key.Row, text) : text;
    }

    // An exchange changes it: a file that was written before is behind.
    private bool IsSerial(FleetKey key, LayoutSlot slot) => Exchange is not null && !key.IsPortal && slot.Member == ExchangeMethod.SerialNumber;

    private TypeLayout? LayoutOf(FleetKey key) => key.IsPortal ? Volatile.Read(ref _registry.PortalAt(key.Row).Layout) : Volatile.Read(ref _registry.DeviceAt(key.Row).Layout);

    private static ReadTerms? TermsOf(in NodeGrant grant, Operations operation) => (grant.Terms as ReadTerms)?.For(operation);

    internal static LayoutSlot SlotOf(in NodeRef node) => LayoutOf(node).Slots[new FleetKey(node.Key).Slot];

    internal static TypeLayout LayoutOf(in NodeRef node) => node.State as TypeLayout ?? ((FormerNode)node.State!).Layout;

    private sealed class NeverChanges : IDisposable
    {
        public static readonly NeverChanges Instance = new();

        public void Dispose()
        {
        }
    }
}
