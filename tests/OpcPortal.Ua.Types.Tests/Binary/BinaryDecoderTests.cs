using System.Buffers.Binary;

namespace OpcPortal.Ua.Types.Tests.Binary;

/// <summary>What is refused, and that it costs nothing. Each refusal stands beside the nearest input that is taken.</summary>
public sealed class BinaryDecoderTests
{
    [Theory]
    [InlineData("1A 00")]                                     // 5.1.6: types 26 to 31 are reserved
    [InlineData("18 00")]                                     // a scalar Variant in a Variant
    [InlineData("46 00000000")]                               // dimensions without an array
    [InlineData("11 06 00")]                                  // 5.2.2.9: no such NodeId encoding
    [InlineData("15 04")]                                     // 5.2.2.14: reserved bits of a LocalizedText
    [InlineData("17 40")]                                     // 5.2.2.17: reserved bits of a DataValue
    [InlineData("19 80")]                                     // 5.2.2.12: reserved bits of a DiagnosticInfo
    [InlineData("16 00 00 03")]                               // 5.2.2.15: no such body
    [InlineData("C6 03000000 010000000200000003000000 02000000 02000000 02000000")] // 2 x 2 dimensions, three elements
    [InlineData("C6 01000000 01000000 02000000 FFFFFFFF FFFFFFFF")]                 // -1 x -1
    [InlineData("C6 00000000 02000000 00000100 00000100")]                          // 65,536 x 65,536 = 2^32: overflow
    [InlineData("C6 01000000 01000000 03000000 01000040 04000000 01000000")]        // (2^30 + 1) x 4
    public void Malformed_bytes_are_a_decoding_error(string hex) => Assert.Equal(StatusCodes.BadDecodingError, Refused(hex));

    // CVE-2022-2825: overlong forms, lone continuation bytes, surrogates and cut sequences are not UTF-8.
    [Theory]
    [InlineData("C3")]
    [InlineData("C0AF")]
    [InlineData("80")]
    [InlineData("EDA080")]
    [InlineData("F4908080")]
    [InlineData("E282")]
    public void A_string_that_is_not_UTF_8_is_a_decoding_error(string hex)
    {
        Assert.Equal(StatusCodes.BadDecodingError, Refused($"0C {hex.Length / 2:X2}000000 {hex}"));
        Assert.Equal(StatusCodes.BadDecodingError, Refused($"15 02 {hex.Length / 2:X2}000000 {hex}"));
    }

    // 5.2.2.15: the length counts; a body that reads past it, or stops short of it, is not of its type.
    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    public void A_body_of_another_length_than_it_says_is_a_decoding_error(int length)
    {
        var body = Convert.ToHexString(BinaryEncoder.ToBytes(new Range { Low = 1, High = 2 }));

        Assert.Equal(StatusCodes.BadDecodingError, Refused($"16 01 00 7603 01 {length:X2}000000 {body} 00"));
        Read($"16 01 00 7603 01 10000000 {body}");
    }

    [Fact]
    public void A_structure_of_unknown_type_stays_opaque_and_is_written_as_it_came()
    {
        const string Hex = "16 01 03 0500 01 03000000 0A0B0C";

        var value = Read(Hex);

        Assert.Equal([10, 11, 12], value.AsExtensionObject()!.Binary!.Value.Bytes);
        var encoder = new BinaryEncoder(CodecContext.Default);
        encoder.WriteVariant(value);
        Assert.Equal(Hex.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(encoder.Written));
        encoder.Dispose();
    }

