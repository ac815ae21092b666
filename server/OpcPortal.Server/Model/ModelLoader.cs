using OpcPortal.Ua;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>The models of a server, remapped to its namespaces: the standard's, Devices, the portal's and those that configuration adds.</summary>
/// <param name="NodeSets">Each after those that it requires; the first two come with the stack.</param>
/// <param name="Types">What the types declare for their instances.</param>
/// <param name="DataTypes">The DataTypes of all.</param>
public sealed record LoadedModels(IReadOnlyList<NodeSet> NodeSets, InstanceDeclarations Types, DataTypeCatalog DataTypes);

/// <summary>Loads NodeSet2 files in the order of what they require. Part 6 Annex F.</summary>
public sealed class ModelLoader(NamespaceTable namespaces)
{
    /// <summary>The namespace of NodeSet.xml.</summary>
    public const string PortalUri = "http://opcportal.org/UA/Portal/";

    /// <summary>The portal's own model, beside the binaries.</summary>
    public static string PortalFile => Path.Combine(AppContext.BaseDirectory, "NodeSet.xml");

    /// <param name="files">NodeSet2 files, in any order.</param>
    /// <exception cref="NodeSetException">A file cannot be read, requires what is not there, or says what another has said: file, line and reason.</exception>
    public LoadedModels Load(params IReadOnlyList<string> files)
    {
        var types = new DataTypeCatalog();
        var sets = new List<NodeSet>();
        var known = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var standard in (ReadOnlySpan<NodeSet>)[StandardModel.LoadUa(), StandardModel.LoadDi()]) Add(standard);
        foreach (var header in InOrder([.. files.Select(ModelHeader.Read)], known)) Add(Read(header, types));
        return new LoadedModels(sets, new InstanceDeclarations([.. sets]), types);

        void Add(NodeSet nodeSet)
        {
            types.Add(nodeSet);
            sets.Add(nodeSet.Remap(namespaces, types));
            foreach (var model in nodeSet.Models) known[model.ModelUri] = model.ModelVersion ?? model.Version;
        }
    }

    private static NodeSet Read(ModelHeader header, DataTypeCatalog types)
    {
        try
        {
            return NodeSet2Reader.Read(header.File, new NodeSetReaderOptions { Types = types });
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new NodeSetException(header.File, 0, 0, $"The file cannot be read: {unreadable.Message}", unreadable);
        }
    }

    // Part 6 F.5: a RequiredModel must be there before the model that names it.
    private static List<ModelHeader> InOrder(List<ModelHeader> waiting, Dictionary<string, string?> loaded)
    {
        var ordered = new List<ModelHeader>(waiting.Count);
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var uri in loaded.Keys) known[uri] = "the server itself";
        foreach (var header in waiting)
            foreach (var model in header.Models)
                if (!known.TryAdd(model.Uri, header.File)) throw header.Error(model.Line, $"The model {model.Uri} comes with {known[model.Uri]} already.");
        var done = new HashSet<string>(loaded.Keys, StringComparer.Ordinal);
        while (waiting.Count > 0)
        {
            var ready = waiting.FindIndex(header => header.Required.All(required => done.Contains(required.Uri) || header.Models.Any(own => own.Uri == required.Uri)));
            if (ready < 0) throw Missing(waiting, known);
            ordered.Add(waiting[ready]);
            done.UnionWith(waiting[ready].Models.Select(model => model.Uri));
            waiting.RemoveAt(ready);
        }

        return ordered;
    }

    private static NodeSetException Missing(List<ModelHeader> waiting, Dictionary<string, string> known)
    {
        foreach (var header in waiting)
            foreach (var required in header.Required)
                if (!known.ContainsKey(required.Uri)) return header.Error(required.Line, $"It requires the model {required.Uri}, which no file brings: add that file to \"nodeSets\".");
        return waiting[0].Error(1, $"Models require each other in a circle: {string.Join(", ", waiting.Select(header => Path.GetFileName(header.File)))}.");
    }
}
