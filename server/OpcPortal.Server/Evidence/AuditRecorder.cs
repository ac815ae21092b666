using System.Collections.Concurrent;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Gets every event of the server and makes rows of those that are evidence: AuditEventType with all its subtypes, and whatever types are added. Part 5 6.4.3. Secrets never come here:
/// <see cref="Auditor"/> leaves them out.
/// </summary>
public sealed class AuditRecorder : IEventReceiver
{
    /// <summary>The longest body: events that have every field at its longest do not exist.</summary>
    public const int MaxBodyBytes = EventBody.MaxFields * EventBody.MaxFieldBytes;

    private static readonly NodeId AuditEventType = ObjectTypeIds.AuditEventType;
    private static readonly NodeId AuditSecurityEventType = ObjectTypeIds.AuditSecurityEventType;
    private static readonly NodeId ActivateSession = ObjectTypeIds.AuditActivateSessionEventType;

    private readonly AuditLog _log;
    private readonly ServerModel _model;
    private readonly EventBody _body;
    private readonly NodeId[] _others;

    // By event type: as many as the models have.
    private readonly ConcurrentDictionary<NodeId, RecordedType> _types = new();

    /// <param name="others">Event types that are evidence without being audit events, such as those of agreements; their subtypes too.</param>
    public AuditRecorder(AuditLog log, ServerModel model, params IReadOnlyList<NodeId> others)
    {
        ArgumentNullException.ThrowIfNull(model);
        _log = log;
        _model = model;
        _body = new EventBody(model.Namespaces);
        _others = [.. others];
    }

    public void OnEvent(UaEvent occurrence)
    {
        ArgumentNullException.ThrowIfNull(occurrence);
        var type = _types.GetOrAdd(occurrence.EventType, Judge);
        if (!type.IsRecorded) return;
        var isDone = !occurrence.Fields.TryGetValue("Status", out var status) || status.Type != BuiltInType.Boolean || status.AsBoolean();
        _log.TryAdd(new EvidenceEntry(type.Class, occurrence.Time, isDone ? EvidenceKind.Done : EvidenceKind.Refused, type.Name, "", _body.Write(occurrence))
        {
            Seen = isDone && type.IsLogin ? SeenIn(occurrence.Subject as AccessSubject) : null,
        });
    }

    private RecordedType Judge(NodeId eventType)
    {
        var isAudit = _model.Types.IsSubtypeOf(eventType, AuditEventType);
        var isRecorded = isAudit || Array.Exists(_others, other => _model.Types.IsSubtypeOf(eventType, other));
        var isSecurity = _model.Types.IsSubtypeOf(eventType, AuditSecurityEventType);
        var name = _model.AddressSpace.TryResolve(eventType, out var node) ? node.Source.BrowseNameOf(node).Name : null;
        return new RecordedType(isRecorded, isSecurity ? EvidenceClass.Security : EvidenceClass.Change, name ?? eventType.ToString(), _model.Types.IsSubtypeOf(eventType, ActivateSession));
    }

    private static IReadOnlyList<string>? SeenIn(AccessSubject? subject) => subject switch
    {
        { Application: { } application, Individual: { } individual } => [IdentityOfApplication(application), IdentityOfIndividual(individual)],
        { Application: { } application } => [IdentityOfApplication(application)],
        { Individual: { } individual } => [IdentityOfIndividual(individual)],
        _ => null,
    };

    internal static string IdentityOfApplication(string id) => "application:" + id;

    internal static string IdentityOfIndividual(string id) => "individual:" + id;

    private sealed record RecordedType(bool IsRecorded, EvidenceClass Class, string Name, bool IsLogin);
}
