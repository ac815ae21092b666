using System.Runtime.InteropServices;
using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Judges readings as they come in by the rules of their points, and tells which days are to be looked at as a whole. What holds for a point is two bytes, found when its first reading comes. Used by
/// the one ingest loop.
/// </summary>
internal sealed class ReadingScreen : IReadingScreen
{
    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;

    private const ushort Unmet = 0;
    private const ushort WithoutRules = 1;

    /// <summary>Different combinations of rules and who answers: types, points and owners that are organisations. What comes beyond is not judged, and counted.</summary>
    private const int MaxProfiles = ushort.MaxValue;

    private readonly RuleBook _book;
    private readonly FleetSpace _space;
    private readonly IReadingKeeper _keeper;
    private readonly ValidationQueue _queue;
    private readonly ValidationCounters _counters;
    private readonly Dictionary<(PointRules Rules, string? Responsible, string Zone), ushort> _numbers = [];
    private readonly List<ArrivalProfile?> _profiles = [null, null];
    private readonly List<(DayKey Day, bool IsRepeated)> _days = [];

    // What the points of channels will have as current when the batch has come so far.
    private readonly Dictionary<int, StoredReading> _current = [];
    private QualityCode[] _codes = new QualityCode[64];
    private ArrivalFinding[] _findings = [];
    private ushort[]?[] _chunks = [];
    private int _isStale;

    public ReadingScreen(RuleBook book, FleetSpace space, IReadingKeeper keeper, ValidationQueue queue, ValidationCounters counters)
    {
        _book = book;
        _space = space;
        _keeper = keeper;
        _queue = queue;
        _counters = counters;
    }

    /// <summary>Owners, custodians or time zones may have changed: what holds is found anew. From any thread.</summary>
    public void Renew() => Volatile.Write(ref _isStale, 1);

    /// <inheritdoc/>
    public void Screen(Span<Reading> readings, Span<int> notes, DateTime serverTime)
    {
        if (Interlocked.Exchange(ref _isStale, 0) != 0) _chunks = [];
        if (_findings.Length < readings.Length) _findings = new ArrivalFinding[readings.Length];
        _days.Clear();
        _current.Clear();
        var serverTicks = serverTime.Ticks;
        for (var i = 0; i < readings.Length; i++)
        {
            ref var reading = ref readings[i];
            _findings[i] = ArrivalFinding.None;
            if (ProfileOf(reading.Point) is not { } profile) continue;
            var finding = profile.Judge(reading, serverTicks);
            if (profile.Role != PointRole.Plain && finding is not (ArrivalFinding.FutureTime or ArrivalFinding.TimeBeforeFleet)) finding = Follow(profile, reading, finding, serverTime);
            // Part 8 has no status for what is no number; a sensor that gives it has failed.
            if (finding == ArrivalFinding.NoNumber) reading = reading with { Status = ReadingStatus.BadSensorFailure };
            _findings[i] = finding;
            notes[i] = NoteOf(profile, finding);
        }
    }

    /// <inheritdoc/>
    public void Shade(Span<Reading> readings, ReadOnlySpan<int> notes)
    {
        for (var i = 0; i < readings.Length; i++)
            if (notes[i] != 0) readings[i] = readings[i] with { Quality = _codes[notes[i]] };
    }

    /// <inheritdoc/>
    public void Kept(ReadOnlySpan<Reading> readings, DateTime serverTime)
    {
        _counters.Count(_findings.AsSpan(0, readings.Length));
        for (var i = 0; i < readings.Length; i++)
            if (_findings[i] is ArrivalFinding.RolledOver or ArrivalFinding.Exchanged && ProfileOf(readings[i].Point) is { } profile) _queue.AddExplained(profile.Explanation(readings[i].Point, readings[i].SourceTime, _findings[i], serverTime));
        if (_days.Count > 0) _queue.Add(_days, serverTime);
    }

    private int NoteOf(ArrivalProfile profile, ArrivalFinding finding)
    {
        var number = profile.NoteOf(finding, _keeper);
        if (number == 0) return 0;
        if (number >= _codes.Length) Array.Resize(ref _codes, Math.Max(number + 1, _codes.Length * 2));
        _codes[number] = ArrivalProfile.MeaningOf(finding).By(QualityOrigin.MeterDataManagement);
        return number;
    }

    private ArrivalFinding Follow(ArrivalProfile profile, in Reading reading, ArrivalFinding finding, DateTime serverTime)
    {
        ref var current = ref CollectionsMarshal.GetValueRefOrAddDefault(_current, reading.Point, out var isKnown);
        if (!isKnown) current = _space.Store.Read(reading.Point);
        var before = current;
        if (before.ServerTime == default || reading.SourceTime >= before.SourceTime) current = new StoredReading(reading.Value, reading.SourceTime, serverTime, finding == ArrivalFinding.NoNumber ? ReadingStatus.BadSensorFailure : reading.Status, reading.Quality);
        if (profile.Role == PointRole.Interval)
        {
            FollowInterval(profile, reading, before, serverTime);
            return finding;
        }

        FollowRegister(profile, reading, before);
        return finding == ArrivalFinding.Passes ? StepOf(profile, reading, before) : finding;
    }

