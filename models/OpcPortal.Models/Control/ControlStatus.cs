namespace OpcPortal.Models;

/// <summary>How it stands with one device's part of a request, as it is answered. IEEE 2030.5 ResponseStatus.</summary>
public enum ControlStatus : byte
{
    None = 0,
    Received = 1,
    Started = 2,
    Completed = 3,
    OptOut = 4,
    OptIn = 5,
    Cancelled = 6,
    Superseded = 7,

    /// <summary>Over; the customer had left it.</summary>
    PartialOptOut = 8,

    /// <summary>Over; the customer had joined it late.</summary>
    PartialOptIn = 9,

    /// <summary>Over; the customer never took part.</summary>
    NoParticipation = 10,

    /// <summary>It could not be delivered in time.</summary>
    Expired = 0xFB,

    /// <summary>The server or the device refused it, or the device did not do it.</summary>
    Rejected = 0xFE,
}

/// <summary>Why a request, or a part of it, is not taken.</summary>
public enum ControlRefusalKind : byte
{
    None,

    /// <summary>It contradicts itself, or says nothing.</summary>
    Malformed,

    /// <summary>A number is none, or beyond its range.</summary>
    OutOfRange,

    /// <summary>It is over before it could begin.</summary>
    InPast,

    /// <summary>It begins too late to be kept for.</summary>
    TooFarAhead,
    UnknownTarget,
    UnknownRequest,

    /// <summary>The id was used for something else.</summary>
    IdTaken,

    /// <summary>It is over, so that nothing can be changed in it.</summary>
    AlreadyOver,

    /// <summary>A rule forbids it: it is named.</summary>
    Interlocked,

    /// <summary>More megawatts than may be moved.</summary>
    AboveCap,

    /// <summary>Somebody else has to approve it first.</summary>
    NeedsApproval,

    /// <summary>Nobody gave leave.</summary>
    Denied,

    /// <summary>The device cannot do it.</summary>
    NotSupported,

    /// <summary>Mandatory, or left too often.</summary>
    MayNotLeave,

    /// <summary>Too much is under way.</summary>
    TooMany,
}

/// <summary>Why something is not done.</summary>
/// <param name="Text">For people: what, and what would be right.</param>
/// <param name="Rule">The id of the rule that says so; null: the server's own.</param>
public sealed record ControlRefusal(ControlRefusalKind Kind, string Text, string? Rule = null)
{
    public override string ToString() => Rule is null ? Text : $"{Text} ({Rule})";
}
