using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The ids that ReadingQualityDataType and its entries have in this server, from the loaded model.</summary>
internal sealed record ReadingQualityIds(NodeId DataType, NodeId Encoding, NodeId EntryDataType, NodeId EntryEncoding)
{
    /// <exception cref="NodeSetException">The portal's model lacks the types.</exception>
    public static ReadingQualityIds Find(ServerModel model)
    {
        var portal = model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        var (dataType, encoding) = Find("ReadingQualityDataType");
        var (entryDataType, entryEncoding) = Find("QualityEntryDataType");
        return new ReadingQualityIds(dataType, encoding, entryDataType, entryEncoding);

        (NodeId, NodeId) Find(string name)
        {
            var nodes = model.NodeSets.SelectMany(set => set.Nodes);
            var type = nodes.FirstOrDefault(node => node.NodeClass == NodeClass.DataType && node.BrowseName == new QualifiedName(name, portal))
                ?? throw new NodeSetException(ModelLoader.PortalFile, 0, 0, $"The model has no DataType {name}.");
            var binary = nodes.FirstOrDefault(node => node.BrowseName == new QualifiedName("Default Binary") && node.References.Any(r => r.ReferenceTypeId.IsStandard(ReferenceTypeIds.HasEncoding) && r.Target.NodeId == type.NodeId))
                ?? throw new NodeSetException(ModelLoader.PortalFile, 0, 0, $"{name} has no binary encoding.");
            return (type.NodeId, binary.NodeId);
        }
    }
}

/// <summary>A value of ReadingQualityDataType; the fields in the order of NodeSet.xml, which a test compares.</summary>
internal sealed class ReadingQuality(ReadingQualityIds ids, string code, QualityLink[] entries) : IStructure
{
    public NodeId DataTypeId => ids.DataType;
    public NodeId BinaryEncodingId => ids.Encoding;

    /// <summary>The quality of a reading of which nothing is known but the code in force.</summary>
    public static ReadingQuality Of(in StoredReading reading, ReadingQualityIds ids) =>
        new(ids, reading.Quality.ToString(), reading.Quality == default ? [] : [new QualityLink(ids, reading.Quality, reading.ServerTime, null, "", null)]);

    /// <summary>The quality of a reading with all that was said of it, by whom as far as who asks may know.</summary>
    public static ReadingQuality Of(in ChainedReading chained, ReadingQualityIds ids, bool seesPersons)
    {
        var links = new QualityLink[chained.Chain.Count];
        for (var i = 0; i < links.Length; i++)
        {
            var (at, note) = chained.Chain[i];
            links[i] = new QualityLink(ids, note.Code, at, HistoryRight.NameOf(note.Author, seesPersons), note.Reason, note.Responsible);
        }

        return new ReadingQuality(ids, chained.Reading.Quality.ToString(), links);
    }

    public void Encode(ref BinaryEncoder encoder)
    {
        encoder.WriteString(code);
        encoder.WriteInt32(entries.Length);
        foreach (var entry in entries) entry.Encode(ref encoder);
    }
}

/// <summary>A value of QualityEntryDataType.</summary>
/// <param name="setBy">Null: the source itself; no entity of the portal stands behind it.</param>
/// <param name="reason">Empty where the code says it all.</param>
/// <param name="responsible">Null: as before.</param>
internal sealed class QualityLink(ReadingQualityIds ids, QualityCode code, DateTime time, string? setBy, string reason, string? responsible) : IStructure
{
    public NodeId DataTypeId => ids.EntryDataType;
    public NodeId BinaryEncodingId => ids.EntryEncoding;

    public void Encode(ref BinaryEncoder encoder)
    {
        encoder.WriteInt32((int)code.Origin);
        encoder.WriteUInt16(code.Category);
        encoder.WriteUInt16(code.Index);
        encoder.WriteDateTime(time);
        encoder.WriteString(setBy);
        encoder.WriteLocalizedText(reason.Length == 0 ? default : new LocalizedText(reason));
        encoder.WriteString(responsible);
    }
}
