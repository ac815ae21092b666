namespace OpcPortal.Models;

/// <summary>What a request may ask for.</summary>
public sealed record ControlLimits
{
    /// <summary>Longer than a day nobody is to be without what a device does; who needs that asks again.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Requests are kept until they begin; further ahead plans change.</summary>
    public TimeSpan MaxAhead { get; init; } = TimeSpan.FromDays(30);

    /// <summary>IEEE 2030.5 OneHourRangeType.</summary>
    public TimeSpan MaxRandomization { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What is delivered later than this is not what was asked for.</summary>
    public TimeSpan MaxDeliveryWindow { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Clocks of clients and servers differ by some seconds: what began no longer ago begins now.</summary>
    public TimeSpan MaxClockSkew { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Kelvins. Beyond it nobody would call a home's climate shifted.</summary>
    public double MaxOffset { get; init; } = 10;

    /// <summary>Names in each list of a target: what is larger is an area or a type.</summary>
    public int MaxTargetNames { get; init; } = 10_000;

    /// <summary>Characters of a purpose: a line.</summary>
    public int MaxText { get; init; } = 200;
}

/// <summary>Tells whether a request makes sense, before anybody looks at whose what is. Pure.</summary>
public static class RequestCheck
{
    /// <returns>Null: it does. Else the first thing that is wrong.</returns>
    public static ControlRefusal? Find(ControlRequest request, ControlLimits limits, DateTime now) =>
        FormOf(request, limits) ?? MeasureOf(request, limits) ?? TimesOf(request, limits, now);

    private static ControlRefusal? FormOf(ControlRequest request, ControlLimits limits)
    {
        if (request.Id == Guid.Empty) return Malformed("A request has an id of its own.");
        if (!Enum.IsDefined(request.Action)) return Malformed($"There is no action {(int)request.Action}.");
        if (request.Target.IsEmpty) return Malformed("A request names devices, portals, types or areas.");
        if (Math.Max(Math.Max(request.Target.Devices.Count, request.Target.Portals.Count), Math.Max(request.Target.DeviceTypes.Count, request.Target.Areas.Count)) > limits.MaxTargetNames)
            return OutOfRange($"A target names at most {limits.MaxTargetNames} of a kind: name an area or a type.");
        if (request.Purpose.Length > limits.MaxText) return OutOfRange($"A purpose has at most {limits.MaxText} characters.");
        return request.Criticality is < 1 or > 9 ? OutOfRange($"Criticality is 1 to 9, not {request.Criticality}.") : null;
    }

    private static ControlRefusal? MeasureOf(ControlRequest request, ControlLimits limits)
    {
        var (kind, value) = request.Measure;
        if (!Enum.IsDefined(kind)) return Malformed($"There is no measure {(int)kind}.");
        if (!double.IsFinite(value)) return OutOfRange($"{value} is no number to go by.");
        if (request.Action is ControlAction.DisconnectSupply or ControlAction.ConnectSupply) return request.Measure == default ? null : Malformed("A supply switch has no measure.");
        if ((request.Action == ControlAction.SetPoint) != (kind == LoadMeasureKind.SetPoint)) return Malformed($"{request.Action} does not go with {kind}.");
        return kind switch
        {
            LoadMeasureKind.Off when value != 0 => Malformed("Off has no value."),
            LoadMeasureKind.DutyCycle when value is < 0 or > 100 => OutOfRange($"A duty cycle is 0 to 100 %, not {value}."),
            LoadMeasureKind.SetPointOffset when Math.Abs(value) > limits.MaxOffset || value == 0 => OutOfRange($"An offset is up to {limits.MaxOffset} K up or down, not {value}."),
            LoadMeasureKind.PowerLimit when value < 0 => OutOfRange($"A limit of power is 0 W or more, not {value}."),
            _ => null,
        };
    }

    private static ControlRefusal? TimesOf(ControlRequest request, ControlLimits limits, DateTime now)
    {
        if (request.Start.Kind != DateTimeKind.Utc) return Malformed("Times are UTC.");
        if (request.Duration < TimeSpan.Zero) return OutOfRange($"A duration of {request.Duration.TotalSeconds} s is negative.");
        if (request.Start > now + limits.MaxAhead) return new ControlRefusal(ControlRefusalKind.TooFarAhead, $"It begins more than {limits.MaxAhead.TotalDays} days ahead.");
        if (request.DeliveryWindow <= TimeSpan.Zero || request.DeliveryWindow > limits.MaxDeliveryWindow) return OutOfRange($"A window of delivery is more than 0 s and up to {limits.MaxDeliveryWindow.TotalHours} h.");
        if (Beyond(request.RandomizeStart) || Beyond(request.RandomizeEnd)) return OutOfRange($"Starts and ends are randomised by up to {limits.MaxRandomization.TotalSeconds} s.");
        if (request.HasEnd) return DurationOf(request, limits, now);
        if (request.Duration != TimeSpan.Zero) return Malformed("A supply switch stays as it is: it has no duration.");
        return request.Start + request.DeliveryWindow <= now ? InPast(request.Start + request.DeliveryWindow) : null;

        bool Beyond(TimeSpan time) => time.Duration() > limits.MaxRandomization;
    }

    private static ControlRefusal? DurationOf(ControlRequest request, ControlLimits limits, DateTime now)
    {
        if (request.Duration == TimeSpan.Zero) return OutOfRange("A duration of 0 s is none.");
        if (request.Duration > limits.MaxDuration) return OutOfRange($"A duration is up to {limits.MaxDuration.TotalHours} h.");
        // Where both are drawn at their worst, something of it is left.
        if (request.RandomizeStart - request.RandomizeEnd >= request.Duration) return Malformed("Randomised so far, its end could come before its start.");
        if (request.End <= now) return InPast(request.End);
        return request.Start < now - limits.MaxClockSkew ? new ControlRefusal(ControlRefusalKind.InPast, $"Its start, {request.Start:O}, is over.") : null;
    }

    private static ControlRefusal InPast(DateTime end) => new(ControlRefusalKind.InPast, $"It was over at {end:O}.");
    private static ControlRefusal Malformed(string text) => new(ControlRefusalKind.Malformed, text);
    private static ControlRefusal OutOfRange(string text) => new(ControlRefusalKind.OutOfRange, text);
}
