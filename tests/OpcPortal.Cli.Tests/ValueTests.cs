using OpcPortal.Cli.Values;
using OpcPortal.Ua;

namespace OpcPortal.Cli.Tests;

public sealed class ValueTests
{
    [Fact]
    public void A_sparkline_spans_its_lowest_to_its_highest_value_and_keeps_the_last()
    {
        var line = new Sparkline();
        foreach (var value in (double[])[0, 7, double.NaN, 3.5]) line.Add(value);
        Assert.Equal("▁█▅", line.ToString());
        for (var i = 0; i < 100; i++) line.Add(1);
        Assert.Equal(new string('▅', Sparkline.Width), line.ToString());
    }

    [Theory]
    [InlineData(double.NaN, "\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"Infinity\"")]
    [InlineData(-2.5, "-2.5")]
    public void What_JSON_has_no_number_for_is_text(double value, string expected) => Assert.Equal(expected, ValueJson.Document(json => ValueJson.Write(json, value), isLine: true));

    [Fact]
    public void Structures_of_the_standard_are_objects_in_JSON_and_braces_for_people()
    {
        var range = Variant.From(new Ua.Range { Low = -1, High = 2.5 });
        Assert.Equal("""{"Low":-1,"High":2.5}""", ValueJson.Document(json => ValueJson.Write(json, range), isLine: true));
        Assert.Equal("{ Low = -1, High = 2.5 }", ValueText.Format(range));
    }

    [Fact]
    public void Long_arrays_are_cut_short_for_people_alone()
    {
        var array = new Variant(Enumerable.Range(0, 100).ToArray());
        Assert.EndsWith("15, ...] (100)", ValueText.Format(array));
        Assert.EndsWith("98,99]", ValueJson.Document(json => ValueJson.Write(json, array), isLine: true));
    }
}
