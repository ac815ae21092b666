using System.Text;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace OpcPortal.Adapters.Simulation.Mqtt;

/// <summary>A simulated device at its broker: connects, publishes at its interval, listens, and connects again when it was cut off.</summary>
internal sealed partial class DeviceConnection(SimulatedMqttDevice device, EmbeddedBroker broker, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private volatile DeviceFault _fault;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How it misbehaves from now on.</summary>
    public DeviceFault Fault
    {
        get => _fault;
        set
        {
            _fault = value;
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var changed = Volatile.Read(ref _changed).Task;
                if (Fault != DeviceFault.Gone) await LiveAsync(stop).ConfigureAwait(false);
                await PauseAsync(Retry, changed, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                LogCutOff(logger, failure, device.Id);
                await Task.Delay(Retry, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task LiveAsync(CancellationToken stop)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        client.ApplicationMessageReceivedAsync += received => AnswerAsync(client, received.ApplicationMessage, stop);
        await client.ConnectAsync(CreateOptions(), stop).ConfigureAwait(false);
        foreach (var topic in device.Listens) await client.SubscribeAsync(topic, MqttQualityOfServiceLevel.AtLeastOnce, stop).ConfigureAwait(false);
        await SendAsync(client, [device.Online], stop).ConfigureAwait(false);
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if (!client.IsConnected || Fault == DeviceFault.Gone) return;
            IReadOnlyList<MqttPublication> publications;
            lock (_lock) publications = device.Publish(time.GetUtcNow().UtcDateTime);
            await SendAsync(client, Spoilt(publications), stop).ConfigureAwait(false);
            await PauseAsync(device.Interval, changed, stop).ConfigureAwait(false);
        }
    }

    private MqttClientOptions CreateOptions() => new MqttClientOptionsBuilder()
        .WithTcpServer("127.0.0.1", broker.Port)
        .WithProtocolVersion(MqttProtocolVersion.V500)
        .WithClientId(device.Id)
        .WithWillTopic(device.Will.Topic)
        .WithWillPayload(device.Will.Payload)
        .WithWillRetain(device.Will.Retain)
        .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
        .Build();

    private Task AnswerAsync(IMqttClient client, MqttApplicationMessage message, CancellationToken stop)
    {
        if (Fault == DeviceFault.Silence) return Task.CompletedTask;
        IReadOnlyList<MqttPublication> publications;
        try
        {
            lock (_lock) publications = device.Receive(new MqttRequest(message.Topic, Encoding.UTF8.GetString(message.Payload), message.ResponseTopic), time.GetUtcNow().UtcDateTime);
        }
        catch (System.Text.Json.JsonException)
        {
            return Task.CompletedTask; // As a device does with what it does not understand.
        }

        return SendAsync(client, Spoilt(publications), stop);
    }

    private IReadOnlyList<MqttPublication> Spoilt(IReadOnlyList<MqttPublication> publications) => Fault switch
    {
        DeviceFault.Silence => [],
        DeviceFault.Garbage => [.. publications.Select(publication => publication with { Payload = "{\"\u0001" })],
        _ => publications,
    };

    private async Task SendAsync(IMqttClient client, IReadOnlyList<MqttPublication> publications, CancellationToken stop)
    {
        foreach (var publication in publications)
        {
            await client.PublishAsync(new MqttApplicationMessage
            {
                Topic = publication.Topic,
                PayloadSegment = new ArraySegment<byte>(Encoding.UTF8.GetBytes(publication.Payload)),
                Retain = publication.Retain,
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            }, stop).ConfigureAwait(false);
            if (Fault != DeviceFault.None) continue;
            lock (_lock) device.Delivered(publication);
        }
    }

    // Until the time is over, or the device begins or ends to misbehave.
    private async Task PauseAsync(TimeSpan pause, Task changed, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(changed, Task.Delay(pause, time, over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Simulated device {Device} was cut off.")]
    private static partial void LogCutOff(ILogger logger, Exception failure, string device);
}
