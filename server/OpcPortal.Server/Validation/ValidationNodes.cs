using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// What validation has done since the start, as managers find it below the object Administration: rule by rule, and what waits. NodeSet.xml shows it to the managers' roles over encrypted channels; it
/// holds counts of the whole fleet, and no readings.
/// </summary>
internal sealed class ValidationNodes(ValidationService? validation)
{
    private const uint Rules = 8400;
    private const uint RuleCountDataType = 3140;
    private const uint RuleCountEncoding = 5171;

    /// <summary>Binds the nodes.</summary>
    /// <param name="validation">Null: nothing is validated, and the values say so.</param>
    public static void Attach(ValidationService? validation, UaServer ua) => new ValidationNodes(validation).BindTo(ua);

    private void BindTo(UaServer ua)
    {
        var portal = ua.Model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        var (dataType, encoding) = (new NodeId(RuleCountDataType, portal), new NodeId(RuleCountEncoding, portal));
        Bind(Rules, counts => new Variant([.. counts.Rules.Select(rule => (ExtensionObject?)new ExtensionObject(new RuleCountStructure(rule, dataType, encoding)))]));
        Bind(8401, counts => new Variant(counts.Judged));
        Bind(8402, counts => new Variant(counts.Unjudged));
        Bind(8403, counts => new Variant(counts.Days));
        Bind(8404, counts => new Variant(counts.Findings));
        Bind(8405, counts => new Variant(counts.Failed));
        Bind(8406, counts => new Variant((long)counts.Waiting));
        Bind(8407, counts => new Variant(counts.Dropped));

        void Bind(uint node, Func<ValidationCounts, Variant> of) =>
            ua.Model.Nodes.BindValue(new NodeId(node, portal), () => validation is null ? DataValue.FromStatus(StatusCodes.BadNotSupported) : new DataValue(of(validation.Counts)));
    }

    /// <summary>ValidationRuleCountDataType of NodeSet.xml.</summary>
    private sealed class RuleCountStructure(RuleCount count, NodeId dataType, NodeId encoding) : IStructure
    {
        public NodeId DataTypeId => dataType;
        public NodeId BinaryEncodingId => encoding;

        public void Encode(ref BinaryEncoder encoder)
        {
            encoder.WriteString(count.Meaning.Name);
            encoder.WriteString(count.Meaning.By(Models.QualityOrigin.MeterDataManagement).ToString());
            encoder.WriteInt64(count.Checked);
            encoder.WriteInt64(count.Found);
        }
    }
}
