using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Benchmarks;

/// <summary>An adapter whose devices give a new value to every point at each interval: the reading path under load, from the adapter on.</summary>
internal sealed class BenchAdapter(AdapterConfiguration configuration, AdapterContext context, TimeSpan interval) : IAdapter
{
    private readonly int[] _points = [.. configuration.Devices.SelectMany(d => d.Points).Select(p => p.Number)];

    public async Task RunAsync(CancellationToken cancellation)
    {
        var readings = new Reading[_points.Length];
        using var timer = new PeriodicTimer(interval, context.Time);
        foreach (var device in configuration.Devices) context.Health.Report(device.Number, CommunicationState.Online, null);
        for (var round = 0.0; ; round++)
        {
            var now = context.Time.GetUtcNow().UtcDateTime;
            for (var i = 0; i < _points.Length; i++) readings[i] = new Reading(_points[i], PointValue.From(round + i), now);
            await context.Sink.PublishAsync(readings, cancellation);
            if (!await timer.WaitForNextTickAsync(cancellation)) return;
        }
    }

    public ValueTask<ReadingStatus> ExecuteAsync(DeviceCommand command, CancellationToken cancellation) => ValueTask.FromResult(ReadingStatus.Good);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public sealed class Factory(TimeSpan interval) : IAdapterFactory
    {
        public string Protocol => "bench";

        public IAdapter Create(AdapterConfiguration configuration, AdapterContext context) => new BenchAdapter(configuration, context, interval);
    }
}
