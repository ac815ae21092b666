namespace OpcPortal.Ua.Client.Tests;

/// <summary>Structures by their definition: bytes on the wire as Part 6 5.2.6 to 5.2.8 say, and what a server must not do with them.</summary>
public sealed class StructureLayoutTests
{
    private static readonly DataTypeInfo Int32 = BuiltIn(BuiltInType.Int32), Text = BuiltIn(BuiltInType.String), Number = BuiltIn(BuiltInType.Variant);

    private static DataTypeInfo BuiltIn(BuiltInType type) => new() { DataTypeId = new NodeId((uint)type), Name = type.ToString(), BuiltInType = type };

    private static DataTypeInfo Structure(string name, StructureType kind, params StructureLayoutField[] fields)
    {
        var layout = new StructureLayout(name, new NodeId(name, 1), new NodeId(name + ".Binary", 1), kind);
        layout.Complete(fields);
        return new DataTypeInfo { DataTypeId = layout.DataTypeId, Name = name, BuiltInType = BuiltInType.ExtensionObject, Layout = layout };
    }

    private static StructureLayoutField Field(string name, DataTypeInfo type, int rank = -1, bool optional = false, bool subtypes = false) =>
        new() { Name = name, DataType = type, ValueRank = rank, IsOptional = optional, AllowsSubtypes = subtypes };

    private static StructureValue Decode(DataTypeInfo type, byte[] bytes)
    {
        var decoder = new BinaryDecoder(bytes, CodecContext.Default);
        var value = type.Layout!.Decode(ref decoder);
        Assert.Equal(0, decoder.Remaining);
        return value;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", ""));

    private static void RoundTrips(DataTypeInfo type, string hex, Action<StructureValue> check)
    {
        var value = Decode(type, Bytes(hex));
        check(value);
        Assert.Equal(Convert.ToHexString(Bytes(hex)), Convert.ToHexString(BinaryEncoder.ToBytes(value)));
    }

    // Part 6 5.2.6: the fields in their order, nothing between.
    [Fact]
    public void A_structure_is_its_fields_in_their_order()
    {
        var inner = Structure("Inner", StructureType.Structure, Field("A", Int32));
        var outer = Structure("Outer", StructureType.Structure, Field("X", Int32), Field("In", inner), Field("All", inner, rank: 1), Field("Names", Text, rank: 1));
        RoundTrips(outer, "01000000 02000000 02000000 03000000 04000000 01000000 01000000 61", value =>
        {
            Assert.Equal(2, value["In"].AsStructure<StructureValue>()!["A"].AsInt32());
            Assert.Equal([3, 4], value["All"].AsArray<ExtensionObject>()!.Select(e => ((StructureValue)e.Structure!)["A"].AsInt32()));
            Assert.Equal(["a"], value["Names"].AsArray<string>()!);
        });
    }

    // Part 6 5.2.7: a mask of 32 bits, one for each optional field in their order.
    [Theory]
    [InlineData("00000000 07000000", false, false)]
    [InlineData("01000000 07000000 05000000", true, false)]
    [InlineData("02000000 07000000 01000000 62", false, true)]
    [InlineData("03000000 07000000 05000000 01000000 62", true, true)]
    public void Optional_fields_are_told_by_the_mask(string hex, bool hasB, bool hasC)
    {
        var type = Structure("Optional", StructureType.StructureWithOptionalFields, Field("A", Int32), Field("B", Int32, optional: true), Field("C", Text, optional: true));
        RoundTrips(type, hex, value =>
        {
            Assert.Equal(7, value["A"].AsInt32());
            Assert.Equal((hasB, hasC), (value.Has("B"), value.Has("C")));
        });
    }

    // Part 6 5.2.8: the number of the field from 1, 0 for none.
    [Fact]
    public void A_union_holds_the_field_that_its_switch_names()
    {
        var union = Structure("Union", StructureType.Union, Field("A", Int32), Field("B", Text));
        RoundTrips(union, "00000000", value => Assert.Empty(value.Fields));
        RoundTrips(union, "01000000 05000000", value => Assert.Equal(5, value["A"].AsInt32()));
        RoundTrips(union, "02000000 01000000 62", value => Assert.Equal(["B"], value.Fields.Select(f => f.Field.Name)));
        Assert.Equal(StatusCodes.BadDecodingError, Assert.Throws<CodecException>(() => Decode(union, Bytes("03000000 05000000"))).Status.Code);
        var changed = Decode(union, Bytes("01000000 05000000"));
        changed["B"] = "x";
        Assert.False(changed.Has("A"));
    }

    // Part 6 5.2.5: the dimensions as an array, then the elements without a length of their own.
    [Fact]
    public void A_matrix_in_a_field_is_its_dimensions_and_its_elements()
    {
        var inner = Structure("Inner", StructureType.Structure, Field("A", Int32));
        RoundTrips(Structure("M", StructureType.Structure, Field("M", Int32, rank: 2)), "02000000 02000000 02000000 01000000 02000000 03000000 04000000", value =>
        {
            Assert.Equal([2, 2], value["M"].Dimensions.ToArray());
            Assert.Equal([1, 2, 3, 4], (int[])value["M"].Elements!);
        });
        RoundTrips(Structure("N", StructureType.Structure, Field("M", inner, rank: 2)), "02000000 01000000 02000000 08000000 09000000", value => Assert.Equal([1, 2], value["M"].Dimensions.ToArray()));
    }

    // Part 6 5.2.6: fields that allow subtypes name their type: an ExtensionObject or a Variant.
    [Fact]
    public void A_field_that_allows_subtypes_names_its_type()
    {
        var type = Structure("S", StructureType.StructureWithSubtypedValues, Field("V", Number), Field("W", Int32, optional: true, subtypes: true));
        RoundTrips(type, "01 01  06 07000000", value =>
        {
            Assert.True(value["V"].AsBoolean());
            Assert.Equal(7, value["W"].AsInt32());
        });
    }

    // CVE-2021-27432 and its kin: a type that holds itself, nested without end.
    [Fact]
    public void A_type_that_holds_itself_is_not_followed_until_the_stack_ends()
    {
        var layout = new StructureLayout("List", new NodeId("List", 1), new NodeId("List.Binary", 1), StructureType.StructureWithOptionalFields);
        var type = new DataTypeInfo { DataTypeId = layout.DataTypeId, Name = "List", BuiltInType = BuiltInType.ExtensionObject, Layout = layout };
        layout.Complete([Field("Next", type, optional: true)]);
        Assert.True(Decode(type, Bytes("01000000 01000000 00000000"))["Next"].AsStructure<StructureValue>()!.Has("Next"));
        var endless = new byte[4 * 1024 * 1024];
        for (var i = 0; i < endless.Length; i += 4) endless[i] = 1;
        Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, Assert.Throws<CodecException>(() => Decode(type, endless)).Status.Code);
    }

