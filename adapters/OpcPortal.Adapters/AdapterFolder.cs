namespace OpcPortal.Adapters;

/// <summary>What a folder of configuration files came to: what can run, and what was refused and why. The one never hinders the other.</summary>
public sealed record AdapterFolder(IReadOnlyList<AdapterConfiguration> Configurations, IReadOnlyList<ConfigurationException> Refused)
{
    /// <summary>Files of a folder: one a connection; more than this in one process want more processes.</summary>
    public const int MaxFiles = 10_000;

    /// <summary>Reads every <c>*.json</c> of a folder in the order of names, so that numbers are the same at each start.</summary>
    public static AdapterFolder Load(string folder, AdapterConfigurationReader reader)
    {
        var configurations = new List<AdapterConfiguration>();
        var refused = new List<ConfigurationException>();
        foreach (var file in FilesOf(folder, refused))
        {
            if (ReadFile(file, reader, refused) is { } configuration) configurations.Add(configuration);
        }

        return new AdapterFolder(configurations, refused);
    }

    /// <summary>Reads one file.</summary>
    /// <param name="refused">Gets what was refused, and why.</param>
    /// <returns>What of the file can run; null where nothing can.</returns>
    public static AdapterConfiguration? ReadFile(string file, AdapterConfigurationReader reader, ICollection<ConfigurationException> refused) =>
        TryReadFile(file, refused) is { } bytes ? reader.Read(file, bytes, refused) : null;

    private static string[] FilesOf(string folder, List<ConfigurationException> refused)
    {
        try
        {
            var files = Directory.GetFiles(folder, "*.json");
            Array.Sort(files, StringComparer.Ordinal);
            if (files.Length <= MaxFiles) return files;
            refused.Add(new ConfigurationException(folder, 1, $"The folder has {files.Length} files; the first {MaxFiles} are read."));
            return files[..MaxFiles];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            refused.Add(new ConfigurationException(folder, 1, $"The folder cannot be read: {unreadable.Message}"));
            return [];
        }
    }

    private static byte[]? TryReadFile(string file, ICollection<ConfigurationException> refused)
    {
        try
        {
            var length = new FileInfo(file).Length;
            if (length <= ConfigElement.MaxFileBytes) return File.ReadAllBytes(file);
            refused.Add(new ConfigurationException(file, 1, $"The file has {length} bytes; {ConfigElement.MaxFileBytes} are allowed."));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            refused.Add(new ConfigurationException(file, 1, $"The file cannot be read: {unreadable.Message}"));
        }

        return null;
    }
}
