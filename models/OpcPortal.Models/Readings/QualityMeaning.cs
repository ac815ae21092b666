namespace OpcPortal.Models;

/// <summary>What a quality code says, whoever set it: its category and index of IEC 61968-9 Annex C.</summary>
/// <param name="Name">For programs and logs: a word in camel case.</param>
/// <param name="Text">For people, such as "known to be missing".</param>
public sealed record QualityMeaning(ushort Category, ushort Index, string Name, string Text)
{
    /// <summary>The code of it, as somebody sets it.</summary>
    public QualityCode By(QualityOrigin origin) => new(origin, Category, Index);

    /// <summary>Whether a code says this.</summary>
    public bool Is(QualityCode code) => code.Category == Category && code.Index == Index;
}
