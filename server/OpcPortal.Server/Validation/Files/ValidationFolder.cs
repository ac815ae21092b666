using OpcPortal.Adapters;

namespace OpcPortal.Server;

/// <summary>Reads the rules of a folder: every <c>*.json</c>, in the order of names. Rules that ship with the server come last, for what no file says anything of.</summary>
public static class ValidationFolder
{
    /// <summary>Files of a folder: one a kind of device and jurisdiction.</summary>
    public const int MaxFiles = 1_000;

    /// <summary>The rules that ship with the server.</summary>
    public static string DefaultFile { get; } = Path.Combine(AppContext.BaseDirectory, "validation.default.json");

    /// <param name="folder">Where it is not there, only the rules that ship hold; null: no rules hold at all.</param>
    public static ValidationRules Load(string? folder)
    {
        if (folder is null) return ValidationRules.None;
        var refused = new List<ConfigurationException>();
        var reader = new RuleSetReader(refused);
        foreach (var file in FilesOf(folder, refused)) Read(reader, file, refused);
        if (File.Exists(DefaultFile)) Read(reader, DefaultFile, refused);
        return new ValidationRules(reader.Sets, [.. reader.Exchanges.OrderBy(exchange => exchange.Exchange.At)], refused);
    }

    private static string[] FilesOf(string folder, List<ConfigurationException> refused)
    {
        if (!Directory.Exists(folder)) return [];
        try
        {
            var files = Directory.GetFiles(folder, "*.json");
            Array.Sort(files, StringComparer.Ordinal);
            if (files.Length <= MaxFiles) return files;
            refused.Add(new ConfigurationException(folder, 1, $"The folder has {files.Length} files; {MaxFiles} are allowed."));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            refused.Add(new ConfigurationException(folder, 1, $"The folder cannot be read: {unreadable.Message}"));
        }

        return [];
    }

    private static void Read(RuleSetReader reader, string file, List<ConfigurationException> refused)
    {
        try
        {
            var length = new FileInfo(file).Length;
            if (length > ConfigElement.MaxFileBytes) throw new ConfigurationException(file, 1, $"The file has {length} bytes; {ConfigElement.MaxFileBytes} are allowed.");
            reader.Read(file, File.ReadAllBytes(file));
        }
        catch (ConfigurationException wrong)
        {
            refused.Add(wrong);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            refused.Add(new ConfigurationException(file, 1, $"The file cannot be read: {unreadable.Message}"));
        }
    }
}
