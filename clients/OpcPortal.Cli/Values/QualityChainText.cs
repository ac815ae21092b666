using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.Cli.Values;

/// <summary>A link of the chain of quality of a reading, as it is shown.</summary>
/// <param name="Code">Such as 3.0.1.</param>
/// <param name="Meaning">What it says, for people.</param>
/// <param name="By">Who said it; empty: the source itself.</param>
internal sealed record ChainLink(string Code, string Meaning, DateTime At, string By, string Reason);

/// <summary>Reads ReadingQualityDataType of the portal's model.</summary>
internal static class QualityChainText
{
    public static IReadOnlyList<ChainLink> Of(in DataValue quality)
    {
        if (quality.Value.AsStructure<StructureValue>() is not { } structure) return [];
        var links = new List<ChainLink>();
        foreach (var element in structure["Entries"].Elements ?? Array.Empty<object>())
            if (element is ExtensionObject { Structure: StructureValue entry }) links.Add(LinkOf(entry));
        return links;
    }

    private static ChainLink LinkOf(StructureValue entry)
    {
        var code = $"{entry["Origin"].ToObject()}.{entry["Category"].ToObject()}.{entry["Index"].ToObject()}";
        var meaning = QualityCode.TryParse(code, out var known) ? QualityCodes.Find(known)?.Text ?? "" : "";
        return new ChainLink(code, meaning, entry["Time"].ToObject() as DateTime? ?? DateTime.MinValue, entry["SetBy"].ToObject() as string ?? "", (entry["Reason"].ToObject() as LocalizedText?)?.Text ?? "");
    }
}
