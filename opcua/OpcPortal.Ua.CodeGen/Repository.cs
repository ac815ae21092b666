namespace OpcPortal.Ua.CodeGen;

/// <summary>Where the tool's inputs and outputs lie.</summary>
internal static class Repository
{
    /// <summary>The folder with OpcPortal.sln, above the working directory or the program.</summary>
    public static string Root { get; } = Find(Environment.CurrentDirectory) ?? Find(AppContext.BaseDirectory)
        ?? throw new InvalidOperationException("OpcPortal.sln is in no folder above: run the tool within the repository.");

    public static string NodeSets => Path.Combine(Root, "opcua", "OpcPortal.Ua.CodeGen", "node_modules", "node-opcua-nodesets", "nodesets");

    public static string StandardModel => Path.Combine(Root, "opcua", "OpcPortal.Ua.Server", "StandardModel");

    public static string GeneratedTypes => Path.Combine(Root, "opcua", "OpcPortal.Ua.Types", "Generated");

    /// <summary>The standard's published tables: beside the checkout, or where OPCPORTAL_FACTS says.</summary>
    public static string Facts => Environment.GetEnvironmentVariable("OPCPORTAL_FACTS") ?? Path.Combine(Root, "..", "shared", "opcua-facts");

    private static string? Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OpcPortal.sln"))) return folder.FullName;
        return null;
    }
}
