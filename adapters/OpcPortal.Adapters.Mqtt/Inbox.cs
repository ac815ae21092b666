using System.Buffers;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Protocol;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>A message on its way from the client library to the adapter's loop.</summary>
/// <param name="Route">Null: no message, but a tick of the clock.</param>
/// <param name="Payload">Rented; <paramref name="Length"/> bytes of it count.</param>
/// <param name="Acknowledge">What acknowledges it, once its readings are handed on; null at QoS 0.</param>
internal readonly record struct InboxMessage(TopicRoute? Route, byte[] Payload, int Length, MessageFacts Facts, DateTime Received, MqttApplicationMessageReceivedEventArgs? Acknowledge);

/// <summary>
/// What has come and is not decoded yet. Bounded, since the library's own queue is not: at QoS 0 what does not fit is dropped, which "at most once" allows; at QoS 1 and 2 the
/// broker waits for acknowledgements, and one that sends more than it may is cut off.
/// </summary>
internal sealed class Inbox(TimeProvider time)
{
    /// <summary>Messages: some seconds of a busy broker while the server cannot keep up.</summary>
    public const int MaxMessages = 8192;

    /// <summary>Bytes of payloads, for the same.</summary>
    public const long MaxBytes = 64L * 1024 * 1024;

    /// <summary>Messages of QoS 1 and 2 that may wait for their acknowledgement: the Receive Maximum. MQTT 5.0 3.1.2.11.3.</summary>
    public const ushort ReceiveMaximum = 1024;

    private readonly Channel<InboxMessage> _messages = Channel.CreateBounded<InboxMessage>(new BoundedChannelOptions(MaxMessages) { SingleReader = true });
    private long _bytes;
    private long _dropped;

    public ChannelReader<InboxMessage> Messages => _messages.Reader;

    /// <summary>Messages of QoS 0 dropped so far.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Takes a message.</summary>
    /// <returns>False where it does not fit, and the broker should have waited.</returns>
    public bool TryAdd(TopicRoute route, MqttApplicationMessageReceivedEventArgs args, int maxPayloadBytes)
    {
        var message = args.ApplicationMessage;
        var isQos0 = message.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtMostOnce;
        var isTooLarge = message.Payload.Length > maxPayloadBytes;
        var length = isTooLarge ? 0 : (int)message.Payload.Length;
        var isFull = _messages.Reader.Count >= (isQos0 ? MaxMessages - ReceiveMaximum : MaxMessages - 1) || Interlocked.Read(ref _bytes) + length > MaxBytes;
        if (isFull && isQos0) Interlocked.Increment(ref _dropped);
        if (isFull) return isQos0;
        var payload = ArrayPool<byte>.Shared.Rent(length);
        message.Payload.Slice(0, length).CopyTo(payload);
        Interlocked.Add(ref _bytes, length);
        var correlation = message.CorrelationData is { Length: > 0 } data ? System.Text.Encoding.UTF8.GetString(data) : null;
        return _messages.Writer.TryWrite(new InboxMessage(route, payload, length, new MessageFacts(message.Retain, correlation, isTooLarge, message.Dup), time.GetUtcNow().UtcDateTime, isQos0 ? null : args));
    }

    /// <summary>Wakes the loop.</summary>
    public void Tick() => _messages.Writer.TryWrite(new InboxMessage(null, [], 0, default, default, null));

    /// <summary>Nothing more comes.</summary>
    public void Complete() => _messages.Writer.TryComplete();

    /// <summary>A message was decoded; its payload may be used again.</summary>
    public void Return(in InboxMessage message)
    {
        if (message.Route is null) return;
        Interlocked.Add(ref _bytes, -message.Length);
        ArrayPool<byte>.Shared.Return(message.Payload);
    }
}
