using System.Buffers;
using BenchmarkDotNet.Attributes;
using OpcPortal.Ua;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Security;

namespace OpcPortal.Benchmarks;

/// <summary>A message of 4 kB protected by one side and taken by the other.</summary>
[MemoryDiagnoser]
public class ChannelBenchmarks
{
    private static readonly NegotiatedLimits Limits = new(65536, 65536, 1 << 22, 512, 1 << 22, 512);

    private readonly byte[] _body = new byte[4096];
    private readonly ArrayBufferWriter<byte> _wire = new(8192);
    private SecureChannel _sender = null!;
    private SecureChannel _receiver = null!;

    [Params("None", "Basic256Sha256", "Aes128_Sha256_RsaOaep")]
    public string Policy { get; set; } = "None";

    [Params(MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt)]
    public MessageSecurityMode Mode { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var policy = SecurityPolicy.All.Single(p => p.Name == Policy);
        _sender = new SecureChannel(1, policy, Mode, Limits, TimeProvider.System, isClient: true);
        _receiver = new SecureChannel(1, policy, Mode, Limits, TimeProvider.System, isClient: false);
        var (client, server, now) = (Nonce.ForChannel(policy), Nonce.ForChannel(policy), TimeProvider.System.GetUtcNow().UtcDateTime);
        _sender.Install(SecurityToken.Create(1, now, TimeSpan.FromHours(1), policy, Mode, client, server));
        _receiver.Install(SecurityToken.Create(1, now, TimeSpan.FromHours(1), policy, Mode, server, client));
    }

    [Benchmark]
    public int SendAndReceive()
    {
        _wire.ResetWrittenCount();
        _sender.Send(_wire, MessageType.Message, 1, _body);
        MessageFramer.TryRead(new ReadOnlySequence<byte>(_wire.WrittenMemory), 65536, out var frame);
        return _receiver.Receive(frame).Body.Length;
    }
}
