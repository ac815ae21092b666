namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>Random bytes: a decoder gives an answer or its one named fault, whatever comes. The seed is in the test's name.</summary>
public sealed class CodecFuzzTests
{
    private const int Rounds = 10_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_a_client_sends_a_server_can_answer(int seed)
    {
        var random = new Random(seed);
        var again = new byte[ModbusLimits.MaxPdu];
        for (var round = 0; round < Rounds; round++)
        {
            var pdu = RandomPdu(random);
            if (ModbusRequest.Decode(pdu, out var request) != ExceptionCode.None) continue;

            // What was accepted means just the bytes that came.
            Assert.Equal(pdu, again[..request.Encode(again)]);
            Assert.InRange(ModbusResponse.ReadBytes(request), 1, ModbusLimits.MaxPdu - 2);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_a_server_sends_is_data_as_long_as_asked_or_an_exception_or_a_fault(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            if (ModbusRequest.Decode(RandomPdu(random), out var request) != ExceptionCode.None) continue;
            try
            {
                var exception = ModbusResponse.Decode(request, RandomPdu(random), out var data);
                Assert.True(exception != ExceptionCode.None || data.IsEmpty || data.Length == ModbusResponse.ReadBytes(request));
            }
            catch (ModbusProtocolException)
            {
                // The one named fault.
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Whatever_a_stream_holds_is_frames_or_a_fault_and_never_read_past_its_end(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var buffer = new byte[random.Next(0, 300)];
            random.NextBytes(buffer);
            if (random.Next(2) == 0 && buffer.Length > 5) buffer[2] = buffer[3] = buffer[4] = 0;
            try
            {
                if (MbapFrame.TryRead(buffer, out _, out var pdu)) Assert.InRange(pdu.Length, 1, Math.Min(ModbusLimits.MaxPdu, buffer.Length - MbapFrame.HeaderLength));
            }
            catch (ModbusProtocolException)
            {
                // The one named fault.
            }
        }
    }

    // Half of them are shaped like requests, so that the fields behind are reached.
    private static byte[] RandomPdu(Random random)
    {
        var pdu = new byte[random.Next(0, ModbusLimits.MaxPdu + 1)];
        random.NextBytes(pdu);
        if (random.Next(2) == 0 || pdu.Length < 10) return pdu;
        byte[] functions = [1, 2, 3, 4, 5, 6, 15, 16, 22, 23];
        var function = functions[random.Next(functions.Length)];
        var registers = random.Next(1, 100);
        byte[] head = function switch
        {
            15 => [function, pdu[1], pdu[2], 0, (byte)registers, (byte)((registers + 7) / 8)],
            16 => [function, pdu[1], pdu[2], 0, (byte)registers, (byte)(registers * 2)],
            23 => [function, pdu[1], pdu[2], 0, (byte)random.Next(1, 126), pdu[5], pdu[6], 0, (byte)registers, (byte)(registers * 2)],
            22 => pdu[..7],
            _ => [function, pdu[1], pdu[2], 0, (byte)random.Next(1, 126)],
        };
        head[0] = function;
        var data = function is 15 or 16 or 23 ? head[^1] : 0;
        return [.. head, .. new byte[data]];
    }
}
