using System.Xml.Linq;

namespace OpcPortal.Ua.NodeSets;

/// <summary>Reads UANodeSet files, version 2. Part 6 Annex F.</summary>
public static class NodeSet2Reader
{
    private static readonly XNamespace Schema = "http://opcfoundation.org/UA/2011/03/UANodeSet.xsd";

    /// <summary>Reads one document. The stream is left open.</summary>
    /// <exception cref="NodeSetException">The file is no NodeSet or exceeds a limit: with line, column and reason.</exception>
    public static NodeSet Read(Stream stream, NodeSetReaderOptions? options = null)
    {
        options ??= new NodeSetReaderOptions();
        using var reader = new XmlFragmentReader(stream, options.SourceName, options.Limits);
        reader.MoveToRoot();
        if (reader.Name != Schema + "UANodeSet") throw reader.Error($"The root element is {reader.Name}, not UANodeSet of {Schema}.");
        return new Document(reader, options).Read();
    }

    /// <summary>Reads one file; errors name it.</summary>
    /// <exception cref="NodeSetException">The file is no NodeSet or exceeds a limit: with line, column and reason.</exception>
    public static NodeSet Read(string path, NodeSetReaderOptions? options = null)
    {
        using var stream = File.OpenRead(path);
        return Read(stream, (options ?? new NodeSetReaderOptions()) with { SourceName = path });
    }

    /// <summary>The state of reading one file: first every element, then what needs to know all DataTypes.</summary>
    private sealed class Document(XmlFragmentReader reader, NodeSetReaderOptions options)
    {
        private readonly NodeSetXmlContext _context = new(reader);
        private readonly List<XElement> _models = [];
        private readonly List<NodeElement> _nodes = [];

        public NodeSet Read()
        {
            while (reader.MoveToChild(depth: 1)) ReadChild();
            reader.FinishDocument();

            var nodes = NodeElement.Complete(_nodes, _context, options);
            return new NodeSet
            {
                // After the aliases, which stand behind the models in the file.
                Models = [.. _models.Select(ReadModel)],
                NamespaceUris = [.. _context.NamespaceUris],
                ServerUris = [.. _context.ServerUris],
                Nodes = nodes,
            };
        }

        private void ReadChild()
        {
            if (reader.Name.Namespace != Schema)
            {
                reader.Skip();
                return;
            }

            var name = reader.Name.LocalName;
            switch (name)
            {
                case "NamespaceUris":
                    ReadUris(_context.NamespaceUris, options.Limits.MaxNamespaces);
                    break;
                case "ServerUris":
                    ReadUris(_context.ServerUris, options.Limits.MaxNamespaces);
                    break;
                case "Models":
                    while (reader.MoveToChild(depth: 2)) _models.Add(reader.ReadTree());
                    break;
                case "Aliases":
                    while (reader.MoveToChild(depth: 2)) _context.AddAlias(reader.ReadTree());
                    break;
                case "Extensions":
                    reader.Skip();
                    return;
                default:
                    ReadNode(name);
                    return;
            }

            reader.Leave();
        }

        private void ReadNode(string name)
        {
            if (!NodeElement.TryGetNodeClass(name, out var nodeClass)) throw reader.Error($"{name} is no element of a UANodeSet.");
            if (_nodes.Count >= options.Limits.MaxNodes) throw reader.Error($"The file has more than {options.Limits.MaxNodes} nodes.");
            _nodes.Add(NodeElement.Read(reader.ReadTree(), nodeClass, _context));
        }

        private void ReadUris(List<string> uris, int limit)
        {
            while (reader.MoveToChild(depth: 2))
            {
                var element = reader.ReadTree();
                var uri = element.Value.Trim();
                if (uri.Length is 0 or > NamespaceTable.MaxUriLength) throw reader.Error(element, $"A URI has 1 to {NamespaceTable.MaxUriLength} characters.");
                if (uris.Contains(uri)) throw reader.Error(element, $"The URI {uri} stands twice in the list.");
                if (uris.Count >= limit) throw reader.Error(element, $"The file has more than {limit} URIs.");
                uris.Add(uri);
            }
        }

        private NodeSetModel ReadModel(XElement element) => new()
        {
            ModelUri = _context.Required(element, "ModelUri"),
            Version = _context.Attribute(element, "Version"),
            ModelVersion = _context.Attribute(element, "ModelVersion"),
            PublicationDate = _context.Attribute(element, "PublicationDate") is { } date ? _context.ParseDateTime(element, date) : null,
            XmlSchemaUri = _context.Attribute(element, "XmlSchemaUri"),
            DefaultRolePermissions = _context.RolePermissions(element),
            DefaultAccessRestrictions = _context.Number<ushort>(element, "AccessRestrictions", 0),
            RequiredModels = [.. element.Elements(Schema + "RequiredModel").Select(ReadModel)],
        };
    }
}
