using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>What the devices of one layout have in common.</summary>
/// <param name="TypeId">Their type.</param>
/// <param name="Points">The mapped points in the order of their numbers.</param>
/// <param name="Commands">The mapped methods.</param>
/// <param name="Identification">Members whose texts come with each row.</param>
/// <param name="Members">Other optional members that they have.</param>
internal sealed record LayoutRequest(
    NodeId TypeId, IReadOnlyList<LayoutPoint> Points, IReadOnlyList<string> Commands, IReadOnlyList<string> Identification, IReadOnlyList<string> Members)
{
    public string Key => $"{TypeId}|{string.Join(',', Points.Select(p => p.IsWritable ? p.Name + '*' : p.Name))}|{string.Join(',', Commands)}|{string.Join(',', Identification)}|{string.Join(',', Members)}";
}

/// <summary>A mapped point.</summary>
internal readonly record struct LayoutPoint(string Name, bool IsWritable);

/// <summary>A type cannot have what is asked of it. The message is for people.</summary>
/// <param name="member">What is at fault; null where it is the type itself.</param>
internal sealed class LayoutException(string reason, string? member = null) : Exception(reason)
{
    public string? Member { get; } = member;
}

/// <summary>Compiles layouts from what types declare: each is made once. Thread-safe.</summary>
internal sealed class LayoutCompiler
{
    // Ids of a layout's own nodes while it is compiled: the last index, which a server would have to have 65,536 namespaces to reach.
    private const ushort Scratch = ushort.MaxValue;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TypeLayout> _layouts = new(StringComparer.Ordinal);
    private readonly InstanceDeclarations _types;
    private readonly InstanceFactory _factory;
    private readonly TypeTree _typeTree;
    private readonly RolePermissionInterner _permissions;
    private readonly ushort _portalNamespace;
    private readonly WordTable _words;
    private readonly Func<NodeId, TypeFacts> _factsOf;

    public LayoutCompiler(InstanceDeclarations types, TypeTree typeTree, RolePermissionInterner permissions, ushort portalNamespace, WordTable words, Func<NodeId, TypeFacts> factsOf)
    {
        _words = words;
        _factsOf = factsOf;
        _types = types;
        _factory = new InstanceFactory(types);
        _typeTree = typeTree;
        _permissions = permissions;
        _portalNamespace = portalNamespace;
    }

    /// <exception cref="LayoutException">The type does not have what is mapped, or demands what is not.</exception>
    public TypeLayout Compile(LayoutRequest request)
    {
        var key = request.Key;
        lock (_gate)
        {
            if (_layouts.TryGetValue(key, out var known)) return known;
            var layout = Make(request);
            _layouts.Add(key, layout);
            return layout;
        }
    }

    private TypeLayout Make(LayoutRequest request)
    {
        var selection = new LayoutSelection(request);
        Instance instance;
        try
        {
            var next = 0u;
            instance = _factory.Create(new InstanceRequest
            {
                TypeId = request.TypeId,
                NodeId = new NodeId(0u, Scratch),
                BrowseName = default,
                NodeIds = _ => new NodeId(++next, Scratch),
                Includes = selection.Includes,
            });
        }
        catch (Exception impossible) when (impossible is ArgumentException or NodeSetException)
        {
            throw new LayoutException(impossible.Message);
        }

        if (instance.Nodes.Length > ushort.MaxValue) throw new LayoutException($"A device would have more than {ushort.MaxValue} nodes.");
        selection.CheckAllFound(instance);
        var slots = MakeSlots(instance, selection);
        LayoutReferences.Connect(instance, slots, Scratch);
        return new TypeLayout(_factsOf(request.TypeId), LayoutHistory.Extend(slots), request.Identification);
    }

    private LayoutSlot[] MakeSlots(Instance instance, LayoutSelection selection)
    {
        var slots = new LayoutSlot[instance.Nodes.Length];
        var bySameMember = new Dictionary<string, int>(StringComparer.Ordinal);
        var parentOf = new int[slots.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            var member = LayoutSelection.MemberOf(instance.Paths[i]);
            if (!bySameMember.TryAdd(member, i)) throw new LayoutException($"The type has two members named {member}.", member);
            parentOf[i] = i > 0 && instance.Nodes[i].ParentNodeId is { NamespaceIndex: Scratch } id ? (int)id.Numeric : -1;
            slots[i] = MakeSlot(instance.Nodes[i], member, instance.Paths[i].Count, parentOf[i] < 0 ? null : slots[parentOf[i]], selection);
        }

        LayoutClasses.Assign(slots, parentOf, _portalNamespace, _words);

        AddConversions(instance, slots, bySameMember);
        return slots;
    }

