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

    public ValueTask<CommandOutcome> CarryOutAsync(DeviceCommand command, CancellationToken cancellation) => command switch
    {
        _ when command.Deadline <= time.GetUtcNow().UtcDateTime => ValueTask.FromResult(CommandOutcome.Expired),
        SetPointCommand set => WriteAsync(set, cancellation),
        InvokeCommand invoke => InvokeAsync(invoke, cancellation),
        _ => ValueTask.FromResult(CommandOutcome.Failed(ReadingStatus.BadNotSupported)),
    };

    private async ValueTask<CommandOutcome> WriteAsync(SetPointCommand command, CancellationToken cancellation)
    {
        if (!map.Writes.TryGetValue((command.Device, command.Point), out var point)) return CommandOutcome.Failed(ReadingStatus.BadNotWritable);
        var encoded = point.Value.Source.Value.Encode(command.Value, out var raw);
        if (encoded != ReadingStatus.Good) return CommandOutcome.Failed(encoded);
        if (!IsFinite(raw)) return CommandOutcome.Failed(ReadingStatus.BadOutOfRange);
        if (LinkTo(point.Value.Device) is not { } link) return CommandOutcome.Failed(ReadingStatus.BadNoCommunication);
        var message = Message(point.Mapping.Outgoing, new TemplateValues(raw, NoArguments, command.Id ?? NextId()));
        if (!message.Retain) Expire(message, command, point.ShownBy is null ? null : point.Mapping.Timeout);
        if (point.ShownBy is not { } shownBy) return Unconfirmed(await link.PublishAsync(message, cancellation).ConfigureAwait(false));
        return await AwaitAsync(link, message, pending.ForValue(shownBy, command.Value), point.Mapping.Timeout, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<CommandOutcome> InvokeAsync(InvokeCommand command, CancellationToken cancellation)
    {
        if (!map.Commands.TryGetValue((command.Device, command.Name), out var mapped)) return CommandOutcome.Failed(ReadingStatus.BadNotSupported);
        var mapping = mapped.Mapping;
        if (command.Arguments.Count < mapping.Outgoing.Template.ArgumentCount) return CommandOutcome.Failed(ReadingStatus.BadConfigurationError);
        foreach (var argument in command.Arguments)
            if (!IsFinite(argument)) return CommandOutcome.Failed(ReadingStatus.BadOutOfRange);
        if (command.Id is not null && pending.Find(mapping, command.Id) is { } known) return known;
        if (LinkTo(mapped.Device) is not { } link) return CommandOutcome.Failed(ReadingStatus.BadNoCommunication);
        var id = command.Id ?? NextId();
        var message = Message(mapping.Outgoing, new TemplateValues(PointValue.None, command.Arguments, id));
        var isAwaited = mapping.Response is not null || mapped.ShownBy is not null;
        Expire(message, command, isAwaited ? mapping.Timeout : null);
        if (mapping.Response is { } response)
        {
            // MQTT 5.0 4.10.1: the responder sends both back.
            if (IsVersion5)
            {
                message.ResponseTopic = response.Topic;
                message.CorrelationData = Encoding.UTF8.GetBytes(id);
            }

            var answer = pending.ForResponse(mapping, command.Device, response.ByCorrelationData || response.Correlation is not null ? id : null);
            return await AwaitAsync(link, message, answer, mapping.Timeout, cancellation).ConfigureAwait(false);
        }

        if (mapped.ShownBy is null) return Unconfirmed(await link.PublishAsync(message, cancellation).ConfigureAwait(false));
        return await AwaitAsync(link, message, pending.ForValue(mapped.ShownBy, mapping.Confirm!.Value.Value), mapping.Timeout, cancellation).ConfigureAwait(false);
    }

    // Waits from before the message is sent: a device may be quicker than the broker's acknowledgement.
    private async ValueTask<CommandOutcome> AwaitAsync(BrokerLink link, MqttApplicationMessage message, PendingAnswers.Answer? answer, TimeSpan timeout, CancellationToken cancellation)
    {
        if (answer is null) return CommandOutcome.Failed(ReadingStatus.BadResourceUnavailable, "too many commands wait, or one whose answer could not be told from this one's");
        using (answer)
        {
            // Also one that fails may have reached the device.
            answer.WasSent = true;
            var sent = await link.PublishAsync(message, cancellation).ConfigureAwait(false);
            if (sent != ReadingStatus.Good) return CommandOutcome.Failed(sent, "the broker has not taken it");
            try
            {
                var status = await answer.Status.WaitAsync(timeout, time, cancellation).ConfigureAwait(false);
                return CommandOutcome.Of(status) with { Shown = answer.Heard };
            }
            catch (TimeoutException)
            {
                return answer.Heard.Kind == PointValueKind.None
                    ? CommandOutcome.Failed(ReadingStatus.BadTimeout, $"the device has not answered within {timeout}")
                    : new CommandOutcome(CommandResult.Contradicted, ReadingStatus.BadTimeout, answer.Heard, $"the device was told and shows {answer.Heard}, not {answer.Wanted}, after {timeout}");
            }
        }
    }

    private bool IsVersion5 => settings.Version == MQTTnet.Formatter.MqttProtocolVersion.V500;

    // MQTT 5.0 3.3.2.3.3: a broker that waits for the device must not hand over what nobody waits for any more; whole seconds, at least one, since 0 would expire at once.
    private void Expire(MqttApplicationMessage message, DeviceCommand command, TimeSpan? awaited)
    {
        if (!IsVersion5) return;
        var left = command.Deadline == DateTime.MaxValue ? (TimeSpan?)null : command.Deadline - time.GetUtcNow().UtcDateTime;
        if (awaited < left || left is null) left = awaited;
        if (left is { } patience) message.MessageExpiryInterval = (uint)Math.Clamp(Math.Ceiling(patience.TotalSeconds), 1, uint.MaxValue);
    }

    private BrokerLink? LinkTo(FieldDevice device) => device.State == CommunicationState.Offline ? null : _link;

    // Part 4 5.11.4: handed to a system that stands before the device, which may or may not have it.
    private static CommandOutcome Unconfirmed(ReadingStatus sent) => CommandOutcome.Of(sent == ReadingStatus.Good ? ReadingStatus.GoodCompletesAsynchronously : sent);

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
