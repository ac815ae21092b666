using System.Globalization;

namespace OpcPortal.Ua;

/// <summary>
/// An index range such as <c>3</c>, <c>0:9</c> or <c>1:2,0:1</c> over an array, a matrix, a string or a byte string. Part 4 7.27.
/// </summary>
public sealed class NumericRange
{
    // A Variant's matrices have few dimensions; a range with more than this is a mistake or an attack.
    private const int MaxDimensions = 16;

    private readonly (int Low, int High)[] _dimensions;

    private NumericRange((int, int)[] dimensions) => _dimensions = dimensions;

    /// <returns>False where the text is malformed: BadIndexRangeInvalid.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out NumericRange range)
    {
        range = null!;
        var count = text.Count(',') + 1;
        if (text.IsEmpty || count > MaxDimensions) return false;
        var dimensions = new (int, int)[count];
        var index = 0;
        foreach (var part in text.Split(','))
            if (!TryParseDimension(text[part], out dimensions[index++])) return false;
        range = new NumericRange(dimensions);
        return true;
    }

    private static bool TryParseDimension(ReadOnlySpan<char> text, out (int Low, int High) dimension)
    {
        dimension = default;
        var colon = text.IndexOf(':');
        var first = colon < 0 ? text : text[..colon];
        if (!uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var low)) return false;
        if (colon < 0)
        {
            dimension = (Index(low), Index(low));
            return true;
        }

