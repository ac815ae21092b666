using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Reads NodeSet2 files in the order of what they require, upon the standard's model and Devices. Part 6 Annex F.</summary>
public static class ModelLoader
{
    /// <summary>The namespace of NodeSet.xml.</summary>
    public const string PortalUri = "http://opcportal.org/UA/Portal/";

    /// <summary>The portal's own model, beside the binaries.</summary>
    public static string PortalFile => Path.Combine(AppContext.BaseDirectory, "NodeSet.xml");

    /// <param name="files">NodeSet2 files, in any order.</param>
    /// <returns>The models of the files, each after those that it requires; not yet renumbered.</returns>
    /// <exception cref="NodeSetException">A file cannot be read, requires what is not there, or says what another has said: file, line and reason.</exception>
    public static IReadOnlyList<NodeSet> Read(params IReadOnlyList<string> files)
    {
        var types = new DataTypeCatalog();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var standard in (ReadOnlySpan<NodeSet>)[StandardModel.LoadUa(), StandardModel.LoadDi()])
        {
            types.Add(standard);
            known.UnionWith(standard.Models.Select(model => model.ModelUri));
        }

        var sets = new List<NodeSet>(files.Count);
        foreach (var header in InOrder([.. files.Select(ModelHeader.Read)], known))
        {
            var read = Read(header, types);
            types.Add(read);
            sets.Add(read);
        }

        return sets;
    }

    /// <summary>Reads a file upon the models that a server has loaded.</summary>
    /// <returns>Its model, not yet renumbered.</returns>
    /// <exception cref="NodeSetException">The file cannot be read, its model is loaded already, or it requires what is not: file, line and reason.</exception>
    public static NodeSet Read(string file, ServerModel server)
    {
        var loaded = server.NodeSets.SelectMany(set => set.Models).Select(model => model.ModelUri).ToHashSet(StringComparer.Ordinal);
        var header = ModelHeader.Read(file);
        foreach (var model in header.Models)
            if (loaded.Contains(model.Uri)) throw header.Error(model.Line, $"The model {model.Uri} is loaded already.");
        foreach (var required in header.Required)
            if (!loaded.Contains(required.Uri) && header.Models.All(own => own.Uri != required.Uri)) throw header.Error(required.Line, $"It requires the model {required.Uri}, which is not loaded: load that one first.");
        return Read(header, server.DataTypes);
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
    private static List<ModelHeader> InOrder(List<ModelHeader> waiting, HashSet<string> loaded)
    {
        var ordered = new List<ModelHeader>(waiting.Count);
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var uri in loaded) known[uri] = "the server itself";
        foreach (var header in waiting)
            foreach (var model in header.Models)
                if (!known.TryAdd(model.Uri, header.File)) throw header.Error(model.Line, $"The model {model.Uri} comes with {known[model.Uri]} already.");
        var done = new HashSet<string>(loaded, StringComparer.Ordinal);
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
