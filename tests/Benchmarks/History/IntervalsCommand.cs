using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua.Server;

namespace OpcPortal.Benchmarks;

/// <summary><c>intervals</c>: a day of quarters of an hour of many meters is kept and stored, as they come in: all meters at each quarter. Then a month of one meter is read. One line of JSON.</summary>
internal static class IntervalsCommand
{
    private const int BatchSize = 4_000;
    private const int Quarters = 96;
    private const int MonthOfQuarters = 31 * Quarters;
    private static readonly DateTime Day = new(2026, 5, 1, 0, 0, 0, DateTimeKind.Utc);

    public static Command Create()
    {
        var meters = new Option<int>("--meters") { Description = "Meters of one point.", DefaultValueFactory = _ => 100_000 };
        var postgreSql = HistoryCommand.PostgreSqlOption();
        var command = new Command("intervals", "Measures how fast a day of intervals is kept and stored, in how many bytes, and how long a month of one meter takes to read.") { meters, postgreSql };
        command.SetAction(parsed => RunAsync(parsed.GetValue(meters), parsed.GetValue(postgreSql)));
        return command;
    }

    private static async Task<int> RunAsync(int meters, string? postgreSql)
    {
        var folder = Directory.CreateTempSubdirectory("opcportal-intervals-").FullName;
        try
        {
            await using var bench = await BenchStore.OpenAsync(folder, postgreSql).ConfigureAwait(false);
            bench.Store.Bind(new Meters());
            using var process = Process.GetCurrentProcess();
            var (cpu, clock) = (process.TotalProcessorTime, Stopwatch.StartNew());
            await KeepDayAsync(bench.Store, meters).ConfigureAwait(false);
            var kept = clock.Elapsed;
            await bench.Store.FlushAsync().ConfigureAwait(false);
            var stored = clock.Elapsed;
            process.Refresh();
            var used = process.TotalProcessorTime - cpu;
            var count = await bench.CountAsync().ConfigureAwait(false);
            await bench.Store.KeepUpOnceAsync().ConfigureAwait(false);
            var month = await ReadMonthAsync(bench.Store, meters).ConfigureAwait(false);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new
            {
                readings = count.Readings,
                keptPerSecond = Math.Round(count.Readings / kept.TotalSeconds),
                storedPerSecond = Math.Round(count.Readings / stored.TotalSeconds),
                cpuMicrosecondsPerReading = Math.Round(used.TotalMicroseconds / count.Readings, 2),
                blocks = count.Blocks,
                bytesPerReading = Math.Round((double)count.Bytes / count.Readings, 2),
                rssMiB = process.WorkingSet64 >> 20,
                monthOfOneMeterMs = month,
            })).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static async Task KeepDayAsync(ReadingStore store, int meters)
    {
        var random = new Random(1);
        var batch = new Reading[BatchSize];
        var notes = new int[BatchSize];
        Array.Fill(notes, store.NumberOf(new QualityNote(new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.Valid, 1), new QualityAuthor("house", "rules 1"), "validated")));
        for (var quarter = 0; quarter < Quarters; quarter++)
        {
            for (var first = 0; first < meters; first += BatchSize)
            {
                var count = Math.Min(BatchSize, meters - first);
                for (var i = 0; i < count; i++) batch[i] = Interval(random, first + i, quarter);
                await store.KeepAsync(batch.AsMemory(0, count), notes.AsMemory(0, count), Day.AddMinutes(15 * (quarter + 1)).AddMilliseconds(random.Next(60_000))).ConfigureAwait(false);
            }
        }
    }

    private static Reading Interval(Random random, int point, int quarter) => new(point, PointValue.From(Math.Round(0.05 + (random.NextDouble() * 0.6), 3)), Day.AddMinutes(15 * (quarter + 1)));

    // The median of many: after what a flush a quarter of a day and merges leave, and with everything else in the same tables.
    private static async Task<double> ReadMonthAsync(ReadingStore store, int meter)
    {
        var random = new Random(2);
        var (batch, notes) = (new Reading[24], new int[24]);
        for (var quarter = 0; quarter < MonthOfQuarters; quarter += batch.Length)
        {
            for (var i = 0; i < batch.Length; i++) batch[i] = Interval(random, meter, quarter + i);
            await store.KeepAsync(batch, notes, batch[^1].SourceTime).ConfigureAwait(false);
            await store.FlushAsync().ConfigureAwait(false);
            if (quarter % (8 * batch.Length) == 0) await store.KeepUpOnceAsync().ConfigureAwait(false);
        }

        var times = new List<double>();
        for (var round = 0; round < 50; round++)
        {
            var began = Stopwatch.GetTimestamp();
            var page = await store.ReadAsync(meter, new HistoryWalk(Day, Day.AddDays(32), 10_000), CancellationToken.None).ConfigureAwait(false);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (page.Items.Count != MonthOfQuarters) throw new InvalidOperationException($"{page.Items.Count} readings of {MonthOfQuarters}.");
        }

        times.Sort();
        return Math.Round(times[times.Count / 2], 2);
    }

    private sealed class Meters : IPointNames
    {
        public bool TryName(int point, out PointName name)
        {
            name = new PointName($"portal-{point / 100}/meter-{point % 100}/IntervalEnergyImport", 1);
            return true;
        }
    }
}
