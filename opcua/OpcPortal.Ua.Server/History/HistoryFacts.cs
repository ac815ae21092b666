namespace OpcPortal.Ua.Server;

/// <summary>What can be done with the history of at least some Variables, as HistoryServerCapabilities tells it. Part 11 5.7.2.</summary>
public sealed record HistoryFacts
{
    public bool InsertData { get; init; }
    public bool ReplaceData { get; init; }
    public bool UpdateData { get; init; }
    public bool DeleteRaw { get; init; }
    public bool DeleteAtTime { get; init; }
    public bool InsertAnnotation { get; init; }

    /// <summary>Whether values are kept with the time at which the server got them.</summary>
    public bool ServerTimestamps { get; init; }

    /// <summary>All that <see cref="INodeHistory"/> can be asked for.</summary>
    public static HistoryFacts All { get; } =
        new() { InsertData = true, ReplaceData = true, UpdateData = true, DeleteRaw = true, DeleteAtTime = true, InsertAnnotation = true, ServerTimestamps = true };
}
