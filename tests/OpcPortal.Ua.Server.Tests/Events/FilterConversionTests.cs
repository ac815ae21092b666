namespace OpcPortal.Ua.Server.Tests;

/// <summary>Part 4 7.7.3, the conversion rules and data precedence.</summary>
public sealed class FilterConversionTests
{
    private static readonly Guid SomeGuid = new("00112233-4455-6677-8899-aabbccddeeff");

    public static TheoryData<Variant, BuiltInType, Variant> Implicit => new()
    {
        { true, BuiltInType.Int32, 1 },
        { (byte)200, BuiltInType.Int16, (short)200 },
        { new Variant((sbyte)-3), BuiltInType.Double, -3.0 },
        { (short)7, BuiltInType.UInt32, 7u },
        { 7, BuiltInType.UInt64, 7ul },
        { 7u, BuiltInType.Int32, 7 },
        { 7ul, BuiltInType.Int64, 7L },
        { 1.5f, BuiltInType.Double, 1.5 },
        { "17", BuiltInType.Int32, 17 },
        { "1.5", BuiltInType.Double, 1.5 },
        { "TRUE", BuiltInType.Boolean, true },
        { "0", BuiltInType.Boolean, false },
        { SomeGuid.ToString(), BuiltInType.Guid, new Variant(SomeGuid) },
        { new LocalizedText("text", "en"), BuiltInType.String, "text" },
        { new QualifiedName("name", 3), BuiltInType.String, "name" },
        { new QualifiedName("name", 3), BuiltInType.LocalizedText, new LocalizedText("name") },
        { new NodeId("x", 2), BuiltInType.String, "ns=2;s=x" },
        { new NodeId("x", 2), BuiltInType.ExpandedNodeId, new Variant(new ExpandedNodeId(new NodeId("x", 2))) },
        { (ushort)0x8034, BuiltInType.StatusCode, new StatusCode(StatusCodes.BadNodeIdUnknown) },
        { new StatusCode(StatusCodes.BadNodeIdUnknown), BuiltInType.UInt32, (uint)StatusCodes.BadNodeIdUnknown },
        { new StatusCode(StatusCodes.BadNodeIdUnknown), BuiltInType.Int64, (long)StatusCodes.BadNodeIdUnknown },
    };

    [Theory]
    [MemberData(nameof(Implicit))]
    public void Implicit_conversions_need_no_cast(Variant value, BuiltInType target, Variant expected)
    {
        Assert.True(FilterConversions.TryConvert(value, target, isCast: false, out var converted));
        Assert.Equal(expected, converted);
    }

    public static TheoryData<Variant, BuiltInType, Variant> Explicit => new()
    {
        { 1.5, BuiltInType.Int32, 2 },
        { -1.5, BuiltInType.Int32, -1 },
        { 2.4f, BuiltInType.Byte, (byte)2 },
        { 300, BuiltInType.Int16, (short)300 },
        { 2, BuiltInType.Boolean, true },
        { 0.0, BuiltInType.Boolean, false },
        { 7L, BuiltInType.String, "7" },
        { 1.5, BuiltInType.Float, 1.5f },
        { true, BuiltInType.String, "true" },
        { "2026-05-04T03:02:01Z", BuiltInType.DateTime, new DateTime(2026, 5, 4, 3, 2, 1, DateTimeKind.Utc) },
        { new DateTime(2026, 5, 4, 3, 2, 1, DateTimeKind.Utc), BuiltInType.String, "2026-05-04T03:02:01.0000000Z" },
        { "i=85", BuiltInType.NodeId, new NodeId(85u) },
        { "text", BuiltInType.LocalizedText, new LocalizedText("text") },
        { new Variant(new ExpandedNodeId(new NodeId(85u))), BuiltInType.NodeId, new NodeId(85u) },
        { new Variant(SomeGuid), BuiltInType.ByteString, new Variant(new ByteString(SomeGuid.ToByteArray())) },
        { new Variant(new ByteString(SomeGuid.ToByteArray())), BuiltInType.Guid, new Variant(SomeGuid) },
        { new StatusCode(StatusCodes.BadNodeIdUnknown), BuiltInType.UInt16, (ushort)0x8034 },
    };

