namespace OpcPortal.Ua.Types.Tests.Binary;

/// <summary>Bytes as Part 6 5.2 describes them, the examples of the standard among them: written so, and read back.</summary>
public sealed class BinaryEncodingTests
{
    private static readonly Guid ExampleGuid = Guid.Parse("72962B91-FA75-4AE6-8D28-B404DC7DAF63");

    // A Variant is its type's byte, then the value.
    public static TheoryData<Variant, string> Scalars => new()
    {
        { default, "00" },
        { new Variant(true), "01 01" },
        { new Variant((sbyte)-1), "02 FF" },
        { new Variant((byte)200), "03 C8" },
        { new Variant((short)-2), "04 FEFF" },
        { new Variant((ushort)0xABCD), "05 CDAB" },
        { new Variant(1_000_000_000), "06 00CA9A3B" },                                              // 5.2.2.2
        { new Variant(uint.MaxValue), "07 FFFFFFFF" },
        { new Variant(-1L), "08 FFFFFFFFFFFFFFFF" },
        { new Variant(1UL << 63), "09 0000000000000080" },
        { new Variant(-6.5f), "0A 0000D0C0" },                                                      // 5.2.2.3
        { new Variant(-6.5), "0B 0000000000001AC0" },
        { new Variant("水Boy"), "0C 06000000 E6B0B4426F79" },                                       // 5.2.2.4
        { new Variant(""), "0C 00000000" },
        { new Variant((string?)null), "0C FFFFFFFF" },
        { new Variant(new DateTime(1601, 1, 1, 0, 0, 1, DateTimeKind.Utc)), "0D 8096980000000000" }, // 5.2.2.5
        { new Variant(ExampleGuid), "0E 912B9672 75FA E64A 8D28 B404DC7DAF63" },                    // 5.2.2.6
        { new Variant(new ByteString([1, 2])), "0F 02000000 0102" },
        { new Variant(default(ByteString)), "0F FFFFFFFF" },
        { new Variant(new XmlElement("<a/>")), "10 04000000 3C612F3E" },
        { new Variant(new NodeId(72)), "11 00 48" },                                                // 5.2.2.9
        { new Variant(new NodeId(1025, 5)), "11 01 05 0104" },
        { new Variant(new NodeId(1, 256)), "11 02 0001 01000000" },
        { new Variant(new NodeId(70_000)), "11 02 0000 70110100" },
        { new Variant(new NodeId("Hot水", 1)), "11 03 0100 06000000 486F74E6B0B4" },
        { new Variant(new NodeId(ExampleGuid, 2)), "11 04 0200 912B967275FAE64A8D28B404DC7DAF63" },
        { new Variant(new NodeId([7], 3)), "11 05 0300 01000000 07" },
        { new Variant(new ExpandedNodeId(new NodeId(72), "u", 1)), "12 C0 48 01000000 75 01000000" }, // 5.2.2.10: flags, URI, server
        { new Variant(new StatusCode(StatusCodes.BadInvalidArgument)), "13 0000AB80" },
        { new Variant(new QualifiedName("n", 2)), "14 0200 01000000 6E" },
        { new Variant(new LocalizedText("t", "en")), "15 03 02000000 656E 01000000 74" },           // 5.2.2.14: locale first
        { new Variant(new LocalizedText("t")), "15 02 01000000 74" },
        { new Variant(default(LocalizedText)), "15 00" },
        { new Variant((ExtensionObject?)null), "16 00 00 00" },
        { new Variant(new ExtensionObject(new Range { Low = 1, High = 2 })), "16 01 00 7603 01 10000000 000000000000F03F 0000000000000040" },
        { new Variant(new ExtensionObject(new NodeId(5, 3), new XmlElement("<a/>"))), "16 01 03 0500 02 04000000 3C612F3E" },
    };

    [Theory]
    [MemberData(nameof(Scalars))]
    public void A_scalar_of_each_type(Variant value, string hex) => AssertBothWays(value, hex);

