using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The method ExchangeMeter of meters (NodeSet.xml, MeterType): tells that a meter was exchanged for another, and what its registers had. What is told is kept, noted in the history of the registers, and
/// what was judged without knowing it is judged anew. Who may call it, access has decided by the function group MeterExchange; for which times, the history rights of the caller say.
/// </summary>
internal sealed class ExchangeMethod(RuleBook book, FleetSpace space, IReadingHistory history, MeterExchanges exchanges, ValidationWork work, TimeProvider time)
{
    /// <summary>Its member of a device.</summary>
    public const string Member = "ExchangeMeter";

    /// <summary>The property of a device that tells which meter it is. OPC 10000-100 5.5.2.</summary>
    public const string SerialNumber = "SerialNumber";

    /// <summary>Characters of a serial number: as in files of rules.</summary>
    private const int MaxSerialLength = 128;

    /// <summary>Registers of one call: a meter of four tariffs, both directions and reactive energy has some twenty.</summary>
    private const int MaxRegisters = 32;

    // A page of history when one reading is looked for: bad ones of a meter that is not reached come first.
    private const int PageSize = 64;

    private const int AtArgument = 0, OldSerialArgument = 1, NewSerialArgument = 2, RegistersArgument = 3, FinalsArgument = 4, FirstsArgument = 5, ArgumentCount = 6;

    public async ValueTask<MethodResult> CallAsync(int device, HistoryRight right, MethodCall call, CancellationToken cancellation)
    {
        var told = Told.Of(call);
        var (path, now) = (PathOf(device), time.GetUtcNow().UtcDateTime);
        if (Refusal(device, path, told, right, now) is { } refused) return refused;
        try
        {
            var added = told.Registers.Select((register, i) => new DeviceExchange(path, register, told.ExchangeOf(i))).ToList();
            if (!await exchanges.AddAsync(path, added, HistoryRight.NameOf(right.Author, seesPersons: true) ?? "", now, cancellation).ConfigureAwait(false))
                return new MethodResult(StatusCodes.BadTooManyOperations, Reason: $"The server keeps at most {MeterExchanges.MaxOfRegister} exchanges of a register.");
            foreach (var exchange in added) await FollowAsync(device, exchange, right, now, cancellation).ConfigureAwait(false);
            return new MethodResult(StatusCodes.Good, []);
        }
        catch (StorageException)
        {
            // Whoever asks again completes what was begun.
            return new MethodResult(StatusCodes.BadResourceUnavailable, Reason: "It could not be kept now.");
        }
    }

    /// <summary>The serial number of the meter that is in place.</summary>
    /// <param name="configured">What the device's file says.</param>
    public string SerialOf(int device, string configured) => exchanges.SerialAt(PathOf(device), DateTime.MaxValue, configured);

    private string PathOf(int device)
    {
        ref var row = ref space.Registry.DeviceAt(device);
        return FleetPath.OfDevice(null, space.Registry.TextAt(space.Registry.PortalAt(row.Portal).Id), space.Registry.TextAt(row.Id), "");
    }

    private MethodResult? Refusal(int device, string path, Told told, HistoryRight right, DateTime now)
    {
        if (told.At == default || told.At > now) return Wrong(AtArgument, StatusCodes.BadInvalidTimestamp, "A meter is exchanged before it is told.");
        // What was another owner's is not corrected any more.
        if (!right.Editable.Contains(told.At)) return new MethodResult(StatusCodes.BadUserAccessDenied, Reason: "The meter was not yours to answer for at that time.");
        if (told.OldSerial.Length is 0 or > MaxSerialLength) return Wrong(OldSerialArgument, StatusCodes.BadOutOfRange, $"A serial number has 1 to {MaxSerialLength} characters.");
        if (told.NewSerial.Length is 0 or > MaxSerialLength || told.NewSerial == told.OldSerial) return Wrong(NewSerialArgument, StatusCodes.BadOutOfRange, $"The serial number of another meter, of 1 to {MaxSerialLength} characters, is wanted.");
        var known = exchanges.SerialAt(path, told.At, ConfiguredSerial(device));
        if (known.Length > 0 && known != told.OldSerial) return Wrong(OldSerialArgument, StatusCodes.BadOutOfRange, $"The meter at that time had the serial number {known}.");
        if (told.Registers.Length is 0 or > MaxRegisters || told.Registers.Distinct(StringComparer.Ordinal).Count() != told.Registers.Length) return Wrong(RegistersArgument, StatusCodes.BadOutOfRange, $"1 to {MaxRegisters} different registers are wanted.");
        foreach (var register in told.Registers)
            if (RulesOf(device, register) is null) return Wrong(RegistersArgument, StatusCodes.BadOutOfRange, $"{register} is no register of the meter that is validated.");
        if (!AreReadings(told.Finals, told.Registers.Length)) return Wrong(FinalsArgument, StatusCodes.BadOutOfRange, "A reading for each register is wanted: a number, not negative.");
        return AreReadings(told.Firsts, told.Registers.Length) ? null : Wrong(FirstsArgument, StatusCodes.BadOutOfRange, "A reading for each register is wanted: a number, not negative.");
    }

