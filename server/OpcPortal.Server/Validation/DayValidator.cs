using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Looks at a local day of an interval point as a whole: gathers the facts from history, and adds to it what the rules find.</summary>
internal sealed class DayValidator(RuleBook book, FleetSpace space, IReadingHistory history, ValidationCounters counters, TimeProvider time)
{
    // What comes in while a day is looked at has the last word: findings count as made before it.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly DayReader _reader = new(history);

    /// <returns>When to look again; <see cref="DateTime.MaxValue"/>: not before something comes.</returns>
    /// <exception cref="StorageException">It could not be kept.</exception>
    public async ValueTask<DateTime> ValidateAsync(DueDay due, CancellationToken cancellation)
    {
        if (!TryFind(due.Key.Point, out var device, out var channel) || !history.Keeps(due.Key.Point)) return DateTime.MaxValue;
        var now = time.GetUtcNow().UtcDateTime;
        var day = LocalDay.Of(DateOnly.FromDayNumber(due.Key.Day), book.ZoneOf(channel.Set, space.Registry.DeviceAt(device).Portal));
        var facts = await GatherAsync(device, channel, day, due, now, cancellation).ConfigureAwait(false);
        var findings = IntervalValidation.Run(facts);
        if (findings.Count > 0) await history.ReviseAsync(Revisions(due.Key.Point, device, channel, findings, now - Look), cancellation).ConfigureAwait(false);
        counters.CountDay(channel.Rules, findings);
        return NextLook(facts, now);
    }

    /// <summary>The day of a channel in which an interval passes.</summary>
    /// <returns>False where the point is of no channel.</returns>
    public bool TryDay(int point, DateTime end, out DayKey day)
    {
        day = default;
        if (!TryFind(point, out var device, out var channel)) return false;
        day = new DayKey(point, LocalDay.OfInterval(end, book.ZoneOf(channel.Set, space.Registry.DeviceAt(device).Portal)).Date.DayNumber);
        return true;
    }

    private bool TryFind(int point, out int device, out ChannelUse channel)
    {
        channel = null!;
        if (!FleetPoints.TryDevice(space.Registry, point, out device) || Volatile.Read(ref space.Registry.DeviceAt(device).Layout) is not { } layout) return false;
        var index = point - space.Registry.DeviceAt(device).FirstPoint;
        foreach (var use in book.Of(layout).Channels)
            if (use.Interval == index) channel = use;
        return channel is not null;
    }

