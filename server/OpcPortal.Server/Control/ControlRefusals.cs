using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Refusals of control as methods give them: a status for each kind, and the reason with its rule beside it.</summary>
internal static class ControlRefusals
{
    public static MethodResult Result(ControlRefusal refusal) => new(StatusOf(refusal.Kind), Reason: refusal.ToString());

    private static StatusCode StatusOf(ControlRefusalKind kind) => kind switch
    {
        ControlRefusalKind.Malformed => StatusCodes.BadInvalidArgument,
        ControlRefusalKind.OutOfRange => StatusCodes.BadOutOfRange,
        ControlRefusalKind.InPast or ControlRefusalKind.TooFarAhead => StatusCodes.BadInvalidTimestamp,
        ControlRefusalKind.UnknownTarget or ControlRefusalKind.UnknownRequest => StatusCodes.BadNotFound,
        ControlRefusalKind.IdTaken => StatusCodes.BadEntryExists,
        ControlRefusalKind.AlreadyOver => StatusCodes.BadInvalidState,
        ControlRefusalKind.Denied => StatusCodes.BadUserAccessDenied,
        ControlRefusalKind.NotSupported => StatusCodes.BadNotSupported,
        ControlRefusalKind.TooMany => StatusCodes.BadTooManyOperations,
        _ => StatusCodes.BadRequestNotAllowed,
    };
}
