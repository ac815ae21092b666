namespace OpcPortal.Ua.Types.Tests.BuiltIn;

/// <summary>Index ranges. Part 4 7.27: malformed is BadIndexRangeInvalid, outside the value BadIndexRangeNoData.</summary>
public sealed class NumericRangeTests
{
    private static readonly Variant Numbers = new([10, 11, 12, 13]);
    private static readonly Variant Table = new(new Matrix(new[] { 1, 2, 3, 4, 5, 6 }, [2, 3]));

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("1,")]
    [InlineData(":")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("2:1")]
    [InlineData("1:1")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1:2:3")]
    [InlineData("0x1")]
    [InlineData("2147483648")]
    [InlineData("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0")]
    public void A_text_that_is_no_range_is_refused(string text) => Assert.False(NumericRange.TryParse(text, out _));

    public static TheoryData<string, Variant, Variant> Slices => new()
    {
        { "1", Numbers, new Variant([11]) },
        { "1:2", Numbers, new Variant([11, 12]) },
        { "2:9", Numbers, new Variant([12, 13]) },
        { "0:2147483647", Numbers, Numbers },
        { "1,1:2", Table, new Variant(new Matrix(new[] { 5, 6 }, [1, 2])) },
        { "0:9,0", Table, new Variant(new Matrix(new[] { 1, 4 }, [2, 1])) },
        { "1:2", new Variant("abcd"), new Variant("bc") },
        { "2:9", new Variant(new ByteString([1, 2, 3])), new Variant(new ByteString([3])) },
    };

    [Theory]
    [MemberData(nameof(Slices))]
    public void A_range_cuts_arrays_matrices_strings_and_byte_strings(string text, Variant value, Variant slice)
    {
        Assert.True(NumericRange.TryParse(text, out var range));
        Assert.Equal(StatusCodes.Good, range.TrySlice(value, out var read).Code);
        Assert.Equal(slice, read);
    }

    public static TheoryData<string, Variant> Outside => new()
    {
        { "4", Numbers }, { "4:9", Numbers }, { "0,0", Numbers }, { "2,0", Table }, { "0,3", Table }, { "0", Table },
        { "0", new Variant(1) }, { "0", default }, { "0", new Variant("") }, { "0,0", new Variant("abc") }, { "0", new Variant((int[]?)null) }, { "0", new Variant(default(ByteString)) },
    };

    [Theory]
    [MemberData(nameof(Outside))]
    public void A_range_outside_the_value_finds_no_data(string text, Variant value)
    {
        Assert.True(NumericRange.TryParse(text, out var range));
        Assert.Equal(StatusCodes.BadIndexRangeNoData, range.TrySlice(value, out _).Code);
    }
}