    private async ValueTask<StretchFacts> GatherAsync(int device, ChannelUse channel, LocalDay day, DueDay due, DateTime now, CancellationToken cancellation)
    {
        var (first, length, rules) = (space.Registry.DeviceAt(device).FirstPoint, channel.Length, channel.Rules);
        var span = await SpanAsync(device, channel, day, now, cancellation).ConfigureAwait(false);
        var (from, to) = (span is { } early && early.From.At < day.Start ? early.From.At : day.Start, span is { } late && late.To.At > day.End ? late.To.At : day.End);
        // Whole intervals, with one before and one after.
        from = LocalDay.EndAfter(from, length) - (2 * length);
        to = LocalDay.EndAfter(to.AddTicks(-1), length) + length;
        var beginning = new Beginning(history, due.Key.Point);
        var intervals = await SinceFirstAsync(beginning, await _reader.IntervalsAsync(due.Key.Point, from, to, length, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        // Registers counted before there were intervals: nothing can be compared.
        if (span is not null && (intervals.Length == 0 || intervals[0].End > LocalDay.EndAfter(span.From.At, length))) span = null;
        if (due.IsRepeated && rules.ChecksDuplicates) await _reader.AddFormersAsync(due.Key.Point, intervals, length, cancellation).ConfigureAwait(false);
        var isOff = channel.Inactive >= 0 && history.Keeps(first + channel.Inactive)
            && await _reader.StateAsync(first + channel.Inactive, day.Start, cancellation).ConfigureAwait(false) == false && await _reader.StateAsync(first + channel.Inactive, day.End, cancellation).ConfigureAwait(false) == false;
        var facts = new StretchFacts
        {
            Rules = rules,
            Day = day,
            Length = length,
            Unit = channel.Unit,
            Intervals = intervals,
            Register = span,
            Sibling = channel.Sibling < 0 ? new Dictionary<DateTime, double>() : await _reader.RealAsync(first + channel.Sibling, day.Start, day.End, length, cancellation).ConfigureAwait(false),
            InactiveSince = isOff ? day.Start : null,
            EstimatesAreBillable = Responsibility.OwnerOf(space, device, channel.DataClass) is { } owner && channel.Set.BillableFor.Contains(owner, StringComparer.Ordinal),
            Now = now,
        };
        var likeDays = await LikeDaysAsync(facts, beginning, channel, cancellation).ConfigureAwait(false);
        return facts with { LikeDays = likeDays, EstimatedDaysBefore = await EstimatedDaysAsync(facts, due.Key.Point, cancellation).ConfigureAwait(false) };
    }

    // What was before the first interval ever is not missing.
    private static async ValueTask<IntervalReading[]> SinceFirstAsync(Beginning beginning, IntervalReading[] intervals, CancellationToken cancellation)
    {
        if (intervals.Length == 0 || intervals[0].State != IntervalState.Missing) return intervals;
        var first = await beginning.ReadAsync(cancellation).ConfigureAwait(false);
        return first is null ? [] : [.. intervals.SkipWhile(interval => interval.End < first)];
    }

    private async ValueTask<RegisterSpan?> SpanAsync(int device, ChannelUse channel, LocalDay day, DateTime now, CancellationToken cancellation)
    {
        var point = space.Registry.DeviceAt(device).FirstPoint + channel.Register;
        if (channel.Register < 0 || !history.Keeps(point)) return null;
        var maxSpan = channel.Rules.Sum?.MaxSpan ?? TimeSpan.FromDays(35);
        if (day.End > now || await _reader.RegisterAsync(point, day.Start, day.Start - maxSpan, cancellation).ConfigureAwait(false) is not { } before) return null;
        if (await _reader.RegisterAsync(point, day.End, before.At + maxSpan, cancellation).ConfigureAwait(false) is not { } after) return null;
        var exchanges = book.ExchangesOf(device, channel.Rules.Register!);
        var span = RegisterStep.Span(before, after, channel.Rules.RegisterForm, exchanges);
        if (span is null && !exchanges.Any(exchange => exchange.At > before.At && exchange.At <= after.At)) await NoteDecreaseAsync(device, channel, before, after, now, cancellation).ConfigureAwait(false);
        return span;
    }

    // On arrival a register is compared with the one that is current: after a start, or after a reading that was bad, there is none.
    private async ValueTask NoteDecreaseAsync(int device, ChannelUse channel, RegisterRead before, RegisterRead after, DateTime now, CancellationToken cancellation)
    {
        if (RegisterStep.Between(before.Value, after.Value, channel.Rules.RegisterForm).Kind != RegisterStepKind.Decrease) return;
        var responsible = Responsibility.Of(space, device, channel.DataClass);
        var reason = $"{StretchFacts.Number(after.Value)}, and {StretchFacts.Number(before.Value)} before: nothing explains why";
        var note = new QualityNote(QualityCodes.RegisterDecreased.By(QualityOrigin.MeterDataManagement), new QualityAuthor(responsible, channel.Set.Name), reason, responsible);
        await history.ReviseAsync([new ReadingRevision(space.Registry.DeviceAt(device).FirstPoint + channel.Register, after.At, RevisionKind.Note, now - Look, note)], cancellation).ConfigureAwait(false);
    }

    // Only where something rests on them: most days need none.
    private async ValueTask<IReadOnlyDictionary<DateOnly, IReadOnlyList<LikeDay>>> LikeDaysAsync(StretchFacts facts, Beginning beginning, ChannelUse channel, CancellationToken cancellation)
    {
        var dates = new SortedSet<DateOnly>();
        var rules = facts.Rules;
        var isWhole = facts.Day.End <= facts.Now;
        foreach (var interval in facts.Intervals)
        {
            if (rules.Estimation is { } estimation && !interval.IsReal && interval.State != IntervalState.Estimated && interval.End + estimation.After <= facts.Now) dates.Add(LocalDay.OfInterval(interval.End, facts.Day.Zone).Date);
            isWhole &= interval.IsReal || interval.End <= facts.Day.Start || interval.End > facts.Day.End;
        }

        if (rules.Shares is not null && isWhole) dates.Add(facts.Day.Date);
        var read = new Dictionary<DateOnly, LikeDay?>();
        var likeDays = new Dictionary<DateOnly, IReadOnlyList<LikeDay>>();
        foreach (var date in dates) likeDays[date] = await LikeDaysOfAsync(date, beginning, channel, facts.Day.Zone, read, cancellation).ConfigureAwait(false);
        return likeDays;
    }

    private async ValueTask<IReadOnlyList<LikeDay>> LikeDaysOfAsync(DateOnly date, Beginning beginning, ChannelUse channel, TimeZoneInfo zone, Dictionary<DateOnly, LikeDay?> read, CancellationToken cancellation)
    {
        var estimation = channel.Rules.Estimation ?? new EstimationRules();
        var found = new List<LikeDay>(estimation.LikeDays);
        foreach (var like in channel.Set.Calendar.LikeDaysBefore(date, estimation.Weeks))
        {
            // Before its first reading there is nothing to be read day by day.
            if (await beginning.ReadAsync(cancellation).ConfigureAwait(false) is not { } first || LocalDay.Of(like, zone).End < first) break;
            if (!read.TryGetValue(like, out var day)) read[like] = day = await LikeDayAsync(like, beginning.Point, zone, channel.Length, cancellation).ConfigureAwait(false);
            if (day is not null) found.Add(day);
            if (found.Count == estimation.LikeDays) break;
        }

        return found;
    }

    private async ValueTask<LikeDay?> LikeDayAsync(DateOnly date, int point, TimeZoneInfo zone, TimeSpan length, CancellationToken cancellation)
    {
        var day = LocalDay.Of(date, zone);
        var values = await _reader.RealAsync(point, day.Start, day.End, length, cancellation).ConfigureAwait(false);
        if (values.Count == 0) return null;
        var byClock = new Dictionary<TimeOnly, double>(values.Count);
        // Of an hour that came twice the first stands for both.
        foreach (var (end, value) in values.OrderBy(interval => interval.Key)) byClock.TryAdd(LocalDay.ClockOf(end, zone), value);
        return new LikeDay(date, byClock);
    }

    private async ValueTask<int> EstimatedDaysAsync(StretchFacts facts, int point, CancellationToken cancellation)
    {
        if (facts.Rules.Estimation is not { } rules || !facts.EstimatesAreBillable || !facts.Intervals.Any(interval => interval is { IsReal: false, State: not IntervalState.Estimated })) return 0;
        for (var days = 0; days < rules.MaxDays; days++)
        {
            var day = LocalDay.Of(facts.Day.Date.AddDays(-1 - days), facts.Day.Zone);
            var intervals = await _reader.IntervalsAsync(point, day.Start, day.End, facts.Length, cancellation).ConfigureAwait(false);
            if (!Array.TrueForAll(intervals, static interval => interval.State == IntervalState.Estimated)) return days;
        }

        return rules.MaxDays;
    }

    private List<ReadingRevision> Revisions(int point, int device, ChannelUse channel, IReadOnlyList<IntervalFinding> findings, DateTime at)
    {
        var responsible = Responsibility.Of(space, device, channel.DataClass);
        var author = new QualityAuthor(responsible, channel.Set.Name);
        var revisions = new List<ReadingRevision>(findings.Count);
        foreach (var finding in findings)
        {
            var note = new QualityNote(finding.Meaning.By(QualityOrigin.MeterDataManagement), author, finding.Reason, responsible);
            var isMissing = finding.Kind != RevisionKind.Note && finding.Value is null;
            revisions.Add(new ReadingRevision(point, finding.End, finding.Kind, at, note)
            {
                Value = finding.Value is { } value ? PointValue.From(value) : PointValue.None,
                Status = isMissing ? ReadingStatus.BadNoData : ReadingStatus.Good,
            });
        }

        return revisions;
    }

    // What is not missing yet, or not to be estimated yet, will be.
    private static DateTime NextLook(StretchFacts facts, DateTime now)
    {
        var next = DateTime.MaxValue;
        foreach (var interval in facts.Intervals)
        {
            if (interval.End <= facts.Day.Start || interval.End > facts.Day.End || interval.IsReal || interval.State == IntervalState.Estimated) continue;
            var missing = interval.End + facts.Rules.MissingAfter;
            var estimated = facts.Rules.Estimation is { } rules ? interval.End + rules.After : DateTime.MaxValue;
            if (interval.State == IntervalState.Missing && missing > now && missing < next) next = missing;
            if (estimated > now && estimated < next) next = estimated;
        }

        return next;
    }

    /// <summary>The first reading of a point, asked for once, where it is asked for.</summary>
    private sealed class Beginning(IReadingHistory history, int point)
    {
        private DateTime? _first;
        private bool _isRead;

        public int Point => point;

        public async ValueTask<DateTime?> ReadAsync(CancellationToken cancellation)
        {
            if (!_isRead) _first = await history.FirstTimeAsync(point, cancellation).ConfigureAwait(false);
            _isRead = true;
            return _first;
        }
    }
}
