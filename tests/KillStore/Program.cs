// A store of readings that is there to be killed: it takes numbered readings in through ingest and says which are committed.
//   KillStore FOLDER NEXT SEED [CONNECTION]
// In the folder are the journal and, where no connection to PostgreSQL is given, the database. NEXT is the number of the first reading. Each line of the output is a number: it and all before are
// committed; a number after 'r' has a revision that is kept.
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.KillStore;
using OpcPortal.Models;
using OpcPortal.Server;

var folder = args[0];
var next = long.Parse(args[1], CultureInfo.InvariantCulture);
var random = new Random(int.Parse(args[2], CultureInfo.InvariantCulture));
await using PortalDatabase database = args.Length > 3 ? new PostgreSqlDatabase(args[3]) : new SqliteDatabase(Path.Combine(folder, "portal.db"));
var options = new ReadingStoreOptions
{
    JournalFolder = Path.Combine(folder, "journal"),
    // Small, so that a kill meets every step: a table that is full, a transaction, a merge.
    MaxTableReadings = 300,
    UpkeepInterval = TimeSpan.FromMilliseconds(20),
    RetryInterval = TimeSpan.FromMilliseconds(20),
};
await using var store = await ReadingStore.OpenAsync(database, options, TimeProvider.System, NullLogger<ReadingStore>.Instance);
store.Bind(new NumberedPoints());
var current = new PointStore();
current.EnsurePoints(NumberedPoints.Count);
await using var ingest = new IngestPipeline(current, TimeProvider.System, keeper: store);
ingest.Start();
Console.WriteLine("ready");
while (true)
{
    var batch = Enumerable.Range(0, random.Next(1, 60)).Select(i => NumberedPoints.ReadingOf(next + i)).ToArray();
    await ingest.PublishAsync(batch, CancellationToken.None);
    await ingest.CommitAsync(CancellationToken.None);
    next += batch.Length;
    Console.WriteLine(next - 1);
    if (random.Next(4) > 0) continue;
    var revised = batch[0];
    await store.ReviseAsync([new ReadingRevision(revised.Point, revised.SourceTime, RevisionKind.Note, TimeProvider.System.GetUtcNow().UtcDateTime, NumberedPoints.Note)], CancellationToken.None);
    Console.WriteLine($"r{next - batch.Length}");
}