    // CVE-2022-29863: allocation by a length on the wire.
    [Theory]
    [InlineData("FFFFFF7F", 1)]
    [InlineData("02000000 FFFFFF7F FFFFFF7F", 2)]
    [InlineData("02000000 00000100 00000100", 2)]
    public void A_length_that_the_message_cannot_hold_takes_no_memory(string hex, int rank)
    {
        var inner = Structure("Inner", StructureType.Structure, Field("A", Int32));
        foreach (var element in (DataTypeInfo[])[inner, Text])
        {
            var type = Structure("S", StructureType.Structure, Field("F", element, rank));
            var bytes = Bytes(hex);
            // The first exception of a process loads what describes it.
            Assert.Throws<CodecException>(() => Decode(type, bytes));
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<CodecException>(() => Decode(type, bytes));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        }
    }

    [Fact]
    public void A_value_of_another_type_than_the_field_is_not_written()
    {
        var type = Structure("S", StructureType.Structure, Field("A", Int32), Field("B", Text, rank: 1));
        var value = new StructureValue(type.Layout!) { ["A"] = 1.5 };
        Assert.Equal(StatusCodes.BadEncodingError, Assert.Throws<CodecException>(() => BinaryEncoder.ToBytes(value)).Status.Code);
        value["A"] = 1;
        value["B"] = "scalar";
        Assert.Throws<CodecException>(() => BinaryEncoder.ToBytes(value));
        value["B"] = new Variant(["a"]);
        Assert.Equal(Convert.ToHexString(Bytes("01000000 01000000 01000000 61")), Convert.ToHexString(BinaryEncoder.ToBytes(value)));
    }

    [Fact]
    public void A_new_value_is_zero_null_and_empty_and_its_optional_fields_are_missing()
    {
        var inner = Structure("Inner", StructureType.Structure, Field("A", Int32));
        var type = Structure("S", StructureType.StructureWithOptionalFields, Field("A", Int32), Field("B", Text), Field("C", inner), Field("D", Int32, rank: 1), Field("E", Int32, optional: true));
        Assert.Equal(Convert.ToHexString(Bytes("00000000 00000000 FFFFFFFF 00000000 FFFFFFFF")), Convert.ToHexString(BinaryEncoder.ToBytes(new StructureValue(type.Layout!))));
    }
}
