using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OpcPortal.Ua;

/// <summary>
/// Reads OPC UA JSON, compact or verbose, and the deprecated reversible form. Whatever the text, it returns or throws a
/// <see cref="CodecException"/>, and allocates no more than <see cref="CodecLimits"/> allow. Part 6 5.4, Annex H.
/// A field that the type does not have is refused: a misspelt one would otherwise become a default value unseen.
/// </summary>
public ref partial struct JsonDecoder
{
    // The fields of one object are numbered from 0 as they are declared; UaTypeId, which may stand among any of them, is the last.
    private const int TypeIdField = 63;

    private readonly ReadOnlySpan<byte> _json;
    private readonly JsonContext _context;
    private Utf8JsonReader _reader;
    private ulong _seen;
    private int _depth;
    private long _decodedBytes;

    /// <summary>Stands on the first value of the text.</summary>
    public JsonDecoder(ReadOnlySpan<byte> json, JsonContext context)
    {
        _json = json;
        _context = context;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = context.MaxLevels });
        Advance();
    }

    public readonly JsonContext Context => _context;

    /// <summary>A structure whose type is known from elsewhere.</summary>
    /// <exception cref="CodecException">The text is not such a structure, or more follows it.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> json, JsonContext context) where T : IStructure<T>, new()
    {
        var decoder = new JsonDecoder(json, context);
        var value = decoder.ReadStructure<T>();
        decoder.End();
        return value;
    }

    public static ExtensionObject? DecodeExtensionObject(ReadOnlySpan<byte> json, JsonContext context)
    {
        var decoder = new JsonDecoder(json, context);
        var value = decoder.ReadExtensionObject();
        decoder.End();
        return value;
    }

    public static Variant DecodeVariant(ReadOnlySpan<byte> json, JsonContext context)
    {
        var decoder = new JsonDecoder(json, context);
        var value = decoder.ReadVariant();
        decoder.End();
        return value;
    }

    public static DataValue DecodeDataValue(ReadOnlySpan<byte> json, JsonContext context)
    {
        var decoder = new JsonDecoder(json, context);
        var value = decoder.ReadDataValue();
        decoder.End();
        return value;
    }

    /// <summary>Refuses text after the value.</summary>
    public void End()
    {
        if (TryRead()) throw Malformed("More follows the value.");
    }

    private static CodecException Malformed(string reason) => new(StatusCodes.BadDecodingError, reason);

    private CodecException NotA(string type) => Malformed($"{_reader.TokenType} at byte {_reader.TokenStartIndex} is no {type}.");

    private static CodecException Limit(string reason) => new(StatusCodes.BadEncodingLimitsExceeded, reason);

    private bool TryRead()
    {
        try
        {
            return _reader.Read();
        }
        catch (JsonException e)
        {
            throw Broken(e);
        }
    }

    private void Advance()
    {
        if (!TryRead()) throw Malformed("The text ends within a value.");
    }

    private void Skip()
    {
        try
        {
            _reader.Skip();
        }
        catch (JsonException e)
        {
            throw Broken(e);
        }
    }

    private CodecException Broken(JsonException e) => _reader.CurrentDepth >= _context.MaxLevels - 1
        ? Limit($"Nested deeper than {_context.MaxLevels} levels of JSON.")
        : Malformed(e.Message);

    private void Enter()
    {
        if (++_depth > _context.Limits.MaxDepth) throw Limit($"Nested deeper than {_context.Limits.MaxDepth}.");
    }

    private void Leave() => _depth--;

    private void Charge(long bytes)
    {
        _decodedBytes += bytes;
        if (_decodedBytes > _context.Limits.MaxDecodedBytes) throw Limit("The arrays of the message take too much memory.");
    }

    private bool IsNull => _reader.TokenType == JsonTokenType.Null;

    private void Require(JsonTokenType token, string type)
    {
        if (_reader.TokenType != token) throw NotA(type);
    }

    /// <summary>Goes to the next field of the object; false at its end.</summary>
    private bool NextField()
    {
        Advance();
        if (_reader.TokenType == JsonTokenType.EndObject) return false;
        // An escape may be wrong; once it was read, comparing the name cannot fail.
        if (_reader.ValueIsEscaped) Text();
        return true;
    }

    /// <summary>
    /// Whether the decoder stands on the field of this name; if so, it goes on to the value. Part 6 5.4.2.16: a second one is an error.
    /// </summary>
    /// <param name="name">The field's name in UTF-8.</param>
    /// <param name="number">The field's number among those of its type, from 0 and below 63.</param>
    public bool IsField(ReadOnlySpan<byte> name, int number)
    {
        if (!_reader.ValueTextEquals(name)) return false;
        var bit = 1UL << number;
        if ((_seen & bit) != 0) throw Malformed($"Field {_reader.GetString()} stands twice.");
        _seen |= bit;
        Advance();
        return true;
    }

    private CodecException UnknownField() => Malformed($"Byte {_reader.TokenStartIndex}: the type has no such field.");

    public T ReadStructure<T>() where T : IStructure<T>, new()
    {
        var value = new T();
        if (!IsNull) ReadFields(ref value, hasTypeId: false);
        return value;
    }

    /// <summary>The fields of an ExtensionObject's structure, UaTypeId among them.</summary>
    internal T ReadBody<T>() where T : IStructure<T>, new()
    {
        var value = new T();
        ReadFields(ref value, hasTypeId: true);
        return value;
    }

    private void ReadFields<T>(ref T value, bool hasTypeId) where T : IStructure
    {
        Require(JsonTokenType.StartObject, "structure");
        var outer = _seen;
        _seen = 0;
        while (NextField())
        {
            if (value.DecodeJsonField(ref this)) continue;
            if (!hasTypeId || !(IsField("UaTypeId"u8, TypeIdField))) throw UnknownField();
            Skip();
        }

        _seen = outer;
    }

    private T[]? Array<T, TJson>() where TJson : IJsonValue<T>
    {
        if (IsNull) return null;
        Require(JsonTokenType.StartArray, "array");
        T[] values = [];
        var count = 0;
        for (Advance(); _reader.TokenType != JsonTokenType.EndArray; Advance())
        {
            if (count == values.Length) values = Grow(values);
            values[count++] = TJson.Read(ref this);
        }

        System.Array.Resize(ref values, count);
        return values;
    }

    // How many follow is not known beforehand: the limits hold at each step.
    private T[] Grow<T>(T[] values)
    {
        if (values.Length >= _context.Limits.MaxArrayLength) throw Limit($"An array exceeds the limit of {_context.Limits.MaxArrayLength} elements.");
        var length = Math.Min(Math.Max(4, values.Length * 2), _context.Limits.MaxArrayLength);
        Charge((long)(length - values.Length) * Unsafe.SizeOf<T>());
        System.Array.Resize(ref values, length);
        return values;
    }
}