    private LayoutSlot MakeSlot(NodeRecord node, string member, int depth, LayoutSlot? parent, LayoutSelection selection)
    {
        var (source, index) = SourceOf(node, member, depth, parent, selection);
        var record = node;
        if (node.NodeClass == NodeClass.Variable && source is not SlotSource.Type) record = node with { AccessLevelEx = AccessOf(node, source, selection.IsWritable(member)), Value = default };
        if (node.NodeClass == NodeClass.Method) record = node with { Executable = source == SlotSource.Served || selection.IsCommand(member) };
        if (source == SlotSource.Type && node.NodeClass == NodeClass.Variable && node.Value.IsNull) record = WithDefault(node, member);
        return new LayoutSlot
        {
            Record = record,
            Member = member,
            Security = _permissions.SecurityOf(node),
            TypeDefinition = TypeDefinitionOf(node),
            Source = source,
            Index = index,
        };
    }

    private (SlotSource Source, int Index) SourceOf(NodeRecord node, string member, int depth, LayoutSlot? parent, LayoutSelection selection)
    {
        if (node.NodeClass == NodeClass.Method && selection.IsServed(member)) return (SlotSource.Served, 0);
        if (node.NodeClass != NodeClass.Variable) return (SlotSource.Type, 0);
        if (selection.PointOf(member) is var point and >= 0) return (SlotSource.Point, FleetRegistry.OwnPoints + point);
        if (selection.IdentificationOf(member) is var text and >= 0) return (SlotSource.Identification, text);
        if (depth == 1 && node.BrowseName is { NamespaceIndex: 0, Name: "NodeVersion" }) return (SlotSource.NodeVersion, 0);
        if (node.BrowseName.NamespaceIndex != _portalNamespace) return (SlotSource.Type, 0);
        return (depth, node.BrowseName.Name) switch
        {
            (1, "CommunicationState") => (SlotSource.Point, FleetRegistry.CommunicationStatePoint),
            (1, "CommunicationReason") => (SlotSource.Point, FleetRegistry.CommunicationReasonPoint),
            (1, "AccessNetworkMedium") => (SlotSource.AccessNetworkMedium, 0),
            (_, "Quality") when parent?.Source == SlotSource.Point => (SlotSource.Quality, parent.Index),
            _ => (SlotSource.Type, 0),
        };
    }

    // A device can be told a value only where its type allows it and its configuration says how.
    private static uint AccessOf(NodeRecord node, SlotSource source, bool isWritable)
    {
        const uint Read = (uint)AccessLevelExType.CurrentRead, Write = (uint)AccessLevelExType.CurrentWrite;
        return source == SlotSource.Point && isWritable ? (node.AccessLevelEx & Write) | Read : Read;
    }

    // OPC 10000-100 5.5.2: a nameplate text that is not known is empty, a revision counter -1. What else is mandatory must come from the device.
    private NodeRecord WithDefault(NodeRecord node, string member)
    {
        var isProperty = TypeDefinitionOf(node).IsStandard(VariableTypeIds.PropertyType);
        if (!isProperty) throw new LayoutException($"The type demands the point {member}: map it under \"points\".", member);
        return _typeTree.BuiltInTypeOf(node.DataType) switch
        {
            BuiltInType.String when node.ValueRank == -1 => node with { Value = new Variant("") },
            BuiltInType.LocalizedText when node.ValueRank == -1 => node with { Value = new LocalizedText("") },
            BuiltInType.Int32 when node.BrowseName.Name == "RevisionCounter" => node with { Value = new Variant(-1) },
            _ => node,
        };
    }

    private void AddConversions(Instance instance, LayoutSlot[] slots, Dictionary<string, int> byMember)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i].Source != SlotSource.Point) continue;
            var node = instance.Nodes[i];
            var type = node.ValueRank == -1 ? _typeTree.BuiltInTypeOf(node.DataType) : BuiltInType.Null;
            if (!PointConversion.CanBe(type)) throw new LayoutException($"{slots[i].Member} is no single value of a simple type: it cannot be a point.", slots[i].Member);
            var states = Below("EnumStrings").AsArray<LocalizedText>()?.Length ?? 0;
            slots[i].Conversion = new PointConversion(type, Below("EURange").AsStructure<OpcPortal.Ua.Range>(), states);
            var isState = states > 0 || type is BuiltInType.Boolean or BuiltInType.String or BuiltInType.LocalizedText or BuiltInType.DateTime || _typeTree.IsSubtypeOf(node.DataType, DataTypeIds.Enumeration);
            LayoutHistory.Describe(slots, i, isState, Below("IntervalLength"));

            Variant Below(string name) => byMember.TryGetValue($"{slots[i].Member}/{name}", out var slot) ? slots[slot].Record.Value : default;
        }
    }

    private static NodeId TypeDefinitionOf(NodeRecord node)
    {
        foreach (var reference in node.References)
            if (reference.IsForward && reference.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasTypeDefinition)) return reference.Target.NodeId;
        return default;
    }
}
