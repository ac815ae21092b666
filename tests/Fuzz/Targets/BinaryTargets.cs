using System.Buffers.Binary;

namespace OpcPortal.Fuzz.Targets;

/// <summary>
/// OPC UA Binary. What was read is written and read once more: it must come out the same, or two servers would not agree on a message.
/// </summary>
internal static class BinaryTargets
{
    private static readonly StructureEntry[] Structures = [.. Enumerable.Range(1, 32767)
        .Where(id => StructureRegistry.Standard.TryGet(new NodeId((uint)id), out var entry) && entry.DataTypeId.Numeric == id)
        .Select(id => StructureRegistry.Standard.TryGet(new NodeId((uint)id), out var entry) ? entry : null!)];

    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new FuzzTarget<CodecException>("binary-variant", Variant, static () => Samples.Variants.Select(WriteVariant)),
        new FuzzTarget<CodecException>("binary-structure", Structure, static () => Samples.Structures.Select(WriteStructure)),
        new FuzzTarget<CodecException>("binary-data-value", DataValue, static () => Samples.Variants.Select(v => Write(new DataValue(v, StatusCodes.Uncertain), static (ref BinaryEncoder e, DataValue value) => e.WriteDataValue(value)))),
    ];

    private delegate void Writer<in T>(ref BinaryEncoder encoder, T value);

    private static byte[] Write<T>(T value, Writer<T> write)
    {
        var encoder = new BinaryEncoder(CodecContext.Default);
        try
        {
            write(ref encoder, value);
            return encoder.Written.ToArray();
        }
        finally
        {
            encoder.Dispose();
        }
    }

    private static byte[] WriteVariant(Variant value) => Write(value, static (ref BinaryEncoder encoder, Variant value) => encoder.WriteVariant(value));

    private static bool Variant(byte[] input)
    {
        var decoder = new BinaryDecoder(input, CodecContext.Default);
        var first = WriteVariant(decoder.ReadVariant());
        var again = new BinaryDecoder(first, CodecContext.Default);
        return Same(first, WriteVariant(again.ReadVariant()));
    }

    private static bool DataValue(byte[] input)
    {
        static byte[] Written(DataValue value) => Write(value, static (ref BinaryEncoder encoder, DataValue value) => encoder.WriteDataValue(value));
        var decoder = new BinaryDecoder(input, CodecContext.Default);
        var first = Written(decoder.ReadDataValue());
        var again = new BinaryDecoder(first, CodecContext.Default);
        return Same(first, Written(again.ReadDataValue()));
    }

    // Two bytes choose the type.
    private static byte[] WriteStructure(IStructure structure)
    {
        var index = Array.FindIndex(Structures, s => s.DataTypeId == structure.DataTypeId);
        byte[] choice = [(byte)index, (byte)(index >> 8)];
        return [.. choice, .. BinaryEncoder.ToBytes(structure)];
    }

    private static bool Structure(byte[] input)
    {
        if (input.Length < 2) throw new CodecException(StatusCodes.BadDecodingError, "No type.");
        var type = Structures[BinaryPrimitives.ReadUInt16LittleEndian(input) % Structures.Length];
        var decoder = new BinaryDecoder(input.AsSpan(2), CodecContext.Default);
        var first = BinaryEncoder.ToBytes(type.Factory(ref decoder));
        var again = new BinaryDecoder(first, CodecContext.Default);
        return Same(first, BinaryEncoder.ToBytes(type.Factory(ref again)));
    }

    private static bool Same(byte[] first, byte[] second)
    {
        if (!first.AsSpan().SequenceEqual(second)) throw new FuzzException($"Written {Convert.ToHexString(first)}, then {Convert.ToHexString(second)}.");
        return true;
    }
}
