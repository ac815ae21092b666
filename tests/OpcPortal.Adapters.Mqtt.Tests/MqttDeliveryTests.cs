using System.Collections.Concurrent;
using System.Globalization;
using OpcPortal.Adapters.Simulation.Mqtt;
using OpcPortal.Adapters.TestKit;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt.Tests;

/// <summary>The contract of delivery, with a broker that keeps the session and a device that keeps what it cannot send.</summary>
public sealed class MqttDeliveryTests : DeliveryContractTests
{
    protected override async ValueTask<KeepingFieldUnderTest> CreateFieldAsync() => await Field.StartAsync();

    private sealed class Field : KeepingFieldUnderTest
    {
        private readonly EmbeddedBroker _broker = new();
        private readonly ConcurrentQueue<string> _kept = new();
        private readonly CancellationTokenSource _stop = new();
        private Task _living = Task.CompletedTask;
        private AdapterConfiguration? _configuration;
        private TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isCut;

        public static async Task<Field> StartAsync()
        {
            var field = new Field();
            field._broker.Subscribed += topic =>
            {
                if (topic == "em/load") field._subscribed.TrySetResult();
            };
            var port = await field._broker.StartAsync();
            field._configuration = Configurations.Device(
                """
                "topic": "em/live", "points": { "ActivePower": { "path": "p" },
                  "IntervalEnergyImport": { "topic": "em/load", "list": true, "path": "v", "time": { "path": "t", "format": "epochSeconds" } } }
                """,
                string.Create(CultureInfo.InvariantCulture, $$"""
                    "host": "127.0.0.1", "port": {{port}}, "reconnect": { "min": "100 ms", "max": "200 ms" }, "clientId": "server-1", "cleanSession": false, "sessionExpiry": "1 h"
                    """));
            field._living = Task.Run(field.LiveAsync);
            return field;
        }

        public override IAdapterFactory Factory { get; } = new MqttAdapterFactory();
        public override AdapterConfiguration Configuration => _configuration!;
        public override int KeptPoint => Configuration.Point("IntervalEnergyImport");
        public override IReadOnlyCollection<int> PastPoints => [KeptPoint];
        public override int WritablePoint => throw new NotSupportedException();
        public override PointValue SetPoint => throw new NotSupportedException();
        public override PointValue SetPointAtDevice => throw new NotSupportedException();
        public override InvokeCommand Command => throw new NotSupportedException();
        public override bool CommandReachedDevice => throw new NotSupportedException();

        public override async ValueTask NoteAsync(DateTime time, double value)
        {
            _kept.Enqueue(string.Create(CultureInfo.InvariantCulture, $$"""{ "t": {{(long)(time - DateTime.UnixEpoch).TotalSeconds}}, "v": {{value}} }"""));
            if (!_isCut) await SendAsync();
        }

        public override async ValueTask CutAsync()
        {
            _isCut = true;
            _subscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _broker.StopAsync();
        }

        // This broker forgets its sessions with its process: the device sends once somebody listens.
        public override async ValueTask RestoreAsync()
        {
            await _broker.StartAsync();
            await _subscribed.Task.WaitAsync(ContractLimits.Patience);
            await SendAsync();
            _isCut = false;
        }

        public override ValueTask SilenceAsync(int device) => throw new NotSupportedException();
        public override ValueTask GarbleAsync(int device) => throw new NotSupportedException();
        public override ValueTask HealAsync(int device) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _living;
            await _broker.DisposeAsync();
            _stop.Dispose();
        }

        private Task SendAsync()
        {
            var items = new List<string>();
            while (_kept.TryDequeue(out var item)) items.Add(item);
            return _broker.PublishAsync("em/load", $"[{string.Join(", ", items)}]");
        }

        private async Task LiveAsync()
        {
            for (var power = 1; !_stop.IsCancellationRequested; power++)
            {
                try
                {
                    if (!_isCut) await _broker.PublishAsync("em/live", string.Create(CultureInfo.InvariantCulture, $$"""{ "p": {{power}} }"""), qos: 0);
                }
                catch (InvalidOperationException) when (_isCut)
                {
                    // It was stopped in this moment.
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
