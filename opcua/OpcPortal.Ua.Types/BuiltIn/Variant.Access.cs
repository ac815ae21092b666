using System.Collections;
using System.Globalization;

namespace OpcPortal.Ua;

public readonly partial struct Variant
{
    private InvalidOperationException Mismatch(string wanted) => new($"The Variant holds {Describe()}, not {wanted}.");

    private long Bits(BuiltInType type) => _type == type && IsScalar ? _bits : throw Mismatch(type.ToString());

    private object? Reference(BuiltInType type) => _type == type && IsScalar ? _reference : throw Mismatch(type.ToString());

    // Each throws InvalidOperationException when the Variant holds another type.
    public bool AsBoolean() => Bits(BuiltInType.Boolean) != 0;
    public sbyte AsSByte() => (sbyte)Bits(BuiltInType.SByte);
    public byte AsByte() => (byte)Bits(BuiltInType.Byte);
    public short AsInt16() => (short)Bits(BuiltInType.Int16);
    public ushort AsUInt16() => (ushort)Bits(BuiltInType.UInt16);
    public int AsInt32() => (int)Bits(BuiltInType.Int32);
    public uint AsUInt32() => (uint)Bits(BuiltInType.UInt32);
    public long AsInt64() => Bits(BuiltInType.Int64);
    public ulong AsUInt64() => (ulong)Bits(BuiltInType.UInt64);
    public float AsFloat() => BitConverter.Int32BitsToSingle((int)Bits(BuiltInType.Float));
    public double AsDouble() => BitConverter.Int64BitsToDouble(Bits(BuiltInType.Double));
    public string? AsString() => (string?)Reference(BuiltInType.String);
    public DateTime AsDateTime() => new(Bits(BuiltInType.DateTime), DateTimeKind.Utc);
    public Guid AsGuid() => (Guid)Reference(BuiltInType.Guid)!;
    public ByteString AsByteString() => new((byte[]?)Reference(BuiltInType.ByteString));
    public XmlElement AsXmlElement() => new((string?)Reference(BuiltInType.XmlElement));
    public NodeId AsNodeId() => (NodeId)Reference(BuiltInType.NodeId)!;
    public ExpandedNodeId AsExpandedNodeId() => (ExpandedNodeId)Reference(BuiltInType.ExpandedNodeId)!;
    public StatusCode AsStatusCode() => new((uint)Bits(BuiltInType.StatusCode));
    public QualifiedName AsQualifiedName() => (QualifiedName)Reference(BuiltInType.QualifiedName)!;
    public LocalizedText AsLocalizedText() => (LocalizedText)Reference(BuiltInType.LocalizedText)!;
    public ExtensionObject? AsExtensionObject() => (ExtensionObject?)Reference(BuiltInType.ExtensionObject);
    public DataValue AsDataValue() => (DataValue)Reference(BuiltInType.DataValue)!;
    public DiagnosticInfo? AsDiagnosticInfo() => (DiagnosticInfo?)Reference(BuiltInType.DiagnosticInfo);

    /// <summary>The structure in the ExtensionObject if it is a <typeparamref name="T"/>, else null.</summary>
    public T? AsStructure<T>() where T : class, IStructure =>
        _type == BuiltInType.ExtensionObject && IsScalar ? (_reference as ExtensionObject)?.Structure as T : null;

    /// <summary>The elements if they are a <typeparamref name="T"/> array, else null.</summary>
    public T[]? AsArray<T>() => Elements as T[];

    /// <summary>The value as a double if it is a number or a Boolean.</summary>
    public bool TryGetNumber(out double number)
    {
        number = 0;
        if (!IsScalar) return false;
        switch (_type)
        {
            case BuiltInType.Float: number = AsFloat(); return true;
            case BuiltInType.Double: number = AsDouble(); return true;
            case BuiltInType.UInt64: number = AsUInt64(); return true;
            case >= BuiltInType.Boolean and <= BuiltInType.Int64: number = _bits; return true;
            default: return false;
        }
    }

    /// <summary>The value in .NET's own form, boxed: for display and for code off the hot path.</summary>
    public object? ToObject() => _shape != Shape.Scalar
        ? _reference
        : _type switch
        {
            BuiltInType.Null => null,
            BuiltInType.Boolean => AsBoolean(),
            BuiltInType.SByte => AsSByte(),
            BuiltInType.Byte => AsByte(),
            BuiltInType.Int16 => AsInt16(),
            BuiltInType.UInt16 => AsUInt16(),
            BuiltInType.Int32 => AsInt32(),
            BuiltInType.UInt32 => AsUInt32(),
            BuiltInType.Int64 => AsInt64(),
            BuiltInType.UInt64 => AsUInt64(),
            BuiltInType.Float => AsFloat(),
            BuiltInType.Double => AsDouble(),
            BuiltInType.DateTime => AsDateTime(),
            BuiltInType.StatusCode => AsStatusCode(),
            BuiltInType.ByteString => AsByteString(),
            BuiltInType.XmlElement => AsXmlElement(),
            _ => _reference,
        };

    /// <summary>Equal type, shape and content. Floating-point values compare by their bits, so a NaN equals itself.</summary>
    public bool Equals(Variant other)
    {
        if (_type != other._type || _shape != other._shape || _bits != other._bits) return false;
        if (ReferenceEquals(_reference, other._reference)) return true;
        if (_reference is null || other._reference is null) return false;
        return _shape switch
        {
            Shape.Scalar when _reference is byte[] bytes => bytes.AsSpan().SequenceEqual((byte[])other._reference),
            Shape.Scalar => _reference.Equals(other._reference),
            Shape.Array => ElementsEqual((Array)_reference, (Array)other._reference),
            _ => Dimensions.SequenceEqual(other.Dimensions) && ElementsEqual(Elements!, other.Elements!),
        };
    }

    private static bool ElementsEqual(Array left, Array right) => (left, right) switch
    {
        _ when left.Length != right.Length || left.GetType() != right.GetType() => false,
        (double[] a, double[] b) => a.AsSpan().SequenceEqual(b),
        (int[] a, int[] b) => a.AsSpan().SequenceEqual(b),
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        _ => StructuralComparisons.StructuralEqualityComparer.Equals(left, right),
    };

    public override bool Equals(object? obj) => obj is Variant other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(
        _type, _bits, _shape == Shape.Scalar && _reference is not byte[]? _reference?.GetHashCode() ?? 0 : Elements?.Length ?? 0);

    public static bool operator ==(Variant left, Variant right) => left.Equals(right);
    public static bool operator !=(Variant left, Variant right) => !left.Equals(right);

    private string Describe() => _shape switch
    {
        Shape.Scalar => _type.ToString(),
        Shape.Array => $"{_type}[{Elements?.Length ?? 0}]",
        _ => $"{_type}[{string.Join(',', Dimensions.ToArray())}]",
    };

    public override string ToString()
    {
        if (_shape == Shape.Scalar)
        {
            return _type == BuiltInType.DateTime
                ? AsDateTime().ToString("O", CultureInfo.InvariantCulture)
                : Convert.ToString(ToObject(), CultureInfo.InvariantCulture) ?? "";
        }

        const int Shown = 32;
        var items = Elements?.Cast<object?>().Take(Shown).Select(static e => Convert.ToString(e, CultureInfo.InvariantCulture)) ?? [];
        var more = Elements?.Length > Shown ? ", ..." : "";
        return $"[{string.Join(", ", items)}{more}]";
    }
}
