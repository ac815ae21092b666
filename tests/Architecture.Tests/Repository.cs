namespace OpcPortal.Architecture.Tests;

/// <summary>The checkout, as text: these tests read what is written, not what is compiled.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>C# files by hand: neither built nor generated, paths from the root with '/'.</summary>
    public static IReadOnlyList<SourceFile> Sources { get; } = [.. Files("*.cs").Where(p => !p.EndsWith(".g.cs", StringComparison.Ordinal)).Select(p => new SourceFile(p, Read(p)))];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static bool Exists(string path) => File.Exists(Path.Combine(Root, path)) || Directory.Exists(Path.Combine(Root, path));

    public static IEnumerable<string> Files(string pattern) => Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
        .Where(f => !f.Split('/').Any(part => part is "bin" or "obj" or "node_modules" or ".git"))
        .Order(StringComparer.Ordinal);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OpcPortal.sln"))) return folder.FullName;
        throw new InvalidOperationException("OpcPortal.sln is in no folder above the tests.");
    }
}

internal sealed record SourceFile(string Path, string Text)
{
    public string[] Lines => Text.Split('\n');

    public override string ToString() => Path;
}
