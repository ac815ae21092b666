using System.Reflection;

namespace OpcPortal.Ua.Server;

/// <summary>What the server's software is: the BuildInfo of ServerStatus. Part 5 12.4.</summary>
public sealed record ServerBuild
{
    public string ManufacturerName { get; init; } = "OpcPortal";
    public string ProductName { get; init; } = "OpcPortal";

    /// <summary>The version of the assembly.</summary>
    public string SoftwareVersion { get; init; } = typeof(ServerBuild).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>The version with what the build says of itself, such as a commit.</summary>
    public string BuildNumber { get; init; } = typeof(ServerBuild).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>UTC. Builds are reproducible and hold no date: that of the file stands for it.</summary>
    public DateTime BuildDate { get; init; } = FileDate();

    private static DateTime FileDate()
    {
        // A single-file application has no file of its own for the assembly.
        var path = typeof(ServerBuild).Assembly.Location is { Length: > 0 } file ? file : Environment.ProcessPath;
        return path is null ? DateTime.UnixEpoch : File.GetLastWriteTimeUtc(path);
    }

    internal BuildInfo ToBuildInfo(string productUri) => new()
    {
        ProductUri = productUri,
        ManufacturerName = ManufacturerName,
        ProductName = ProductName,
        SoftwareVersion = SoftwareVersion,
        BuildNumber = BuildNumber,
        BuildDate = BuildDate,
    };
}
