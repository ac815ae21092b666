namespace OpcPortal.Ua.Types.Tests.BuiltIn;

/// <summary>Index ranges over everything that has indexes. Part 4 7.27.</summary>
public sealed class NumericRangeTests
{
    private static readonly Variant Array = new((int[])[10, 11, 12, 13, 14]);

    // 2 x 3: 0 1 2 / 10 11 12.
    private static readonly Variant Grid = new(new Matrix((int[])[0, 1, 2, 10, 11, 12], [2, 3]));

    private static NumericRange Range(string text) => NumericRange.TryParse(text, out var range) ? range : throw new FormatException(text);

    private static (string Status, Variant Part) Slice(Variant value, string range)
    {
        var status = Range(range).TrySlice(value, out var part);
        return (status.ToString(), part);
    }

    private static (string Status, Variant Whole) Overwrite(Variant value, string range, Variant part)
    {
        var status = Range(range).TryOverwrite(value, part, out var whole);
        return (status.ToString(), whole);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.0")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("0x1")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData(":")]
    [InlineData("1::2")]
    [InlineData("1:2:3")]
    [InlineData("1:1")]
    [InlineData("2:1")]
    [InlineData("1,")]
    [InlineData(",1")]
    [InlineData("1,,2")]
    [InlineData("1;2")]
    [InlineData("4294967296")]
    [InlineData("0:99999999999999999999")]
    [InlineData("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0")]
    public void What_is_no_range_is_malformed(string text) => Assert.False(NumericRange.TryParse(text, out _));

    [Theory]
    [InlineData("0")]
    [InlineData("3")]
    [InlineData("0:1")]
    [InlineData("1:2,0:1")]
    [InlineData("0,0,0")]
    [InlineData("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0")]
    public void A_range_is_written_as_it_was_read(string text) => Assert.Equal(text, Range(text).ToString());

    // Indexes are UInt32: far outside is outside, not malformed.
    [Theory]
    [InlineData("2147483648")]
    [InlineData("4294967295")]
    [InlineData("2147483647:4294967295")]
    public void An_index_beyond_any_array_finds_no_data(string range)
    {
        Assert.Equal(("BadIndexRangeNoData", Variant.Null), Slice(Array, range));
        Assert.Equal(("BadIndexRangeNoData", Variant.Null), Slice("text", range));
        Assert.Equal("BadIndexRangeNoData", Overwrite(Array, range, new Variant((int[])[1])).Status);
    }

    [Theory]
    [InlineData("0", new[] { 10 })]
    [InlineData("4", new[] { 14 })]
    [InlineData("1:3", new[] { 11, 12, 13 })]
    [InlineData("0:4", new[] { 10, 11, 12, 13, 14 })]
    // The upper bound outside: what there is.
    [InlineData("3:9", new[] { 13, 14 })]
    [InlineData("0:4294967295", new[] { 10, 11, 12, 13, 14 })]
    public void A_part_of_an_array_is_an_array(string range, int[] expected) => Assert.Equal(("Good", new Variant(expected)), Slice(Array, range));

    [Theory]
    [InlineData("5")]
    [InlineData("5:6")]
    // A dimension that the array has not.
    [InlineData("0,0")]
    [InlineData("0:1,0:1,0:1")]
    public void Outside_an_array_there_is_no_data(string range) => Assert.Equal(("BadIndexRangeNoData", Variant.Null), Slice(Array, range));

    [Fact]
    public void An_array_without_elements_has_no_data()
    {
        Assert.Equal("BadIndexRangeNoData", Slice(new Variant((int[])[]), "0").Status);
        Assert.Equal("BadIndexRangeNoData", Slice(new Variant((int[]?)null), "0").Status);
        Assert.Equal("BadIndexRangeNoData", Slice(Variant.Null, "0").Status);
        Assert.Equal("BadIndexRangeNoData", Slice(new Variant(new Matrix((int[])[], [0, 3])), "0,0").Status);
    }

    [Fact]
    public void What_has_no_indexes_has_no_data()
    {
        Assert.Equal("BadIndexRangeNoData", Slice(7, "0").Status);
        Assert.Equal("BadIndexRangeNoData", Slice(new LocalizedText("text"), "0").Status);
    }

    [Fact]
    public void Of_a_string_and_a_byte_string_it_takes_characters_and_bytes()
    {
        Assert.Equal(("Good", new Variant("orl")), Slice("world", "1:3"));
        Assert.Equal(("Good", new Variant("d")), Slice("world", "4"));
        Assert.Equal(("Good", new Variant("ld")), Slice("world", "3:99"));
        Assert.Equal("BadIndexRangeNoData", Slice("world", "5").Status);
        Assert.Equal("BadIndexRangeNoData", Slice("world", "0,0").Status);
        Assert.Equal("BadIndexRangeNoData", Slice("", "0").Status);
        Assert.Equal("BadIndexRangeNoData", Slice(new Variant((string?)null), "0").Status);
        var bytes = new Variant(new ByteString([1, 2, 3]));
        Assert.Equal(("Good", new Variant(new ByteString([2, 3]))), Slice(bytes, "1:5"));
        Assert.Equal("BadIndexRangeNoData", Slice(bytes, "3").Status);
        Assert.Equal("BadIndexRangeNoData", Slice(new Variant(default(ByteString)), "0").Status);
    }

    // Part 4 7.27: the last dimension goes into the elements of an array of strings or byte strings.
    [Fact]
    public void Of_an_array_of_strings_a_second_dimension_takes_their_characters()
    {
        var texts = new Variant((string?[])["alpha", "be", null, "gamma"]);
        Assert.Equal(("Good", new Variant((string?[])["lp", "e", null])), Slice(texts, "0:2,1:2"));
        Assert.Equal("BadIndexRangeNoData", Slice(texts, "1:2,7").Status);
        var blobs = new Variant((ByteString[])[new([1, 2, 3]), new([4])]);
        Assert.Equal(("Good", new Variant((ByteString[])[new([2, 3]), new([])])), Slice(blobs, "0:1,1:9"));
    }

    [Theory]
    [InlineData("0,0", new[] { 0 }, 1, 1)]
    [InlineData("1,0:2", new[] { 10, 11, 12 }, 1, 3)]
    [InlineData("0:1,1", new[] { 1, 11 }, 2, 1)]
    [InlineData("0:1,1:2", new[] { 1, 2, 11, 12 }, 2, 2)]
    [InlineData("1:9,2:9", new[] { 12 }, 1, 1)]
    public void A_part_of_a_matrix_is_a_matrix(string range, int[] elements, int rows, int columns) =>
        Assert.Equal(("Good", new Variant(new Matrix(elements, [rows, columns]))), Slice(Grid, range));

    [Theory]
    [InlineData("2,0")]
    [InlineData("0,3")]
    [InlineData("0")]
    [InlineData("0,0,0")]
    public void Outside_a_matrix_there_is_no_data(string range) => Assert.Equal("BadIndexRangeNoData", Slice(Grid, range).Status);

    [Fact]
    public void A_part_of_three_dimensions_keeps_the_order_of_rows()
    {
        var cube = new Variant(new Matrix(Enumerable.Range(0, 24).ToArray(), [2, 3, 4]));
        var (status, part) = Slice(cube, "0:1,1:2,3");
        Assert.Equal("Good", status);
        // Element (i, j, k) is 12 i + 4 j + k.
        Assert.Equal(new Variant(new Matrix((int[])[7, 11, 19, 23], [2, 2, 1])), part);
    }

    [Fact]
    public void Writing_a_part_leaves_the_rest_and_the_original()
    {
        Assert.Equal(("Good", new Variant((int[])[10, 1, 2, 13, 14])), Overwrite(Array, "1:2", new Variant((int[])[1, 2])));
        Assert.Equal(("Good", new Variant((int[])[10, 11, 12, 13, 9])), Overwrite(Array, "4", new Variant((int[])[9])));
        Assert.Equal(new Variant((int[])[10, 11, 12, 13, 14]), Array);
        Assert.Equal(("Good", new Variant("wXYld")), Overwrite("world", "1:2", "XY"));
        Assert.Equal(("Good", new Variant(new ByteString([1, 9, 3]))), Overwrite(new Variant(new ByteString([1, 2, 3])), "1", new Variant(new ByteString([9]))));
        Assert.Equal(("Good", new Variant(new Matrix((int[])[0, 1, 2, 10, 7, 8], [2, 3]))), Overwrite(Grid, "1,1:2", new Variant(new Matrix((int[])[7, 8], [1, 2]))));
    }

    // Part 4 7.27: an error where not all of it can be written.
    [Theory]
    [InlineData("4:5", 2)]
    [InlineData("5", 1)]
    [InlineData("0,0", 1)]
    public void What_would_be_written_outside_is_not_written_at_all(string range, int count) =>
        Assert.Equal(("BadIndexRangeNoData", Variant.Null), Overwrite(Array, range, new Variant(new int[count])));

    [Fact]
    public void What_is_written_has_the_size_of_the_range()
    {
        Assert.Equal("BadIndexRangeDataMismatch", Overwrite(Array, "1:2", new Variant((int[])[1])).Status);
        Assert.Equal("BadIndexRangeDataMismatch", Overwrite(Array, "1:2", new Variant((int[])[1, 2, 3])).Status);
        Assert.Equal("BadIndexRangeDataMismatch", Overwrite(Array, "1", 1).Status);
        Assert.Equal("BadIndexRangeDataMismatch", Overwrite(Array, "1", new Variant((int[]?)null)).Status);
        Assert.Equal("BadIndexRangeDataMismatch", Overwrite(Array, "1:2", new Variant(new Matrix((int[])[1, 2], [1, 2]))).Status);
        Assert.Equal("BadIndexRangeDataMismatch", Overwrite("world", "1:2", "X").Status);
        Assert.Equal("BadIndexRangeDataMismatch", Overwrite("world", "1:2", new Variant((string?)null)).Status);
        Assert.Equal("BadIndexRangeDataMismatch", Overwrite(Grid, "0:1,0", new Variant(new Matrix((int[])[1, 2], [1, 2]))).Status);
        Assert.Equal("BadIndexRangeDataMismatch", Overwrite(Grid, "0:1,0", new Variant((int[])[1, 2])).Status);
    }

    [Fact]
    public void What_is_written_has_the_type_of_the_value()
    {
        Assert.Equal("BadTypeMismatch", Overwrite(Array, "0", new Variant((short[])[1])).Status);
        Assert.Equal("BadTypeMismatch", Overwrite("world", "0", new Variant(new ByteString([1]))).Status);
        Assert.Equal("BadTypeMismatch", Overwrite(Array, "0", Variant.Null).Status);
    }

    [Fact]
    public void Into_nothing_nothing_is_written()
    {
        Assert.Equal("BadIndexRangeNoData", Overwrite(Variant.Null, "0", new Variant((int[])[1])).Status);
        Assert.Equal("BadIndexRangeNoData", Overwrite(new Variant((int[]?)null), "0", new Variant((int[])[1])).Status);
        Assert.Equal("BadIndexRangeNoData", Overwrite(new Variant((string?)null), "0", "a").Status);
        Assert.Equal("BadIndexRangeNoData", Overwrite(7, "0", 8).Status);
        Assert.Equal("BadIndexRangeNoData", Overwrite("world", "0,0", "a").Status);
    }

    // A slice that is written back where it came from changes nothing, whatever the range.
    [Fact]
    public void A_part_written_back_changes_nothing()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var dimensions = Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(1, 6)).ToArray();
            var elements = Enumerable.Range(0, dimensions.Aggregate(1, static (a, b) => a * b)).ToArray();
            var value = dimensions.Length == 1 ? new Variant(elements) : new Variant(new Matrix(elements, dimensions));
            var range = string.Join(',', dimensions.Select(d => (Low: random.Next(d), High: random.Next(d))).Select(r => r.Low < r.High ? $"{r.Low}:{r.High}" : $"{r.Low}"));
            var (status, part) = Slice(value, range);
            Assert.True(status == "Good", $"seed {seed}: {range} of {value}");
            Assert.True(Overwrite(value, range, part) == ("Good", value), $"seed {seed}: {range} of {value}");
        }
    }
}
