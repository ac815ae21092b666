using System.Globalization;
using System.Text;
using MQTTnet;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Carries set-points and commands to devices and waits for what shows that they have arrived. Thread-safe.</summary>
internal sealed class CommandSender(FieldMap map, PendingAnswers pending, ConnectionSettings settings, TimeProvider time)
{
    private static readonly IReadOnlyList<PointValue> NoArguments = [];
    private volatile BrokerLink? _link;
    private long _lastId;

    /// <summary>The connection; null while there is none.</summary>
    public BrokerLink? Link
    {
        get => _link;
        set => _link = value;
    }

    public ValueTask<ReadingStatus> ExecuteAsync(DeviceCommand command, CancellationToken cancellation) => command switch
    {
        SetPointCommand set => WriteAsync(set, cancellation),
        InvokeCommand invoke => InvokeAsync(invoke, cancellation),
        _ => ValueTask.FromResult(ReadingStatus.BadNotSupported),
    };

    private async ValueTask<ReadingStatus> WriteAsync(SetPointCommand command, CancellationToken cancellation)
    {
        if (!map.Writes.TryGetValue((command.Device, command.Point), out var point)) return ReadingStatus.BadNotWritable;
        var encoded = point.Value.Source.Value.Encode(command.Value, out var raw);
        if (encoded != ReadingStatus.Good) return encoded;
        if (!IsFinite(raw)) return ReadingStatus.BadOutOfRange;
        if (LinkTo(point.Value.Device) is not { } link) return ReadingStatus.BadNoCommunication;
        var message = Message(point.Mapping.Outgoing, new TemplateValues(raw, NoArguments, NextId()));
        if (point.ShownBy is not { } shownBy) return Unconfirmed(await link.PublishAsync(message, cancellation).ConfigureAwait(false));
        return await AwaitAsync(link, message, pending.ForValue(shownBy, command.Value), point.Mapping.Timeout, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<ReadingStatus> InvokeAsync(InvokeCommand command, CancellationToken cancellation)
    {
        if (!map.Commands.TryGetValue((command.Device, command.Name), out var mapped)) return ReadingStatus.BadNotSupported;
        var mapping = mapped.Mapping;
        if (command.Arguments.Count < mapping.Outgoing.Template.ArgumentCount) return ReadingStatus.BadConfigurationError;
        foreach (var argument in command.Arguments)
            if (!IsFinite(argument)) return ReadingStatus.BadOutOfRange;
        if (LinkTo(mapped.Device) is not { } link) return ReadingStatus.BadNoCommunication;
        var id = NextId();
        var message = Message(mapping.Outgoing, new TemplateValues(PointValue.None, command.Arguments, id));
        if (mapping.Response is { } response)
        {
            // MQTT 5.0 4.10.1: the responder sends both back.
            if (settings.Version == MQTTnet.Formatter.MqttProtocolVersion.V500)
            {
                message.ResponseTopic = response.Topic;
                message.CorrelationData = Encoding.UTF8.GetBytes(id);
            }

            var answer = pending.ForResponse(mapping, response.ByCorrelationData || response.Correlation is not null ? id : null);
            return await AwaitAsync(link, message, answer, mapping.Timeout, cancellation).ConfigureAwait(false);
        }

        if (mapped.ShownBy is null) return Unconfirmed(await link.PublishAsync(message, cancellation).ConfigureAwait(false));
        return await AwaitAsync(link, message, pending.ForValue(mapped.ShownBy, mapping.Confirm!.Value.Value), mapping.Timeout, cancellation).ConfigureAwait(false);
    }

    // Waits from before the message is sent: a device may be quicker than the broker's acknowledgement.
    private async ValueTask<ReadingStatus> AwaitAsync(BrokerLink link, MqttApplicationMessage message, PendingAnswers.Answer? answer, TimeSpan timeout, CancellationToken cancellation)
    {
        if (answer is null) return ReadingStatus.BadResourceUnavailable;
        using (answer)
        {
            var sent = await link.PublishAsync(message, cancellation).ConfigureAwait(false);
            if (sent != ReadingStatus.Good) return sent;
            try
            {
                return await answer.Status.WaitAsync(timeout, time, cancellation).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return ReadingStatus.BadTimeout;
            }
        }
    }

    private BrokerLink? LinkTo(FieldDevice device) => device.State == CommunicationState.Offline ? null : _link;

    // Part 4 5.11.4: handed to a system that stands before the device, which may or may not have it.
    private static ReadingStatus Unconfirmed(ReadingStatus sent) => sent == ReadingStatus.Good ? ReadingStatus.GoodCompletesAsynchronously : sent;

    private static bool IsFinite(PointValue value) => value.Kind != PointValueKind.Real || double.IsFinite(value.AsReal());

    // Unlike any other server's at the same broker: client identifiers are (MQTT 5.0 3.1.3.1).
    private string NextId() => string.Create(CultureInfo.InvariantCulture, $"{settings.ClientId}:{Interlocked.Increment(ref _lastId)}");

    private static MqttApplicationMessage Message(OutgoingMapping mapping, in TemplateValues values) => new()
    {
        Topic = mapping.Topic,
        PayloadSegment = new ArraySegment<byte>(mapping.Template.Render(values)),
        QualityOfServiceLevel = mapping.Qos,
        Retain = mapping.Retain,
    };
}
