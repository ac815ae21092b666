using System.Runtime.CompilerServices;

namespace OpcPortal.Ua;

/// <summary>
/// A value of any built-in type: a scalar, an array or a matrix. Numbers, times and status codes are held without allocation.
/// The default value is null. Part 6 5.2.2.16.
/// </summary>
public readonly partial struct Variant : IEquatable<Variant>
{
    private readonly object? _reference;
    private readonly long _bits;
    private readonly BuiltInType _type;
    private readonly Shape _shape;

    private enum Shape : byte
    {
        Scalar,
        Array,
        Matrix,
    }

    private Variant(BuiltInType type, long bits)
    {
        _type = type;
        _bits = bits;
    }

    private Variant(BuiltInType type, object? reference, Shape shape = Shape.Scalar)
    {
        _type = type;
        _reference = reference;
        _shape = shape;
    }

    public static Variant Null => default;

    public BuiltInType Type => _type;
    public bool IsNull => _type == BuiltInType.Null;
    public bool IsScalar => _shape == Shape.Scalar;

    /// <summary>Whether it is a one-dimensional array (which may be the null array).</summary>
    public bool IsArray => _shape == Shape.Array;

    public bool IsMatrix => _shape == Shape.Matrix;

    /// <summary>The elements of an array or matrix in row-major order; null for a scalar and for the null array.</summary>
    public Array? Elements => _shape switch
    {
        Shape.Array => (Array?)_reference,
        Shape.Matrix => ((Matrix)_reference!).Elements,
        _ => null,
    };

    /// <summary>The lengths of a matrix' dimensions; empty otherwise.</summary>
    public ReadOnlySpan<int> Dimensions => _shape == Shape.Matrix ? ((Matrix)_reference!).Dimensions : default;

    /// <summary>The ValueRank that describes this value: -1 scalar, 1 array, n matrix of n dimensions. Part 3 8.6 (ValueRank).</summary>
    public int ValueRank => _shape switch
    {
        Shape.Scalar => -1,
        Shape.Array => 1,
        _ => ((Matrix)_reference!).Dimensions.Length,
    };

    public Variant(bool value) : this(BuiltInType.Boolean, value ? 1L : 0L) { }
    public Variant(sbyte value) : this(BuiltInType.SByte, value) { }
    public Variant(byte value) : this(BuiltInType.Byte, (long)value) { }
    public Variant(short value) : this(BuiltInType.Int16, (long)value) { }
    public Variant(ushort value) : this(BuiltInType.UInt16, (long)value) { }
    public Variant(int value) : this(BuiltInType.Int32, (long)value) { }
    public Variant(uint value) : this(BuiltInType.UInt32, (long)value) { }
    public Variant(long value) : this(BuiltInType.Int64, value) { }
    public Variant(ulong value) : this(BuiltInType.UInt64, (long)value) { }
    public Variant(float value) : this(BuiltInType.Float, (long)BitConverter.SingleToInt32Bits(value)) { }
    public Variant(double value) : this(BuiltInType.Double, BitConverter.DoubleToInt64Bits(value)) { }
    public Variant(string? value) : this(BuiltInType.String, value) { }
    public Variant(DateTime value) : this(BuiltInType.DateTime, value.Ticks) { }
    public Variant(Guid value) : this(BuiltInType.Guid, (object)value) { }
    public Variant(ByteString value) : this(BuiltInType.ByteString, value.Bytes) { }
    public Variant(XmlElement value) : this(BuiltInType.XmlElement, value.Xml) { }
    public Variant(NodeId value) : this(BuiltInType.NodeId, (object)value) { }
    public Variant(ExpandedNodeId value) : this(BuiltInType.ExpandedNodeId, (object)value) { }
    public Variant(StatusCode value) : this(BuiltInType.StatusCode, (long)value.Code) { }
    public Variant(QualifiedName value) : this(BuiltInType.QualifiedName, (object)value) { }
    public Variant(LocalizedText value) : this(BuiltInType.LocalizedText, (object)value) { }
    public Variant(ExtensionObject? value) : this(BuiltInType.ExtensionObject, value) { }
    public Variant(DataValue value) : this(BuiltInType.DataValue, (object)value) { }
    public Variant(DiagnosticInfo? value) : this(BuiltInType.DiagnosticInfo, value) { }

    public Variant(bool[]? value) : this(BuiltInType.Boolean, value, Shape.Array) { }
    public Variant(sbyte[]? value) : this(BuiltInType.SByte, value, Shape.Array) { }
    public Variant(byte[]? value) : this(BuiltInType.Byte, value, Shape.Array) { }
    public Variant(short[]? value) : this(BuiltInType.Int16, value, Shape.Array) { }
    public Variant(ushort[]? value) : this(BuiltInType.UInt16, value, Shape.Array) { }
    public Variant(int[]? value) : this(BuiltInType.Int32, value, Shape.Array) { }
    public Variant(uint[]? value) : this(BuiltInType.UInt32, value, Shape.Array) { }
    public Variant(long[]? value) : this(BuiltInType.Int64, value, Shape.Array) { }
    public Variant(ulong[]? value) : this(BuiltInType.UInt64, value, Shape.Array) { }
    public Variant(float[]? value) : this(BuiltInType.Float, value, Shape.Array) { }
    public Variant(double[]? value) : this(BuiltInType.Double, value, Shape.Array) { }
    public Variant(string?[]? value) : this(BuiltInType.String, value, Shape.Array) { }
    public Variant(DateTime[]? value) : this(BuiltInType.DateTime, value, Shape.Array) { }
    public Variant(Guid[]? value) : this(BuiltInType.Guid, value, Shape.Array) { }
    public Variant(ByteString[]? value) : this(BuiltInType.ByteString, value, Shape.Array) { }
    public Variant(XmlElement[]? value) : this(BuiltInType.XmlElement, value, Shape.Array) { }
    public Variant(NodeId[]? value) : this(BuiltInType.NodeId, value, Shape.Array) { }
    public Variant(ExpandedNodeId[]? value) : this(BuiltInType.ExpandedNodeId, value, Shape.Array) { }
    public Variant(StatusCode[]? value) : this(BuiltInType.StatusCode, value, Shape.Array) { }
    public Variant(QualifiedName[]? value) : this(BuiltInType.QualifiedName, value, Shape.Array) { }
    public Variant(LocalizedText[]? value) : this(BuiltInType.LocalizedText, value, Shape.Array) { }
    public Variant(ExtensionObject?[]? value) : this(BuiltInType.ExtensionObject, value, Shape.Array) { }
    public Variant(DataValue[]? value) : this(BuiltInType.DataValue, value, Shape.Array) { }
    public Variant(Variant[]? value) : this(BuiltInType.Variant, value, Shape.Array) { }
    public Variant(DiagnosticInfo?[]? value) : this(BuiltInType.DiagnosticInfo, value, Shape.Array) { }

    /// <summary>A matrix; its elements' array type decides the built-in type.</summary>
    /// <exception cref="ArgumentException">The element type is not a built-in type.</exception>
    public Variant(Matrix matrix) : this(TypeOfArray(matrix.Elements), matrix, Shape.Matrix) { }

    /// <summary>A structure in an ExtensionObject; null gives the null ExtensionObject.</summary>
    public static Variant From(IStructure? structure) => new(ExtensionObject.From(structure));

    /// <summary>An array of structures, each in an ExtensionObject.</summary>
    public static Variant From<T>(T[]? structures) where T : IStructure =>
        new(structures is null ? null : Array.ConvertAll(structures, static ExtensionObject? (s) => ExtensionObject.From(s)));

    /// <summary>An enumeration value; on the wire an Int32. Part 6 5.2.4.</summary>
    public static Variant FromEnum<T>(T value) where T : unmanaged, Enum => new(Unsafe.As<T, int>(ref value));

    /// <summary>An array (of a built-in type's .NET form) of any rank 1 type, as <see cref="Elements"/> gives it.</summary>
    public static Variant FromElements(Array elements) => new(TypeOfArray(elements), elements, Shape.Array);

    public static implicit operator Variant(bool value) => new(value);
    public static implicit operator Variant(byte value) => new(value);
    public static implicit operator Variant(short value) => new(value);
    public static implicit operator Variant(ushort value) => new(value);
    public static implicit operator Variant(int value) => new(value);
    public static implicit operator Variant(uint value) => new(value);
    public static implicit operator Variant(long value) => new(value);
    public static implicit operator Variant(ulong value) => new(value);
    public static implicit operator Variant(float value) => new(value);
    public static implicit operator Variant(double value) => new(value);
    public static implicit operator Variant(string? value) => new(value);
    public static implicit operator Variant(DateTime value) => new(value);
    public static implicit operator Variant(NodeId value) => new(value);
    public static implicit operator Variant(LocalizedText value) => new(value);
    public static implicit operator Variant(QualifiedName value) => new(value);
    public static implicit operator Variant(StatusCode value) => new(value);

    internal long RawBits => _bits;
    internal object? RawReference => _reference;

    /// <summary>A scalar whose wire form is a number: the decoder's way in.</summary>
    internal static Variant FromBits(BuiltInType type, long bits) => new(type, bits);

    internal static Variant NullArray(BuiltInType type) => new(type, null, Shape.Array);

    internal static BuiltInType TypeOfArray(Array elements) => elements switch
    {
        bool[] => BuiltInType.Boolean,
        // The runtime lets sbyte[] pass for byte[] and the like; the exact type decides.
        _ => ArrayTypes.TryGetValue(elements.GetType(), out var type)
            ? type
            : throw new ArgumentException($"{elements.GetType()} is no array of a built-in type.", nameof(elements)),
    };

    private static readonly Dictionary<Type, BuiltInType> ArrayTypes = new()
    {
        [typeof(sbyte[])] = BuiltInType.SByte,
        [typeof(byte[])] = BuiltInType.Byte,
        [typeof(short[])] = BuiltInType.Int16,
        [typeof(ushort[])] = BuiltInType.UInt16,
        [typeof(int[])] = BuiltInType.Int32,
        [typeof(uint[])] = BuiltInType.UInt32,
        [typeof(long[])] = BuiltInType.Int64,
        [typeof(ulong[])] = BuiltInType.UInt64,
        [typeof(float[])] = BuiltInType.Float,
        [typeof(double[])] = BuiltInType.Double,
        [typeof(string[])] = BuiltInType.String,
        [typeof(DateTime[])] = BuiltInType.DateTime,
        [typeof(Guid[])] = BuiltInType.Guid,
        [typeof(ByteString[])] = BuiltInType.ByteString,
        [typeof(XmlElement[])] = BuiltInType.XmlElement,
        [typeof(NodeId[])] = BuiltInType.NodeId,
        [typeof(ExpandedNodeId[])] = BuiltInType.ExpandedNodeId,
        [typeof(StatusCode[])] = BuiltInType.StatusCode,
        [typeof(QualifiedName[])] = BuiltInType.QualifiedName,
        [typeof(LocalizedText[])] = BuiltInType.LocalizedText,
        [typeof(ExtensionObject[])] = BuiltInType.ExtensionObject,
        [typeof(DataValue[])] = BuiltInType.DataValue,
        [typeof(Variant[])] = BuiltInType.Variant,
        [typeof(DiagnosticInfo[])] = BuiltInType.DiagnosticInfo,
    };
}
