using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Adapters;
using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>A fleet of electricity meters with hourly intervals and registers, whose readings are screened, kept and become current, and whose days are looked at when a test says so.</summary>
internal sealed class ValidationFixture : IAsyncDisposable
{
    /// <summary>A Tuesday.</summary>
    public static readonly DateTime Start = new(2026, 3, 10, 0, 0, 0, DateTimeKind.Utc);

    public const string Rules = """
        { "ruleSets": [ {
          "id": "test", "version": "7", "deviceTypes": ["ElectricityMeterType"],
          "arrival": [ { "dataClasses": ["Energy"] } ],
          "channels": [ {
            "interval": "IntervalEnergyImport", "register": "ActiveEnergyImport", "length": "1 h",
            "registerForm": { "digits": 6 },
            "checks": { "missingAfter": "2 h", "spike": { "ratio": 1.8, "above": 5 }, "sum": { "percent": 0.5 }, "limits": { "high": 50 } },
            "estimation": { "after": "12 h", "maxInterpolated": 2 }
          } ]
        } ] }
        """;

    private const string Meters = """
        {
          "portal": { "id": "oak-1", "owner": "urn:owner" }, "connection": { "protocol": "none" },
          "devices": [
            { "id": "meter", "type": "ElectricityMeterType", "points": { "ActiveEnergyImport": {}, "IntervalEnergyImport": {}, "VoltageL1": {} } },
            { "id": "heater", "type": "WaterHeaterType", "points": { "WaterTemperature": {} } }
          ]
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("validation").FullName;
    private ValidationQueue _queue = new();
    private ReadingScreen _screen = null!;

    private ValidationFixture()
    {
    }

    public FakeTimeProvider Time { get; } = new(Start);
    public FleetFixture Fleet { get; private set; } = null!;
    public ReadingStore History { get; private set; } = null!;
    public ValidationWork Work { get; private set; } = null!;
    public ValidationCounters Counters { get; private set; } = new();
    public RuleBook Book { get; private set; } = null!;
    public DateTime Now => Time.GetUtcNow().UtcDateTime;
    public int Interval { get; private set; }
    public int Register { get; private set; }
    public int Voltage { get; private set; }
    public ValidationCounts Counts => Counters.Read(_queue);

    public static async Task<ValidationFixture> CreateAsync(string rules = Rules)
    {
        var fixture = new ValidationFixture();
        await fixture.OpenAsync(rules);
        return fixture;
    }

    private SqliteDatabase Database => field ??= new SqliteDatabase(Path.Combine(_folder, "portal.db"));

    private async Task OpenAsync(string rules)
    {
        Fleet = new FleetFixture(Time);
        Assert.Empty(Fleet.Load(Meters));
        var registry = Fleet.Service.Registry;
        Register = registry.Point("oak-1", "meter", "ActiveEnergyImport");
        Interval = registry.Point("oak-1", "meter", "IntervalEnergyImport");
        Voltage = registry.Point("oak-1", "meter", "VoltageL1");
        History = await ReadingStore.OpenAsync(Database, new ReadingStoreOptions { JournalFolder = Path.Combine(_folder, "journal") }, Time, NullLogger<ReadingStore>.Instance);
        History.Bind(new FleetPoints(registry));
        var refused = new List<ConfigurationException>();
        var reader = new RuleSetReader(refused);
        reader.Read("rules.json", Encoding.UTF8.GetBytes(rules));
        Book = new RuleBook(new ValidationRules(reader.Sets, reader.Exchanges, refused), Fleet.Service, Fleet.Model, name => DataClassDefinition.WellKnown.First(known => known.Name == name).Number);
        Assert.Empty(Book.Refused);
        _queue = new ValidationQueue();
        Counters = new ValidationCounters();
        _screen = new ReadingScreen(Book, Fleet.Service, History, _queue, Counters);
        History.Forgetting = cancellation => Work.SaveAsync(Now, cancellation);
        Work = new ValidationWork(Book, Fleet.Service, History, _queue, Counters, await SqlValidationWork.OpenAsync(Database), Time, NullLogger.Instance);
    }

    /// <summary>Ends as a kill does: nothing is saved any more.</summary>
    public async Task RestartAsync(string rules = Rules)
    {
        await History.EndAsync();
        await OpenAsync(rules);
    }

    /// <summary>Takes readings as ingest does.</summary>
    public async Task TakeAsync(params Reading[] readings)
    {
        var notes = new int[readings.Length];
        _screen.Screen(readings, notes, Now);
        await History.KeepAsync(readings, notes, Now);
        _screen.Shade(readings, notes);
        Fleet.Service.Store.Apply(readings, Now);
        _screen.Kept(readings, Now);
    }

    /// <summary>An interval by the hour, counted from <see cref="Start"/>, in which it passes.</summary>
    public Task TakeHourAsync(int hour, double value) => TakeAsync(new Reading(Interval, PointValue.From(value), Start.AddHours(hour + 1)));

    public Task TakeRegisterAsync(double hours, double value) => TakeAsync(new Reading(Register, PointValue.From(value), Start.AddHours(hours)));

    /// <summary>Lets time pass to an hour after <see cref="Start"/>, and looks.</summary>
    public Task LookAtAsync(double hour)
    {
        if (Start.AddHours(hour) > Now) Time.SetUtcNow(Start.AddHours(hour));
        return Work.LookAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The best value of an hour with its chain.</summary>
    public async Task<ChainedReading> ReadAsync(int hour)
    {
        var page = await History.ReadChainsAsync(Interval, new HistoryWalk(Start.AddHours(hour + 1), Start.AddHours(hour + 1).AddTicks(1), 2), TestContext.Current.CancellationToken);
        return Assert.Single(page.Items);
    }

    public async Task<ChainedReading> ReadAsync(int point, DateTime at) =>
        Assert.Single((await History.ReadChainsAsync(point, new HistoryWalk(at, at.AddTicks(1), 2), TestContext.Current.CancellationToken)).Items);

    public async ValueTask DisposeAsync()
    {
        await History.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
