using BenchmarkDotNet.Attributes;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua.Server;

namespace OpcPortal.Benchmarks;

/// <summary>What validation costs: a reading on arrival, within a batch as ingest has them, and a day of quarters of an hour as a whole.</summary>
[MemoryDiagnoser]
public class ValidationBenchmarks
{
    private const int Meters = 4096;

    private static readonly DateTime Start = new(2026, 3, 10, 0, 0, 0, DateTimeKind.Utc);

    private readonly Reading[] _intervals = new Reading[Meters];
    private readonly Reading[] _powers = new Reading[Meters];
    private readonly int[] _notes = new int[Meters];
    private ReadingScreen _screen = null!;
    private PointStore _store = null!;
    private StretchFacts _day = null!;
    private int _round;

    [GlobalSetup]
    public void Setup()
    {
        var model = new ServerModel("urn:opcportal:bench:validation", ModelLoader.Read(ModelLoader.PortalFile));
        var space = FleetSpace.Create(model, new CommandService((_, _) => ValueTask.FromResult(ReadingStatus.Good), TimeProvider.System, new CommandOptions()), _ => { });
        var layout = space.Fleet.LayoutOf("ElectricityMeterType", [new("ActiveEnergyImport", false), new("IntervalEnergyImport", false), new("VoltageL1", false)], []);
        var portal = space.Fleet.LayoutOf("PortalType", [], []);
        var owner = space.Fleet.OwnerNamespace("urn:opcportal:bench:owner");
        for (var i = 0; i < Meters; i++)
        {
            space.Registry.SetPortal($"p{i}", new PortalDetails($"p{i}", owner, portal));
            var device = space.Registry.Device($"p{i}", "meter");
            space.Registry.Point($"p{i}", "meter", "ActiveEnergyImport");
            _intervals[i] = new Reading(space.Registry.Point($"p{i}", "meter", "IntervalEnergyImport"), PointValue.From(0.4), Start);
            _powers[i] = new Reading(space.Registry.Point($"p{i}", "meter", "VoltageL1"), PointValue.From(230.0), Start);
            space.Registry.SetDevice(device, new DeviceDetails(null, owner, layout));
        }

        var book = new RuleBook(ValidationFolder.Load(AppContext.BaseDirectory + "none"), space, model, name => DataClassDefinition.WellKnown.First(known => known.Name == name).Number);
        _store = space.Store;
        _screen = new ReadingScreen(book, space, new NumberingKeeper(), new ValidationQueue(), new ValidationCounters());
        var rules = book.Of(layout).Channels[0].Rules;
        var day = LocalDay.Of(DateOnly.FromDateTime(Start), TimeZoneInfo.Utc);
        var quarter = TimeSpan.FromMinutes(15);
        var validated = QualityCodes.Validated.By(QualityOrigin.MeterDataManagement);
        _day = new StretchFacts
        {
            Rules = rules,
            Day = day,
            Length = quarter,
            Intervals = [.. LocalDay.EndsBetween(day.Start - quarter, day.End + quarter, quarter).Select(end => new IntervalReading(end, IntervalState.Measured, 0.4, validated))],
            Register = new RegisterSpan(new(day.Start, 1000), new(day.End, 1038.4), 38.4),
            Now = day.End.AddDays(2),
        };
    }

    /// <summary>Intervals, one after the other of each meter.</summary>
    [Benchmark(OperationsPerInvoke = Meters)]
    public int Intervals() => Take(_intervals, TimeSpan.FromMinutes(15));

    /// <summary>Voltages: judged by range and time.</summary>
    [Benchmark(OperationsPerInvoke = Meters)]
    public int Voltages() => Take(_powers, TimeSpan.FromSeconds(1));

    /// <summary>A day of 96 intervals that fits its register.</summary>
    [Benchmark]
    public int Day() => IntervalValidation.Run(_day).Count;

    private int Take(Reading[] readings, TimeSpan step)
    {
        var at = Start + (++_round * step);
        for (var i = 0; i < readings.Length; i++) readings[i] = readings[i] with { SourceTime = at, Quality = default };
        Array.Clear(_notes);
        _screen.Screen(readings, _notes, at);
        _screen.Shade(readings, _notes);
        _store.Apply(readings, at);
        _screen.Kept(readings, at);
        return _notes[0];
    }

    private sealed class NumberingKeeper : IReadingKeeper
    {
        private readonly Dictionary<QualityNote, int> _numbers = [];

        public int NumberOf(QualityNote note) => _numbers.TryGetValue(note, out var known) ? known : _numbers[note] = _numbers.Count + 1;

        public ValueTask KeepAsync(ReadOnlyMemory<Reading> readings, ReadOnlyMemory<int> notes, DateTime serverTime) => ValueTask.CompletedTask;
    }
}
