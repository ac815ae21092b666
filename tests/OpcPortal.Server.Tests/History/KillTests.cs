using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.KillStore;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>
/// A process that takes readings in is killed (SIGKILL) at random moments, again and again on the same store: whatever was committed is there, once, with its value. OPCPORTAL_KILLS sets how often.
/// </summary>
public sealed class KillTests(PostgreSqlServer server, ITestOutputHelper output)
{
    // In CI: with SQLite some 60 s. PostgreSQL outlives the process, so that there is less to go wrong.
    private const int SqliteKills = 200;
    private const int PostgreSqlKills = 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static int Kills(int otherwise) => int.TryParse(Environment.GetEnvironmentVariable("OPCPORTAL_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var kills) ? kills : otherwise;

    [Fact]
    public Task Every_reading_that_was_committed_is_in_SQLite_once_after_two_hundred_kills() => KillAsync(null, Kills(SqliteKills));

    [Fact]
    public async Task Every_reading_that_was_committed_is_in_PostgreSQL_once_after_many_kills() => await KillAsync(await server.CreateDatabaseAsync(), Kills(PostgreSqlKills));

    private async Task KillAsync(string? connection, int kills)
    {
        var folder = Directory.CreateTempSubdirectory("opcportal-kill-").FullName;
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var committed = new Committed();
        try
        {
            for (var kill = 0; kill < kills; kill++)
            {
                await RunAsync(folder, connection, committed, random);
                // Looked at now and then: what is wrong is found near where it went wrong.
                if (kill % 50 == 49) await CheckAsync(folder, connection, committed);
            }

            await CheckAsync(folder, connection, committed);
            output.WriteLine($"{kills} kills, {committed.Last + 1} readings committed, {committed.Revised.Count} revisions, {committed.Unready} killed before they were ready");
            Assert.True(committed.Last > kills, "Hardly anything was committed.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(string folder, string? connection, Committed committed, Random random)
    {
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "KillStore.dll"), folder, (committed.Last + 1).ToString(CultureInfo.InvariantCulture), random.Next().ToString(CultureInfo.InvariantCulture)];
        using var process = Process.Start(new ProcessStartInfo("dotnet", connection is null ? arguments : [.. arguments, connection]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(Token);
        // Some die while they open the store.
        var isEarly = random.Next(10) == 0;
        if (!isEarly) Assert.True(await process.StandardOutput.ReadLineAsync(Token) == "ready", $"It does not start: {(process.HasExited ? await errors : "")}");
        using (var timer = new Timer(_ => process.Kill(), null, isEarly ? 60 + random.Next(200) : random.Next(150), Timeout.Infinite))
        {
            while (await process.StandardOutput.ReadLineAsync(Token) is { } line) committed.Add(line);
            await process.WaitForExitAsync(Token);
        }

        Assert.Equal("", await errors);
        if (isEarly) committed.Unready++;
    }

    private static async Task CheckAsync(string folder, string? connection, Committed committed)
    {
        await using PortalDatabase database = connection is null ? new SqliteDatabase(Path.Combine(folder, "portal.db")) : new PostgreSqlDatabase(connection);
        await using var store = await ReadingStore.OpenAsync(database, new ReadingStoreOptions { JournalFolder = Path.Combine(folder, "journal") }, TimeProvider.System, NullLogger<ReadingStore>.Instance, Token);
        store.Bind(new NumberedPoints());
        var found = new HashSet<long>();
        for (var point = 0; point < NumberedPoints.Count; point++)
        {
            HistoryWalk? walk = new HistoryWalk(NumberedPoints.Start, DateTime.MaxValue, 5000);
            while (walk is { } rest)
            {
                var page = await store.ReadChainsAsync(point, rest, Token);
                foreach (var chained in page.Items) Check(point, chained, found, committed);
                walk = page.Next is { } next ? rest.Resume(next) : null;
            }

            Assert.Empty((await store.ReadVersionsAsync(point, new HistoryWalk(NumberedPoints.Start, DateTime.MaxValue, 10), Token)).Items);
        }

        for (var number = 0L; number <= committed.Last; number++) Assert.True(found.Contains(number), $"{number} of {committed.Last} was committed and is lost.");
    }

    private static void Check(int point, ChainedReading chained, HashSet<long> found, Committed committed)
    {
        var number = chained.Reading.Value.AsSigned();
        Assert.Equal((point, chained.Reading.SourceTime), (NumberedPoints.ReadingOf(number).Point, NumberedPoints.ReadingOf(number).SourceTime));
        Assert.True(found.Add(number), $"{number} is there twice.");
        if (committed.Revised.Contains(number)) Assert.Contains(chained.Chain, link => link.Note == NumberedPoints.Note);
    }

    private sealed class Committed
    {
        public long Last { get; private set; } = -1;
        public HashSet<long> Revised { get; } = [];
        public int Unready { get; set; }

        // The last line may be torn: it was then not said.
        public void Add(string line)
        {
            if (line.StartsWith('r') && long.TryParse(line.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var revised)) Revised.Add(revised);
            else if (long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) Last = Math.Max(Last, number);
        }
    }
}