    [Theory]
    [MemberData(nameof(Explicit))]
    public void Explicit_conversions_need_a_cast(Variant value, BuiltInType target, Variant expected)
    {
        Assert.False(FilterConversions.TryConvert(value, target, isCast: false, out _));
        Assert.True(FilterConversions.TryConvert(value, target, isCast: true, out var converted));
        Assert.Equal(expected, converted);
    }

    public static TheoryData<Variant, BuiltInType> Impossible => new()
    {
        { new Variant(new ByteString([1, 2])), BuiltInType.String },
        { new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), BuiltInType.Int64 },
        { new StatusCode(1), BuiltInType.Int16 },
        { new StatusCode(1), BuiltInType.String },
        { new Variant(SomeGuid), BuiltInType.Int32 },
        { "x", BuiltInType.ByteString },
        { 7, BuiltInType.DateTime },
        { new Variant(new[] { 1, 2 }), BuiltInType.Double },
        { default(Variant), BuiltInType.Int32 },
        // These have a rule, but the value does not fit.
        { -1, BuiltInType.UInt64 },
        { 256, BuiltInType.Byte },
        { double.NaN, BuiltInType.Int32 },
        { double.PositiveInfinity, BuiltInType.Int64 },
        { 1e300, BuiltInType.UInt64 },
        { 1e300, BuiltInType.Float },
        { "seven", BuiltInType.Int32 },
        { "2", BuiltInType.Boolean },
        { "1.5", BuiltInType.Int32 },
        { new Variant(new ByteString([1, 2])), BuiltInType.Guid },
        { new Variant(new ExpandedNodeId(new NodeId(1u), "urn:elsewhere")), BuiltInType.NodeId },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Where_there_is_no_rule_or_the_value_does_not_fit_a_cast_fails(Variant value, BuiltInType target) =>
        Assert.False(FilterConversions.TryConvert(value, target, isCast: true, out _));

    public static TheoryData<Variant, Variant, bool> Equalities => new()
    {
        { 7, 7.0, true },
        { "7", 7, true },
        { (byte)7, (sbyte)7, true },
        // The operand of lower precedence is converted: -1 does not fit a UInt32.
        { (short)-1, uint.MaxValue, false },
        { new LocalizedText("a", "en"), "a", true },
        { new NodeId("x", 2), "ns=2;s=x", true },
        { new Variant((string?)null), "", true },
        { new Variant(default(ByteString)), new Variant(ByteString.Empty), true },
        { new Variant((int[]?)null), new Variant(Array.Empty<int>()), true },
        { new Variant(new[] { 1, 2 }), new Variant(new[] { 1, 2 }), true },
        { new Variant(new[] { 1, 2 }), new Variant(new[] { 1, 3 }), false },
        { new Variant(new[] { 1 }), 1, false },
        { 0.0, -0.0, true },
        { double.NaN, double.NaN, false },
        { default(Variant), 0, false },
        // No implicit conversion: FALSE, whatever the text says.
        { new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), "2026-01-01T00:00:00.0000000Z", false },
    };

    [Theory]
    [MemberData(nameof(Equalities))]
    public void Equality_converts_by_precedence(Variant left, Variant right, bool expected)
    {
        Assert.Equal(expected, FilterValues.AreEqual(left, right));
        Assert.Equal(expected, FilterValues.AreEqual(right, left));
    }

    [Fact]
    public void Numbers_and_times_have_an_order_and_strings_have_none()
    {
        Assert.True(FilterValues.TryCompare(long.MaxValue, long.MaxValue - 1, out var order) && order > 0);
        Assert.True(FilterValues.TryCompare("9", 10, out order) && order < 0);
        Assert.True(FilterValues.TryCompare(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc), out order) && order < 0);
        Assert.False(FilterValues.TryCompare("a", "b", out _));
        Assert.False(FilterValues.TryCompare(true, false, out _));
        Assert.False(FilterValues.TryCompare(double.NaN, 1.0, out _));
    }
}
