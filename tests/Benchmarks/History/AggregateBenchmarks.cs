using BenchmarkDotNet.Attributes;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Benchmarks;

/// <summary>Aggregates of Part 13 over values that are in memory: what calculating costs, without a store. Asked for in pieces of 256 intervals, as HistoryRead does.</summary>
[MemoryDiagnoser]
public class AggregateBenchmarks
{
    private const int Piece = 256;

    private static readonly DateTime Begin = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly ArrayHistory _day = ArrayHistory.Every(TimeSpan.FromSeconds(1), 86_400 + 2);
    private readonly ArrayHistory _year = ArrayHistory.Every(TimeSpan.FromMinutes(15), (365 * 96) + 2);

    [Params(
        nameof(ObjectIds.AggregateFunction_Average), nameof(ObjectIds.AggregateFunction_TimeAverage), nameof(ObjectIds.AggregateFunction_Total2), nameof(ObjectIds.AggregateFunction_Maximum2),
        nameof(ObjectIds.AggregateFunction_Interpolative), nameof(ObjectIds.AggregateFunction_PercentGood), nameof(ObjectIds.AggregateFunction_StandardDeviationSample))]
    public string Aggregate { get; set; } = nameof(ObjectIds.AggregateFunction_Average);

    /// <summary>A day of seconds to minutes.</summary>
    [Benchmark]
    public Task<int> DayOfSeconds() => ReadAsync(_day, TimeSpan.FromDays(1), TimeSpan.FromMinutes(1));

    /// <summary>A year of quarters of an hour to days.</summary>
    [Benchmark]
    public Task<int> YearOfQuarters() => ReadAsync(_year, TimeSpan.FromDays(365), TimeSpan.FromDays(1));

    private async Task<int> ReadAsync(ArrayHistory history, TimeSpan range, TimeSpan interval)
    {
        var details = new ReadProcessedDetails
        {
            StartTime = Begin,
            EndTime = Begin + range,
            ProcessingInterval = interval.TotalMilliseconds,
            AggregateType = [(uint)typeof(ObjectIds).GetField(Aggregate)!.GetRawConstantValue()!],
            AggregateConfiguration = new AggregateConfiguration { UseServerCapabilitiesDefaults = true },
        };
        var status = ProcessedHistory.TryStart(details, 0, history.Traits, out var calculation);
        if (status.IsBad) throw new InvalidOperationException($"It is refused: {status}.");
        var count = 0;
        while (calculation!.HasMore) count += (await calculation.NextAsync(history, Piece, CancellationToken.None).ConfigureAwait(false)).Length;
        return count;
    }

    /// <summary>Values at equal distances, in an array.</summary>
    private sealed class ArrayHistory(DataValue[] values) : INodeHistory
    {
        public HistoryTraits Traits { get; } = new();

        // One before the beginning, one at the end.
        public static ArrayHistory Every(TimeSpan distance, int count)
        {
            var values = new DataValue[count];
            for (var i = 0; i < count; i++) values[i] = new DataValue((double)(i * 7 % 1_000), StatusCodes.Good, Begin + ((i - 1) * distance), Begin + ((i - 1) * distance));
            return new ArrayHistory(values);
        }

        public ValueTask<HistoryPage<DataValue>> ReadAsync(HistoryWalk walk, CancellationToken cancellation)
        {
            if (!walk.IsForward) return ValueTask.FromResult(Back(walk));
            var from = IndexOf(walk.From) + walk.Skip;
            var to = IndexOf(walk.To);
            var count = Math.Clamp(to - from, 0, walk.Limit);
            return ValueTask.FromResult(new HistoryPage<DataValue>(new ArraySegment<DataValue>(values, Math.Min(from, values.Length), count), from + count < to ? new HistoryPlace(values[from + count].SourceTimestamp) : null));
        }

        public ValueTask<HistoryPage<ModifiedValue>> ReadModifiedAsync(HistoryWalk walk, CancellationToken cancellation) => throw new NotSupportedException();
        public ValueTask<HistoryPage<NodeAnnotation>> ReadAnnotationsAsync(HistoryWalk walk, CancellationToken cancellation) => throw new NotSupportedException();
        public ValueTask<StatusCode[]> UpdateAsync(PerformUpdateType kind, IReadOnlyList<DataValue> updates, CancellationToken cancellation) => throw new NotSupportedException();
        public ValueTask<StatusCode[]> AnnotateAsync(PerformUpdateType kind, IReadOnlyList<NodeAnnotation> annotations, CancellationToken cancellation) => throw new NotSupportedException();
        public ValueTask<StatusCode> DeleteAsync(DateTime from, DateTime to, bool modified, CancellationToken cancellation) => throw new NotSupportedException();
        public ValueTask<StatusCode[]> DeleteAtAsync(IReadOnlyList<DateTime> times, CancellationToken cancellation) => throw new NotSupportedException();

        private HistoryPage<DataValue> Back(HistoryWalk walk)
        {
            var index = IndexOf(walk.From.AddTicks(1)) - 1;
            return index < 0 || values[index].SourceTimestamp <= walk.To ? new([], null) : new([values[index]], index == 0 ? null : new HistoryPlace(values[index - 1].SourceTimestamp));
        }

        private int IndexOf(DateTime time)
        {
            var distance = values[1].SourceTimestamp - values[0].SourceTimestamp;
            return (int)Math.Clamp(Math.Ceiling((time - values[0].SourceTimestamp) / distance), 0, values.Length);
        }
    }
}
