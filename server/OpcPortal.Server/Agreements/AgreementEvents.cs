using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Tells the parties of an agreement what is done with it, that it will end soon, and that it has: events of its node, which nobody else receives.</summary>
internal sealed class AgreementEvents : IDisposable
{
    // Part 5 6.4.2: 1 to 1000. What a party did, and what will happen unless somebody acts.
    private const ushort SeverityOfAct = 200;
    private const ushort SeverityOfNotice = 400;

    private readonly PortalDirectory _directory;
    private readonly AgreementClock _clock;
    private readonly AgreementNodes _nodes;
    private readonly AgreementModel _model;
    private readonly UaServer _ua;
    private readonly TimeProvider _time;

    public AgreementEvents(PortalDirectory directory, AgreementClock clock, AgreementNodes nodes, AgreementModel model, UaServer ua, TimeProvider time)
    {
        _directory = directory;
        _clock = clock;
        _nodes = nodes;
        _model = model;
        _ua = ua;
        _time = time;
        directory.Changed += OnChanged;
        clock.Noticed += OnNoticed;
    }

    private void OnChanged(DirectoryChange change)
    {
        foreach (var record in change.Changes)
        {
            if (record.After is not Agreement after) continue;
            var before = record.Before as Agreement;
            if (before is null) _ua.ModelChanges.Report(_nodes.IdOf(after.Id), [new ModelChange(_nodes.IdOf(after.Id), _model.AgreementType, ModelChangeVerbs.NodeAdded)]);
            foreach (var act in after.Acts.Skip(before?.Acts.Count ?? 0)) Report(after, act, change.RecordedAt);
            if (after.Status == AgreementStatus.Expired && before?.Status != AgreementStatus.Expired) Report(after, null, change.RecordedAt);
        }
    }

    private void OnNoticed(Agreement agreement) =>
        _ua.Events.Report(Of(_model.NoticeType, agreement, SeverityOfNotice, $"Agreement {agreement.Id} between {agreement.Terms.Grantor} and {agreement.Terms.Grantee} ends at {agreement.Terms.Period.Until:u}.", _time.GetUtcNow().UtcDateTime));

    private void Report(Agreement agreement, SignedAct? act, DateTime at)
    {
        var text = act is null ? $"Agreement {agreement.Id} has expired." : $"{act.Party} signed {act.Act} of agreement {agreement.Id}: it is {agreement.Status}.";
        var occurrence = Of(_model.EventType, agreement, SeverityOfAct, text, at).With(_model.Field("Party"), act?.Party).With(_model.Field("Reason"), act?.Reason);
        _ua.Events.Report(occurrence);
    }

    private UaEvent Of(NodeId type, Agreement agreement, ushort severity, string text, DateTime at) => new UaEvent
    {
        EventType = type,
        SourceNode = _nodes.IdOf(agreement.Id),
        SourceName = agreement.Id,
        Time = at,
        ReceiveTime = _time.GetUtcNow().UtcDateTime,
        Message = new LocalizedText(text, "en"),
        Severity = severity,
    }.With(_model.Field("Agreement"), agreement.Id).With(_model.Field("Status"), (int)agreement.Status).With(_model.Field("ValidUntil"), agreement.Terms.Period.Until);

    public void Dispose()
    {
        _directory.Changed -= OnChanged;
        _clock.Noticed -= OnNoticed;
    }
}
