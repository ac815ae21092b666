using OpcPortal.Models;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// What users may see and change of stored readings, by whose they were when they were taken: what a decision's terms leave, and of stretches that are over what was the user's own. Former nodes
/// (<see cref="FormerNodes"/>) are decided as things stood then.
/// </summary>
internal sealed class HistoryRights(FleetSpace space, PortalAccessPolicy policy, PastOwnership past, PastTargets targets, PortalDirectory directory, TimeProvider time) : IHistoryRights
{
    private static readonly HistoryWindow Nothing = new(DateTime.MaxValue, DateTime.MaxValue);

    public HistoryRight Of(in NodeGrant grant, TimeSpan interval)
    {
        var key = new FleetKey(grant.Node.Key);
        if (grant.Node.State is FormerNode former) return OfFormer(grant, former, interval);
        var slot = FleetNodes.SlotOf(grant.Node);
        if (policy.Current is not { } governance || !space.Ownership.IsGoverned(space.Ownership.NamespaceOfNodes(key, slot.DataClass))) return HistoryRight.ByRoles(grant.Who);
        var standing = space.Ownership.Of(key, slot.DataClass);
        var subject = grant.Who?.Subject as AccessSubject ?? AccessSubject.Nobody;
        var terms = (grant.Terms as ReadTerms)?.For(Operations.ReadHistory) ?? ReadTerms.Unbound;
        var windows = new List<HistoryWindow>();
        if (terms.NotBefore > DateTime.MinValue) AddOwnPast(windows, governance, subject, grant.Node, standing);
        windows.Add(Bounded(terms, DateTime.MinValue, DateTime.MaxValue));
        // What was another owner's is not corrected any more, whoever answers for it now.
        var editable = new HistoryWindow(terms.NotBefore > standing.Since ? terms.NotBefore : standing.Since, DateTime.MaxValue);
        var responsible = NameOf(standing.Custodian) ?? NameOf(standing.Owner);
        return new HistoryRight([.. windows.Select(window => window.OfIntervals(interval))], editable.OfIntervals(interval), SeesPersons(subject, standing), AuthorOf(subject), responsible);
    }

    public bool SeesPersons(in NodeGrant grant)
    {
        var subject = grant.Who?.Subject as AccessSubject ?? AccessSubject.Nobody;
        if (grant.Node.State is FormerNode former) return former.Owner is not null && former.Owner == subject.Entity;
        var (key, slot) = (new FleetKey(grant.Node.Key), FleetNodes.SlotOf(grant.Node));
        return !space.Ownership.IsGoverned(space.Ownership.NamespaceOfNodes(key, slot.DataClass)) || SeesPersons(subject, space.Ownership.Of(key, slot.DataClass));
    }

    public void Read(in NodeGrant grant, DateTime from, DateTime until)
    {
        if (grant.Who is not { } who || policy.Current is not { Disclosures: { } disclosures } governance) return;
        var (key, layout) = (new FleetKey(grant.Node.Key), FleetNodes.LayoutOf(grant.Node));
        if (!space.Ownership.IsGoverned(grant.Node.NamespaceIndex)) return;
        var present = governance.Decisions.TargetOf(key, layout);
        // Whose it was then is told, not whose it is now.
        foreach (var era in past.Of(key, (byte)present.DataClass))
        {
            var (first, last) = (from > era.From ? from : era.From, until < era.Until ? until : era.Until);
            if (first < last) disclosures.OnHistoryRead(governance, who, key, targets.Of(present, key, directory.Tables, era.From), first, last);
            if (era.Until > from) from = era.Until;
        }

        if (from < until) disclosures.OnHistoryRead(governance, who, key, present, from, until);
    }

    /// <summary>What a user may see of a node that is no more, oldest first; empty: nothing.</summary>
    public HistoryWindow[] WindowsOf(AccessContext who, in NodeRef node)
    {
        if (policy.Current is not { } governance || node.State is not FormerNode former || !space.Ownership.IsGoverned(former.Namespace)) return [];
        var windows = new List<HistoryWindow>();
        var rules = governance.Snapshot.Of(who.Subject).Rules;
        var (key, slot) = (new FleetKey(node.Key), former.Layout.Slots[new FleetKey(node.Key).Slot]);
        foreach (var era in past.Of(key, slot.DataClass))
            if (era.Standing.Namespace == former.Namespace && era.NamedOwner == former.Owner) Add(windows, governance, rules, key, former.Layout, era);
        return [.. windows];
    }

    // Who had it before, or lived there, and has it again by the same name: the stretch between was another's.
    private void AddOwnPast(List<HistoryWindow> windows, Governance governance, AccessSubject subject, in NodeRef node, in Standing present)
    {
        if (subject.Entity is not { } entity || space.Ownership.Parties.Find(entity) is not (>= 0 and var party)) return;
        var (key, layout, slot) = (new FleetKey(node.Key), FleetNodes.LayoutOf(node), FleetNodes.SlotOf(node));
        var rules = governance.Snapshot.Of(subject).Rules;
        var named = space.Ownership.NamedOwner(key, slot.DataClass);
        foreach (var era in past.Of(key, slot.DataClass))
        {
            if (era.Standing.Namespace != present.Namespace || era.NamedOwner != named) continue;
            var target = targets.Of(governance.Decisions.TargetOf(key, layout), key, directory.Tables, era.From);
            if (target.Owner == party || target.Customer == party) Add(windows, rules, target, era);
        }
    }

    private void Add(List<HistoryWindow> windows, Governance governance, SubjectRules rules, FleetKey key, TypeLayout layout, in OwnershipEra era) =>
        Add(windows, rules, targets.Of(governance.Decisions.TargetOf(key, layout), key, directory.Tables, era.From), era);

    private void Add(List<HistoryWindow> windows, SubjectRules rules, in AccessTarget target, in OwnershipEra era)
    {
        var permit = rules.Permit(target);
        if ((permit.Allowed & Operations.ReadHistory) == 0) return;
        var window = Bounded(permit.Terms?.For(Operations.ReadHistory) ?? ReadTerms.Unbound, era.From, era.Until);
        if (window.From < window.Until) windows.Add(window);
    }

    private HistoryWindow Bounded(ReadTerms terms, DateTime from, DateTime until)
    {
        if (terms.NotBefore > from) from = terms.NotBefore;
        var now = time.GetUtcNow().UtcDateTime;
        if (terms.HistoryDepth is { } depth && now - DateTime.MinValue > depth && now - depth > from) from = now - depth;
        return new HistoryWindow(from, until, terms.MinimumQuality);
    }

    private HistoryRight OfFormer(in NodeGrant grant, FormerNode former, TimeSpan interval)
    {
        var windows = grant.Who is { } who ? WindowsOf(who, grant.Node) : [];
        var subject = grant.Who?.Subject as AccessSubject ?? AccessSubject.Nobody;
        return new HistoryRight([.. windows.Select(window => window.OfIntervals(interval))], Nothing, SeesPersons(grant), AuthorOf(subject), former.Owner);
    }

    private bool SeesPersons(AccessSubject subject, in Standing standing) => subject.Entity is { } entity && (entity == NameOf(standing.Owner) || entity == NameOf(standing.Custodian));

    private string? NameOf(int party) => party < 0 ? null : space.Ownership.Parties[party].Id;

    private static QualityAuthor AuthorOf(AccessSubject subject) => new(subject.Entity, subject.Application, subject.Individual);
}
