namespace OpcPortal.Ua.Server;

/// <summary>
/// Whether a user may receive an event. Asked at each delivery, for a user may lose a role, and a notifier hands on the events of many owners. The
/// permission on the notifier itself is asked when the monitored item is made. Part 3 8.55 (ReceiveEvents).
/// </summary>
public sealed class EventAccess(AccessController access, TypeTree types)
{
    private static readonly NodeId AuditEventType = ObjectTypeIds.AuditEventType;

    /// <summary>
    /// ReceiveEvents is needed on the event's type and on its source. An audit event also needs it on AuditEventType, whichever subtype it is, and an
    /// encrypted channel.
    /// </summary>
    public bool MayReceive(AccessContext who, UaEvent occurrence)
    {
        ArgumentNullException.ThrowIfNull(who);
        ArgumentNullException.ThrowIfNull(occurrence);
        if (access.Resolve(who, occurrence.EventType, PermissionType.ReceiveEvents, out _).IsBad) return false;
        var isAudit = types.IsSubtypeOf(occurrence.EventType, AuditEventType);
        if (isAudit && !MayAudit(who)) return false;
        if (!occurrence.VisibleWith.IsNull && access.Resolve(who, occurrence.VisibleWith, PermissionType.Browse, out _).IsBad) return false;
        if (occurrence.Audience is { } audience && !audience(who)) return false;
        // Part 5 6.4.2: an event that is not bound to a node has no source; it is the server's.
        var source = occurrence.SourceNode.IsNull ? ObjectIds.Server : occurrence.SourceNode;
        var status = access.Resolve(who, source, PermissionType.ReceiveEvents, out _);
        return status.IsGood || (isAudit && MayAuditSource(who, source, status));
    }

    // Part 2 4.14 and the Auditing conformance units: audit events go to who is entitled to them, over an encrypted channel.
    private bool MayAudit(AccessContext who) =>
        who.SecurityMode == MessageSecurityMode.SignAndEncrypt && access.Resolve(who, AuditEventType, PermissionType.ReceiveEvents, out _).IsGood;

    // Part 5 6.4.24: the source of an update is the node changed, mostly a Variable, which is no source of events of its own and has no such permission:
    // who may read it may know that it was changed. Where there is no such node at all, the attempt says nothing about anybody's data.
    private bool MayAuditSource(AccessContext who, in NodeId source, StatusCode refusal)
    {
        if (refusal.CodeBits == StatusCodes.BadUserAccessDenied) return access.Resolve(who, source, PermissionType.Read, out _).IsGood;
        return refusal.CodeBits == StatusCodes.BadNodeIdUnknown && !access.Exists(source);
    }
}
