using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Load control as methods of a device (NodeSet.xml, LoadControlDeviceType). Who may call them, access has decided by their function groups; what an entity asks of devices by them, and who lives there,
/// the service asks again.
/// </summary>
internal sealed class DeviceControlMethods(ControlService control, TimeProvider time)
{
    private const string Shed = "Shed", CancelRequest = "CancelRequest", GetRequestStatus = "GetRequestStatus", OptOut = "OptOut", OptIn = "OptIn";

    /// <summary>Members of a device that the server itself serves.</summary>
    public static IReadOnlyList<string> Members { get; } = [Shed, CancelRequest, GetRequestStatus, OptOut, OptIn];

    /// <param name="device"><c>portal/device</c>.</param>
    public async ValueTask<MethodResult> CallAsync(string device, string method, MethodCall call, CancellationToken cancellation)
    {
        if (call.Context.Subject is not AccessSubject { Entity: not null } who) return new MethodResult(StatusCodes.BadUserAccessDenied, Reason: "Only entities that are known control devices.");
        try
        {
            return method switch
            {
                Shed => await ShedAsync(device, who, call, cancellation).ConfigureAwait(false),
                CancelRequest => CountOf(await control.CancelAsync(call.InputArguments[0].AsGuid(), who, call.InputArguments[1].AsDateTime(), SpanOf(call, 2), cancellation).ConfigureAwait(false)),
                GetRequestStatus => await StatusAsync(who, call, cancellation).ConfigureAwait(false),
                OptOut => CountOf(await control.OptOutAsync(device, who, SpanOf(call, 0) is var duration && duration == TimeSpan.Zero ? null : duration, cancellation).ConfigureAwait(false)),
                _ => CountOf(await control.OptInAsync(device, who, cancellation).ConfigureAwait(false)),
            };
        }
        catch (StorageException)
        {
            // Whoever asks again with the same id asks for the same.
            return new MethodResult(StatusCodes.BadResourceUnavailable, Reason: "It could not be kept now.");
        }
    }

    private async ValueTask<MethodResult> ShedAsync(string device, AccessSubject who, MethodCall call, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var (measure, start) = ((LoadMeasureKind)call.InputArguments[1].AsInt32(), call.InputArguments[3].AsDateTime());
        var request = new ControlRequest
        {
            Id = call.InputArguments[0].AsGuid(),
            Entity = who.Entity!,
            Kind = who.Kind,
            Application = who.Application,
            Individual = who.Individual,
            Target = new ControlTarget { Devices = [device] },
            Action = measure == LoadMeasureKind.SetPoint ? ControlAction.SetPoint : ControlAction.Shed,
            Measure = new LoadMeasure(measure, call.InputArguments[2].AsDouble()),
            CreatedAt = now,
            Start = start == default ? now : start,
            Duration = SpanOf(call, 4),
            RandomizeStart = SpanOf(call, 5),
            RandomizeEnd = SpanOf(call, 6),
            IsMandatory = call.InputArguments[7].AsBoolean(),
            Purpose = call.TextOf(8) ?? "",
        };
        var answer = await control.SubmitAsync(request, cancellation).ConfigureAwait(false);
        return answer.Refusal is { } refused ? ControlRefusals.Result(refused) : new MethodResult(StatusCodes.Good, [new Variant(answer.MegaWatts), new Variant(answer.NeedsApproval is not null)]);
    }

    private async ValueTask<MethodResult> StatusAsync(AccessSubject who, MethodCall call, CancellationToken cancellation)
    {
        if (await control.FindAsync(call.InputArguments[0].AsGuid(), who, cancellation).ConfigureAwait(false) is not { } standing) return ControlRefusals.Result(new ControlRefusal(ControlRefusalKind.UnknownRequest, "You have no such request."));
        return new MethodResult(StatusCodes.Good,
        [
            Variant.FromElements(standing.Orders.Select(static order => order.Device).ToArray()), Variant.FromElements(standing.Orders.Select(static order => (byte)order.Status).ToArray()),
            Variant.FromElements(standing.Orders.Select(static order => order.Reason ?? "").ToArray()),
        ]);
    }

    // Part 3 8.13 (Duration): milliseconds. What no time span can hold is as wrong as the longest that one can.
    private static TimeSpan SpanOf(MethodCall call, int argument)
    {
        var milliseconds = call.InputArguments[argument].AsDouble();
        return double.IsNaN(milliseconds) ? TimeSpan.MinValue : Math.Abs(milliseconds) >= TimeSpan.MaxValue.TotalMilliseconds ? milliseconds < 0 ? TimeSpan.MinValue : TimeSpan.MaxValue : TimeSpan.FromMilliseconds(milliseconds);
    }

    private static MethodResult CountOf((int Count, ControlRefusal? Refusal) answer) => answer.Refusal is { } refused ? ControlRefusals.Result(refused) : new MethodResult(StatusCodes.Good, [new Variant((uint)answer.Count)]);
}
