using System.Globalization;

namespace OpcPortal.Ua;

// Values without a name: elements of arrays, what a Variant holds. A null stands as null. Part 6 5.4.2.
public ref partial struct JsonEncoder
{
    internal readonly void Value(bool value) => _writer.WriteBooleanValue(value);
    internal readonly void Value(byte value) => _writer.WriteNumberValue((int)value);
    internal readonly void Value(ushort value) => _writer.WriteNumberValue((int)value);
    internal readonly void Value(int value) => _writer.WriteNumberValue(value);
    internal readonly void Value(uint value) => _writer.WriteNumberValue(value);

    // 5.4.2.3: JavaScript's numbers would lose digits.
    internal readonly void Value(long value)
    {
        Span<char> digits = stackalloc char[20];
        value.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
        _writer.WriteStringValue(digits[..length]);
    }

    internal readonly void Value(ulong value)
    {
        Span<char> digits = stackalloc char[20];
        value.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
        _writer.WriteStringValue(digits[..length]);
    }

    internal readonly void Value(float value)
    {
        if (float.IsFinite(value)) _writer.WriteNumberValue(value);
        else _writer.WriteStringValue(Special(value));
    }

    internal readonly void Value(double value)
    {
        if (double.IsFinite(value)) _writer.WriteNumberValue(value);
        else _writer.WriteStringValue(Special(value));
    }

    // 5.4.2.4.
    private static ReadOnlySpan<byte> Special(double value) =>
        double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8;

    internal readonly void Value(string? value)
    {
        if (value is null)
        {
            _writer.WriteNullValue();
            return;
        }

        RequireUnicode(value);
        _writer.WriteStringValue(value);
    }

    internal readonly void Value(DateTime value)
    {
        var time = JsonTime.Clamp(value);
        Span<char> text = stackalloc char[32];
        if (time.Ticks == 0) _writer.WriteNullValue();
        else _writer.WriteStringValue(JsonTime.Format(time, text));
    }

    internal readonly void Value(Guid value)
    {
        if (value == Guid.Empty) _writer.WriteNullValue();
        else _writer.WriteStringValue(value);
    }

    internal readonly void Value(ByteString value)
    {
        if (value.IsNull)
        {
            _writer.WriteNullValue();
            return;
        }

        Room(value.Length);
        _writer.WriteBase64StringValue(value.Span);
    }

    internal readonly void Value(XmlElement value) => Value(value.Xml);
    internal readonly void Value(in NodeId value) => Value(value.IsNull ? null : IdText.Format(value, _context));
    internal readonly void Value(in ExpandedNodeId value) => Value(value.IsNull ? null : IdText.Format(value, _context));
    internal readonly void Value(in QualifiedName value) => Value(value.IsNull ? null : IdText.Format(value, _context));

    // 5.4.2.12. The name only where the reader may not know the code.
    internal readonly void Value(StatusCode value)
    {
        _writer.WriteStartObject();
        if (value.Code != 0) _writer.WriteNumber("Code"u8, value.Code);
        if (value.Code != 0 && !_isCompact && StatusCodeNames.TryGetName(value.CodeBits, out var symbol)) _writer.WriteString("Symbol"u8, symbol);
        _writer.WriteEndObject();
    }

    // 5.4.2.15: a part that is null or empty is left out.
    internal readonly void Value(in LocalizedText value)
    {
        if (IsNull(value))
        {
            _writer.WriteNullValue();
            return;
        }

        _writer.WriteStartObject();
        if (!string.IsNullOrEmpty(value.Locale)) WriteString("Locale"u8, value.Locale);
        if (!string.IsNullOrEmpty(value.Text)) WriteString("Text"u8, value.Text);
        _writer.WriteEndObject();
    }

    // 5.4.2.13.
    internal void Value(DiagnosticInfo? value)
    {
        if (value is null)
        {
            _writer.WriteNullValue();
            return;
        }

        Enter();
        _writer.WriteStartObject();
        if (value.SymbolicId is { } symbolicId) _writer.WriteNumber("SymbolicId"u8, symbolicId);
        if (value.NamespaceUri is { } namespaceUri) _writer.WriteNumber("NamespaceUri"u8, namespaceUri);
        if (value.Locale is { } locale) _writer.WriteNumber("Locale"u8, locale);
        if (value.LocalizedText is { } localizedText) _writer.WriteNumber("LocalizedText"u8, localizedText);
        if (value.AdditionalInfo is { } additionalInfo) WriteString("AdditionalInfo"u8, additionalInfo);
        if (value.InnerStatusCode is { } innerStatus)
        {
            _writer.WritePropertyName("InnerStatusCode"u8);
            Value(innerStatus);
        }

        if (value.InnerDiagnosticInfo is { } inner) WriteDiagnosticInfo("InnerDiagnosticInfo"u8, inner);
        _writer.WriteEndObject();
        Leave();
    }

    // 5.4.4: a number, or name and number. The runtime keeps the names of an enumeration once it was asked for one.
    internal readonly void EnumValue<T>(T value) where T : unmanaged, Enum
    {
        var number = System.Runtime.CompilerServices.Unsafe.As<T, int>(ref value);
        if (_isCompact)
        {
            _writer.WriteNumberValue(number);
            return;
        }

        var digits = number.ToString(CultureInfo.InvariantCulture);
        _writer.WriteStringValue(Enum.GetName(value) is { } name ? $"{name}_{digits}" : digits);
    }

    // 5.4.6.
    internal void Object<T>(T value) where T : IStructure?
    {
        if (value is null)
        {
            _writer.WriteNullValue();
            return;
        }

        _writer.WriteStartObject();
        value.EncodeJson(ref this);
        _writer.WriteEndObject();
        Room(0);
    }
}
