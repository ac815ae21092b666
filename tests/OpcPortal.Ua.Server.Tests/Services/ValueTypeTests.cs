namespace OpcPortal.Ua.Server.Tests.Services;

/// <summary>Which values a Variable takes, by its DataType, ValueRank and ArrayDimensions. Part 3 5.6.2, 8.6; Part 4 5.11.4; Part 6 5.1.</summary>
public sealed class ValueTypeTests
{
    private static readonly NodeWorld World = new();

    private static readonly Dictionary<string, Variant> Values = new()
    {
        ["null"] = default,
        ["true"] = true,
        ["byte"] = (byte)1,
        ["int16"] = (short)1,
        ["int32"] = 1,
        ["uint32"] = 1u,
        ["int64"] = 1L,
        ["double"] = 1.0,
        ["float"] = 1f,
        ["text"] = "a",
        ["null text"] = new Variant((string?)null),
        ["time"] = DateTime.UnixEpoch,
        ["bytes"] = new Variant(new ByteString([1])),
        ["localized"] = new LocalizedText("a"),
        ["status"] = new StatusCode(0),
        ["doubles"] = new Variant((double[])[1, 2]),
        ["doubles 2x2"] = new Variant(new Matrix(new double[4], [2, 2])),
        ["doubles 3x2"] = new Variant(new Matrix(new double[6], [3, 2])),
        ["doubles 1x1x1"] = new Variant(new Matrix(new double[1], [1, 1, 1])),
        ["null doubles"] = new Variant((double[]?)null),
        ["no doubles"] = new Variant((double[])[]),
        ["int32s"] = new Variant((int[])[1]),
        ["numbers"] = new Variant((Variant[])[1, 2.0, (byte)3]),
        ["integers"] = new Variant((Variant[])[1, (byte)2]),
        ["mixed"] = new Variant((Variant[])[1, "a"]),
        ["range"] = Variant.From(new Ua.Range { Low = 1, High = 2 }),
        ["argument"] = Variant.From(new Argument()),
        ["null structure"] = Variant.From((IStructure?)null),
        ["ranges"] = Variant.From<Ua.Range>([new Ua.Range()]),
        ["arguments"] = Variant.From<Argument>([new Argument()]),
        ["null structures"] = new Variant((ExtensionObject?[]?)null),
        ["opaque"] = new Variant(new ExtensionObject(new NodeId(4711, 1), new ByteString([1, 2]))),
    };

    private static string Check(uint dataType, int rank, string value, uint[]? dimensions = null)
    {
        var given = Values[value];
        return new ValueTypeCheck(World.Types).Check(dataType, rank, dimensions, ref given).ToString();
    }

    [Theory]
    [InlineData(DataTypeIds.Double, "double")]
    [InlineData(DataTypeIds.Duration, "double")]
    [InlineData(DataTypeIds.UtcTime, "time")]
    [InlineData(DataTypeIds.Counter, "uint32")]
    [InlineData(DataTypeIds.LocaleId, "text")]
    [InlineData(DataTypeIds.String, "null text")]
    [InlineData(DataTypeIds.Image, "bytes")]
    // Part 6 5.2.4: an enumeration is an Int32.
    [InlineData(DataTypeIds.ServerState, "int32")]
    [InlineData(DataTypeIds.Enumeration, "int32")]
    // An option set derived from a number.
    [InlineData(DataTypeIds.AccessLevelExType, "uint32")]
    [InlineData(DataTypeIds.BaseDataType, "double")]
    [InlineData(DataTypeIds.BaseDataType, "range")]
    [InlineData(DataTypeIds.Number, "double")]
    [InlineData(DataTypeIds.Number, "byte")]
    [InlineData(DataTypeIds.Integer, "int16")]
    [InlineData(DataTypeIds.UInteger, "uint32")]
    [InlineData(DataTypeIds.Range, "range")]
    [InlineData(DataTypeIds.Range, "null structure")]
    [InlineData(DataTypeIds.Structure, "argument")]
    // Of a type that this server does not know the node may know more.
    [InlineData(DataTypeIds.Structure, "opaque")]
    [InlineData(DataTypeIds.StatusCode, "status")]
    [InlineData(DataTypeIds.String, "null")]
    [InlineData(DataTypeIds.BaseDataType, "null")]
    public void A_value_of_the_type_or_of_one_below_it_fits(uint dataType, string value) => Assert.Equal("Good", Check(dataType, -1, value));

    [Theory]
    [InlineData(DataTypeIds.Double, "float")]
    [InlineData(DataTypeIds.Double, "int32")]
    [InlineData(DataTypeIds.Double, "text")]
    [InlineData(DataTypeIds.Double, "null")]
    [InlineData(DataTypeIds.Int32, "null")]
    [InlineData(DataTypeIds.Int32, "uint32")]
    [InlineData(DataTypeIds.Int64, "int32")]
    [InlineData(DataTypeIds.ServerState, "uint32")]
    [InlineData(DataTypeIds.ServerState, "byte")]
    [InlineData(DataTypeIds.String, "localized")]
    [InlineData(DataTypeIds.Byte, "bytes")]
    [InlineData(DataTypeIds.StatusCode, "uint32")]
    [InlineData(DataTypeIds.Number, "text")]
    [InlineData(DataTypeIds.Number, "true")]
    [InlineData(DataTypeIds.Integer, "uint32")]
    [InlineData(DataTypeIds.Integer, "double")]
    [InlineData(DataTypeIds.UInteger, "int32")]
    [InlineData(DataTypeIds.Range, "argument")]
    [InlineData(DataTypeIds.Range, "double")]
    [InlineData(DataTypeIds.UtcTime, "int64")]
    // No DataType at all.
    [InlineData(ObjectIds.Server, "int32")]
    [InlineData(0u, "int32")]
    public void A_value_of_another_type_does_not(uint dataType, string value) => Assert.Equal("BadTypeMismatch", Check(dataType, -1, value));

