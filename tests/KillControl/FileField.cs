using System.Globalization;
using OpcPortal.Models;
using OpcPortal.Server;
using OpcPortal.Ua;

namespace OpcPortal.KillControl;

/// <summary>Devices that outlive the server: what each is told stands in a file, a line a command.</summary>
internal sealed class FileField(string file, Action step) : IControlField
{
    private readonly Lock _gate = new();

    /// <summary>What devices were told, in the order in which it reached them.</summary>
    public static IEnumerable<(int Device, ControlOutput Output)> Read(string file)
    {
        if (!File.Exists(file)) yield break;
        foreach (var line in File.ReadLines(file))
        {
            var at = line.IndexOf(' ', StringComparison.Ordinal);
            yield return (int.Parse(line.AsSpan(0, at), CultureInfo.InvariantCulture), ControlOutput.Parse(line[(at + 1)..]));
        }
    }

    public ControlOutput? OutputOf(int device, LoadMeasureOf measure, Func<string, double?> before, out string? reason)
    {
        reason = null;
        return measure.Action == ControlAction.DisconnectSupply ? new ControlOutput(ControlOutput.Supply, 0) : ControlOutput.Off;
    }

    public double? Shown(int device, string channel, DateTime since)
    {
        lock (_gate)
        {
            var told = Read(file).LastOrDefault(line => line.Device == device && line.Output.Channel == channel);
            return told.Output.Channel is null ? 1 : told.Output.Value;
        }
    }

    public async ValueTask<StatusCode> SendAsync(int device, ControlOutput output, CancellationToken cancellation)
    {
        await Task.Yield();
        step();
        lock (_gate) File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"{device} {output}\n"));
        step();
        return StatusCodes.Good;
    }

    public string LaneOf(int device) => "";
    public string NameOf(int device) => string.Create(CultureInfo.InvariantCulture, $"oak-{device}/heater");
    public int Find(string name) => int.Parse(name.AsSpan(4, name.IndexOf('/', StringComparison.Ordinal) - 4), CultureInfo.InvariantCulture);
    public OffTimeRules OffTimesOf(int device) => OffTimeRules.None;
}
