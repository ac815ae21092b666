namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>The oracles are the examples of MODBUS Application Protocol V1.1b3, section 6, each function's table.</summary>
public sealed class CodecTests
{
    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    private static ModbusRequest Example(string name) => name switch
    {
        "6.1" => ModbusRequest.Read(ModbusTable.Coil, 19, 19),
        "6.2" => ModbusRequest.Read(ModbusTable.Discrete, 196, 22),
        "6.3" => ModbusRequest.Read(ModbusTable.Holding, 107, 3),
        "6.4" => ModbusRequest.Read(ModbusTable.Input, 8, 1),
        "6.5" => ModbusRequest.WriteCoil(172, true),
        "6.6" => ModbusRequest.WriteRegister(1, Hex("0003")),
        "6.11" => ModbusRequest.WriteCoils(19, 10, Hex("CD01")),
        "6.12" => ModbusRequest.WriteRegisters(1, Hex("000A 0102")),
        "6.16" => ModbusRequest.MaskWrite(4, 0xF2, 0x25),
        _ => ModbusRequest.ReadWrite(3, 6, 14, Hex("00FF 00FF 00FF")),
    };

    public static TheoryData<string, string, string, string> Examples => new()
    {
        { "6.1", "01 0013 0013", "01 03 CD6B05", "CD6B05" },
        { "6.2", "02 00C4 0016", "02 03 ACDB35", "ACDB35" },
        { "6.3", "03 006B 0003", "03 06 022B 0000 0064", "022B00000064" },
        { "6.4", "04 0008 0001", "04 02 000A", "000A" },
        { "6.5", "05 00AC FF00", "05 00AC FF00", "" },
        { "6.6", "06 0001 0003", "06 0001 0003", "" },
        { "6.11", "0F 0013 000A 02 CD01", "0F 0013 000A", "" },
        { "6.12", "10 0001 0002 04 000A 0102", "10 0001 0002", "" },
        { "6.16", "16 0004 00F2 0025", "16 0004 00F2 0025", "" },
        { "6.17", "17 0003 0006 000E 0003 06 00FF 00FF 00FF", "17 0C 00FE 0ACD 0001 0003 000D 00FF", "00FE0ACD00010003000D00FF" },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void Requests_and_answers_are_those_of_the_specification(string section, string request, string response, string data)
    {
        var asked = Example(section);
        var pdu = new byte[ModbusLimits.MaxPdu];
        Assert.Equal(Hex(request), pdu[..asked.Encode(pdu)]);

        Assert.Equal(ExceptionCode.None, ModbusResponse.Decode(asked, Hex(response), out var got));
        Assert.Equal(Hex(data), got.ToArray());

        Assert.Equal(ExceptionCode.None, ModbusRequest.Decode(Hex(request), out var atServer));
        Hex(data).CopyTo(pdu.AsSpan(2));
        var length = data.Length > 0 ? ModbusResponse.EncodeRead(pdu, atServer) : ModbusResponse.EncodeWritten(pdu, atServer);
        Assert.Equal(Hex(response), pdu[..length]);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_request_that_is_cut_or_too_long_is_refused_as_illegal_value(string section, string request, string response, string data)
    {
        _ = (section, response, data);
        var whole = Hex(request);
        Assert.Equal(ExceptionCode.IllegalFunction, ModbusRequest.Decode(ReadOnlyMemory<byte>.Empty, out _));
        for (var length = 1; length < whole.Length; length++) Assert.Equal(ExceptionCode.IllegalDataValue, ModbusRequest.Decode(whole.AsMemory(0, length), out _));
        Assert.Equal(ExceptionCode.IllegalDataValue, ModbusRequest.Decode((byte[])[.. whole, 0], out _));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_answer_that_is_cut_or_too_long_or_to_another_function_is_refused(string section, string request, string response, string data)
    {
        _ = (request, data);
        var asked = Example(section);
        var whole = Hex(response);
        for (var length = 0; length < whole.Length; length++) Refused(asked, whole[..length]);
        Refused(asked, [.. whole, 0]);
        Refused(asked, [(byte)(whole[0] ^ 0x08), .. whole[1..]]);
        if (!asked.IsRead && asked.Function != FunctionCode.ReadWriteMultipleRegisters) Refused(asked, [.. whole[..^1], (byte)(whole[^1] ^ 1)]);
    }

    private static void Refused(ModbusRequest asked, byte[] pdu) => Assert.Throws<ModbusProtocolException>(() => ModbusResponse.Decode(asked, pdu, out _));

    // Section 6, quantities of each function: the least, the most, and one beyond each.
    [Theory]
    [InlineData("01 0000 0001", ExceptionCode.None)]
    [InlineData("01 0000 0000", ExceptionCode.IllegalDataValue)]
    [InlineData("01 0000 07D0", ExceptionCode.None)]
    [InlineData("01 0000 07D1", ExceptionCode.IllegalDataValue)]
    [InlineData("02 0000 07D1", ExceptionCode.IllegalDataValue)]
    [InlineData("03 0000 007D", ExceptionCode.None)]
    [InlineData("03 0000 007E", ExceptionCode.IllegalDataValue)]
    [InlineData("04 0000 0000", ExceptionCode.IllegalDataValue)]
    [InlineData("05 0000 0000", ExceptionCode.None)]
    [InlineData("05 0000 0001", ExceptionCode.IllegalDataValue)]
    [InlineData("0F 0000 0000 00", ExceptionCode.IllegalDataValue)]
    [InlineData("0F 0000 0009 01 FF", ExceptionCode.IllegalDataValue)]
    [InlineData("10 0000 0001 04 00000000", ExceptionCode.IllegalDataValue)]
    [InlineData("17 0000 007E 0000 0001 02 0000", ExceptionCode.IllegalDataValue)]
    [InlineData("17 0000 007D 0000 0001 02 0000", ExceptionCode.None)]
    [InlineData("17 0000 0001 0000 0000 00", ExceptionCode.IllegalDataValue)]
    [InlineData("07", ExceptionCode.IllegalFunction)]
    [InlineData("00 0000 0001", ExceptionCode.IllegalFunction)]
    [InlineData("83 0000 0001", ExceptionCode.IllegalFunction)]
    [InlineData("03 FFFF 0001", ExceptionCode.None)]
    [InlineData("03 FFFF 0002", ExceptionCode.IllegalDataAddress)]
    [InlineData("17 0000 0001 FFFF 0002 04 00000000", ExceptionCode.IllegalDataAddress)]
    public void A_server_checks_function_then_quantity_then_address(string pdu, ExceptionCode expected) =>
        Assert.Equal(expected, ModbusRequest.Decode(Hex(pdu), out _));

    [Theory]
    [InlineData(1968, ExceptionCode.None, FunctionCode.WriteMultipleCoils)]
    [InlineData(1969, ExceptionCode.IllegalDataValue, FunctionCode.WriteMultipleCoils)]
    [InlineData(123, ExceptionCode.None, FunctionCode.WriteMultipleRegisters)]
    [InlineData(124, ExceptionCode.IllegalDataValue, FunctionCode.WriteMultipleRegisters)]
    public void The_longest_writes_fit_and_one_more_does_not(int count, ExceptionCode expected, FunctionCode function)
    {
        var bytes = function == FunctionCode.WriteMultipleCoils ? (count + 7) / 8 : count * 2;
        byte[] pdu = [(byte)function, 0, 0, (byte)(count >> 8), (byte)count, (byte)bytes, .. new byte[bytes]];
        Assert.Equal(expected, ModbusRequest.Decode(pdu, out _));
    }

    [Fact]
    public void A_client_cannot_ask_beyond_the_limits()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ModbusRequest.Read(ModbusTable.Holding, 0, 126));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModbusRequest.Read(ModbusTable.Coil, 0, 2001));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModbusRequest.Read(ModbusTable.Input, 65_535, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModbusRequest.WriteRegisters(0, new byte[248]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModbusRequest.ReadWrite(0, 1, 0, new byte[244]));
        ModbusRequest.Read(ModbusTable.Holding, 0, 125);
        ModbusRequest.WriteRegisters(0, new byte[246]);
    }

    [Theory]
    [InlineData("83 01", ExceptionCode.IllegalFunction)]
    [InlineData("83 02", ExceptionCode.IllegalDataAddress)]
    [InlineData("83 0B", ExceptionCode.GatewayTargetFailedToRespond)]
    public void An_exception_is_given_as_its_code(string pdu, ExceptionCode expected)
    {
        Assert.Equal(expected, ModbusResponse.Decode(Example("6.3"), Hex(pdu), out var data));
        Assert.True(data.IsEmpty);
    }

    [Theory]
    [InlineData("83")]
    [InlineData("83 00")]
    [InlineData("83 02 00")]
    [InlineData("84 02")]
    public void An_exception_that_cannot_be_is_refused(string pdu) => Refused(Example("6.3"), Hex(pdu));

    [Fact]
    public void A_frame_is_whole_at_its_last_byte_and_not_before()
    {
        var bytes = Hex("1501 0000 0006 FF 03 0004 0001 99");
        for (var length = 0; length < 12; length++) Assert.False(MbapFrame.TryRead(bytes.AsSpan(0, length), out _, out _));
        Assert.True(MbapFrame.TryRead(bytes, out var header, out var pdu));
        Assert.Equal(new MbapHeader(0x1501, 0xFF), header);
        Assert.Equal(Hex("03 0004 0001"), pdu.ToArray());
    }

    // MODBUS Messaging on TCP/IP 3.1.3: the protocol is 0; the length counts unit and PDU, at most 253 bytes (Application Protocol 4.1).
    [Theory]
    [InlineData("0001 0001 0006 01")]
    [InlineData("0001 0000 0000 01")]
    [InlineData("0001 0000 0001 01")]
    [InlineData("0001 0000 00FF 01")]
    [InlineData("0001 0000 FFFF 01")]
    [InlineData("4854 5450 2F31 2E")]
    public void A_header_that_cannot_be_is_refused_by_itself(string bytes) => Assert.Throws<ModbusProtocolException>(() => MbapFrame.TryRead(Hex(bytes), out _, out _));

    [Theory]
    [InlineData(2)]
    [InlineData(254)]
    public void The_shortest_and_the_longest_frame_are_taken(int counted)
    {
        byte[] bytes = [0, 1, 0, 0, 0, (byte)counted, 7, .. new byte[counted - 1]];
        Assert.True(MbapFrame.TryRead(bytes, out _, out var pdu));
        Assert.Equal(counted - 1, pdu.Length);
        var frame = new byte[MbapFrame.MaxLength];
        Assert.Equal(bytes.Length, MbapFrame.WriteHeader(frame, new MbapHeader(1, 7), counted - 1));
        Assert.Equal(bytes[..7], frame[..7]);
    }
}
