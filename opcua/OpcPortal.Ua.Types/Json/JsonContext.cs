namespace OpcPortal.Ua;

/// <summary>The two forms of OPC UA JSON. Part 6 5.4.1.</summary>
public enum JsonForm
{
    /// <summary>Fields with null or default values are left out; enumerations are numbers.</summary>
    Compact,

    /// <summary>Every field is written; enumerations and status codes carry their names.</summary>
    Verbose,
}

/// <summary>What the JSON codec needs to know besides the text.</summary>
/// <param name="Codec">The structures that can be read, and the limits that both codecs share.</param>
/// <param name="Form">The form that is written; a decoder reads both, and the deprecated reversible one (Part 6 Annex H).</param>
/// <param name="Namespaces">Turns namespace indexes into URIs and back; without it, ids are written with their index. Part 6 5.4.2.10.</param>
public sealed record JsonContext(CodecContext Codec, JsonForm Form = JsonForm.Compact, NamespaceTable? Namespaces = null)
{
    /// <summary>
    /// Levels of JSON that one level of <see cref="CodecLimits.MaxDepth"/> may take: a Variant, its array, and below it the deepest chain of
    /// structures and arrays of them that the standard defines.
    /// </summary>
    internal const int LevelsPerDepth = 16;

    public static JsonContext Compact { get; } = new(CodecContext.Default);
    public static JsonContext Verbose { get; } = new(CodecContext.Default, JsonForm.Verbose);

    /// <summary>The URIs of the ServerArray, for ExpandedNodeIds of other servers; an index beyond it is written as a number. Part 6 5.4.2.11.</summary>
    public IReadOnlyList<string> ServerUris { get; init; } = [];

    internal CodecLimits Limits => Codec.Limits;
    internal int MaxLevels => Math.Max(64, Codec.Limits.MaxDepth * LevelsPerDepth);
}
