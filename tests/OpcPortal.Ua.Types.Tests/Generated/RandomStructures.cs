using System.Reflection;

namespace OpcPortal.Ua.Types.Tests.Generated;

/// <summary>Fills a structure of the standard with random values, to a small depth.</summary>
internal sealed class RandomStructures(Random random)
{
    public static TheoryData<string> Names =>
        [.. Types.Keys.Order(StringComparer.Ordinal)];

    public static IReadOnlyDictionary<string, Type> Types { get; } = typeof(IStructure).Assembly.GetTypes()
        .Where(t => !t.IsInterface && t.Namespace == "OpcPortal.Ua" && typeof(IStructure).IsAssignableFrom(t)
            && t.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericArguments()[0] == t))
        .ToDictionary(t => t.Name);

    public IStructure Create(Type type, int depth = 0)
    {
        var structure = (IStructure)Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
            property.SetValue(structure, Value(property.PropertyType, depth + 1));
        return structure;
    }

    private object? Value(Type type, int depth)
    {
        if (type.IsArray) return Array(type, depth);
        if (type.IsEnum) return Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length));
        if (Types.ContainsKey(type.Name)) return depth > 4 ? Activator.CreateInstance(type) : Create(type, depth);
        return Scalar(type);
    }

    private object? Array(Type type, int depth)
    {
        if (random.Next(4) == 0) return null;
        var element = type.GetElementType()!;
        var values = System.Array.CreateInstance(element, depth > 3 ? 0 : random.Next(3));
        for (var i = 0; i < values.Length; i++) values.SetValue(Value(element, depth + 1), i);
        return values;
    }

    private object? Scalar(Type type) => type.Name switch
    {
        nameof(Boolean) => random.Next(2) == 0,
        nameof(SByte) => (sbyte)random.Next(-128, 128),
        nameof(Byte) => (byte)random.Next(256),
        nameof(Int16) => (short)random.Next(short.MinValue, short.MaxValue),
        nameof(UInt16) => (ushort)random.Next(ushort.MaxValue),
        nameof(Int32) => random.Next(int.MinValue, int.MaxValue),
        nameof(UInt32) => (uint)random.Next(),
        nameof(Int64) => random.NextInt64(long.MinValue, long.MaxValue),
        nameof(UInt64) => (ulong)random.NextInt64(),
        nameof(Single) => random.NextSingle(),
        nameof(Double) => random.NextDouble(),
        nameof(String) => random.Next(5) == 0 ? null : Text(),
        nameof(DateTime) => new DateTime(random.NextInt64(630822816000000000, 662380416000000000), DateTimeKind.Utc),
        nameof(Guid) => NewGuid(),
        nameof(ByteString) => random.Next(5) == 0 ? default : new ByteString(Bytes(random.Next(9))),
        nameof(XmlElement) => new XmlElement($"<a>{random.Next()}</a>"),
        nameof(NodeId) => NewNodeId(),
        nameof(ExpandedNodeId) => random.Next(2) == 0 ? new ExpandedNodeId(NewNodeId()) : new ExpandedNodeId(NewNodeId().WithNamespace(0), "urn:a;b%", (uint)random.Next(3)),
        nameof(StatusCode) => new StatusCode((uint)random.Next()),
        nameof(QualifiedName) => new QualifiedName(Text(), (ushort)random.Next(9)),
        nameof(LocalizedText) => random.Next(5) == 0 ? default : new LocalizedText("t" + Text(), "en"),
        nameof(ExtensionObject) => random.Next(3) == 0 ? null : new ExtensionObject(new EUInformation { UnitId = random.Next(), NamespaceUri = Text() }),
        nameof(DataValue) => new DataValue(NewVariant(), (uint)random.Next(2) << 31, (DateTime)Scalar(typeof(DateTime))!) { SourcePicoseconds = (ushort)random.Next(3) },
        nameof(Variant) => NewVariant(),
        nameof(DiagnosticInfo) => random.Next(2) == 0 ? null : new DiagnosticInfo { AdditionalInfo = Text(), SymbolicId = random.Next() },
        _ => throw new NotSupportedException(type.FullName),
    };

    private NodeId NewNodeId() => random.Next(4) switch
    {
        0 => new NodeId((uint)random.Next(1, int.MaxValue), (ushort)random.Next(3)),
        1 => new NodeId("n" + Text(), (ushort)random.Next(3)),
        2 => new NodeId(NewGuid(), 1),
        _ => new NodeId(Bytes(5), 2),
    };

    private Variant NewVariant() => random.Next(6) switch
    {
        0 => default,
        1 => new Variant((long)Scalar(typeof(long))!),
        2 => new Variant([Text(), null]),
        3 => new Variant(new Matrix(new[] { 1f, float.NaN, float.NegativeInfinity, -0f, 5, 6 }, [2, 3])),
        4 => new Variant([new Variant(random.NextDouble()), new Variant(Array(typeof(NodeId[]), 0) as NodeId[] ?? [])]),
        _ => new Variant(random.Next()),
    };

    private string Text() => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(3) == 0 ? "0:;\"\\%\u0001€"[random.Next(8)] : (char)random.Next('a', 'ÿ')));
    private byte[] Bytes(int count) { var bytes = new byte[count]; random.NextBytes(bytes); return bytes; }
    private Guid NewGuid() => new(Bytes(16));
}
