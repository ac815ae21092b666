using System.Xml.Linq;

namespace OpcPortal.Ua.NodeSets;

public sealed class PublishedNodeSetTests
{
    private static readonly Lazy<Dictionary<string, NodeSet>> All = new(ReadAllInOrder);

    // Each file after those it requires, as a server would load them.
    private static Dictionary<string, NodeSet> ReadAllInOrder()
    {
        XNamespace schema = "http://opcfoundation.org/UA/2011/03/UANodeSet.xsd";
        var waiting = PublishedNodeSets.Files().Select(file =>
        {
            var models = XDocument.Load(file).Root!.Elements(schema + "Models").Elements(schema + "Model").ToArray();
            return (File: file,
                Uris: models.Select(m => m.Attribute("ModelUri")!.Value).ToArray(),
                Requires: models.Elements(schema + "RequiredModel").Select(m => m.Attribute("ModelUri")!.Value).ToArray());
        }).ToList();
        var published = waiting.SelectMany(w => w.Uris).ToHashSet();
        var catalog = new DataTypeCatalog();
        var read = new Dictionary<string, NodeSet>();
        while (waiting.Count > 0)
        {
            var next = waiting.First(w => w.Requires.All(r => !published.Contains(r) || read.Values.Any(s => s.Models.Any(m => m.ModelUri == r))));
            waiting.Remove(next);
            var nodeSet = NodeSet2Reader.Read(next.File, new NodeSetReaderOptions { Types = catalog });
            catalog.Add(nodeSet);
            read.Add(Path.GetFileName(next.File), nodeSet);
        }

        return read;
    }

    private static NodeSet Standard => All.Value["Opc.Ua.NodeSet2.xml"];

    [Fact]
    public void Every_published_NodeSet_is_read_and_every_structure_value_is_decoded()
    {
        Assert.True(All.Value.Count > 30);
        foreach (var (file, nodeSet) in All.Value)
        {
            Assert.NotEmpty(nodeSet.Nodes);
            foreach (var node in nodeSet.Nodes)
            {
                var objects = node.Value.Type != BuiltInType.ExtensionObject ? []
                    : node.Value.IsScalar ? [node.Value.AsExtensionObject()] : (ExtensionObject?[])node.Value.Elements!;
                foreach (var o in objects) Assert.True(o is null or { Structure: not null } or { Binary: not null }, $"{file} {node.NodeId}: {o}");
            }
        }
    }
}
