using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace OpcPortal.Ua;

/// <summary>Decimal: in the binary form a scale and the bytes of a whole number, in JSON a scale and its digits. Part 6 5.1.10, 5.4.3.</summary>
internal static class JsonDecimal
{
    /// <summary>Digits and bytes of the whole number. Turning digits into a number takes time by their square: 1,000 are beyond any measured value.</summary>
    private const int MaxDigits = 1000, MaxBytes = 415;

    private static readonly NodeId DataType = new(DataTypeIds.Decimal);

    public static bool Is(in ExpandedNodeId type) => type.IsLocal && type.NodeId == DataType;

    /// <summary>Whether the body of an ExtensionObject is a Decimal that can be written in digits.</summary>
    public static bool TryRead(in ExpandedNodeId type, ReadOnlySpan<byte> body, out short scale, out string digits)
    {
        scale = 0;
        digits = "";
        if (!Is(type) || body.Length is < 3 or > 2 + MaxBytes) return false;
        scale = BinaryPrimitives.ReadInt16LittleEndian(body);
        digits = new BigInteger(body[2..]).ToString(CultureInfo.InvariantCulture);
        return true;
    }

    public static bool TryWrite(short scale, string digits, out ByteString body)
    {
        body = default;
        if (digits.Length > MaxDigits || !BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return false;
        var bytes = new byte[2 + number.GetByteCount()];
        BinaryPrimitives.WriteInt16LittleEndian(bytes, scale);
        number.TryWriteBytes(bytes.AsSpan(2), out _);
        body = bytes;
        return true;
    }
}
