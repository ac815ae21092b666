using BenchmarkDotNet.Attributes;
using OpcPortal.Ua;

namespace OpcPortal.Benchmarks;

/// <summary>Messages of a Read of 100 values, encoded and decoded.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private readonly ReadRequest _request = new() { NodesToRead = [.. Enumerable.Range(0, 100).Select(i => new ReadValueId { NodeId = new NodeId($"P/M{i}/ActivePower", 5), AttributeId = AttributeIds.Value })] };
    private readonly ReadResponse _response = new() { Results = [.. Enumerable.Range(0, 100).Select(i => new DataValue(new Variant((double)i), StatusCodes.Good, DateTime.UnixEpoch, DateTime.UnixEpoch))] };
    private byte[] _requestBytes = [];
    private byte[] _responseBytes = [];

    [GlobalSetup]
    public void Setup()
    {
        _requestBytes = BinaryEncoder.ToBytes(_request);
        _responseBytes = BinaryEncoder.ToBytes(_response);
    }

    [Benchmark]
    public ReadRequest DecodeRequest()
    {
        var decoder = new BinaryDecoder(_requestBytes, CodecContext.Default);
        return decoder.ReadStructure<ReadRequest>();
    }

    [Benchmark]
    public int EncodeResponse()
    {
        var encoder = new BinaryEncoder(CodecContext.Default);
        _response.Encode(ref encoder);
        var length = encoder.Position;
        encoder.Dispose();
        return length;
    }

    [Benchmark]
    public ReadResponse DecodeResponse()
    {
        var decoder = new BinaryDecoder(_responseBytes, CodecContext.Default);
        return decoder.ReadStructure<ReadResponse>();
    }
}
