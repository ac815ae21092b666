using OpcPortal.Ua;

namespace OpcPortal.Server.Tests;

/// <summary>Reads values of ReadingQualityDataType from their bytes, in the order of fields of NodeSet.xml.</summary>
internal static class QualityValues
{
    public sealed record Entry(string Code, DateTime Time, string? SetBy, string? Reason, string? Responsible);

    public static (string? Code, Entry[] Entries) Read(in Variant value)
    {
        var decoder = new BinaryDecoder(value.AsExtensionObject()!.BinaryBody().Span, CodecContext.Default);
        var code = decoder.ReadString();
        var entries = new Entry[decoder.ReadInt32()];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = new Entry($"{decoder.ReadInt32()}.{decoder.ReadUInt16()}.{decoder.ReadUInt16()}", decoder.ReadDateTime(), decoder.ReadString(), decoder.ReadLocalizedText().Text, decoder.ReadString());
        Assert.True(decoder.Remaining == 0);
        return (code, entries);
    }
}