    // Part 6 5.1.7: at least 100 levels. CVE-2021-27432, CVE-2022-25903, CVE-2023-3825: one counter over all that nests.
    [Theory]
    [InlineData("9801000000", "00", 100)]
    [InlineData("1701", "00", 50)]
    public void Nesting_is_read_to_the_limit_and_no_further(string open, string innermost, int levels)
    {
        Read(string.Concat(Enumerable.Repeat(open, levels)) + innermost);
        foreach (var more in new[] { levels + 1, 100_000 })
            Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, Refused(string.Concat(Enumerable.Repeat(open, more)) + innermost));
    }

    [Fact]
    public void DiagnosticInfo_and_ExtensionObject_count_as_levels_too()
    {
        Read("19" + string.Concat(Enumerable.Repeat("40", 99)) + "01 00000000");
        Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, Refused("19" + string.Concat(Enumerable.Repeat("40", 100_000)) + "01 00000000"));

        // KeyValuePair { Key, Value: Variant { ExtensionObject { KeyValuePair ... } } }
        Read(Nested(49));
        Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, Refused(Nested(101)));
    }

    // Each level is a body in a body: its length is known only from within.
    private static string Nested(int levels)
    {
        var value = default(Variant);
        var deep = new CodecContext(StructureRegistry.Standard, new CodecLimits { MaxDepth = 1000 });
        for (var i = 0; i < levels; i++) value = new Variant(new ExtensionObject(new KeyValuePair { Value = value }));
        var encoder = new BinaryEncoder(deep);
        encoder.WriteVariant(value);
        var hex = Convert.ToHexString(encoder.Written);
        encoder.Dispose();
        return hex;
    }

    // CVE-2022-29863, CVE-2022-25231: nothing is allocated for a length that the bytes do not bear out.
    [Theory]
    [InlineData("0C")] // String
    [InlineData("0F")] // ByteString
    [InlineData("10")] // XmlElement
    [InlineData("86")] // Int32[]
    [InlineData("8C")] // String[]
    [InlineData("97")] // DataValue[]
    [InlineData("98")] // Variant[]
    public void A_length_is_refused_before_anything_is_allocated(string type)
    {
        Span<byte> bytes = stackalloc byte[5];
        foreach (var length in new[] { 4, 1_000_000, 1_048_577, int.MaxValue })
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], length);
            bytes[0] = Convert.FromHexString(type)[0];
            var hex = Convert.ToHexString(bytes);
            Refused(hex);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.NotEqual(StatusCodes.Good, Refused(hex));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * 1024); // the exception and its trace
        }
    }

    [Fact]
    public void Each_limit_holds_and_says_so()
    {
        var context = new CodecContext(StructureRegistry.Standard, new CodecLimits { MaxStringLength = 2, MaxByteStringLength = 2, MaxArrayLength = 2, MaxDecodedBytes = 100 });
        (string Allowed, string Refused)[] pairs =
        [
            ("0C 02000000 6161", "0C 03000000 616161"),
            ("0F 02000000 6161", "0F 03000000 616161"),
            ("83 02000000 0101", "83 03000000 010101"),
            ("98 02000000 00 00", "98 02000000 98 02000000 00 00 98 02000000 00 00"),
        ];
        foreach (var (allowed, refused) in pairs)
        {
            Read(allowed, context);
            Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, Refused(refused, context));
        }
    }

    // A byte on the wire is 48 in memory as a null DataValue: the message's size alone is no bound.
    [Fact]
    public void Many_small_elements_stop_at_the_memory_limit()
    {
        var bytes = new byte[5 + (4 * 1024 * 1024)];
        bytes[0] = 0x98;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), 4);
        var at = 5;
        for (var i = 0; i < 4; i++)
        {
            bytes[at] = 0x97;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at + 1), 1024 * 1024 - 16);
            at += 5 + 1024 * 1024 - 16;
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Assert.Throws<CodecException>(() => new BinaryDecoder(bytes, CodecContext.Default).ReadVariant());
        Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, refused.Status.Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, CodecLimits.Default.MaxDecodedBytes + (1024 * 1024));
    }

    [Fact]
    public void An_encoder_refuses_what_no_peer_would_take()
    {
        var context = new CodecContext(StructureRegistry.Standard, new CodecLimits { MaxEncodedLength = 4096, MaxDepth = 3 });

        Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, Written(new Variant(new byte[5000]), context));
        Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, Written(new Variant(new string('a', 5000)), context));
        Assert.Equal(StatusCodes.BadEncodingError, Written(new Variant("\uD800"), context));
        var nested = new Variant(1);
        for (var i = 0; i < 3; i++) nested = new Variant([nested]);
        Assert.Equal(StatusCodes.Good, Written(nested, context));
        Assert.Equal(StatusCodes.BadEncodingLimitsExceeded, Written(new Variant([nested]), context));
    }

    private static uint Written(Variant value, CodecContext context)
    {
        var encoder = new BinaryEncoder(context);
        try
        {
            encoder.WriteVariant(value);
            return StatusCodes.Good;
        }
        catch (CodecException refused)
        {
            return refused.Status.Code;
        }
        finally
        {
            encoder.Dispose();
        }
    }

    private static uint Refused(string hex, CodecContext? context = null) => Assert.Throws<CodecException>(() => Read(hex, context)).Status.Code;

    private static Variant Read(string hex, CodecContext? context = null) =>
        new BinaryDecoder(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), context ?? CodecContext.Default).ReadVariant();
}
