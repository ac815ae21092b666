using OpcPortal.Ua.CodeGen.Types;

namespace OpcPortal.Ua.CodeGen;

/// <summary><c>generate</c>: makes the C# of the standard's DataTypes, ids and status codes from its published tables.</summary>
internal static class GenerateCommand
{
    private static readonly string[] Inputs = [BinarySchema.FileName, NodeIdTable.FileName, CodeTable.StatusCodes, CodeTable.AttributeIds];

    /// <param name="facts">The folder with the standard's tables.</param>
    /// <param name="output">The folder that the C# goes to; it holds nothing else.</param>
    /// <param name="isCheck">Write nothing; say whether what is there is what would be written.</param>
    /// <returns>The exit code: 0, or 1 where a check found a difference or an input is missing.</returns>
    public static int Run(string facts, string output, bool isCheck, TextWriter report)
    {
        if (Array.Find(Inputs, input => !File.Exists(Path.Combine(facts, input))) is { } missing)
        {
            report.WriteLine($"{missing} is not in {facts}. Say with --facts where the standard's tables lie.");
            return 1;
        }

        var files = Generate(facts);
        var stale = Directory.Exists(output)
            ? Directory.EnumerateFiles(output, "*.cs", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(output, f)).Except(files.Keys).ToArray()
            : [];
        var changed = files.Where(f => !IsSame(Path.Combine(output, f.Key), f.Value)).Select(f => f.Key).ToArray();
        if (!isCheck) Write(output, files, changed, stale);

        foreach (var file in changed.Concat(stale)) report.WriteLine($"{file}: {(isCheck ? "DIFFERS: run the generate command without --check" : "written")}");
        report.WriteLine($"{files.Count} files, {changed.Length + stale.Length} changed");
        return isCheck && changed.Length + stale.Length > 0 ? 1 : 0;
    }

    /// <summary>Every file to be, by its path below the output folder. The same facts give the same files.</summary>
    internal static SortedDictionary<string, string> Generate(string facts)
    {
        var schema = BinarySchema.Read(Path.Combine(facts, BinarySchema.FileName));
        var ids = NodeIdTable.Read(Path.Combine(facts, NodeIdTable.FileName));
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Enumerations.g.cs"] = EnumerationEmitter.Emit(schema),
            ["StandardStructures.g.cs"] = StructureEmitter.EmitRegistration(schema, ids),
            ["StatusCodes.g.cs"] = ConstantsEmitter.EmitStatusCodes(CodeTable.Read(Path.Combine(facts, CodeTable.StatusCodes))),
            ["AttributeIds.g.cs"] = ConstantsEmitter.EmitAttributeIds(CodeTable.Read(Path.Combine(facts, CodeTable.AttributeIds))),
        };
        foreach (var structure in schema.Structures) files[Path.Combine("Structures", structure.Name + ".g.cs")] = StructureEmitter.Emit(schema, ids, structure);
        foreach (var nodeClass in ids.NodeClasses) files[nodeClass + "Ids.g.cs"] = ConstantsEmitter.EmitNodeIds(nodeClass, ids.Of(nodeClass));
        return files;
    }

    private static void Write(string output, SortedDictionary<string, string> files, string[] changed, string[] stale)
    {
        Directory.CreateDirectory(Path.Combine(output, "Structures"));
        foreach (var file in changed) File.WriteAllText(Path.Combine(output, file), files[file]);
        foreach (var file in stale) File.Delete(Path.Combine(output, file));
    }

    private static bool IsSame(string path, string text) => File.Exists(path) && File.ReadAllText(path) == text;
}
