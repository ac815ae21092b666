namespace OpcPortal.Models.Tests;

public sealed class RequestCheckTests
{
    private static readonly DateTime Now = new(2026, 7, 1, 16, 0, 0, DateTimeKind.Utc);

    internal static ControlRequest Shed => new()
    {
        Id = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        Entity = "brightline",
        Target = new ControlTarget { Portals = ["oak-1"] },
        Action = ControlAction.Shed,
        Measure = LoadMeasure.Off,
        CreatedAt = Now,
        Start = Now.AddMinutes(10),
        Duration = TimeSpan.FromHours(1),
    };

    public static TheoryData<string, ControlRefusalKind, ControlRequest> Wrong => new()
    {
        { "a past window", ControlRefusalKind.InPast, Shed with { Start = Now.AddHours(-2) } },
        { "a past start", ControlRefusalKind.InPast, Shed with { Start = Now.AddSeconds(-11) } },
        { "a negative duration", ControlRefusalKind.OutOfRange, Shed with { Duration = TimeSpan.FromSeconds(-1) } },
        { "no duration", ControlRefusalKind.OutOfRange, Shed with { Duration = TimeSpan.Zero } },
        { "an endless duration", ControlRefusalKind.OutOfRange, Shed with { Duration = TimeSpan.FromHours(25) } },
        { "too far ahead", ControlRefusalKind.TooFarAhead, Shed with { Start = Now.AddDays(31) } },
        { "no id", ControlRefusalKind.Malformed, Shed with { Id = Guid.Empty } },
        { "no target", ControlRefusalKind.Malformed, Shed with { Target = new ControlTarget() } },
        { "an unknown action", ControlRefusalKind.Malformed, Shed with { Action = (ControlAction)99 } },
        { "an unknown measure", ControlRefusalKind.Malformed, Shed with { Measure = new LoadMeasure((LoadMeasureKind)99, 0) } },
        { "no number", ControlRefusalKind.OutOfRange, Shed with { Measure = new LoadMeasure(LoadMeasureKind.PowerLimit, double.NaN) } },
        { "a duty cycle beyond the whole", ControlRefusalKind.OutOfRange, Shed with { Measure = new LoadMeasure(LoadMeasureKind.DutyCycle, 100.5) } },
        { "an offset that nobody would stand", ControlRefusalKind.OutOfRange, Shed with { Measure = new LoadMeasure(LoadMeasureKind.SetPointOffset, -11) } },
        { "a negative limit", ControlRefusalKind.OutOfRange, Shed with { Measure = new LoadMeasure(LoadMeasureKind.PowerLimit, -1) } },
        { "a shed to a set-point", ControlRefusalKind.Malformed, Shed with { Measure = new LoadMeasure(LoadMeasureKind.SetPoint, 20) } },
        { "a set-point without one", ControlRefusalKind.Malformed, Shed with { Action = ControlAction.SetPoint } },
        { "a criticality that there is not", ControlRefusalKind.OutOfRange, Shed with { Criticality = 10 } },
        { "randomised by more than an hour", ControlRefusalKind.OutOfRange, Shed with { RandomizeStart = TimeSpan.FromSeconds(3601) } },
        { "randomised until nothing is left", ControlRefusalKind.Malformed, Shed with { RandomizeStart = TimeSpan.FromMinutes(30), RandomizeEnd = TimeSpan.FromMinutes(-30) } },
        { "no window of delivery", ControlRefusalKind.OutOfRange, Shed with { DeliveryWindow = TimeSpan.Zero } },
        { "local time", ControlRefusalKind.Malformed, Shed with { Start = DateTime.SpecifyKind(Now.AddMinutes(10), DateTimeKind.Local) } },
        { "a disconnection for a while", ControlRefusalKind.Malformed, Shed with { Action = ControlAction.DisconnectSupply } },
        { "a disconnection that was to be an hour ago", ControlRefusalKind.InPast, Shed with { Action = ControlAction.DisconnectSupply, Duration = TimeSpan.Zero, Start = Now.AddHours(-1) } },
        { "a purpose of a page", ControlRefusalKind.OutOfRange, Shed with { Purpose = new string('x', 201) } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_makes_no_sense_is_refused_with_its_reason(string what, ControlRefusalKind kind, ControlRequest request)
    {
        var refusal = RequestCheck.Find(request, new ControlLimits(), Now);
        Assert.True(refusal is { Text.Length: > 10 } && refusal.Kind == kind, $"{what}: {refusal}");
    }

    public static TheoryData<ControlRequest> Right =>
    [
        Shed,
        Shed with { Start = Now.AddSeconds(-10) },
        Shed with { Start = Now.AddDays(30), Duration = TimeSpan.FromHours(24) },
        Shed with { Measure = new LoadMeasure(LoadMeasureKind.DutyCycle, 0) },
        Shed with { Measure = new LoadMeasure(LoadMeasureKind.DutyCycle, 100) },
        Shed with { Measure = new LoadMeasure(LoadMeasureKind.SetPointOffset, -10) },
        Shed with { Measure = new LoadMeasure(LoadMeasureKind.PowerLimit, 0) },
        Shed with { Action = ControlAction.SetPoint, Measure = new LoadMeasure(LoadMeasureKind.SetPoint, -5) },
        Shed with { RandomizeStart = TimeSpan.FromHours(-1), RandomizeEnd = TimeSpan.FromHours(1), Criticality = 9 },
        Shed with { RandomizeStart = TimeSpan.FromMinutes(30), RandomizeEnd = TimeSpan.FromMinutes(-29) },
        Shed with { Action = ControlAction.DisconnectSupply, Duration = TimeSpan.Zero },
    ];

    [Theory]
    [MemberData(nameof(Right))]
    public void What_makes_sense_passes(ControlRequest request) => Assert.Null(RequestCheck.Find(request, new ControlLimits(), Now));
}