    // Part 3 8.6 / 5.6.2: -3 scalar or one, -2 any, -1 scalar, 0 one or more, n that many.
    [Theory]
    [InlineData(-3, "double doubles")]
    [InlineData(-2, "double doubles|doubles 2x2|doubles 1x1x1")]
    [InlineData(-1, "double")]
    [InlineData(0, "doubles|doubles 2x2|doubles 1x1x1")]
    [InlineData(1, "doubles|null doubles|no doubles|null")]
    [InlineData(2, "doubles 2x2|doubles 3x2|null")]
    [InlineData(3, "doubles 1x1x1")]
    [InlineData(-4, "")]
    public void The_rank_says_how_many_dimensions_a_value_has(int rank, string fitting)
    {
        // "double doubles" is two names.
        var fits = fitting.Replace("double doubles", "double|doubles").Split('|', StringSplitOptions.RemoveEmptyEntries);
        foreach (var value in new[] { "double", "doubles", "doubles 2x2", "doubles 1x1x1" })
            Assert.Equal((value, fits.Contains(value) ? "Good" : "BadTypeMismatch"), (value, Check(DataTypeIds.Double, rank, value)));
        foreach (var value in fits) Assert.Equal((value, "Good"), (value, Check(DataTypeIds.Double, rank, value)));
    }

    // Part 3 5.6.2 (ArrayDimensions): a length is a maximum, 0 any.
    [Theory]
    [InlineData("doubles", new uint[] { 2 }, "Good")]
    [InlineData("doubles", new uint[] { 3 }, "Good")]
    [InlineData("doubles", new uint[] { 0 }, "Good")]
    [InlineData("doubles", new uint[] { 1 }, "BadTypeMismatch")]
    [InlineData("no doubles", new uint[] { 1 }, "Good")]
    [InlineData("null doubles", new uint[] { 1 }, "Good")]
    [InlineData("doubles 3x2", new uint[] { 3, 2 }, "Good")]
    [InlineData("doubles 3x2", new uint[] { 3, 0 }, "Good")]
    [InlineData("doubles 3x2", new uint[] { 2, 2 }, "BadTypeMismatch")]
    [InlineData("doubles 3x2", new uint[] { 3, 1 }, "BadTypeMismatch")]
    [InlineData("doubles 3x2", new uint[] { 3 }, "BadTypeMismatch")]
    [InlineData("doubles 3x2", new uint[] { uint.MaxValue, uint.MaxValue }, "Good")]
    [InlineData("doubles 3x2", null, "Good")]
    public void The_dimensions_say_how_long_each_may_be(string value, uint[]? dimensions, string expected) => Assert.Equal(expected, Check(DataTypeIds.Double, -2, value, dimensions));

    // Part 3 8.58 (NoSubDataTypes).
    [Theory]
    [InlineData(AccessLevelExType.None, "Good")]
    [InlineData(AccessLevelExType.NoSubDataTypes, "BadTypeMismatch")]
    public async Task Where_no_subtypes_are_allowed_the_type_itself_is_needed(AccessLevelExType bits, string ofSubtype)
    {
        var world = new NodeWorld();
        const AccessLevelExType Both = AccessLevelExType.CurrentRead | AccessLevelExType.CurrentWrite;
        var node = world.Variable("v", default, DataTypeIds.UserIdentityToken, -2, level: Both | bits);
        Assert.Equal("Good", await world.Write(node, Variant.From(new UserIdentityToken())));
        Assert.Equal("Good", await world.Write(node, Variant.From<UserIdentityToken>([new UserIdentityToken()])));
        Assert.Equal(ofSubtype, await world.Write(node, Variant.From(new AnonymousIdentityToken())));
        Assert.Equal(ofSubtype, await world.Write(node, Variant.From<UserIdentityToken>([new UserIdentityToken(), new AnonymousIdentityToken()])));
        Assert.Equal("BadTypeMismatch", await world.Write(node, Variant.From(new Argument())));
    }

    // Part 6 5.2.2.16: elements of several types are Variants.
    [Theory]
    [InlineData(DataTypeIds.Number, "numbers", "Good")]
    [InlineData(DataTypeIds.Number, "int32s", "Good")]
    [InlineData(DataTypeIds.Integer, "numbers", "BadTypeMismatch")]
    [InlineData(DataTypeIds.Number, "mixed", "BadTypeMismatch")]
    [InlineData(DataTypeIds.BaseDataType, "mixed", "Good")]
    [InlineData(DataTypeIds.Int32, "integers", "BadTypeMismatch")]
    [InlineData(DataTypeIds.Range, "ranges", "Good")]
    [InlineData(DataTypeIds.Range, "arguments", "BadTypeMismatch")]
    [InlineData(DataTypeIds.Range, "null structures", "Good")]
    public void Each_element_has_the_type(uint dataType, string value, string expected) => Assert.Equal(expected, Check(dataType, 1, value));
}
