using OpcPortal.Adapters;

namespace OpcPortal.Host;

/// <summary>Reads what adapters keep of readings that the server cannot take.</summary>
internal static class BacklogSettings
{
    private const string DefaultFolder = "backlog";

    /// <param name="backlog">Null: the defaults.</param>
    /// <param name="folder">The folder of the configuration.</param>
    public static AdapterHostOptions Read(ConfigElement? backlog, string folder)
    {
        var otherwise = In(folder).StoreAndForward;
        if (backlog is null) return In(folder);
        var options = otherwise with
        {
            Folder = backlog.Find("folder") is { } own ? Path.GetFullPath(own.Text(), folder) : otherwise.Folder,
            MaxBytes = backlog.Find("maxMegabytes")?.Integer(1, 1 << 20) is { } megabytes ? (long)megabytes << 20 : otherwise.MaxBytes,
            DrainPerSecond = backlog.Find("readingsPerSecond")?.Integer(1, 1_000_000) ?? otherwise.DrainPerSecond,
        };
        backlog.RefuseUnread();
        return new AdapterHostOptions { StoreAndForward = options };
    }

    /// <summary>The defaults, in a folder of the server.</summary>
    public static AdapterHostOptions In(string folder) => new() { StoreAndForward = new StoreAndForwardOptions { Folder = Path.Combine(folder, DefaultFolder) } };
}
