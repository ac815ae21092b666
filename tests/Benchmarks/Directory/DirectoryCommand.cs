using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Server;

namespace OpcPortal.Benchmarks;

/// <summary>
/// <c>directory</c>: customers, each with a tenancy, go into a database and are loaded from it as at a start: time and memory. One line of JSON.
/// </summary>
internal static class DirectoryCommand
{
    public static Command Create()
    {
        var customers = new Option<int>("--customers") { Description = "Customers, each with a tenancy.", DefaultValueFactory = _ => 1_000_000 };
        var postgresql = new Option<string?>("--postgresql") { Description = "The connection string of an empty database; without it a SQLite file is made and deleted." };
        var command = new Command("directory", "Measures what a directory costs to fill, to load and to change.") { customers, postgresql };
        command.SetAction(parsed => RunAsync(parsed.GetValue(customers), parsed.GetValue(postgresql)));
        return command;
    }

    private static async Task<int> RunAsync(int customers, string? postgresql)
    {
        var folder = Directory.CreateTempSubdirectory("opcportal-bench-").FullName;
        try
        {
            await using PortalDatabase database = postgresql is null ? new SqliteDatabase(Path.Combine(folder, "portal.db")) : new PostgreSqlDatabase(postgresql);
            var fillTime = await FillAsync(database, customers).ConfigureAwait(false);
            var readTime = await ReadAsync(database).ConfigureAwait(false);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var process = Process.GetCurrentProcess();
            var cpuBefore = process.TotalProcessorTime;
            var clock = Stopwatch.StartNew();
            var directory = await OpenAsync(database).ConfigureAwait(false);
            var loadTime = clock.Elapsed;
            process.Refresh();
            var loadCpuTime = process.TotalProcessorTime - cpuBefore;
            var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
            var changeTime = await ChangeAsync(directory, 100).ConfigureAwait(false);
            clock.Restart();
            var then = await directory.AsOfAsync(DateTime.MaxValue.AddYears(-7000)).ConfigureAwait(false);
            var asOfTime = clock.Elapsed;
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new
            {
                database = postgresql is null ? "SQLite" : "PostgreSQL",
                customers,
                fillSeconds = Math.Round(fillTime.TotalSeconds, 1),
                readSeconds = Math.Round(readTime.TotalSeconds, 1),
                loadSeconds = Math.Round(loadTime.TotalSeconds, 1),
                loadCpuSeconds = Math.Round(loadCpuTime.TotalSeconds, 1),
                megabytes = bytes >> 20,
                changeMs = Math.Round(changeTime.TotalMilliseconds, 2),
                asOfNowMs = Math.Round(asOfTime.TotalMilliseconds, 2),
                peakMegabytes = Process.GetCurrentProcess().PeakWorkingSet64 >> 20,
                tenancies = then.Tenancies.Count,
            })).ConfigureAwait(false);
            await directory.DisposeAsync().ConfigureAwait(false);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<PortalDirectory> OpenAsync(PortalDatabase database) =>
        await PortalDirectory.OpenAsync(await SqlRecordStore.OpenAsync(database, default).ConfigureAwait(false), TimeProvider.System).ConfigureAwait(false);

    private static async Task<TimeSpan> FillAsync(PortalDatabase database, int customers)
    {
        await using var directory = await OpenAsync(database).ConfigureAwait(false);
        var records = new List<object>(customers * 2);
        for (var i = 0; i < customers; i++)
        {
            records.Add(new Entity { Id = $"customer-{i}", Kind = EntityKind.Customer, Name = $"Customer {i}", NamespaceUri = "urn:customers:residential", CustomerClass = "residential", Jurisdiction = "US-CA" });
            records.Add(new Tenancy { Id = $"t-{i}", Portal = $"portal-{i}", Customer = $"customer-{i}", Period = ActivePeriod.Since(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc)) });
        }

        var clock = Stopwatch.StartNew();
        await directory.ApplyAsync(records, "bench", "all customers").ConfigureAwait(false);
        return clock.Elapsed;
    }

    // What of loading is the database's.
    private static async Task<TimeSpan> ReadAsync(PortalDatabase database)
    {
        var clock = Stopwatch.StartNew();
        await foreach (var record in (await SqlRecordStore.OpenAsync(database, default).ConfigureAwait(false)).LoadAsync(null, default).ConfigureAwait(false)) GC.KeepAlive(record);
        return clock.Elapsed;
    }

    // One by one, as agreements and tenancies change.
    private static async Task<TimeSpan> ChangeAsync(PortalDirectory directory, int count)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count; i++) await directory.ApplyAsync([directory.Entities[$"customer-{i}"] with { Name = $"Customer {i}, renamed" }], "bench", "renamed").ConfigureAwait(false);
        return clock.Elapsed / count;
    }
}
