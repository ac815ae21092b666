using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Channel.Tests;

/// <summary>Both ends of a channel with their tokens, and a clock.</summary>
internal sealed class ChannelPair : IDisposable
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    public static readonly NegotiatedLimits Limits = new(8192, 8192, 1 << 20, 200, 1 << 20, 200);

    private readonly SecurityPolicy _policy;
    private readonly MessageSecurityMode _mode;

    public ChannelPair(SecurityPolicy policy, MessageSecurityMode mode)
    {
        _policy = policy;
        _mode = mode;
        Client = new SecureChannel(7, policy, mode, Limits, Time, isClient: true);
        Server = new SecureChannel(7, policy, mode, Limits, Time, isClient: false);
        Renew(1);
    }

    public FakeTimeProvider Time { get; } = new();
    public SecureChannel Client { get; }
    public SecureChannel Server { get; }

    public void Renew(uint tokenId) => Renew(tokenId, forClient: true);

    public Action RenewServer(uint tokenId) => Renew(tokenId, forClient: false);

    // The client gets its token when the returned action is run, or at once.
    private Action Renew(uint tokenId, bool forClient)
    {
        var (client, server) = (Nonce.ForChannel(_policy), Nonce.ForChannel(_policy));
        var now = Time.GetUtcNow().UtcDateTime;
        Server.Install(SecurityToken.Create(tokenId, now, Lifetime, _policy, _mode, server, client));
        void Install() => Client.Install(SecurityToken.Create(tokenId, now, Lifetime, _policy, _mode, client, server));
        if (forClient) Install();
        return Install;
    }

    public static byte[] Send(SecureChannel channel, byte[] body, uint requestId = 1)
    {
        var output = new ArrayBufferWriter<byte>();
        channel.Send(output, MessageType.Message, requestId, body);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] Receive(SecureChannel channel, byte[] bytes)
    {
        using var assembler = new MessageAssembler(Limits, new MessageBudget(MessageBudget.DefaultBytes));
        var rest = new ReadOnlySequence<byte>(bytes);
        while (MessageFramer.TryRead(rest, Limits.ReceiveBufferSize, out var frame))
        {
            rest = rest.Slice(frame.Bytes.End);
            var chunk = channel.Receive(frame);
            if (assembler.TryAdd(chunk.Kind, chunk.RequestId, chunk.Body, out var message)) return message.ToArray();
        }

        throw new InvalidOperationException("The message did not end.");
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    public static X509Certificate2 Certificate(int bits)
    {
        using var rsa = RSA.Create(bits);
        return new CertificateRequest("CN=test", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }
}