    private static bool AreReadings(double[] readings, int count) => readings.Length == count && Array.TrueForAll(readings, static reading => double.IsFinite(reading) && reading >= 0);

    private static MethodResult Wrong(int argument, StatusCode status, string reason)
    {
        var results = new StatusCode[ArgumentCount];
        results[argument] = status;
        return new MethodResult(StatusCodes.BadInvalidArgument, null, results, reason);
    }

    private string ConfiguredSerial(int device)
    {
        ref var row = ref space.Registry.DeviceAt(device);
        if (row.Identification is not { } texts || Volatile.Read(ref row.Layout) is not { } layout || !layout.TryFind(SerialNumber, out var slot)) return "";
        return layout.Slots[slot] is { Source: SlotSource.Identification, Index: var at } ? texts[at] : "";
    }

    private PointRules? RulesOf(int device, string register)
    {
        if (Volatile.Read(ref space.Registry.DeviceAt(device).Layout) is not { } layout || layout.PointAt(register) is not (>= 0 and var index)) return null;
        var rules = book.Of(layout).ByIndex;
        return index < rules.Count && rules[index] is { Role: PointRole.Register } found ? found : null;
    }

    // The register is noted on, what went down without an explanation now has one, and the days between the readings around it are summed up anew.
    private async ValueTask FollowAsync(int device, DeviceExchange told, HistoryRight right, DateTime now, CancellationToken cancellation)
    {
        if (RulesOf(device, told.Register) is not { } rules) return;
        var point = space.Registry.DeviceAt(device).FirstPoint + rules.Index;
        if (!history.Keeps(point)) return;
        await NoteAsync(point, told.Exchange, right.Author, now, cancellation).ConfigureAwait(false);
        var after = await FirstAsync(point, new HistoryWalk(told.Exchange.At, DateTime.MaxValue, PageSize), cancellation).ConfigureAwait(false);
        var before = await FirstAsync(point, new HistoryWalk(told.Exchange.At.AddTicks(-1), DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc), PageSize), cancellation).ConfigureAwait(false);
        if (after is { } reading && QualityCodes.RegisterDecreased.Is(reading.Quality)) await ExplainAsync(device, rules, reading.SourceTime, point, now, cancellation).ConfigureAwait(false);
        work.Add(device, before?.SourceTime ?? told.Exchange.At.AddTicks(-1), after?.SourceTime ?? told.Exchange.At, now);
    }

    private async ValueTask NoteAsync(int point, MeterExchange exchange, QualityAuthor author, DateTime now, CancellationToken cancellation)
    {
        HistoryWalk? walk = new HistoryWalk(exchange.At, exchange.At.AddTicks(1), PageSize);
        while (walk is { } next)
        {
            var page = await history.ReadAnnotationsAsync(point, next, cancellation).ConfigureAwait(false);
            if (page.Items.Any(known => known.Text == exchange.Remark)) return;
            walk = page.Next is { } place ? next.Resume(place) : null;
        }

        await history.AnnotateAsync([new ReadingAnnotation(point, exchange.At, now, author, exchange.Remark)], cancellation).ConfigureAwait(false);
    }

    private async ValueTask<HistoricReading?> FirstAsync(int point, HistoryWalk from, CancellationToken cancellation)
    {
        HistoryWalk? walk = from;
        while (walk is { } next)
        {
            var page = await history.ReadAsync(point, next, cancellation).ConfigureAwait(false);
            foreach (var reading in page.Items)
                if (((uint)reading.Status & 0x8000_0000) == 0) return reading;
            walk = page.Next is { } place ? next.Resume(place) : null;
        }

        return null;
    }

    private ValueTask ExplainAsync(int device, PointRules rules, DateTime at, int point, DateTime now, CancellationToken cancellation)
    {
        var profile = new ArrivalProfile(rules, book.ZoneOf(rules.Set, space.Registry.DeviceAt(device).Portal), Responsibility.Of(space, device, rules.DataClass));
        return history.ReviseAsync(
            [new ReadingRevision(point, at, RevisionKind.Note, now, profile.NoteOf(ArrivalFinding.Exchanged)), profile.Explanation(point, at, ArrivalFinding.Exchanged, now)], cancellation);
    }

    /// <summary>The arguments of a call: of the types that the method declares, which the service has checked; lists may be null.</summary>
    private readonly record struct Told(DateTime At, string OldSerial, string NewSerial, string[] Registers, double[] Finals, double[] Firsts)
    {
        public static Told Of(MethodCall call) => new(
            call.InputArguments[AtArgument].AsDateTime(), call.TextOf(OldSerialArgument) ?? "", call.TextOf(NewSerialArgument) ?? "",
            [.. (call.InputArguments[RegistersArgument].AsArray<string>() ?? []).Select(name => name ?? "")], call.InputArguments[FinalsArgument].AsArray<double>() ?? [], call.InputArguments[FirstsArgument].AsArray<double>() ?? []);

        public MeterExchange ExchangeOf(int register) => new(At, Finals[register], Firsts[register], OldSerial, NewSerial);
    }
}
