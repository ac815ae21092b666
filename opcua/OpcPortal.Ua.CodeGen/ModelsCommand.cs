using OpcPortal.Ua.NodeSets;

namespace OpcPortal.Ua.CodeGen;

/// <summary><c>models</c>: makes the compact resources of the standard's models from the NodeSet files of npm's node-opcua-nodesets.</summary>
internal static class ModelsCommand
{
    /// <summary>A published file and the resource made of it, each after those it builds on.</summary>
    public static readonly (string File, string Resource)[] Models = [("Opc.Ua.NodeSet2.xml", "ua.bin"), ("Opc.Ua.Di.NodeSet2.xml", "di.bin")];

    /// <param name="nodeSets">The folder with the published files.</param>
    /// <param name="resources">The folder that the resources go to.</param>
    /// <param name="isCheck">Write nothing; say whether what is there is what would be written.</param>
    /// <returns>The exit code: 0, or 1 where a check found a difference or a file is missing.</returns>
    public static int Run(string nodeSets, string resources, bool isCheck, TextWriter output)
    {
        if (Models.FirstOrDefault(m => !File.Exists(Path.Combine(nodeSets, m.File))) is { File: { } missing })
        {
            output.WriteLine($"{Path.Combine(nodeSets, missing)} is missing. Install it with: npm ci --prefix opcua/OpcPortal.Ua.CodeGen");
            return 1;
        }

        var types = new DataTypeCatalog();
        var isSame = true;
        foreach (var (file, resource) in Models)
        {
            var nodeSet = NodeSet2Reader.Read(Path.Combine(nodeSets, file), new NodeSetReaderOptions { Types = types });
            types.Add(nodeSet);
            var facts = StandardFacts.Of(nodeSet);
            isSame &= Write(CompactNodeSet.Write(facts), Path.Combine(resources, resource), facts, isCheck, output);
        }

        return isSame ? 0 : 1;
    }

    // Compared unpacked: another release of Brotli may pack the same content otherwise, and what is committed then stays.
    private static bool Write(byte[] bytes, string path, NodeSet facts, bool isCheck, TextWriter output)
    {
        var isSame = File.Exists(path) && CompactNodeSet.HasSameContent(File.ReadAllBytes(path), bytes);
        if (!isSame && !isCheck)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
        }

        var model = facts.Models.FirstOrDefault();
        var state = isSame ? "up to date" : isCheck ? "DIFFERS: run the models command without --check" : $"written, {bytes.Length} bytes";
        output.WriteLine($"{Path.GetFileName(path)}: {model?.ModelUri} {model?.Version}, {facts.Nodes.Length} nodes: {state}");
        return isSame || !isCheck;
    }
}
