using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// The methods of the object Control. NodeSet.xml lets everybody call them over encrypted channels: what comes of it, the rules in force say device by device. A refusal has a status, and its
/// reason, with the rule that it comes from, as AdditionalInfo.
/// </summary>
internal sealed class ControlObject(ControlService? control, ushort portal, TimeProvider time)
{
    // Some hundred bytes each: a page stays far below what clients take in a message.
    private const int MaxOrders = 1_000;

    // Reasons are sentences: of more devices than these, rehearse parts of the target.
    private const int MaxRefused = 1_000;

    private const uint OrderDataType = 3102;
    private const uint OrderEncoding = 5121;
    private const uint RehearseMethod = 7182;
    private const int TargetArguments = 4;

    // A year: beyond it sums of times and durations would be none. What is allowed is far less, and said by ControlLimits.
    private const double MaxMilliseconds = 366.0 * 24 * 3600 * 1000;

    /// <summary>Lets the methods run.</summary>
    /// <param name="control">Null: nothing keeps requests, and the methods say so.</param>
    public static void Attach(ControlService? control, UaServer ua, TimeProvider time) => new ControlObject(control, ua.Model.Namespaces.GetOrAdd(ModelLoader.PortalUri), time).BindTo(ua.Model.Nodes);

    private void BindTo(StaticNodes nodes)
    {
        Bind(7180, (service, who, call, cancellation) => SubmitAsync(service, RequestOf(call, who, hasMeasure: true), cancellation));
        Bind(7181, (service, who, call, cancellation) => SubmitAsync(service, RequestOf(call, who, hasMeasure: false), cancellation));
        Bind(7182, (service, who, call, _) => Task.FromResult(Rehearse(service, RequestOf(call, who, hasMeasure: true))));
        Bind(7183, async (service, who, call, cancellation) => Done(await service.ApproveAsync(IdOf(call), who, cancellation).ConfigureAwait(false)));
        Bind(7184, async (service, who, call, cancellation) => Counted(await service.CancelAsync(IdOf(call), who, InstantOf(call, 1), DurationOf(call, 2), cancellation).ConfigureAwait(false)));
        Bind(7185, ShowAsync);
        Bind(7186, async (service, who, call, cancellation) => Counted(await service.OptOutAsync(Text(call, 0), who, DurationOf(call, 1) is var lasting && lasting == TimeSpan.Zero ? null : lasting, cancellation).ConfigureAwait(false)));
        Bind(7187, async (service, who, call, cancellation) => Counted(await service.OptInAsync(Text(call, 0), who, cancellation).ConfigureAwait(false)));
        Bind(7188, (service, who, call, _) => Task.FromResult(Done(service.Arm(Text(call, 0), call.InputArguments[1].AsBoolean() ? ControlAction.ConnectSupply : ControlAction.DisconnectSupply, who))));
        Bind(7189, (service, who, call, cancellation) => OperateAsync(service, who, call, ControlAction.DisconnectSupply, cancellation));
        Bind(7190, (service, who, call, cancellation) => OperateAsync(service, who, call, ControlAction.ConnectSupply, cancellation));

        void Bind(uint method, Func<ControlService, AccessSubject, MethodCall, CancellationToken, Task<MethodResult>> act) =>
            nodes.BindMethod(new NodeId(method, portal), (call, cancellation) => GuardAsync(act, call, cancellation));
    }

    private async ValueTask<MethodResult> GuardAsync(Func<ControlService, AccessSubject, MethodCall, CancellationToken, Task<MethodResult>> act, MethodCall call, CancellationToken cancellation)
    {
        if (control is null) return new MethodResult(StatusCodes.BadNotSupported, Reason: "The server keeps no requests of control.");
        if (call.Context.Subject is not AccessSubject { Entity: not null } who) return new MethodResult(StatusCodes.BadUserAccessDenied, Reason: "Who calls belongs to no known entity.");
        try
        {
            return await act(control, who, call, cancellation).ConfigureAwait(false);
        }
        catch (ServiceException refused)
        {
            return new MethodResult(refused.Status, Reason: refused.Message);
        }
        catch (StorageException failed)
        {
            return new MethodResult(StatusCodes.BadResourceUnavailable, Reason: failed.Message);
        }
    }

