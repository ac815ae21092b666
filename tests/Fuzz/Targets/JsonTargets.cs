using System.Text;

namespace OpcPortal.Fuzz.Targets;

/// <summary>OPC UA JSON, both forms. What was read is written and read once more: it must come out the same.</summary>
internal static class JsonTargets
{
    private static readonly byte[][] Pieces = [.. new[]
    {
        "{", "}", "[", "]", ",", ":", "null", "\"", "\\uD800", "\\u0000", "\"UaType\":", "\"Value\":", "\"Dimensions\":[2,3]", "\"UaTypeId\":\"i=884\"", "\"UaBody\":\"AQID\"", "\"UaEncoding\":1",
        "\"Type\":", "\"Body\":", "\"TypeId\":{\"Id\":886}", "1e400", "-0", "9223372036854775808", "\"nsu=urn:x;i=1\"", "\"9999-12-31T23:59:59Z\"", "\"i=50\"", "{\"Id\":1,\"IdType\":3}", "12", "22", "24",
    }.Select(Encoding.UTF8.GetBytes)];

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        Target("json-variant", Variant, static () => Samples.Variants.SelectMany(v => new[] { JsonEncoder.ToUtf8(v, JsonContext.Compact), JsonEncoder.ToUtf8(v, JsonContext.Verbose) })),
        Target("json-data-value", DataValue, static () => Samples.Variants.Select(v => JsonEncoder.ToUtf8(new DataValue(v, StatusCodes.Uncertain), JsonContext.Compact))),
        Target("json-structure", Structure, static () => Samples.Structures.SelectMany(s => new[] { JsonEncoder.ToUtf8(new ExtensionObject(s), JsonContext.Compact), JsonEncoder.ToUtf8(new ExtensionObject(s), JsonContext.Verbose) })),
    ];

    // A name of two characters can become the array of a structure that has others: more memory for a byte than in the binary form.
    private static FuzzTarget<CodecException> Target(string name, Func<byte[], bool> run, Func<IEnumerable<byte[]>> seeds) =>
        new(name, run, seeds) { Pieces = Pieces, BytesPerInputByte = 512 };

    private static bool Variant(byte[] input)
    {
        var first = JsonEncoder.ToUtf8(JsonDecoder.DecodeVariant(input, JsonContext.Compact), JsonContext.Compact);
        return Same(first, JsonEncoder.ToUtf8(JsonDecoder.DecodeVariant(first, JsonContext.Compact), JsonContext.Compact));
    }

    private static bool DataValue(byte[] input)
    {
        var first = JsonEncoder.ToUtf8(JsonDecoder.DecodeDataValue(input, JsonContext.Compact), JsonContext.Verbose);
        return Same(first, JsonEncoder.ToUtf8(JsonDecoder.DecodeDataValue(first, JsonContext.Compact), JsonContext.Verbose));
    }

    private static bool Structure(byte[] input)
    {
        var first = JsonEncoder.ToUtf8(JsonDecoder.DecodeExtensionObject(input, JsonContext.Compact), JsonContext.Verbose);
        return Same(first, JsonEncoder.ToUtf8(JsonDecoder.DecodeExtensionObject(first, JsonContext.Compact), JsonContext.Verbose));
    }

    private static bool Same(byte[] first, byte[] second)
    {
        if (!first.AsSpan().SequenceEqual(second)) throw new FuzzException($"Written {Encoding.UTF8.GetString(first)}, then {Encoding.UTF8.GetString(second)}.");
        return true;
    }
}
