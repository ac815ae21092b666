using System.Xml;
using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Server;

/// <summary>What a NodeSet2 file says that it holds and requires, read without its nodes: so that files can be put in order first.</summary>
internal sealed class ModelHeader(string file, IReadOnlyList<(string Uri, int Line)> models, IReadOnlyList<(string Uri, int Line)> required)
{

    public string File { get; } = file;
    public IReadOnlyList<(string Uri, int Line)> Models { get; } = models;
    public IReadOnlyList<(string Uri, int Line)> Required { get; } = required;

    public NodeSetException Error(int line, string reason) => new(File, line, 1, reason);

    /// <exception cref="NodeSetException">The file cannot be opened, or is no XML as far as the models.</exception>
    public static ModelHeader Read(string file)
    {
        var models = new List<(string, int)>();
        var required = new List<(string, int)>();
        try
        {
            using var stream = System.IO.File.OpenRead(file);
            // No DTD, as in NodeSet2Reader.
            using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = NodeSetLimits.Default.MaxCharacters });
            var header = (IXmlLineInfo)reader;
            while (reader.Read() && !IsPast(reader))
            {
                if (reader.NodeType != XmlNodeType.Element || reader.GetAttribute("ModelUri") is not { } uri) continue;
                if (reader.LocalName == "Model") models.Add((uri, header.LineNumber));
                if (reader.LocalName == "RequiredModel") required.Add((uri, header.LineNumber));
                if (models.Count + required.Count > NodeSetLimits.Default.MaxNamespaces) throw new NodeSetException(file, header.LineNumber, 1, $"The file has more than {NodeSetLimits.Default.MaxNamespaces} models.");
            }
        }
        catch (XmlException malformed)
        {
            throw new NodeSetException(file, malformed.LineNumber, malformed.LinePosition, malformed.Message, malformed);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new NodeSetException(file, 0, 0, $"The file cannot be read: {unreadable.Message}", unreadable);
        }

        return new ModelHeader(file, models, required);
    }

    private static bool IsPast(XmlReader reader) =>
        reader.NodeType == XmlNodeType.EndElement && reader.LocalName == "Models" || reader.NodeType == XmlNodeType.Element && reader.LocalName.StartsWith("UA", StringComparison.Ordinal) && reader.Depth == 1;
}
