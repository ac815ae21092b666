namespace OpcPortal.Ua.NodeSets;

/// <summary>The NodeSet files that npm's node-opcua-nodesets brings, where it is installed beside the code generator.</summary>
internal static class PublishedNodeSets
{
    private static readonly string? Folder = FindFolder();

    /// <summary>Skips the test, or fails it where the checks against others are demanded.</summary>
    public static string[] Files()
    {
        if (Folder is null)
        {
            const string Missing = "The published NodeSets are not installed: npm ci --prefix opcua/OpcPortal.Ua.CodeGen";
            if (Environment.GetEnvironmentVariable("OPCPORTAL_REQUIRE_INTEROP") == "1") Assert.Fail(Missing);
            Assert.Skip(Missing);
        }

        return Directory.GetFiles(Folder, "*.xml").Order(StringComparer.Ordinal).ToArray();
    }

    private static string? FindFolder()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var nodeSets = Path.Combine(directory.FullName, "opcua", "OpcPortal.Ua.CodeGen", "node_modules", "node-opcua-nodesets", "nodesets");
            if (Directory.Exists(nodeSets)) return nodeSets;
        }

        return null;
    }
}