    private async Task<MethodResult> SubmitAsync(ControlService service, ControlRequest request, CancellationToken cancellation) =>
        Answered(await service.SubmitAsync(await BegunAsync(service, request, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false));

    // Who asks again, with the same id, to begin now means the beginning that it has.
    private async Task<ControlRequest> BegunAsync(ControlService service, ControlRequest request, CancellationToken cancellation)
    {
        if (request.Start > DateTime.MinValue) return request;
        var known = request.Id == Guid.Empty ? null : await service.FindAsync(request.Id, request.Subject, cancellation).ConfigureAwait(false);
        return request with { Start = known?.Request.Start ?? Now };
    }

    private MethodResult Rehearse(ControlService service, ControlRequest request) => Answered(service.Rehearse(request.Start > DateTime.MinValue ? request : request with { Start = Now }));

    private async Task<MethodResult> OperateAsync(ControlService service, AccessSubject who, MethodCall call, ControlAction action, CancellationToken cancellation)
    {
        var request = Empty(call, who, action, new ControlTarget { Devices = [Text(call, 1)] }) with { Purpose = call.TextOf(2) ?? "" };
        var answer = await service.SubmitAsync(await BegunAsync(service, request, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        return Done(answer.Refusal ?? answer.NeedsApproval);
    }

    private async Task<MethodResult> ShowAsync(ControlService service, AccessSubject who, MethodCall call, CancellationToken cancellation)
    {
        var id = IdOf(call);
        if (await service.FindAsync(id, who, cancellation).ConfigureAwait(false) is not { } standing) return ControlRefusals.Result(new ControlRefusal(ControlRefusalKind.UnknownRequest, $"Your entity has no request {id:N}."));
        var (first, most) = (call.InputArguments[1].AsUInt32(), call.InputArguments[2].AsUInt32());
        var begin = (int)Math.Min(first, (uint)standing.Orders.Count);
        var count = (int)Math.Min(most == 0 ? MaxOrders : Math.Min(most, MaxOrders), (uint)(standing.Orders.Count - begin));
        var (dataType, encoding) = (new NodeId(OrderDataType, portal), new NodeId(OrderEncoding, portal));
        var page = new ExtensionObject?[count];
        for (var i = 0; i < count; i++) page[i] = new ExtensionObject(new OrderStructure(standing.Orders[begin + i], dataType, encoding));
        return new MethodResult(StatusCodes.Good,
        [
            (uint)standing.Orders.Count, Of(ControlStatus.Received), Of(ControlStatus.Started), Of(ControlStatus.Completed), Of(ControlStatus.Expired) + Of(ControlStatus.Rejected), new Variant(page),
        ]);

        uint Of(ControlStatus status) => (uint)standing.Counts.GetValueOrDefault(status);
    }

    private static ControlRequest RequestOf(MethodCall call, AccessSubject who, bool hasMeasure)
    {
        var target = new ControlTarget { Devices = Names(call, 1), Portals = Names(call, 2), DeviceTypes = Names(call, 3), Areas = Names(call, 4) };
        var next = 1 + TargetArguments;
        var kind = hasMeasure ? (LoadMeasureKind)call.InputArguments[next++].AsInt32() : LoadMeasureKind.SetPoint;
        // Shed and set-points are two methods, rehearsed by one.
        var isSetPoint = kind == LoadMeasureKind.SetPoint && (!hasMeasure || call.MethodId.Equals(new NodeId(RehearseMethod, call.MethodId.NamespaceIndex)));
        var request = Empty(call, who, isSetPoint ? ControlAction.SetPoint : ControlAction.Shed, target);
        var window = DurationOf(call, next + 5);
        return request with
        {
            Measure = new LoadMeasure(kind, call.InputArguments[next].AsDouble()),
            Start = call.InputArguments[next + 1].AsDateTime(),
            Duration = DurationOf(call, next + 2),
            RandomizeStart = DurationOf(call, next + 3),
            RandomizeEnd = DurationOf(call, next + 4),
            DeliveryWindow = window == TimeSpan.Zero ? request.DeliveryWindow : window,
            IsMandatory = call.InputArguments[next + 6].AsBoolean(),
            Purpose = call.TextOf(next + 7) ?? "",
        };
    }

    private static ControlRequest Empty(MethodCall call, AccessSubject who, ControlAction action, ControlTarget target) => new()
    {
        Id = IdOf(call),
        Entity = who.Entity!,
        Kind = who.Kind,
        Application = who.Application,
        Individual = who.Individual,
        Target = target,
        Action = action,
        CreatedAt = DateTime.MinValue,
        Start = DateTime.MinValue,
    };

    private static MethodResult Answered(ControlAnswer answer) => answer.Refusal is { } refusal
        ? ControlRefusals.Result(refusal)
        : new MethodResult(StatusCodes.Good, [(uint)answer.Accepted, answer.MegaWatts, answer.NeedsApproval?.ToString() ?? "", new Variant(answer.Refused.Take(MaxRefused).Select(static device => (string?)$"{device.Device}: {device.Refusal}").ToArray())]);

    private static MethodResult Counted((int Count, ControlRefusal? Refusal) done) => done.Refusal is { } refusal ? ControlRefusals.Result(refusal) : new MethodResult(StatusCodes.Good, [(uint)done.Count]);

    private static MethodResult Done(ControlRefusal? refusal) => refusal is null ? new MethodResult(StatusCodes.Good) : ControlRefusals.Result(refusal);

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private static Guid IdOf(MethodCall call) => call.InputArguments[0].AsGuid();

    private static string Text(MethodCall call, int argument) => call.TextOf(argument) ?? "";

    private static string[] Names(MethodCall call, int argument) => [.. (call.InputArguments[argument].AsArray<string>() ?? []).Select(static name => name ?? "")];

    // Part 6 5.2.2.5: 0 on the wire is the earliest instant there is.
    private static DateTime? InstantOf(MethodCall call, int argument) => call.InputArguments[argument].AsDateTime() is var at && at > DateTime.MinValue ? at : null;

    // Part 3 8.13: milliseconds, which may be no number at all.
    private static TimeSpan DurationOf(MethodCall call, int argument)
    {
        var milliseconds = call.InputArguments[argument].AsDouble();
        if (!(Math.Abs(milliseconds) <= MaxMilliseconds)) throw new ServiceException(StatusCodes.BadOutOfRange, $"A duration of {milliseconds} ms is none.");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    /// <summary>ControlOrderDataType of NodeSet.xml.</summary>
    private sealed class OrderStructure(OrderStanding order, NodeId dataType, NodeId encoding) : IStructure
    {
        public NodeId DataTypeId => dataType;
        public NodeId BinaryEncodingId => encoding;

        public void Encode(ref BinaryEncoder encoder)
        {
            encoder.WriteString(order.Device);
            encoder.WriteInt32((int)order.Status);
            encoder.WriteDateTime(order.Start);
            encoder.WriteDateTime(order.End);
            encoder.WriteDateTime(order.Since);
            encoder.WriteString(order.Reason);
        }
    }
}
