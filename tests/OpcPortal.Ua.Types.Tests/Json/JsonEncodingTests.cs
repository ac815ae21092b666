using System.Text;

namespace OpcPortal.Ua.Types.Tests.Json;

/// <summary>Texts as the tables of Part 6 5.4 describe them: written so, and read back.</summary>
public sealed class JsonEncodingTests
{
    private static readonly NamespaceTable Namespaces = CreateNamespaces();
    private static readonly JsonContext WithNamespaces = new(CodecContext.Default, JsonForm.Compact, Namespaces) { ServerUris = ["urn:here", "urn:there"] };

    private static NamespaceTable CreateNamespaces()
    {
        var table = new NamespaceTable("urn:app");
        table.GetOrAdd("http://example.org/a;b");
        return table;
    }

    // 5.4.2.2 to 5.4.2.9.
    public static TheoryData<Variant, string> Scalars => new()
    {
        { new Variant(true), """{"UaType":1,"Value":true}""" },
        { new Variant((sbyte)-128), """{"UaType":2,"Value":-128}""" },
        { new Variant((byte)255), """{"UaType":3,"Value":255}""" },
        { new Variant((short)-2), """{"UaType":4,"Value":-2}""" },
        { new Variant((ushort)65535), """{"UaType":5,"Value":65535}""" },
        { new Variant(0), """{"UaType":6,"Value":0}""" },
        { new Variant(4294967295u), """{"UaType":7,"Value":4294967295}""" },
        { new Variant(long.MinValue), """{"UaType":8,"Value":"-9223372036854775808"}""" },
        { new Variant(ulong.MaxValue), """{"UaType":9,"Value":"18446744073709551615"}""" },
        { new Variant(1.5f), """{"UaType":10,"Value":1.5}""" },
        { new Variant(float.NegativeInfinity), """{"UaType":10,"Value":"-Infinity"}""" },
        { new Variant(-0.25), """{"UaType":11,"Value":-0.25}""" },
        { new Variant(double.NaN), """{"UaType":11,"Value":"NaN"}""" },
        { new Variant(double.PositiveInfinity), """{"UaType":11,"Value":"Infinity"}""" },
        { new Variant("a\"\\\u0001é€"), """{"UaType":12,"Value":"a\"\\\u0001é€"}""" },
        { new Variant(""), """{"UaType":12,"Value":""}""" },
        { new Variant((string?)null), """{"UaType":12}""" },
        { new Variant(new DateTime(2024, 2, 29, 23, 59, 59, DateTimeKind.Utc)), """{"UaType":13,"Value":"2024-02-29T23:59:59Z"}""" },
        { new Variant(new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc).AddTicks(4500)), """{"UaType":13,"Value":"2024-02-29T01:02:03.00045Z"}""" },
        { new Variant(Guid.Parse("72962b91-fa75-4ae6-8d28-b404dc7daf63")), """{"UaType":14,"Value":"72962b91-fa75-4ae6-8d28-b404dc7daf63"}""" },
        { new Variant(new ByteString([0xFB, 0xFF])), """{"UaType":15,"Value":"+/8="}""" },
        { new Variant(ByteString.Empty), """{"UaType":15,"Value":""}""" },
        { new Variant(default(ByteString)), """{"UaType":15}""" },
        { new Variant(new XmlElement("<a/>")), """{"UaType":16,"Value":"<a/>"}""" },
        { default, "null" },
    };

    [Theory]
    [MemberData(nameof(Scalars))]
    public void A_scalar_of_each_simple_type(Variant value, string json) => AssertBothWays(value, json, JsonContext.Compact);

    // 5.4.2.10, 5.4.2.11, 5.4.2.12, 5.4.2.14, 5.4.2.15.
    public static TheoryData<Variant, string> Identifiers => new()
    {
        { new Variant(new NodeId(85)), """{"UaType":17,"Value":"i=85"}""" },
        { new Variant(new NodeId("x;y", 1)), """{"UaType":17,"Value":"nsu=urn:app;s=x;y"}""" },
        { new Variant(new NodeId(7, 2)), """{"UaType":17,"Value":"nsu=http://example.org/a%3Bb;i=7"}""" },
        { new Variant(new NodeId([1, 2, 3], 9)), """{"UaType":17,"Value":"ns=9;b=AQID"}""" },
        { new Variant(default(NodeId)), """{"UaType":17}""" },
        { new Variant(new ExpandedNodeId(new NodeId(7, 2))), """{"UaType":18,"Value":"nsu=http://example.org/a%3Bb;i=7"}""" },
        { new Variant(new ExpandedNodeId(new NodeId(7), "urn:unknown")), """{"UaType":18,"Value":"nsu=urn:unknown;i=7"}""" },
        { new Variant(new ExpandedNodeId(new NodeId(7), "urn:unknown", 1)), """{"UaType":18,"Value":"svu=urn:there;nsu=urn:unknown;i=7"}""" },
        { new Variant(new ExpandedNodeId(new NodeId(7), null, 5)), """{"UaType":18,"Value":"svr=5;i=7"}""" },
        { new Variant(new StatusCode(StatusCodes.BadInvalidArgument)), """{"UaType":19,"Value":{"Code":2158690304}}""" },
        { new Variant(new StatusCode(0)), """{"UaType":19,"Value":{}}""" },
        { new Variant(new QualifiedName("Name")), """{"UaType":20,"Value":"Name"}""" },
        { new Variant(new QualifiedName("Name", 2)), """{"UaType":20,"Value":"nsu=http://example.org/a%3Bb;Name"}""" },
        { new Variant(new QualifiedName("Name", 9)), """{"UaType":20,"Value":"9:Name"}""" },
        { new Variant(new QualifiedName("3:Name")), """{"UaType":20,"Value":"0:3:Name"}""" },
        { new Variant(new LocalizedText("Hallo", "de")), """{"UaType":21,"Value":{"Locale":"de","Text":"Hallo"}}""" },
        { new Variant(new LocalizedText("Hallo")), """{"UaType":21,"Value":{"Text":"Hallo"}}""" },
    };

    [Theory]
    [MemberData(nameof(Identifiers))]
    public void Ids_and_names_carry_the_URI_of_their_namespace(Variant value, string json) => AssertBothWays(value, json, WithNamespaces);

    // 5.4.2.10: the second abnormal state. 5.4.2.14 likewise.
    [Fact]
    public void An_id_or_name_of_an_unknown_namespace_is_kept_as_text_in_namespace_0()
    {
        Assert.Equal(new NodeId("nsu=urn:no;i=7", 0), Read("""{"UaType":17,"Value":"nsu=urn:no;i=7"}""").AsNodeId());
        Assert.Equal(new QualifiedName("nsu=urn:no;Name"), Read("""{"UaType":20,"Value":"nsu=urn:no;Name"}""").AsQualifiedName());
        Assert.Equal(new ExpandedNodeId(new NodeId("svu=urn:no;i=7", 0)), Read("""{"UaType":18,"Value":"svu=urn:no;i=7"}""").AsExpandedNodeId());
        Assert.Equal(new NodeId(7), Read("""{"UaType":17,"Value":"nsu=http://opcfoundation.org/UA/;i=7"}""").AsNodeId());
    }

    // 5.4.5, 5.4.2.17: elements that are null stand as null; a matrix is flat, with its dimensions.
    public static TheoryData<Variant, string> Arrays => new()
    {
        { new Variant([1, 0, -1]), """{"UaType":6,"Value":[1,0,-1]}""" },
        { new Variant(Array.Empty<double>()), """{"UaType":11,"Value":[]}""" },
        { new Variant(["a", null, ""]), """{"UaType":12,"Value":["a",null,""]}""" },
        { new Variant((byte[])[1, 2]), """{"UaType":3,"Value":[1,2]}""" },
        { new Variant([new StatusCode(0), new StatusCode(StatusCodes.Bad)]), """{"UaType":19,"Value":[{},{"Code":2147483648}]}""" },
        { new Variant([default, new NodeId(1)]), """{"UaType":17,"Value":[null,"i=1"]}""" },
        { new Variant([new Variant(1), default, new Variant("x")]), """{"UaType":24,"Value":[{"UaType":6,"Value":1},null,{"UaType":12,"Value":"x"}]}""" },
        { new Variant(new Matrix(new[] { 1, 2, 3, 4, 5, 6 }, [2, 3])), """{"UaType":6,"Value":[1,2,3,4,5,6],"Dimensions":[2,3]}""" },
        { new Variant(new Matrix(Array.Empty<bool>(), [0, 3])), """{"UaType":1,"Value":[],"Dimensions":[0,3]}""" },
    };

    [Theory]
    [MemberData(nameof(Arrays))]
    public void Arrays_and_matrices(Variant value, string json) => AssertBothWays(value, json, JsonContext.Compact);

    // 5.1.11: a null array and an empty one mean the same.
    [Fact]
    public void A_null_array_is_written_as_an_empty_one() =>
        Assert.Equal("""{"UaType":6,"Value":[]}""", Text(JsonEncoder.ToUtf8(new Variant((int[]?)null), JsonContext.Compact)));

    // 5.4.2.18: one object with the Variant's fields; what is null, Good or 0 is left out.
    [Fact]
    public void A_DataValue_adds_its_fields_to_those_of_the_Variant()
    {
        var time = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var value = new DataValue(new Variant(2.5), StatusCodes.UncertainInitialValue, time, time.AddMilliseconds(1)) { SourcePicoseconds = 10 };
        const string Json = """{"UaType":11,"Value":2.5,"Status":{"Code":1083310080},"SourceTimestamp":"2026-01-02T03:04:05Z","SourcePicoseconds":10,"ServerTimestamp":"2026-01-02T03:04:05.001Z"}""";

        Assert.Equal(Json, Text(JsonEncoder.ToUtf8(value, JsonContext.Compact)));
        Assert.Equal(value, JsonDecoder.DecodeDataValue(Utf8(Json), JsonContext.Compact));
        Assert.Equal("{}", Text(JsonEncoder.ToUtf8(default(DataValue), JsonContext.Compact)));
        Assert.Equal(default, JsonDecoder.DecodeDataValue("{}"u8, JsonContext.Compact));
        Assert.Equal(DataValue.FromStatus(StatusCodes.BadNoData), JsonDecoder.DecodeDataValue("""{"Status":{"Code":2157641728}}"""u8, JsonContext.Compact));
    }

    // 5.4.6, 5.4.2.16, 5.4.4, 5.4.2.12.
    [Fact]
    public void The_compact_form_leaves_defaults_out_and_the_verbose_form_writes_all()
    {
        var value = new ExtensionObject(new ReferenceDescription { IsForward = true, NodeClass = NodeClass.Object, DisplayName = "A" });

        Assert.Equal("""{"UaTypeId":"i=518","IsForward":true,"DisplayName":{"Text":"A"},"NodeClass":1}""", Text(JsonEncoder.ToUtf8(value, JsonContext.Compact)));
        Assert.Equal(
            """{"UaTypeId":"i=518","ReferenceTypeId":null,"IsForward":true,"NodeId":null,"BrowseName":null,"DisplayName":{"Text":"A"},"NodeClass":"Object_1","TypeDefinition":null}""",
            Text(JsonEncoder.ToUtf8(value, JsonContext.Verbose)));
    }

    [Fact]
    public void The_verbose_form_names_status_codes_and_enumerations_that_it_knows()
    {
        Assert.Equal("""{"UaType":19,"Value":{"Code":2158690304,"Symbol":"BadInvalidArgument"}}""", Text(JsonEncoder.ToUtf8(new Variant(new StatusCode(0x80AB0000)), JsonContext.Verbose)));
        var unknown = new ServerStatusDataType { State = (ServerState)77 };
        Assert.Contains("\"State\":\"77\"", Text(JsonEncoder.ToUtf8(unknown, JsonContext.Verbose)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("\"2\"")]
    [InlineData("\"NoConfiguration_2\"")]
    [InlineData("\"a_name_with_lines_2\"")]
    public void An_enumeration_is_read_as_number_or_as_name_and_number(string state) =>
        Assert.Equal(ServerState.NoConfiguration, JsonDecoder.Decode<ServerStatusDataType>(Utf8($$"""{"State":{{state}}}"""), JsonContext.Compact).State);

    // 5.4.2.16: a null object is {} in a field of the verbose form, left out in the compact one, and null in an array.
    [Fact]
    public void A_null_ExtensionObject()
    {
        var request = new RequestHeader();

        Assert.DoesNotContain("AdditionalHeader", Text(JsonEncoder.ToUtf8(request, JsonContext.Compact)), StringComparison.Ordinal);
        Assert.Contains("\"AdditionalHeader\":{}", Text(JsonEncoder.ToUtf8(request, JsonContext.Verbose)), StringComparison.Ordinal);
        AssertBothWays(new Variant((ExtensionObject?[])[null]), """{"UaType":22,"Value":[null]}""", JsonContext.Compact);
    }

    // 5.4.2.16: UaEncoding 1 is UA Binary in Base64, 2 is XML in Base64.
    [Fact]
    public void A_body_of_another_encoding_is_carried_in_Base64()
    {
        var binary = new ExtensionObject(new NodeId(5001, 3), new ByteString([1, 2, 3]));
        var xml = new ExtensionObject(new NodeId(5002, 3), new XmlElement("<a/>"));

        AssertBothWays(new Variant(binary), """{"UaType":22,"Value":{"UaTypeId":"ns=3;i=5001","UaEncoding":1,"UaBody":"AQID"}}""", JsonContext.Compact);
        AssertBothWays(new Variant(xml), """{"UaType":22,"Value":{"UaTypeId":"ns=3;i=5002","UaEncoding":2,"UaBody":"PGEvPg=="}}""", JsonContext.Compact);
    }

    [Fact]
    public void A_binary_body_of_a_known_type_is_decoded()
    {
        var body = Convert.ToBase64String(BinaryEncoder.ToBytes(new Range { Low = 1, High = 2 }));

        var read = JsonDecoder.DecodeExtensionObject(Utf8($$"""{"UaBody":"{{body}}","UaTypeId":"i=884","UaEncoding":1}"""), JsonContext.Compact);

        Assert.Equal(2, Assert.IsType<Range>(read!.Structure).High);
    }

    [Fact]
    public void A_structure_of_unknown_type_is_kept_as_it_came()
    {
        const string Json = """{"UaType":22,"Value":{"UaTypeId":"ns=3;i=5001","A":[1, {"B":null}]}}""";

        var read = Read(Json);

        Assert.Equal("""{"UaTypeId":"ns=3;i=5001","A":[1, {"B":null}]}""", read.AsExtensionObject()!.Json!.Value.Text);
        AssertBothWays(read, Json, JsonContext.Compact);
        Assert.Equal(StatusCodes.BadEncodingError, Assert.Throws<CodecException>(() => BinaryEncoder.ToBytes(new WriteValue { Value = new DataValue(read) })).Status.Code);
    }

    // 5.1.10, 5.4.3: scale 2 of -12345 is -123.45.
    [Fact]
    public void A_Decimal_is_written_in_digits() => AssertBothWays(
        new Variant(new ExtensionObject(new NodeId(DataTypeIds.Decimal), new ByteString([2, 0, 0xC7, 0xCF]))),
        """{"UaType":22,"Value":{"UaTypeId":"i=50","Scale":2,"Value":"-12345"}}""", JsonContext.Compact);

    // 5.4.2.13.
    [Fact]
    public void A_DiagnosticInfo_has_the_fields_that_it_has()
    {
        var info = new DiagnosticInfo { SymbolicId = 3, AdditionalInfo = "x", InnerStatusCode = StatusCodes.Bad, InnerDiagnosticInfo = new DiagnosticInfo { Locale = 0 } };

        AssertBothWays(new Variant(info), """{"UaType":25,"Value":{"SymbolicId":3,"AdditionalInfo":"x","InnerStatusCode":{"Code":2147483648},"InnerDiagnosticInfo":{"Locale":0}}}""", JsonContext.Compact);
    }

    private static void AssertBothWays(Variant value, string json, JsonContext context)
    {
        Assert.Equal(json, Text(JsonEncoder.ToUtf8(value, context)));
        Assert.Equal(value, JsonDecoder.DecodeVariant(Utf8(json), context));
    }

    private static Variant Read(string json) => JsonDecoder.DecodeVariant(Utf8(json), WithNamespaces);
    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);
    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
