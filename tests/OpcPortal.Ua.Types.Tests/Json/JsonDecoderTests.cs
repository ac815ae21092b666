using System.Text;

namespace OpcPortal.Ua.Types.Tests.Json;

/// <summary>What else is read, and what is refused. Each refusal is a CodecException, never another.</summary>
public sealed class JsonDecoderTests
{
    // Part 6 5.1.4, 5.4.2.6: clamped at both ends, whatever the offset and the number of decimals.
    [Theory]
    [InlineData("0001-01-01T00:00:00Z", 0L)]
    [InlineData("1601-01-01T00:00:00Z", 0L)]
    [InlineData("1599-12-31T23:59:59Z", 0L)]
    [InlineData("1601-01-01T00:00:00.0000001Z", 1L)]
    [InlineData("1601-01-01T01:00:00.5+01:00", 5_000_000L)]
    [InlineData("1601-01-01T00:00:01.123456789012345Z", 11_234_567L)]
    [InlineData("9999-12-31T23:59:59Z", long.MaxValue)]
    [InlineData("9999-12-31T23:59:59.9999999Z", long.MaxValue)]
    public void Times_are_read_in_any_precision_and_clamped(string text, long wire) =>
        Assert.Equal(wire, UaTime.ToWire(Read($$"""{"UaType":13,"Value":"{{text}}"}""").AsDateTime()));

    [Fact]
    public void The_ends_of_time_are_written_as_the_standard_says()
    {
        Assert.Equal("""{"UaType":13,"Value":"9999-12-31T23:59:59Z"}""", Encoding.UTF8.GetString(JsonEncoder.ToUtf8(new Variant(DateTime.MaxValue), JsonContext.Compact)));
        Assert.Equal("""{"UaType":13}""", Encoding.UTF8.GetString(JsonEncoder.ToUtf8(new Variant(new DateTime(1600, 1, 1, 0, 0, 0, DateTimeKind.Utc)), JsonContext.Compact)));
    }

    // Part 6 5.4.2.17: decoders accept UaType in any position.
    [Theory]
    [InlineData("""{"Value":[1,2,3,4],"Dimensions":[2,2],"UaType":6}""")]
    [InlineData("""{"Dimensions":[2,2],"UaType":6,"Value":[1,2,3,4]}""")]
    [InlineData("""{"Dimensions":[2,2],"Value":[1,2,3,4],"UaType":6}""")]
    [InlineData("""{"\u0056alue":[1,2,3,4],"Dimensions":[2,2],"UaType":6}""")]
    public void The_fields_of_a_Variant_come_in_any_order(string json) =>
        Assert.Equal(new Variant(new Matrix(new[] { 1, 2, 3, 4 }, [2, 2])), Read(json));

    // Part 6 Annex H: the deprecated reversible form, told apart by its fields and by objects in place of strings.
    public static TheoryData<string, Variant> Reversible => new()
    {
        { """{"Type":6,"Body":7}""", new Variant(7) },
        { """{"Type":0}""", default },
        { """{"Type":19,"Body":2158690304}""", new Variant(new StatusCode(0x80AB0000)) },
        { """{"Type":17,"Body":{"Id":85}}""", new Variant(new NodeId(85)) },
        { """{"Type":17,"Body":{"Id":"x","Namespace":2,"IdType":1}}""", new Variant(new NodeId("x", 2)) },
        { """{"Type":17,"Body":{"IdType":3,"Id":"AQI=","Namespace":1}}""", new Variant(new NodeId([1, 2], 1)) },
        { """{"Type":18,"Body":{"Id":1,"Namespace":"urn:x","ServerUri":3}}""", new Variant(new ExpandedNodeId(new NodeId(1), "urn:x", 3)) },
        { """{"Type":20,"Body":{"Name":"N","Uri":4}}""", new Variant(new QualifiedName("N", 4)) },
        { """{"Type":22,"Body":{"TypeId":{"Id":886},"Body":{"Low":1,"High":2}}}""", new Variant(new ExtensionObject(new Range { Low = 1, High = 2 })) },
        { """{"Type":22,"Body":{"TypeId":{"Id":77,"Namespace":3},"Encoding":1,"Body":"AQI="}}""", new Variant(new ExtensionObject(new NodeId(77, 3), new ByteString([1, 2]))) },
        { """{"Type":22,"Body":{"TypeId":{"Id":77,"Namespace":3},"Encoding":2,"Body":"<a/>"}}""", new Variant(new ExtensionObject(new NodeId(77, 3), new XmlElement("<a/>"))) },
        { """{"Type":23,"Body":{"Value":{"Type":6,"Body":7},"Status":2147483648}}""", new Variant(new DataValue(new Variant(7), StatusCodes.Bad)) },
        { """{"Type":21,"Body":"text"}""", new Variant(new LocalizedText("text")) },
    };