        // Part 4 7.27: the first bound is below the second; equal ones are written as a single index.
        if (!uint.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var high) || high <= low) return false;
        dimension = (Index(low), Index(high));
        return true;
    }

    // An index is a UInt32; what lies behind the longest array there can be lies outside, however far.
    private static int Index(uint index) => (int)Math.Min(index, int.MaxValue);

    /// <summary>The part of a value that the range names; it is cut off where the value ends sooner.</summary>
    /// <returns>Good, or BadIndexRangeNoData where nothing of the value lies in the range or it has no elements.</returns>
    public StatusCode TrySlice(Variant value, out Variant slice)
    {
        slice = default;
        if (value.IsMatrix) return SliceMatrix(value, out slice);
        if (value.IsArray) return SliceArray(value, out slice);
        if (_dimensions.Length != 1) return StatusCodes.BadIndexRangeNoData;
        switch (value.Type)
        {
            case BuiltInType.String when Clip(0, value.AsString()?.Length ?? 0) is { Count: > 0 } part:
                slice = new Variant(value.AsString()!.Substring(part.Low, part.Count));
                return StatusCodes.Good;
            case BuiltInType.ByteString when Clip(0, value.AsByteString().Length) is { Count: > 0 } part:
                slice = new Variant(new ByteString(value.AsByteString().Span.Slice(part.Low, part.Count).ToArray()));
                return StatusCodes.Good;
            default:
                return StatusCodes.BadIndexRangeNoData;
        }
    }

    private (int Low, int Count) Clip(int dimension, int length)
    {
        var (low, high) = _dimensions[dimension];
        return (low, Math.Min(high, length - 1) - low + 1);
    }

    private StatusCode SliceArray(in Variant value, out Variant slice)
    {
        slice = default;
        // Part 4 7.27: a second dimension may address the characters or bytes of the array's elements.
        if (_dimensions.Length > 2 || (_dimensions.Length == 2 && value.Type is not (BuiltInType.String or BuiltInType.ByteString)))
            return StatusCodes.BadIndexRangeNoData;
        var elements = value.Elements;
        var (low, count) = Clip(0, elements?.Length ?? 0);
        if (count <= 0) return StatusCodes.BadIndexRangeNoData;
        var part = Array.CreateInstance(elements!.GetType().GetElementType()!, count);
        Array.Copy(elements, low, part, 0, count);
        if (_dimensions.Length == 2 && !SliceElements(part)) return StatusCodes.BadIndexRangeNoData;
        slice = Variant.FromElements(part);
        return StatusCodes.Good;
    }

    private bool SliceElements(Array part)
    {
        var any = false;
        for (var i = 0; i < part.Length; i++)
        {
            var length = part is string?[] s ? s[i]?.Length ?? 0 : ((ByteString[])part)[i].Length;
            var (low, count) = Clip(1, length);
            var (from, take) = count > 0 ? (low, count) : (0, 0);
            any |= take > 0;
            if (part is string?[] strings) strings[i] = strings[i]?.Substring(from, take);
            else if (part is ByteString[] bytes) bytes[i] = new ByteString(bytes[i].Span.Slice(from, take).ToArray());
        }

        return any;
    }

    private StatusCode SliceMatrix(in Variant value, out Variant slice)
    {
        slice = default;
        var dimensions = value.Dimensions;
        if (_dimensions.Length != dimensions.Length) return StatusCodes.BadIndexRangeNoData;
        var lengths = new int[dimensions.Length];
        var total = 1;
        for (var d = 0; d < dimensions.Length; d++)
        {
            lengths[d] = Clip(d, dimensions[d]).Count;
            if (lengths[d] <= 0) return StatusCodes.BadIndexRangeNoData;
            total *= lengths[d];
        }

        var part = Array.CreateInstance(value.Elements!.GetType().GetElementType()!, total);
        for (var i = 0; i < total; i++) Array.Copy(value.Elements, SourceIndex(i, lengths, dimensions), part, i, 1);
        slice = new Variant(new Matrix(part, lengths));
        return StatusCodes.Good;
    }

    // The position in the whole matrix of element number i of the part.
    private int SourceIndex(int i, ReadOnlySpan<int> lengths, ReadOnlySpan<int> dimensions)
    {
        var index = 0;
        var stride = 1;
        for (var d = dimensions.Length - 1; d >= 0; d--)
        {
            index += (_dimensions[d].Low + (i % lengths[d])) * stride;
            i /= lengths[d];
            stride *= dimensions[d];
        }

        return index;
    }

    /// <summary>A copy of <paramref name="value"/> in which the range is replaced by <paramref name="part"/>.</summary>
    /// <returns>
    /// Good; BadIndexRangeNoData where the range does not lie wholly in the value; BadIndexRangeDataMismatch where the part has another
    /// number of elements than the range; BadTypeMismatch where it has another type.
    /// </returns>
    public StatusCode TryOverwrite(Variant value, Variant part, out Variant result)
    {
        result = default;
        if (value.IsNull) return StatusCodes.BadIndexRangeNoData;
        if (part.Type != value.Type) return StatusCodes.BadTypeMismatch;
        if (value.IsScalar) return OverwriteScalar(value, part, out result);
        if (value.Elements is null || _dimensions.Length != value.ValueRank) return StatusCodes.BadIndexRangeNoData;
        if (part.Elements is null || part.IsMatrix != value.IsMatrix) return StatusCodes.BadIndexRangeDataMismatch;

        ReadOnlySpan<int> dimensions = value.IsMatrix ? value.Dimensions : [value.Elements.Length];
        var lengths = new int[dimensions.Length];
        long total = 1;
        for (var d = 0; d < dimensions.Length; d++)
        {
            if (_dimensions[d].High >= dimensions[d]) return StatusCodes.BadIndexRangeNoData;
            lengths[d] = Clip(d, dimensions[d]).Count;
            total *= lengths[d];
        }

        if (total != part.Elements.Length) return StatusCodes.BadIndexRangeDataMismatch;
        if (part.IsMatrix && !part.Dimensions.SequenceEqual(lengths)) return StatusCodes.BadIndexRangeDataMismatch;
        var copy = (Array)value.Elements.Clone();
        for (var i = 0; i < part.Elements.Length; i++) Array.Copy(part.Elements, i, copy, SourceIndex(i, lengths, dimensions), 1);
        result = value.IsMatrix ? new Variant(new Matrix(copy, dimensions.ToArray())) : Variant.FromElements(copy);
        return StatusCodes.Good;
    }

    private StatusCode OverwriteScalar(in Variant value, in Variant part, out Variant result)
    {
        result = default;
        // Part 4 7.27: BadIndexRangeInvalid is for the syntax alone.
        if (_dimensions.Length != 1) return StatusCodes.BadIndexRangeNoData;
        if (!part.IsScalar) return StatusCodes.BadIndexRangeDataMismatch;
        var (low, high) = _dimensions[0];
        switch (value.Type)
        {
            case BuiltInType.String when value.AsString() is { } text:
                if (high >= text.Length) return StatusCodes.BadIndexRangeNoData;
                if (part.AsString()?.Length != high - low + 1) return StatusCodes.BadIndexRangeDataMismatch;
                result = new Variant(string.Concat(text.AsSpan(0, low), part.AsString(), text.AsSpan(high + 1)));
                return StatusCodes.Good;
            case BuiltInType.ByteString when value.AsByteString() is { IsNull: false } bytes:
                if (high >= bytes.Length) return StatusCodes.BadIndexRangeNoData;
                if (part.AsByteString().Length != high - low + 1) return StatusCodes.BadIndexRangeDataMismatch;
                var copy = bytes.Span.ToArray();
                part.AsByteString().Span.CopyTo(copy.AsSpan(low));
                result = new Variant(new ByteString(copy));
                return StatusCodes.Good;
            default:
                return StatusCodes.BadIndexRangeNoData;
        }
    }

    public override string ToString() => string.Join(',', _dimensions.Select(static d => d.Low == d.High ? $"{d.Low}" : $"{d.Low}:{d.High}"));
}
