namespace OpcPortal.Ua.NodeSets;

/// <summary>Bounds on a NodeSet file: who may hand one in is an administrator, but a file can be broken, or not his.</summary>
public sealed record NodeSetLimits
{
    public static NodeSetLimits Default { get; } = new();

    /// <summary>Characters of the XML document. Default 64 Mi: sixteen times OPC UA's own model, the largest in use.</summary>
    public long MaxCharacters { get; init; } = 64L * 1024 * 1024;

    /// <summary>Nodes of one file. Default 500,000: devices by the million are rows, not nodes of a file.</summary>
    public int MaxNodes { get; init; } = 500_000;

    /// <summary>Nested XML elements. Default 200: a structure in a structure takes four, and readers recurse.</summary>
    public int MaxDepth { get; init; } = 200;

    /// <summary>Characters of one text or attribute. Default 4 Mi: what <see cref="CodecLimits.MaxStringLength"/> lets be sent.</summary>
    public int MaxTextLength { get; init; } = 4 * 1024 * 1024;

    /// <summary>Elements within one node, its values included. Default 1 Mi, as for arrays on the wire: each costs some 100 bytes.</summary>
    public int MaxElementsPerNode { get; init; } = 1024 * 1024;

    /// <summary>
    /// Fields and elements of all values of a file. Default 16 Mi: a short structure can stand for many fields that it leaves out, and each file of
    /// the largest size has fewer that are written.
    /// </summary>
    public int MaxValueFields { get; init; } = 16 * 1024 * 1024;

    /// <summary>Namespaces that a file uses. Default 1,000: it names what it extends, not what a server holds.</summary>
    public int MaxNamespaces { get; init; } = 1000;

    /// <summary>Steps from a type up to its root. Default 100: a longer way is a loop.</summary>
    public int MaxTypeDepth { get; init; } = 100;

    /// <summary>Bytes of a compact NodeSet, unpacked. Default 32 MiB: OPC UA's own takes less than one, and a byte becomes up to 20 in memory.</summary>
    public int MaxUnpackedBytes { get; init; } = 32 * 1024 * 1024;
}

/// <summary>What a reader of NodeSets needs to know besides the file.</summary>
public sealed record NodeSetReaderOptions
{
    /// <summary>What errors call the file.</summary>
    public string SourceName { get; init; } = "NodeSet";

    /// <summary>The DataTypes of the NodeSets read before: a value of a type that is neither here nor in the file stays XML.</summary>
    public DataTypeCatalog? Types { get; init; }

    /// <summary>The structures that become typed; others are held as their binary body.</summary>
    public StructureRegistry Structures { get; init; } = StructureRegistry.Standard;

    public NodeSetLimits Limits { get; init; } = NodeSetLimits.Default;
}
