using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What is to become a row: all but its place in the chain.</summary>
/// <param name="Party">Whose record it is; empty: the Security Manager's.</param>
/// <param name="Body">JSON without white space, its members in ordinal order.</param>
public readonly record struct EvidenceEntry(EvidenceClass Class, DateTime Time, EvidenceKind Kind, string Type, string Party, string Body)
{
    // Of an entry beside its texts, roughly: what the queue counts.
    private const int FixedBytes = 128;

    /// <summary>The identities that this entry shows to have been let in; null: none.</summary>
    public IReadOnlyList<string>? Seen { get; init; }

    internal long Bytes => FixedBytes + sizeof(char) * (long)(Type.Length + Party.Length + Body.Length);
}
