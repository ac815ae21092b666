using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>
/// Acknowledges messages of QoS 1 and 2 once their readings survive the end of the server, in the order in which they came (MQTT 5.0 4.6). Until then the broker keeps them, and sends them again to the next
/// connection of a session that it keeps. Runs beside the loop that decodes, so that current values do not wait for the disk.
/// </summary>
internal sealed partial class Acknowledger(IReadingSink sink, BrokerLink link, ILogger logger)
{
    private readonly Channel<InboxMessage> _messages = Channel.CreateBounded<InboxMessage>(new BoundedChannelOptions(Inbox.ReceiveMaximum) { SingleReader = true });

    /// <summary>A message whose readings are published. Waits where as many as the broker may send await their acknowledgement, as one of MQTT 3.1.1 may bring about, which knows no such limit.</summary>
    public async ValueTask AddAsync(InboxMessage message, CancellationToken cancellation)
    {
        try
        {
            await _messages.Writer.WriteAsync(message, cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The connection is given up: the broker sends it again.
        }
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        var batch = new List<InboxMessage>();
        try
        {
            while (await _messages.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
            {
                batch.Clear();
                while (_messages.Reader.TryRead(out var message)) batch.Add(message);
                await sink.CommitAsync(cancellation).ConfigureAwait(false);
                foreach (var message in batch) await AcknowledgeAsync(message, cancellation).ConfigureAwait(false);
            }
        }
        catch (ReadingsLostException lost)
        {
            // MQTT 5.0 4.4: what is not acknowledged is sent again with the next connection, and only then.
            link.GiveUp($"readings could not be kept, the broker is to send them again: {lost.Message}");
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            LogUnconfirmed(logger, failure);
            link.GiveUp($"readings could not be confirmed: {failure.Message.ReplaceLineEndings(" ")}");
        }
        finally
        {
            _messages.Writer.TryComplete();
        }
    }

    private async Task AcknowledgeAsync(InboxMessage message, CancellationToken cancellation)
    {
        try
        {
            await message.Acknowledge!.AcknowledgeAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // The connection went; the broker sends it again where the session is kept.
            LogNotAcknowledged(logger, failure, message.Route!.Topic);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A message on {Topic} could not be acknowledged.")]
    private static partial void LogNotAcknowledged(ILogger logger, Exception failure, string topic);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Readings could not be confirmed.")]
    private static partial void LogUnconfirmed(ILogger logger, Exception failure);
}
