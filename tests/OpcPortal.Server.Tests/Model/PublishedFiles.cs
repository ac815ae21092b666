namespace OpcPortal.Server.Tests;

/// <summary>Files that npm's node-opcua-nodesets brings, where it is installed beside the code generator.</summary>
internal static class PublishedFiles
{
    /// <summary>The path; skips the test, or fails it where the checks against others are demanded.</summary>
    public static string Find(string name)
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var file = Path.Combine(directory.FullName, "opcua", "OpcPortal.Ua.CodeGen", "node_modules", "node-opcua-nodesets", "nodesets", name);
            if (File.Exists(file)) return file;
        }

        var missing = $"{name} is not installed: npm ci --prefix opcua/OpcPortal.Ua.CodeGen";
        if (Environment.GetEnvironmentVariable("OPCPORTAL_REQUIRE_INTEROP") == "1") Assert.Fail(missing);
        Assert.Skip(missing);
        return "";
    }
}