    // 5.2.2.16, 5.2.5: 0x80 marks an array, 0x40 dimensions behind it; -1 is the null array and 0 the empty one.
    public static TheoryData<Variant, string> Arrays => new()
    {
        { new Variant([1, 2]), "86 02000000 01000000 02000000" },
        { new Variant(Array.Empty<int>()), "86 00000000" },
        { new Variant((int[]?)null), "86 FFFFFFFF" },
        { new Variant(["a", null]), "8C 02000000 01000000 61 FFFFFFFF" },
        { new Variant([new Variant(true), default]), "98 02000000 01 01 00" },
        { new Variant(new Matrix(new byte[] { 1, 2, 3, 4, 5, 6 }, [2, 3])), "C3 06000000 010203040506 02000000 02000000 03000000" },
    };

    [Theory]
    [MemberData(nameof(Arrays))]
    public void Arrays_and_matrices(Variant value, string hex) => AssertBothWays(value, hex);

    // 5.2.2.17: the picoseconds follow their timestamp, the server's come last. Mask 0x3F has all.
    [Fact]
    public void A_DataValue_with_everything()
    {
        var second = new DateTime(1601, 1, 1, 0, 0, 1, DateTimeKind.Utc);
        var value = new DataValue(new Variant((byte)9), StatusCodes.Uncertain, second, second.AddSeconds(1)) { SourcePicoseconds = 1, ServerPicoseconds = 2 };

        AssertBothWays(new Variant(value), "17 3F 03 09 00000040 8096980000000000 0100 002D310100000000 0200");
        AssertBothWays(new Variant(DataValue.FromStatus(StatusCodes.Bad)), "17 02 00000080");
        AssertBothWays(new Variant(default(DataValue)), "17 00");
    }

    // 5.2.2.12: symbolic id, namespace, locale, localized text, additional info, inner status, inner info.
    [Fact]
    public void A_DiagnosticInfo_with_everything()
    {
        var info = new DiagnosticInfo
        {
            SymbolicId = 1,
            NamespaceUri = 2,
            Locale = 3,
            LocalizedText = 4,
            AdditionalInfo = "a",
            InnerStatusCode = StatusCodes.Bad,
            InnerDiagnosticInfo = new DiagnosticInfo { SymbolicId = 5 },
        };

        AssertBothWays(new Variant(info), "19 7F 01000000 02000000 03000000 04000000 01000000 61 00000080 01 05000000");
    }

    // 5.2.2.5: at or before 1601 is 0, at or after the last second of 9999 is the greatest number; a local time is converted.
    [Theory]
    [InlineData("1601-01-01T00:00:00Z", 0)]
    [InlineData("1601-01-01T00:00:00.0000001Z", 1)]
    [InlineData("1000-01-01T00:00:00Z", 0)]
    [InlineData("9999-12-31T23:59:58Z", 2650467743980000000)]
    [InlineData("9999-12-31T23:59:59Z", long.MaxValue)]
    [InlineData("9999-12-31T23:59:59.9999999Z", long.MaxValue)]
    public void Times_are_clamped_at_both_ends(string text, long wire)
    {
        var time = DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime;

        Assert.Equal(wire, UaTime.ToWire(time));
        Assert.Equal(wire, UaTime.ToWire(time.ToLocalTime()));
        Assert.Equal(wire is 0 ? DateTime.MinValue : wire is long.MaxValue ? DateTime.MaxValue : time, UaTime.FromWire(wire));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_time_before_1601_on_the_wire_is_the_least_time(long wire) => Assert.Equal(DateTime.MinValue, UaTime.FromWire(wire));

    // 5.2.2.1: any value but 0 is true. 5.2.2.3: a NaN keeps its bits.
    [Fact]
    public void What_is_read_more_widely_than_it_is_written()
    {
        Assert.Equal(new Variant(true), Read("01 02"));
        Assert.Equal(new Variant(new NodeId(72)), Read("11 02 0000 48000000")); // a longer form than need be
        Assert.Equal(new Variant([1]), Read("C6 01000000 01000000 01000000 01000000")); // one dimension is a plain array
        AssertBothWays(new Variant(BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0001)), "0B 010000000000F87F");
    }

    private static void AssertBothWays(Variant value, string hex)
    {
        var encoder = new BinaryEncoder(CodecContext.Default);
        encoder.WriteVariant(value);
        Assert.Equal(hex.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(encoder.Written));
        encoder.Dispose();
        Assert.Equal(value, Read(hex));
    }

    private static Variant Read(string hex)
    {
        var decoder = new BinaryDecoder(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), CodecContext.Default);
        var value = decoder.ReadVariant();
        Assert.Equal(0, decoder.Remaining);
        return value;
    }
}
