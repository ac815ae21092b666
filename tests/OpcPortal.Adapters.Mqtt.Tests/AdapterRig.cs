using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MQTTnet;
using OpcPortal.Adapters.Simulation.Mqtt;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

/// <summary>An adapter that runs against an embedded broker.</summary>
internal sealed class AdapterRig : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _subscribed = new();
    private readonly IMqttClient _device = new MqttClientFactory().CreateMqttClient();
    private IAdapter? _adapter;
    private Task _running = Task.CompletedTask;

    private readonly bool _ownsBroker;

    public AdapterRig(EmbeddedBrokerOptions? options = null)
        : this(new EmbeddedBroker(options)) => _ownsBroker = true;

    /// <summary>At a broker that runs already.</summary>
    public AdapterRig(EmbeddedBroker broker)
    {
        Broker = broker;
        Broker.Subscribed += topic => Subscribed(topic).TrySetResult();
        _device.ApplicationMessageReceivedAsync += received =>
            Answers.TryGetValue(received.ApplicationMessage.Topic, out var answer) ? answer(received.ApplicationMessage) : Task.CompletedTask;
    }

    public EmbeddedBroker Broker { get; }
    public RecordingSink Sink { get; } = new();
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public RecordedAnswers Unawaited { get; } = new();

    /// <summary>What devices do when a message comes on a topic.</summary>
    public ConcurrentDictionary<string, Func<MqttApplicationMessage, Task>> Answers { get; } = new();

    public AdapterConfiguration Configuration { get; private set; } = null!;

    public static string Text(MqttApplicationMessage message) => Encoding.UTF8.GetString(message.Payload);

    /// <summary>Starts broker and adapter.</summary>
    public async Task StartAsync(string device, string connection = "")
    {
        await Broker.StartAsync();
        StartAdapter(device, connection);
    }

    /// <summary>Starts the adapter alone.</summary>
    public void StartAdapter(string device, string connection = "")
    {
        var host = connection.Contains("\"host\"", StringComparison.Ordinal) ? "" : "\"host\": \"127.0.0.1\", ";
        var comma = connection.Length > 0 ? ", " : "";
        Configuration = Configurations.Device(device, $$"""{{host}} "port": {{Broker.Port}}, "reconnect": { "min": "100 ms", "max": "200 ms" }{{comma}}{{connection}}""");
        _adapter = new MqttAdapterFactory().Create(Configuration, new AdapterContext(Sink, Sink, Time, NullLogger.Instance) { Random = new Random(1), Answers = Unawaited });
        _running = Task.Run(() => _adapter.RunAsync(_stop.Token));
    }

    /// <summary>A device listens to every topic below a level, and does what <see cref="Answers"/> says.</summary>
    public async Task StartDeviceAsync(string topic)
    {
        await _device.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Broker.Port).WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).Build());
        await _device.SubscribeAsync($"{topic}/#", MQTTnet.Protocol.MqttQualityOfServiceLevel.AtLeastOnce);
    }

    /// <summary>The adapter has subscribed to a topic.</summary>
    public Task SubscribedAsync(string topic) => Subscribed(topic).Task.WaitAsync(ContractLimits.Patience);

    public Task<Reading> WaitForAsync(string point, Predicate<Reading> wanted) => Sink.WaitForAsync(Configuration.Point(point), wanted);

    public Task<ReadingStatus> WriteAsync(string point, PointValue value) =>
        _adapter!.ExecuteAsync(new SetPointCommand(0, Configuration.Point(point), value), CancellationToken.None).AsTask().WaitAsync(ContractLimits.Patience);

    public Task<ReadingStatus> InvokeAsync(string name, params PointValue[] arguments) =>
        _adapter!.ExecuteAsync(new InvokeCommand(0, name, arguments), CancellationToken.None).AsTask().WaitAsync(ContractLimits.Patience);

    public Task<CommandOutcome> CarryOutAsync(DeviceCommand command) => _adapter!.CarryOutAsync(command, CancellationToken.None).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_adapter is not null) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running.WaitAsync(ContractLimits.Stop));
        if (_adapter is not null) await _adapter.DisposeAsync();
        _device.Dispose();
        if (_ownsBroker) await Broker.DisposeAsync();
        _stop.Dispose();
    }

    private TaskCompletionSource Subscribed(string topic) => _subscribed.GetOrAdd(topic, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>Answers that nobody waited for any more.</summary>
internal sealed class RecordedAnswers : ICommandAnswers
{
    private readonly System.Threading.Channels.Channel<(int Device, string Id, CommandOutcome Outcome)> _told = System.Threading.Channels.Channel.CreateUnbounded<(int, string, CommandOutcome)>();

    public int Waiting => _told.Reader.Count;

    public void Tell(int device, string id, CommandOutcome outcome) => _told.Writer.TryWrite((device, id, outcome));

    public async Task<(int Device, string Id, CommandOutcome Outcome)> NextAsync() => await _told.Reader.ReadAsync().AsTask().WaitAsync(ContractLimits.Patience);
}