    // One after the other needs no look but at the end of the day; a gap, and what comes late or twice, does.
    private void FollowInterval(ArrivalProfile profile, in Reading reading, in StoredReading before, DateTime serverTime)
    {
        // That a meter does not answer is told at any time: it says nothing of an interval.
        if (reading.SourceTime.Ticks % TimeSpan.TicksPerDay % profile.LengthTicks != 0) return;
        var day = profile.DayOf(reading.SourceTime);
        var isNext = before.SourceTime.Ticks + profile.LengthTicks == reading.SourceTime.Ticks;
        if (isNext && reading.SourceTime != day.End) return;
        var key = new DayKey(reading.Point, day.Date.DayNumber);
        // Of what was there before a start nothing is current yet.
        _days.Add((key, before.ServerTime == default || before.SourceTime >= reading.SourceTime));
        // The days of a gap that has just ended.
        if (before.ServerTime == default || isNext || before.SourceTime >= reading.SourceTime || before.SourceTime > serverTime) return;
        var first = Math.Max(profile.DayOf(before.SourceTime.AddTicks(profile.LengthTicks)).Date.DayNumber, key.Day - ValidationQueue.MaxGapDays);
        for (var missed = first; missed < key.Day; missed++) _days.Add((new DayKey(reading.Point, missed), false));
    }

    // A register that is read closes the days since it was read before; one that is read all the time closes a day at its end.
    private void FollowRegister(ArrivalProfile profile, in Reading reading, in StoredReading before)
    {
        if (before.ServerTime == default || before.SourceTime >= reading.SourceTime) return;
        var last = LocalDay.OfInterval(reading.SourceTime, profile.Zone).Date.DayNumber;
        // What is read at midnight is of the day that begins.
        var day = profile.DayOf(before.SourceTime.AddTicks(1));
        if (reading.SourceTime <= day.End && reading.SourceTime.Ticks - before.SourceTime.Ticks <= profile.LengthTicks) return;
        var interval = reading.Point - profile.Rules.Index + profile.Rules.Channel!.Interval;
        for (var closed = Math.Max(day.Date.DayNumber, last - ValidationQueue.MaxGapDays); closed <= last; closed++) _days.Add((new DayKey(interval, closed), false));
    }

    private ArrivalFinding StepOf(ArrivalProfile profile, in Reading reading, in StoredReading before)
    {
        // Before a bad reading stands what a look at the day finds.
        if (((uint)before.Status & 0x8000_0000) != 0 || !before.Value.TryGetNumber(out var was) || !double.IsFinite(was)) return ArrivalFinding.Passes;
        if (!reading.Value.TryGetNumber(out var now) || before.SourceTime >= reading.SourceTime || now >= was) return ArrivalFinding.Passes;
        if (FleetPoints.TryDevice(_space.Registry, reading.Point, out var device))
            foreach (var exchange in _book.ExchangesOf(device, profile.Rules.Member))
                if (exchange.At > before.SourceTime && exchange.At <= reading.SourceTime) return ArrivalFinding.Exchanged;
        return RegisterStep.Between(was, now, profile.Rules.Channel!.Rules.RegisterForm).Kind switch
        {
            RegisterStepKind.RollOver => ArrivalFinding.RolledOver,
            RegisterStepKind.Reset => ArrivalFinding.WasReset,
            _ => ArrivalFinding.Decreased,
        };
    }

    private ArrivalProfile? ProfileOf(int point)
    {
        var chunk = point >> ChunkBits;
        if ((uint)chunk < (uint)_chunks.Length && _chunks[chunk] is { } known && known[point & (ChunkSize - 1)] is var number and not Unmet) return _profiles[number];
        return Meet(point);
    }

    private ArrivalProfile? Meet(int point)
    {
        if (!FleetPoints.TryDevice(_space.Registry, point, out var device)) return null;
        ref var row = ref _space.Registry.DeviceAt(device);
        // One that is not in service yet is met again.
        if (Volatile.Read(ref row.Layout) is not { } layout) return null;
        var rules = _book.Of(layout);
        var index = point - row.FirstPoint;
        var ofPoint = index < rules.ByIndex.Count ? rules.ByIndex[index] : null;
        var number = ofPoint is null ? WithoutRules : NumberOf(ofPoint, device, row.Portal);
        var chunk = point >> ChunkBits;
        if (chunk >= _chunks.Length) Array.Resize(ref _chunks, Math.Max(chunk + 1, _chunks.Length * 2));
        (_chunks[chunk] ??= new ushort[ChunkSize])[point & (ChunkSize - 1)] = number;
        return _profiles[number];
    }

    private ushort NumberOf(PointRules rules, int device, int portal)
    {
        var zone = _book.ZoneOf(rules.Set, portal);
        var key = (rules, Responsibility.Of(_space, device, rules.DataClass), zone.Id);
        if (_numbers.TryGetValue(key, out var known)) return known;
        if (_profiles.Count >= MaxProfiles)
        {
            _counters.CountUnjudged();
            return WithoutRules;
        }

        var number = (ushort)_profiles.Count;
        _profiles.Add(new ArrivalProfile(rules, zone, key.Item2));
        _numbers.Add(key, number);
        return number;
    }
}
