namespace OpcPortal.Ua.NodeSets;

/// <summary>Values in OPC UA XML, Part 6 5.3.1.</summary>
public sealed class NodeSet2ReaderValueTests
{
    public static TheoryData<string, Variant> Scalars => new()
    {
        { "<uax:Boolean>true</uax:Boolean>", true },
        { "<uax:SByte>-128</uax:SByte>", new Variant((sbyte)-128) },
        { "<uax:Byte>255</uax:Byte>", new Variant((byte)255) },
        { "<uax:Int16>-32768</uax:Int16>", new Variant((short)-32768) },
        { "<uax:UInt16>65535</uax:UInt16>", new Variant((ushort)65535) },
        { "<uax:Int32>-2147483648</uax:Int32>", new Variant(int.MinValue) },
        { "<uax:UInt32> 4294967295 </uax:UInt32>", new Variant(uint.MaxValue) },
        { "<uax:Int64>-9223372036854775808</uax:Int64>", new Variant(long.MinValue) },
        { "<uax:UInt64>18446744073709551615</uax:UInt64>", new Variant(ulong.MaxValue) },
        { "<uax:Float>1.5</uax:Float>", new Variant(1.5f) },
        { "<uax:Double>-1E-3</uax:Double>", new Variant(-0.001) },
        { "<uax:Double>INF</uax:Double>", new Variant(double.PositiveInfinity) },
        { "<uax:Double>-INF</uax:Double>", new Variant(double.NegativeInfinity) },
        { "<uax:Double>NaN</uax:Double>", new Variant(double.NaN) },
        { "<uax:String> a &lt; b </uax:String>", new Variant(" a < b ") },
        { "<uax:String><![CDATA[<x>]]></uax:String>", new Variant("<x>") },
        { "<uax:DateTime>2025-01-31T01:00:00+01:00</uax:DateTime>", new Variant(new DateTime(2025, 1, 31, 0, 0, 0, DateTimeKind.Utc)) },
        { "<uax:Guid><uax:String>72962b91-fa75-4ae6-8d28-b404dc7daf63</uax:String></uax:Guid>", new Variant(new Guid("72962b91-fa75-4ae6-8d28-b404dc7daf63")) },
        { "<uax:ByteString>AQ ID\n</uax:ByteString>", new Variant(new ByteString([1, 2, 3])) },
        { "<uax:NodeId><uax:Identifier>ns=1;s=a</uax:Identifier></uax:NodeId>", new Variant(new NodeId("a", 1)) },
        { "<uax:ExpandedNodeId><uax:Identifier>nsu=urn:x;i=3</uax:Identifier></uax:ExpandedNodeId>", new Variant(new ExpandedNodeId(new NodeId(3u), "urn:x")) },
        { "<uax:StatusCode><uax:Code>2147483648</uax:Code></uax:StatusCode>", new Variant(new StatusCode(0x80000000)) },
        { "<uax:QualifiedName><uax:NamespaceIndex>1</uax:NamespaceIndex><uax:Name>n</uax:Name></uax:QualifiedName>", new Variant(new QualifiedName("n", 1)) },
        { "<uax:LocalizedText><uax:Locale>de</uax:Locale><uax:Text>t</uax:Text></uax:LocalizedText>", new Variant(new LocalizedText("t", "de")) },
        { "<uax:Variant><uax:Value><uax:Int32>7</uax:Int32></uax:Value></uax:Variant>", new Variant(7) },
        { "<uax:XmlElement><a xmlns=\"\">1</a></uax:XmlElement>", new Variant(new XmlElement("<a xmlns=\"\">1</a>")) },
    };

    [Theory, MemberData(nameof(Scalars))]
    public void A_scalar_has_the_value_that_its_element_says(string xml, Variant expected) => Assert.Equal(expected, NodeSetXml.Value(xml));

    [Fact]
    public void A_DataValue_has_its_value_status_and_times()
    {
        var value = NodeSetXml.Value("""
            <uax:DataValue><uax:Value><uax:Double>2</uax:Double></uax:Value><uax:StatusCode><uax:Code>1073741824</uax:Code></uax:StatusCode>
            <uax:SourceTimestamp>2025-01-31T00:00:00Z</uax:SourceTimestamp><uax:SourcePicoseconds>5</uax:SourcePicoseconds></uax:DataValue>
            """).AsDataValue();

        Assert.Equal(new Variant(2.0), value.Value);
        Assert.Equal(new StatusCode(0x40000000), value.StatusCode);
        Assert.Equal(new DateTime(2025, 1, 31, 0, 0, 0, DateTimeKind.Utc), value.SourceTimestamp);
        Assert.Equal(5, value.SourcePicoseconds);
    }

