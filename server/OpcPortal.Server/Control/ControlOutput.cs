using System.Globalization;

namespace OpcPortal.Server;

/// <summary>
/// What a device is told: a channel of it shall have a value. It says what is to be, not what is to be done, so that a device that is told twice does no more than one that is told once.
/// </summary>
/// <param name="Channel"><see cref="Switch"/>, <see cref="Supply"/>, or the name of a point.</param>
/// <param name="Value">Of switches 1 for on and 0 for off; else in the unit of the point.</param>
internal readonly record struct ControlOutput(string Channel, double Value)
{
    public const string Switch = "switch";
    public const string Supply = "supply";

    public static ControlOutput Off { get; } = new(Switch, 0);
    public static ControlOutput On { get; } = new(Switch, 1);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Channel}={Value:R}");

    public static ControlOutput Parse(string text)
    {
        var at = text.LastIndexOf('=');
        return new ControlOutput(text[..at], double.Parse(text.AsSpan(at + 1), CultureInfo.InvariantCulture));
    }
}

/// <summary>What a device was told, and what the channel had before, as it is written down before it is sent.</summary>
/// <param name="Before">What it is to have again; null: nothing was there to go back to.</param>
internal readonly record struct ControlMark(ControlOutput Output, double? Before)
{
    /// <summary>What releases the device; null: nothing does.</summary>
    public ControlOutput? Release => Output.Channel == ControlOutput.Switch ? ControlOutput.On : Before is { } before ? Output with { Value = before } : null;

    public override string ToString() => Before is { } before ? string.Create(CultureInfo.InvariantCulture, $"{Output}<{before:R}") : Output.ToString();

    public static ControlMark Parse(string text)
    {
        var at = text.LastIndexOf('<');
        return at < 0 ? new ControlMark(ControlOutput.Parse(text), null) : new ControlMark(ControlOutput.Parse(text[..at]), double.Parse(text.AsSpan(at + 1), CultureInfo.InvariantCulture));
    }
}

/// <summary>The devices as control sees them. Thread-safe.</summary>
internal interface IControlField
{
    /// <summary>What a request comes to at a device.</summary>
    /// <param name="before">What a channel has without control; null: nobody knows.</param>
    /// <returns>Null, with the reason: the device cannot do it, or nobody knows what it would have to go back to.</returns>
    ControlOutput? OutputOf(int device, LoadMeasureOf measure, Func<string, double?> before, out string? reason);

    /// <summary>What a channel shows now; null: nothing that can be trusted.</summary>
    double? Shown(int device, string channel, DateTime since);

    /// <summary>Tells a device.</summary>
    /// <returns>Good: it has confirmed.</returns>
    ValueTask<Ua.StatusCode> SendAsync(int device, ControlOutput output, CancellationToken cancellation);

    /// <summary>The lane that its commands take: the medium of its access network.</summary>
    string LaneOf(int device);

    /// <summary>Its <c>portal/device</c>.</summary>
    string NameOf(int device);

    /// <summary>-1: there is none of that name now.</summary>
    int Find(string name);

    Models.OffTimeRules OffTimesOf(int device);
}

/// <summary>What is wanted of a device.</summary>
internal readonly record struct LoadMeasureOf(Models.ControlAction Action, Models.LoadMeasure Measure);

/// <summary>Asks again, at the moment of sending, whether something may be done.</summary>
internal interface IControlRights
{
    /// <returns>Null: it may.</returns>
    Models.ControlRefusal? Find(Models.ControlRequest request, int device, DateTime now);

    /// <summary>Whether a request that runs may go on: leave for it may be taken back meanwhile, and the agreement says whether it then finishes.</summary>
    bool MayFinish(Models.ControlRequest request, int device);
}