    [Theory]
    [MemberData(nameof(Reversible))]
    public void The_deprecated_reversible_form_is_read(string json, Variant value) => Assert.Equal(value, Read(json));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{} x")]
    [InlineData("[]")]
    [InlineData("\uFEFF{}")]
    [InlineData("""{"UaType":6,"Value":1,}""")]
    [InlineData("""{"UaType":6,/**/"Value":1}""")]
    [InlineData("""{"Value":1}""")]
    [InlineData("""{"UaType":6,"Value":1,"Extra":2}""")]
    [InlineData("""{"UaType":6,"UaType":6,"Value":1}""")]
    [InlineData("""{"UaType":6,"Value":1,"Body":1}""")]
    [InlineData("""{"UaType":26,"Value":1}""")]
    [InlineData("""{"UaType":-1,"Value":1}""")]
    [InlineData("""{"UaType":24,"Value":{"UaType":6,"Value":1}}""")]
    [InlineData("""{"UaType":0,"Value":1}""")]
    [InlineData("""{"UaType":1,"Value":1}""")]
    [InlineData("""{"UaType":2,"Value":128}""")]
    [InlineData("""{"UaType":3,"Value":-1}""")]
    [InlineData("""{"UaType":6,"Value":1.5}""")]
    [InlineData("""{"UaType":6,"Value":"1"}""")]
    [InlineData("""{"UaType":6,"Value":null}""")]
    [InlineData("""{"UaType":6,"Value":[1,null]}""")]
    [InlineData("""{"UaType":8,"Value":"9223372036854775808"}""")]
    [InlineData("""{"UaType":8,"Value":" 1"}""")]
    [InlineData("""{"UaType":9,"Value":"-1"}""")]
    [InlineData("""{"UaType":10,"Value":1e39}""")]
    [InlineData("""{"UaType":11,"Value":1e309}""")]
    [InlineData("""{"UaType":11,"Value":"nan"}""")]
    [InlineData("""{"UaType":12,"Value":1}""")]
    [InlineData("""{"UaType":12,"Value":"\uD800"}""")]
    [InlineData("""{"UaType":12,"\uD800":"x"}""")]
    [InlineData("""{"UaType":13,"Value":"2024-02-30T00:00:00Z"}""")]
    [InlineData("""{"UaType":13,"Value":"2024-02-03"}""")]
    [InlineData("""{"UaType":13,"Value":"2024-02-03T00:00:00.Z"}""")]
    [InlineData("""{"UaType":13,"Value":"yesterday"}""")]
    [InlineData("""{"UaType":14,"Value":"{72962b91-fa75-4ae6-8d28-b404dc7daf63}"}""")]
    [InlineData("""{"UaType":15,"Value":"*"}""")]
    [InlineData("""{"UaType":15,"Value":"\uDC00"}""")]
    [InlineData("""{"UaType":17,"Value":"85"}""")]
    [InlineData("""{"UaType":17,"Value":"ns=65536;i=1"}""")]
    [InlineData("""{"UaType":17,"Value":"i=4294967296"}""")]
    [InlineData("""{"UaType":17,"Value":"nsu=urn:x;ns=1;i=1"}""")]
    [InlineData("""{"UaType":17,"Value":{"IdType":4,"Id":1}}""")]
    [InlineData("""{"UaType":18,"Value":"svr=x;i=1"}""")]
    [InlineData("""{"UaType":19,"Value":{"Code":-1}}""")]
    [InlineData("""{"UaType":22,"Value":{"A":1}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=884","UaTypeId":"i=884"}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=884","Low":1,"Low":1}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=884","low":1}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=884","Low":1,"UaBody":"AQ=="}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=884","UaEncoding":1,"UaBody":"AQ=="}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=884","UaEncoding":1,"UaBody":"AAAAAAAAAAAAAAAAAAAAAAA="}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=884","UaEncoding":3,"UaBody":"AQ=="}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=884","UaEncoding":1}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"ns=3;i=1","UaEncoding":2,"UaBody":"/w=="}}""")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=50","Scale":1,"Value":"1.5"}}""")]
    [InlineData("""{"UaType":6,"Value":1,"Dimensions":[1]}""")]
    [InlineData("""{"UaType":6,"Value":[1,2,3],"Dimensions":[2,2]}""")]
    [InlineData("""{"UaType":6,"Value":[1],"Dimensions":[-1,-1]}""")]
    [InlineData("""{"UaType":6,"Value":[],"Dimensions":[65536,65536]}""")]
    [InlineData("""{"UaType":6,"Value":[1,2],"Dimensions":[2147483647,2147483647,2]}""")]
    public void What_is_no_Variant_is_a_decoding_error(string json) =>
        Assert.Equal(StatusCodes.BadDecodingError, Assert.Throws<CodecException>(() => Read(json)).Status.Code);

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_a_decoding_error()
    {
        byte[] json = [.. """{"UaType":12,"Value":"a"""u8, 0xC3, 0x28, .. "\"}"u8];
        Assert.Equal(StatusCodes.BadDecodingError, Assert.Throws<CodecException>(() => JsonDecoder.DecodeVariant(json, JsonContext.Compact)).Status.Code);
    }

    [Fact]
    public void A_string_with_half_a_surrogate_pair_is_an_encoding_error() =>
        Assert.Equal(StatusCodes.BadEncodingError, Assert.Throws<CodecException>(() => JsonEncoder.ToUtf8(new Variant("a\uD800"), JsonContext.Compact)).Status.Code);

    // Part 6 5.1.7: at least 100 levels are read; what is deeper is refused before it costs a stack.
    [Theory]
    [InlineData("""{"UaType":24,"Value":[""", "]}")]
    [InlineData("""{"UaType":23,"Value":""", "}")]
    [InlineData("""{"UaType":22,"Value":{"UaTypeId":"i=14533","Value":""", "}}")]
    [InlineData("""{"Value":[""", """],"UaType":24}""")]
    public void A_hundred_levels_are_read_and_not_many_more(string open, string close)
    {
        static byte[] Nested(string open, string close, int levels) =>
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(open, levels)) + "null" + string.Concat(Enumerable.Repeat(close, levels)));

        Assert.False(JsonDecoder.DecodeVariant(Nested(open, close, 100), JsonContext.Compact).IsNull);
        foreach (var levels in new[] { 102, 1000, 100_000 })
            Assert.Equal(StatusCodes.BadEncodingLimitsExceeded,
                Assert.Throws<CodecException>(() => JsonDecoder.DecodeVariant(Nested(open, close, levels), JsonContext.Compact)).Status.Code);
    }

    [Fact]
    public void Strings_arrays_and_memory_have_limits()
    {
        var limits = new CodecLimits { MaxStringLength = 4, MaxByteStringLength = 3, MaxArrayLength = 5, MaxDecodedBytes = 200 };
        var context = new JsonContext(new CodecContext(StructureRegistry.Standard, limits));
        (string Allowed, string Refused)[] pairs =
        [
            ("""{"UaType":12,"Value":"abcd"}""", """{"UaType":12,"Value":"abcde"}"""),
            ("""{"UaType":15,"Value":"AQID"}""", """{"UaType":15,"Value":"AQIDBA=="}"""),
            ("""{"UaType":6,"Value":[1,2,3,4,5]}""", """{"UaType":6,"Value":[1,2,3,4,5,6]}"""),
            ("""{"UaType":24,"Value":[null,null,null,null]}""", """{"UaType":24,"Value":[{"UaType":24,"Value":[null]},{"UaType":24,"Value":[null]}]}"""),
        ];
        foreach (var (allowed, refused) in pairs)
        {
            JsonDecoder.DecodeVariant(Encoding.UTF8.GetBytes(allowed), context);
            Assert.Equal(StatusCodes.BadEncodingLimitsExceeded,
                Assert.Throws<CodecException>(() => JsonDecoder.DecodeVariant(Encoding.UTF8.GetBytes(refused), context)).Status.Code);
        }
    }

    [Fact]
    public void What_is_written_has_a_limit()
    {
        var context = new JsonContext(new CodecContext(StructureRegistry.Standard, new CodecLimits { MaxEncodedLength = 1000 }));

        JsonEncoder.ToUtf8(new Variant(new string('a', 900)), context);
        foreach (var value in new[] { new Variant(new string('a', 1001)), new Variant(new int[600]), new Variant(new ByteString(new byte[900])) })
            Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, Assert.Throws<CodecException>(() => JsonEncoder.ToUtf8(value, context)).Status.Code);
    }

    private static Variant Read(string json) => JsonDecoder.DecodeVariant(Encoding.UTF8.GetBytes(json), JsonContext.Compact);
}
