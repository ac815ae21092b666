using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua.Server;

namespace OpcPortal.Benchmarks;

/// <summary>What a day of a meter costs, read from a store with eight days of quarters of an hour and registers at midnight, like days and register included: nothing is found in it.</summary>
[MemoryDiagnoser]
public class DayBenchmarks
{
    private const int Meters = 200;
    private const int Days = 8;

    private static readonly DateTime Start = new(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc);

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-bench-days-").FullName;
    private readonly int[] _intervals = new int[Meters];
    private readonly ValidationCounters _counters = new();
    private readonly ValidationQueue _waiting = new();
    private SqliteDatabase _database = null!;
    private ReadingStore _store = null!;
    private DayValidator _validator = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        var model = new ServerModel("urn:opcportal:bench:days", ModelLoader.Read(ModelLoader.PortalFile));
        var space = FleetSpace.Create(model, new CommandService((_, _) => ValueTask.FromResult(ReadingStatus.Good), TimeProvider.System, new CommandOptions()), _ => { });
        var layout = space.Fleet.LayoutOf("ElectricityMeterType", [new("ActiveEnergyImport", false), new("IntervalEnergyImport", false)], []);
        var portal = space.Fleet.LayoutOf("PortalType", [], []);
        var owner = space.Fleet.OwnerNamespace("urn:opcportal:bench:owner");
        _database = new SqliteDatabase(Path.Combine(_folder, "bench.db"));
        _store = await ReadingStore.OpenAsync(_database, new ReadingStoreOptions { JournalFolder = Path.Combine(_folder, "journal") }, TimeProvider.System, NullLogger<ReadingStore>.Instance);
        _store.Bind(new FleetPoints(space.Registry));
        var validated = _store.NumberOf(new QualityNote(QualityCodes.Validated.By(QualityOrigin.MeterDataManagement), new QualityAuthor("house", "rules/1")));
        for (var i = 0; i < Meters; i++)
        {
            space.Registry.SetPortal($"p{i}", new PortalDetails($"p{i}", owner, portal));
            var device = space.Registry.Device($"p{i}", "meter");
            var register = space.Registry.Point($"p{i}", "meter", "ActiveEnergyImport");
            _intervals[i] = space.Registry.Point($"p{i}", "meter", "IntervalEnergyImport");
            space.Registry.SetDevice(device, new DeviceDetails(null, owner, layout));
            var readings = new List<Reading>();
            for (var day = 0; day <= Days; day++) readings.Add(new Reading(register, PointValue.From(day * 96 * 0.4), Start.AddDays(day)));
            for (var quarter = 1; quarter <= Days * 96; quarter++) readings.Add(new Reading(_intervals[i], PointValue.From(0.4), Start.AddMinutes(15 * quarter)));
            await _store.KeepAsync(readings.ToArray(), Enumerable.Repeat(validated, readings.Count).ToArray(), Start.AddDays(Days));
        }

        var book = new RuleBook(ValidationFolder.Load(_folder), space, model, name => DataClassDefinition.WellKnown.First(known => known.Name == name).Number);
        _validator = new DayValidator(book, space, _store, _counters, TimeProvider.System);
    }

    [Benchmark(OperationsPerInvoke = Meters)]
    public async Task<int> Day()
    {
        var before = _counters.Read(_waiting);
        foreach (var point in _intervals) await _validator.ValidateAsync(new DueDay(new DayKey(point, DateOnly.FromDateTime(Start.AddDays(Days - 1)).DayNumber), IsRepeated: false), CancellationToken.None);
        var after = _counters.Read(_waiting);
        // A day that nobody has looked at would be looked at quickly.
        if (after.Days - before.Days != Meters) throw new InvalidOperationException($"{after.Days - before.Days} days of {Meters} were looked at.");
        return after.Findings == 0 ? Meters : throw new InvalidOperationException($"{after.Findings} findings in days that are right.");
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
