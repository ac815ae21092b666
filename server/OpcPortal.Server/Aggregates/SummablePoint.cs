using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>A point that can be added up over devices: a number with a unit, the same in every type that has it.</summary>
/// <param name="Number">Its place among them, the same as long as the server runs.</param>
/// <param name="Name">Names from the device on, joined with '/'.</param>
/// <param name="Unit">Its EngineeringUnits.</param>
/// <param name="DataClasses">A bit for each class that types give it.</param>
/// <param name="DisplayNames">As the type that was found first has them.</param>
internal sealed record SummablePoint(int Number, string Name, Variant Unit, ulong DataClasses, LocalizedText[] DisplayNames)
{
    private readonly string _unitMember = $"{Name}/EngineeringUnits";
    private readonly EUInformation _unit = Unit.AsStructure<EUInformation>()!;

    /// <summary>Whether devices of a layout have it in the same unit: a type that comes later may have another.</summary>
    public bool HasUnitOf(TypeLayout layout) => layout.TryFind(_unitMember, out var slot) && layout.Slots[slot].Record.Value.AsStructure<EUInformation>() is { } unit && IsSame(unit, _unit);

    public static bool IsSame(EUInformation a, EUInformation b) => a.UnitId == b.UnitId && a.NamespaceUri == b.NamespaceUri;
}

/// <summary>The summable points of all device types, from the loaded models; models that come add to them. Thread-safe: a point keeps its number.</summary>
internal sealed class SummablePoints
{
    /// <summary>What an agreement sums that names data classes and no points: what a balance of energy is made of.</summary>
    private static readonly string[] ByDefault = ["ActivePower", "ActiveEnergyImport", "ActiveEnergyExport"];

    private readonly PortalDirectory _directory;
    private volatile IReadOnlyList<SummablePoint> _all = [];
    private volatile Dictionary<string, SummablePoint> _byName = new(StringComparer.Ordinal);

    public SummablePoints(ServerModel model, PortalDirectory directory)
    {
        _directory = directory;
        Take(model);
    }

    /// <summary>Takes over the types of the models that are loaded now. One at a time.</summary>
    public void Take(ServerModel model)
    {
        var all = _all.ToList();
        var byName = new Dictionary<string, SummablePoint>(_byName, StringComparer.Ordinal);
        foreach (var (name, point) in new Found(model).ByName)
            // What was there keeps its number and its unit, whatever another type makes of the name.
            if (point is not null && byName.TryAdd(name, point with { Number = all.Count })) all.Add(byName[name]);
        // Names last: what is found by one has its place.
        _all = all;
        _byName = byName;
    }

    public IReadOnlyList<SummablePoint> All => _all;

    public SummablePoint? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether an agreement gives the sum of a point.</summary>
    public bool AreOf(AgreementTerms terms, SummablePoint point)
    {
        if (terms.Scope.Points.Count > 0) return terms.Scope.Points.Contains(point.Name, StringComparer.Ordinal);
        if (!ByDefault.Contains(point.Name, StringComparer.Ordinal)) return false;
        if (terms.Scope.DataClasses.Count == 0) return true;
        foreach (var name in terms.Scope.DataClasses)
            if (_directory.DataClasses.TryGetValue(name, out var known) && (point.DataClasses >> known.Number & 1) != 0) return true;
        return false;
    }

    /// <summary>A walk over the declarations of all device types.</summary>
    private sealed class Found
    {
        private readonly ServerModel _model;
        private readonly ushort _portal;

        public Found(ServerModel model)
        {
            _model = model;
            _portal = model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
            var nodes = model.NodeSets.SelectMany(set => set.Nodes);
            var device = nodes.First(node => node.NodeClass == NodeClass.ObjectType && node.BrowseName == new QualifiedName("FieldDeviceType", _portal)).NodeId;
            foreach (var type in nodes)
                if (type.NodeClass == NodeClass.ObjectType && model.Declarations.IsSubtypeOf(type.NodeId, device)) Walk(model.Declarations.Of(type.NodeId), "");
        }

        /// <summary>Null where types disagree on the unit: what has two cannot be added up.</summary>
        public SortedDictionary<string, SummablePoint?> ByName { get; } = new(StringComparer.Ordinal);

        private void Walk(IReadOnlyList<InstanceDeclaration> members, string above)
        {
            foreach (var member in members)
            {
                if (member.IsPlaceholder) continue;
                var name = above + member.BrowseName.Name;
                Add(name, member);
                if (member.Node.NodeClass == NodeClass.Object) Walk(member.Children, name + "/");
            }
        }

        // Part 8 5.6.2, 5.6.3: what has EngineeringUnits is a quantity; states and texts have none.
        private void Add(string name, InstanceDeclaration member)
        {
            if (member.Node is not { NodeClass: NodeClass.Variable, ValueRank: -1 } || !IsNumber(member.Node.DataType)) return;
            if (member.Children.Find(new QualifiedName("EngineeringUnits")) is not { Node.Value: { IsNull: false } unit } || unit.AsStructure<EUInformation>() is not { } units) return;
            var classes = member.Children.Find(new QualifiedName("DataClass", _portal)) is { Node.Value: { Type: BuiltInType.Int32 } stated } && stated.AsInt32() is >= 0 and <= LayoutSlot.MaxDataClass and var number ? 1UL << number : 1UL;
            if (!ByName.TryGetValue(name, out var known)) ByName.Add(name, new SummablePoint(0, name, unit, classes, member.Node.DisplayNames));
            else if (known is not null) ByName[name] = SummablePoint.IsSame(known.Unit.AsStructure<EUInformation>()!, units) ? known with { DataClasses = known.DataClasses | classes } : null;
        }

        private bool IsNumber(NodeId dataType) => _model.Types.BuiltInTypeOf(dataType) is (>= BuiltInType.SByte and <= BuiltInType.Double) or BuiltInType.Variant;
    }
}
