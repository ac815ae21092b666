using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.Server;

/// <summary>Gives Variables that are held in memory a history, with the nodes that describe it. Part 11 5.1.2 (Annotations), 5.2.2 (HistoricalDataConfigurationType).</summary>
public static class StaticHistory
{
    private const string Configuration = "HA Configuration";
    private const string Annotations = "Annotations";

    /// <summary>Attaches a history to a Variable; before clients are served, for the node is made anew.</summary>
    /// <param name="history">Gives the history for a grant.</param>
    /// <param name="traits">What its configuration says.</param>
    /// <param name="isWritable">Whether who is permitted to may change it.</param>
    /// <exception cref="KeyNotFoundException">There is no such Variable in memory.</exception>
    public static void Attach(ServerModel model, NodeId variable, Func<NodeGrant, INodeHistory?> history, HistoryTraits traits, bool isWritable)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(traits);
        if (!model.Nodes.TryResolve(variable, out var found) || found.State is not StaticNode held) throw new KeyNotFoundException($"There is no node {variable} in memory.");
        var level = AccessLevelExType.HistoryRead | (isWritable ? AccessLevelExType.HistoryWrite : 0);
        StaticWalk.Replace(model.Nodes, variable, node => node with { AccessLevelEx = node.AccessLevelEx | (uint)level, Historizing = true });
        model.Nodes.BindHistory(variable, history);
        // Who may do nothing with the Variable may do nothing with what stands below it.
        var guard = held.Record;
        Configure(model, variable, traits, guard);
        Annotate(model, variable, history, level, guard);
    }

    private static void Configure(ServerModel model, NodeId variable, HistoryTraits traits, NodeRecord guard)
    {
        var values = ValuesOf(traits);
        var instance = new InstanceFactory(model.Declarations).Create(new InstanceRequest
        {
            TypeId = ObjectTypeIds.HistoricalDataConfigurationType,
            NodeId = Below(variable, Configuration),
            BrowseName = Configuration,
            ParentId = variable,
            ReferenceTypeId = ReferenceTypeIds.HasHistoricalConfiguration,
            NodeIds = place => Below(variable, $"{Configuration}/{PathOf(place.Path)}"),
            Includes = place => values.ContainsKey(PathOf(place.Path)),
        });
        model.Nodes.Add(Array.ConvertAll(instance.Nodes, node => node with { RolePermissions = guard.RolePermissions, AccessRestrictions = guard.AccessRestrictions }));
        foreach (var (path, value) in values) model.Nodes.SetValue(Below(variable, $"{Configuration}/{path}"), new DataValue(value));
    }

    private static Dictionary<string, Variant> ValuesOf(HistoryTraits traits)
    {
        var values = new Dictionary<string, Variant>(StringComparer.Ordinal)
        {
            ["Stepped"] = traits.IsStepped,
            ["AggregateConfiguration/TreatUncertainAsBad"] = traits.Aggregates.TreatUncertainAsBad,
            ["AggregateConfiguration/PercentDataBad"] = traits.Aggregates.PercentDataBad,
            ["AggregateConfiguration/PercentDataGood"] = traits.Aggregates.PercentDataGood,
            ["AggregateConfiguration/UseSlopedExtrapolation"] = traits.Aggregates.UseSlopedExtrapolation,
        };
        if (traits.StartOfArchive is { } start) values["StartOfArchive"] = start;
        if (traits.MaxTimeInterval is { } longest) values["MaxTimeInterval"] = longest.TotalMilliseconds;
        if (traits.MinTimeInterval is { } shortest) values["MinTimeInterval"] = shortest.TotalMilliseconds;
        return values;
    }

    private static void Annotate(ServerModel model, NodeId variable, Func<NodeGrant, INodeHistory?> history, AccessLevelExType level, NodeRecord guard)
    {
        var property = Below(variable, Annotations);
        model.Nodes.Add(
        [
            new NodeRecord
            {
                RolePermissions = guard.RolePermissions,
                AccessRestrictions = guard.AccessRestrictions,
                NodeId = property,
                NodeClass = NodeClass.Variable,
                BrowseName = Annotations,
                DataType = new NodeId(DataTypeIds.Annotation),
                ValueRank = -2,
                AccessLevelEx = (uint)level,
                References =
                [
                    new NodeSets.NodeReference(ReferenceTypeIds.HasProperty, IsForward: false, variable),
                    new NodeSets.NodeReference(ReferenceTypeIds.HasTypeDefinition, IsForward: true, new NodeId(VariableTypeIds.PropertyType)),
                ],
            },
        ]);
        model.Nodes.BindHistory(property, grant => history(grant) is { } annotated ? new AnnotationHistory(annotated) : null);
    }

    private static NodeId Below(in NodeId variable, string name) => new($"{variable.ToString()}/{name}", variable.NamespaceIndex == 0 ? (ushort)1 : variable.NamespaceIndex);

    private static string PathOf(IReadOnlyList<QualifiedName> path) => string.Join('/', path.Select(static name => name.Name));
}
