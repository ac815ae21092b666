using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OpcPortal.Ua;

// Each reads the value that the decoder stands on. null is read where the type has a null value. Part 6 5.4.2.
public ref partial struct JsonDecoder
{
    public bool ReadBoolean() => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw NotA("Boolean"),
    };

    private bool IsNumber => _reader.TokenType == JsonTokenType.Number;

    public sbyte ReadSByte() => IsNumber && _reader.TryGetSByte(out var value) ? value : throw NotA("SByte");
    public byte ReadByte() => IsNumber && _reader.TryGetByte(out var value) ? value : throw NotA("Byte");
    public short ReadInt16() => IsNumber && _reader.TryGetInt16(out var value) ? value : throw NotA("Int16");
    public ushort ReadUInt16() => IsNumber && _reader.TryGetUInt16(out var value) ? value : throw NotA("UInt16");
    public int ReadInt32() => IsNumber && _reader.TryGetInt32(out var value) ? value : throw NotA("Int32");
    public uint ReadUInt32() => IsNumber && _reader.TryGetUInt32(out var value) ? value : throw NotA("UInt32");

    // 5.4.2.3 has these as text; a number that keeps every digit is taken too.
    public long ReadInt64()
    {
        if (IsNumber && _reader.TryGetInt64(out var number)) return number;
        Span<char> text = stackalloc char[ShortText];
        return !IsNumber && long.TryParse(text[..CopyText(text, "Int64")], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw NotA("Int64");
    }

    public ulong ReadUInt64()
    {
        if (IsNumber && _reader.TryGetUInt64(out var number)) return number;
        Span<char> text = stackalloc char[ShortText];
        return !IsNumber && ulong.TryParse(text[..CopyText(text, "UInt64")], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw NotA("UInt64");
    }

    public float ReadFloat()
    {
        if (IsNumber) return _reader.TryGetSingle(out var value) && float.IsFinite(value) ? value : throw NotA("Float");
        return (float)Special("Float");
    }

    public double ReadDouble()
    {
        if (IsNumber) return _reader.TryGetDouble(out var value) && double.IsFinite(value) ? value : throw NotA("Double");
        return Special("Double");
    }

    // 5.4.2.4.
    private double Special(string type) => RequiredText(type) switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => throw NotA(type),
    };

    /// <summary>The string or name that the reader stands on.</summary>
    private string Text()
    {
        if (_reader.ValueSpan.Length > _context.Limits.MaxStringLength)
            throw Limit($"{_reader.ValueSpan.Length} bytes exceed the limit of {_context.Limits.MaxStringLength}.");
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Malformed UTF-8, or half of a surrogate pair in an escape (CVE-2022-2825).
            throw Malformed("A string is not UTF-8.");
        }
    }

    // Numbers, times and Guids are read off the stack: none of them has more characters, each written as an escape of six.
    private const int ShortText = 256;

    private int CopyText(scoped Span<char> text, string type)
    {
        Require(JsonTokenType.String, type);
        if (_reader.ValueSpan.Length > text.Length) throw NotA(type);
        try
        {
            return _reader.CopyString(text);
        }
        catch (InvalidOperationException)
        {
            throw Malformed("A string is not UTF-8.");
        }
    }

    private string RequiredText(string type) => _reader.TokenType == JsonTokenType.String ? Text() : throw NotA(type);

    public string? ReadString() => IsNull ? null : RequiredText("String");

    public XmlElement ReadXmlElement() => new(ReadString());

    public DateTime ReadDateTime()
    {
        if (IsNull) return default;
        Span<char> text = stackalloc char[ShortText];
        return JsonTime.TryParse(text[..CopyText(text, "DateTime")], out var time) ? time : throw NotA("DateTime");
    }

    public Guid ReadGuid()
    {
        if (IsNull) return default;
        Span<char> text = stackalloc char[ShortText];
        return Guid.TryParseExact(text[..CopyText(text, "Guid")], "D", out var value) ? value : throw NotA("Guid");
    }

    public ByteString ReadByteString()
    {
        if (IsNull) return default;
        Require(JsonTokenType.String, "ByteString");
        // Four characters hold three bytes.
        if (_reader.ValueSpan.Length / 4L * 3 > _context.Limits.MaxByteStringLength)
            throw Limit($"{_reader.ValueSpan.Length} characters of Base64 exceed the limit of {_context.Limits.MaxByteStringLength} bytes.");
        try
        {
            return _reader.TryGetBytesFromBase64(out var bytes) ? bytes : throw NotA("ByteString");
        }
        catch (InvalidOperationException)
        {
            throw Malformed("A string is not UTF-8.");
        }
    }

    public NodeId ReadNodeId()
    {
        if (IsNull) return default;
        if (_reader.TokenType == JsonTokenType.StartObject) return ReadIdObject().NodeId;
        return IdText.TryParse(RequiredText("NodeId"), _context, out NodeId id) ? id : throw NotA("NodeId");
    }

    public ExpandedNodeId ReadExpandedNodeId()
    {
        if (IsNull) return default;
        if (_reader.TokenType == JsonTokenType.StartObject) return ReadIdObject();
        return IdText.TryParse(RequiredText("ExpandedNodeId"), _context, out ExpandedNodeId id) ? id : throw NotA("ExpandedNodeId");
    }

    // 5.4.2.12, and the number of H.4.
    public StatusCode ReadStatusCode()
    {
        if (IsNull) return default;
        if (IsNumber) return ReadUInt32();
        Require(JsonTokenType.StartObject, "StatusCode");
        var outer = _seen;
        _seen = 0;
        var code = 0u;
        while (NextField())
        {
            if (IsField("Code"u8, 0)) code = ReadUInt32();
            else if (IsField("Symbol"u8, 1)) ReadString(); // The number decides.
            else throw UnknownField();
        }

        _seen = outer;
        return code;
    }

    public QualifiedName ReadQualifiedName()
    {
        if (IsNull) return default;
        return _reader.TokenType == JsonTokenType.StartObject ? ReadNameObject() : IdText.ParseName(RequiredText("QualifiedName"), _context);
    }

    // 5.4.2.15, and the plain text of the deprecated form.
    public LocalizedText ReadLocalizedText()
    {
        if (IsNull) return default;
        if (_reader.TokenType == JsonTokenType.String) return new LocalizedText(Text());
        Require(JsonTokenType.StartObject, "LocalizedText");
        var outer = _seen;
        _seen = 0;
        string? locale = null, text = null;
        while (NextField())
        {
            if (IsField("Locale"u8, 0)) locale = ReadString();
            else if (IsField("Text"u8, 1)) text = ReadString();
            else throw UnknownField();
        }

        _seen = outer;
        return new LocalizedText(text, locale);
    }

    // 5.4.4: a number, name_number, or the number as text. The number decides.
    public T ReadEnum<T>() where T : unmanaged, Enum
    {
        var number = 0;
        if (IsNumber)
        {
            number = ReadInt32();
        }
        else
        {
            var text = RequiredText("enumeration").AsSpan();
            if (!int.TryParse(text[(text.LastIndexOf('_') + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)) throw NotA("enumeration");
        }

        return Unsafe.As<int, T>(ref number);
    }
}
