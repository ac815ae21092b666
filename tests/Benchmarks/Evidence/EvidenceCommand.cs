using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Benchmarks;

/// <summary><c>evidence</c>: how many audited calls a second the hash-chained log keeps up with in a SQLite file, and how long its verification takes, without sockets. One line of JSON.</summary>
internal static class EvidenceCommand
{
    private const int Callers = 2;

    public static Command Create()
    {
        var rows = new Option<int>("--rows") { Description = "Audited calls.", DefaultValueFactory = _ => 1_000_000 };
        var rate = new Option<int>("--rate") { Description = "Calls a second; 0: as many as the log takes.", DefaultValueFactory = _ => 0 };
        var command = new Command("evidence", "Measures the log of evidence and its verification, without sockets.") { rows, rate };
        command.SetAction(parsed => RunAsync(parsed.GetValue(rows), parsed.GetValue(rate)));
        return command;
    }

    private static async Task<int> RunAsync(int rows, int rate)
    {
        var folder = Directory.CreateTempSubdirectory("opcportal-bench-").FullName;
        try
        {
            var file = Path.Combine(folder, "portal.db");
            await using var database = new SqliteDatabase(file);
            var store = await SqlEvidenceStore.OpenAsync(database).ConfigureAwait(false);
            // As fast as it goes wants back-pressure that holds; at a rate, what is lost as the server is set up is the finding.
            var options = rate > 0 ? new AuditLogOptions() : new AuditLogOptions { BackPressure = TimeSpan.FromMinutes(1) };
            await using var log = await AuditLog.OpenAsync(store, options, TimeProvider.System, NullLogger<AuditLog>.Instance).ConfigureAwait(false);
            var model = new ServerModel("urn:opcportal:bench:evidence", ModelLoader.Read(ModelLoader.PortalFile));
            var hub = new EventHub(model.AddressSpace, model.Types) { Recorder = new AuditRecorder(log, model) };
            var auditor = new Auditor(hub, TimeProvider.System, "urn:opcportal:bench:evidence");
            var (cpu, clock) = (Environment.CpuUsage.TotalTime, Stopwatch.StartNew());
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => Call(auditor, rows / Callers, rate / Callers)))).ConfigureAwait(false);
            await log.FlushAsync().ConfigureAwait(false);
            var (elapsed, used) = (clock.Elapsed, Environment.CpuUsage.TotalTime - cpu);
            cpu = Environment.CpuUsage.TotalTime;
            clock.Restart();
            var verifier = new EvidenceVerifier(EvidenceClass.Change, [log.HeadOf(EvidenceClass.Change)]);
            await foreach (var row in store.ReadAsync(new EvidenceQuery { Class = EvidenceClass.Change }, CancellationToken.None).ConfigureAwait(false)) verifier.Add(row);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new
            {
                rows = verifier.Count,
                rowsPerSecond = (int)(verifier.Count / elapsed.TotalSeconds),
                cores = Math.Round(used / elapsed, 2),
                lost = log.LostCount,
                bytesPerRow = new FileInfo(file).Length / Math.Max(1, verifier.Count),
                verifyCpuSeconds = Math.Round((Environment.CpuUsage.TotalTime - cpu).TotalSeconds, 1),
                verifySeconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
                whole = verifier.Complete() is null,
            })).ConfigureAwait(false);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Call(Auditor auditor, int count, int rate)
    {
        var (target, method, began) = (new NodeId("oak-street-1/heater", 5), new NodeId("oak-street-1/heater/SetSetpoint", 5), Stopwatch.GetTimestamp());
        for (var i = 0; i < count; i++)
        {
            auditor.Called(
                new AuditedAction { Status = StatusCodes.Good, ActionTime = TimeProvider.System.GetUtcNow().UtcDateTime, ClientAuditEntryId = "work order 4711", ClientUserId = "dispatcher", ClientApplicationUri = "urn:utility:scada" },
                target, method, [55.5], []);
            // Ahead of the rate: the thread waits, as a client would.
            while (rate > 0 && i > Stopwatch.GetElapsedTime(began).TotalSeconds * rate) Thread.Yield();
        }
    }
}
