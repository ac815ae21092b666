namespace OpcPortal.Fuzz;

/// <summary>The inputs that runs have kept: a file a target, an input in Base64 a line.</summary>
public static class Corpus
{
    /// <summary>Inputs of one target: what is replayed with every test run should take a moment.</summary>
    private const int MaxInputs = 64;

    /// <summary>Bytes of an input: a long one rarely shows what a short one does not.</summary>
    private const int MaxInputBytes = 2048;

    /// <summary>The folder in the repository; null where the program runs outside it.</summary>
    public static string? Root { get; } = Find();

    public static IReadOnlyList<byte[]> Read(string target)
    {
        var path = Path.Combine(Root ?? "", target + ".txt");
        return File.Exists(path) ? [.. File.ReadLines(path).Select(Convert.FromBase64String)] : [];
    }

    /// <returns>How many were new and found room; the shortest come first.</returns>
    public static int Add(string target, IEnumerable<byte[]> inputs)
    {
        Directory.CreateDirectory(Root ?? throw new InvalidOperationException("Run the program within the repository."));
        var known = Read(target);
        var added = inputs.Where(i => i.Length <= MaxInputBytes).OrderBy(i => i.Length).Take(Math.Max(0, MaxInputs - known.Count)).ToArray();
        File.WriteAllLines(Path.Combine(Root, target + ".txt"), known.Concat(added).Select(Convert.ToBase64String));
        return added.Length;
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OpcPortal.sln"))) return Path.Combine(folder.FullName, "tests", "Fuzz", "Corpus");
        return null;
    }
}
