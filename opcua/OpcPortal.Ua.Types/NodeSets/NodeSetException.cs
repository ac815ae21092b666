namespace OpcPortal.Ua.NodeSets;

/// <summary>A NodeSet that cannot be read: which file, where in it, and why. The message has all three.</summary>
public sealed class NodeSetException : Exception
{
    /// <param name="source">The file's name as the reader was told it.</param>
    /// <param name="line">From 1; 0 where the file has no lines.</param>
    /// <param name="column">From 1; 0 where unknown.</param>
    public NodeSetException(string source, int line, int column, string reason, Exception? inner = null)
        : base(line > 0 ? $"{source}({line},{column}): {reason}" : $"{source}: {reason}", inner)
    {
        SourceName = source;
        Line = line;
        Column = column;
        Reason = reason;
    }

    public string SourceName { get; }
    public int Line { get; }
    public int Column { get; }
    public string Reason { get; }
}
