using OpcPortal.Adapters;
using OpcPortal.Models;

namespace OpcPortal.Benchmarks;

/// <summary>
/// An adapter whose devices give a new value to every point at each interval: the reading path under load, from the adapter on. A timer's ticks come a little late each; what was due meanwhile is made up
/// for, so that the rate is what was asked for.
/// </summary>
internal sealed class BenchAdapter(AdapterConfiguration configuration, AdapterContext context, TimeSpan interval) : IAdapter
{
    /// <summary>Rounds made up for at once: who is behind by more is too slow, and its figures are to show that.</summary>
    private const int MaxRoundsAtOnce = 10;

    private readonly int[] _points = [.. configuration.Devices.SelectMany(d => d.Points).Select(p => p.Number)];

    public async Task RunAsync(CancellationToken cancellation)
    {
        var readings = new Reading[_points.Length];
        using var timer = new PeriodicTimer(interval, context.Time);
        foreach (var device in configuration.Devices) context.Health.Report(device.Number, CommunicationState.Online, null);
        var began = context.Time.GetTimestamp();
        for (var round = 0L; ;)
        {
            var due = (context.Time.GetElapsedTime(began) / interval) + 1;
            for (var many = 0; many < MaxRoundsAtOnce && round < due; many++) await PublishAsync(readings, round++, cancellation);
            if (!await timer.WaitForNextTickAsync(cancellation)) return;
        }
    }

    private ValueTask PublishAsync(Reading[] readings, long round, CancellationToken cancellation)
    {
        var now = context.Time.GetUtcNow().UtcDateTime;
        for (var i = 0; i < _points.Length; i++) readings[i] = new Reading(_points[i], PointValue.From((double)round + i), now);
        return context.Sink.PublishAsync(readings, cancellation);
    }

    public ValueTask<ReadingStatus> ExecuteAsync(DeviceCommand command, CancellationToken cancellation) => ValueTask.FromResult(ReadingStatus.Good);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public sealed class Factory(TimeSpan interval) : IAdapterFactory
    {
        public string Protocol => "bench";

        public IAdapter Create(AdapterConfiguration configuration, AdapterContext context) => new BenchAdapter(configuration, context, interval);
    }
}