    [Fact]
    public void An_array_has_its_elements_in_order_and_may_be_empty_or_null()
    {
        Assert.Equal(new Variant(new[] { 1, 2, 3 }), NodeSetXml.Value("<uax:ListOfInt32><uax:Int32>1</uax:Int32><uax:Int32>2</uax:Int32><uax:Int32>3</uax:Int32></uax:ListOfInt32>"));
        Assert.Equal(new Variant(Array.Empty<string?>()), NodeSetXml.Value("<uax:ListOfString />"));
        Assert.Equal(new Variant(new[] { "a", null }), NodeSetXml.Value("""<uax:ListOfString><uax:String>a</uax:String><uax:String xsi:nil="true" /></uax:ListOfString>"""));
        var none = NodeSetXml.Value("""<uax:ListOfString xsi:nil="true" />""");
        Assert.Equal(BuiltInType.String, none.Type);
        Assert.Null(none.Elements);
    }

    [Fact]
    public void An_array_of_Variants_holds_values_of_different_types()
    {
        var value = NodeSetXml.Value("""
            <uax:ListOfVariant>
              <uax:Variant><uax:Value><uax:Int32>1</uax:Int32></uax:Value></uax:Variant>
              <uax:Variant><uax:Value><uax:ListOfString><uax:String>a</uax:String></uax:ListOfString></uax:Value></uax:Variant>
              <uax:Variant />
            </uax:ListOfVariant>
            """);

        Assert.Equal([new Variant(1), new Variant(new[] { "a" }), default], Assert.IsType<Variant[]>(value.Elements));
    }

    [Fact]
    public void A_matrix_has_its_dimensions_and_its_elements_row_by_row()
    {
        var value = NodeSetXml.Value(Matrix("<uax:Int32>2</uax:Int32><uax:Int32>3</uax:Int32>", 6));

        Assert.True(value.IsMatrix);
        Assert.Equal([2, 3], value.Dimensions.ToArray());
        Assert.Equal([0, 1, 2, 3, 4, 5], Assert.IsType<int[]>(value.Elements));
    }

    [Theory]
    [InlineData("<uax:Int32>2</uax:Int32><uax:Int32>3</uax:Int32>", 5)]
    [InlineData("<uax:Int32>-1</uax:Int32><uax:Int32>-6</uax:Int32>", 6)]
    [InlineData("<uax:Int32>65536</uax:Int32><uax:Int32>65536</uax:Int32>", 0)]
    [InlineData("", 1)]
    public void A_matrix_whose_dimensions_do_not_hold_its_elements_is_refused(string dimensions, int count) =>
        Assert.Contains("Dimensions", NodeSetXml.Refused(() => NodeSetXml.Value(Matrix(dimensions, count))).Reason, StringComparison.Ordinal);

    private static string Matrix(string dimensions, int count) => $"""
        <uax:Matrix><uax:Dimensions>{dimensions}</uax:Dimensions>
        <uax:Elements>{string.Concat(Enumerable.Range(0, count).Select(i => $"<uax:Int32>{i}</uax:Int32>"))}</uax:Elements></uax:Matrix>
        """;

    [Theory]
    [InlineData("<uax:Int32>x</uax:Int32>", "Int32")]
    [InlineData("<uax:Byte>256</uax:Byte>", "256")]
    [InlineData("<uax:Guid>no</uax:Guid>", "Guid")]
    [InlineData("<uax:ByteString>?</uax:ByteString>", "base64")]
    [InlineData("<uax:DateTime>yesterday</uax:DateTime>", "yesterday")]
    [InlineData("<uax:Nothing>1</uax:Nothing>", "Nothing")]
    [InlineData("<uax:Int32>1</uax:Int32><uax:Int32>2</uax:Int32>", "more than one")]
    [InlineData("<uax:NodeId><uax:Identifier>ns=2;i=1</uax:Identifier></uax:NodeId>", "Namespace index 2")]
    [InlineData("<uax:QualifiedName><uax:NamespaceIndex>9</uax:NamespaceIndex></uax:QualifiedName>", "Namespace index 9")]
    [InlineData("<uax:ExtensionObject><uax:Body><a /></uax:Body></uax:ExtensionObject>", "TypeId")]
    public void A_value_that_is_wrong_is_refused_at_its_line(string xml, string expected)
    {
        var error = NodeSetXml.Refused(() => NodeSetXml.Value(xml));

        Assert.Equal(9, error.Line);
        Assert.Contains(expected, error.Reason, StringComparison.Ordinal);
    }
}
