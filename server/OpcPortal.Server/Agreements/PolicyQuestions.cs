using System.Globalization;
using System.Text;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>Answers why something is allowed or refused, what somebody could do, and what another policy would change, without saying more than the asker may know.</summary>
internal sealed class PolicyQuestions(PortalDirectory directory, PortalGovernance governance, UaServer ua, IRecordedAccesses? recorded, TimeProvider time)
{
    /// <summary>Nodes of one CheckPermissions: a page of a client.</summary>
    public const int MaxNodes = 1_000;

    /// <summary>Accesses of one dry run: some months of a busy record, decided in a few seconds.</summary>
    private const int MaxReplayed = 1_000_000;

    // What people read through; the rest is said in one line.
    private const int MaxConsidered = 100;
    private const int MaxExamples = 50;

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>Explains one operation on one node.</summary>
    /// <param name="entity">Null or empty: the caller itself.</param>
    /// <param name="asOf">Null: now.</param>
    /// <exception cref="ServiceException">The caller may not ask that; the message says why, where the caller may know.</exception>
    public async Task<Decision> ExplainAsync(AccessContext who, string? entity, NodeId nodeId, Operations operation, DateTime? asOf, CancellationToken cancellation)
    {
        var caller = SubjectOf(who);
        if (!IsOne(operation)) throw new ServiceException(StatusCodes.BadInvalidArgument, "One operation is explained at a time.");
        var isOwn = string.IsNullOrEmpty(entity) || entity == caller.Entity;
        var mayBrowse = ua.Access.Resolve(who, nodeId, PermissionType.Browse, out _).IsGood;
        // What may not be browsed does not exist: not for an explanation either. The System Manager, who writes the rules, sees what they do without seeing data.
        if ((!mayBrowse && (isOwn || caller.Power != ManagerPower.System)) || !ua.Model.AddressSpace.TryResolve(nodeId, out var node)) throw new ServiceException(StatusCodes.BadNodeIdUnknown);
        if (!governance.TryDescribe(node, out var present))
            return isOwn ? ByNode(who, node, operation) : throw new ServiceException(StatusCodes.BadNotSupported, "Rules and agreements decide about data and methods of devices: ask about one of those.");
        if (!isOwn && !MayAskOfOthers(caller, present)) throw new ServiceException(StatusCodes.BadUserAccessDenied, "About others' permissions the owner of the node and the System Manager may ask.");
        var (tables, rules, target) = await AsOfAsync(node, present, asOf, cancellation).ConfigureAwait(false);
        // What was before it owned the node is the former owner's.
        if (!isOwn && !MayAskOfOthers(caller, target)) throw new ServiceException(StatusCodes.BadUserAccessDenied, "It was another's then.");
        var decision = rules.Explain(isOwn ? caller : SubjectOf(entity!, tables), operation, target);
        return isOwn || caller.Power == ManagerPower.System ? decision : decision with { Considered = [.. decision.Considered.Where(about => MayKnow(caller, about, tables))] };
    }

    /// <summary>A status for each node: what an operation would meet. Nothing is granted by it, so nothing is disclosed.</summary>
    /// <exception cref="ServiceException">There are too many nodes, or it is not one operation.</exception>
    public StatusCode[] Check(AccessContext who, NodeId[] nodes, Operations operation)
    {
        if (nodes.Length > MaxNodes) throw new ServiceException(StatusCodes.BadTooManyOperations, $"{MaxNodes} nodes at most.");
        if (!IsOne(operation)) throw new ServiceException(StatusCodes.BadInvalidArgument, "One operation is checked at a time.");
        return Array.ConvertAll(nodes, nodeId => Check(who, nodeId, operation));
    }

    /// <summary>Replays what is on record under the policy with the proposal in force.</summary>
    /// <exception cref="ServiceException">The caller may not try that.</exception>
    public async Task<PolicyComparison> DryRunAsync(AccessContext who, PolicyProposal proposal, CancellationToken cancellation)
    {
        var caller = SubjectOf(who);
        if (caller.Power != ManagerPower.System && !MayTry(caller.Entity!, proposal)) throw new ServiceException(StatusCodes.BadUserAccessDenied, "A party tries its own agreements, the System Manager any, and rules.");
        if (recorded is null) throw new ServiceException(StatusCodes.BadNotSupported, "This server keeps no record of accesses.");
        var accesses = new List<RecordedAccess>();
        await foreach (var access in recorded.ReadAsync(cancellation).ConfigureAwait(false))
            if ((caller.Power == ManagerPower.System || IsOwnAffair(caller.Entity!, proposal, access)) && accesses.Count < MaxReplayed) accesses.Add(access);
        var tables = directory.Tables;
        return PolicyComparison.Compare(accesses, RulesOf(tables, Now), AccessRules.Compile(With(tables, proposal), governance.Numbers, Now));
    }

    /// <summary>A decision as text: the reason first, then what was looked at.</summary>
    public static string TextOf(Decision decision)
    {
        var text = new StringBuilder(decision.Reason);
        foreach (var about in decision.Considered.Take(MaxConsidered)) text.Append(CultureInfo.InvariantCulture, $"\n{about.Layer} {about.Rule}: {about.Outcome}");
        if (decision.Considered.Count > MaxConsidered) text.Append(CultureInfo.InvariantCulture, $"\nand {decision.Considered.Count - MaxConsidered} more");
        return text.ToString();
    }

    /// <summary>The first differences of a dry run as text, one a line.</summary>
    public static string TextOf(PolicyComparison comparison) => string.Join('\n', comparison.Changes.Take(MaxExamples).Select(static change =>
        string.Create(CultureInfo.InvariantCulture, $"{change.Effect}: {change.Access.Subject.Entity} {change.Access.Operation} {change.Access.Node} ({change.Access.Count}): {change.Before.Reason}; then {change.After.Reason}")));

    private static AccessSubject SubjectOf(AccessContext who) =>
        who.Subject is AccessSubject { Entity: not null } subject ? subject : throw new ServiceException(StatusCodes.BadUserAccessDenied, "Who asks belongs to no known entity.");

    // An entity as such, with no application or individual in particular.
    private static AccessSubject SubjectOf(string entity, DirectoryTables tables) => new(entity, tables.Entities.GetValueOrDefault(entity)?.Kind);

    private bool MayAskOfOthers(AccessSubject caller, in AccessTarget target) => caller.Power == ManagerPower.System || target.Owner == governance.Numbers.Party(caller.Entity!);

    // An owner learns what lets others at its data, and nothing of what they have agreed with somebody else about something else.
    private static bool MayKnow(AccessSubject caller, Consideration about, DirectoryTables tables) =>
        about.Layer != PolicyLayer.Agreement || about.Outcome == "allows" || (tables.Agreements.TryGetValue(about.Rule, out var agreement) && AgreementLifecycle.OtherParty(agreement.Terms, caller.Entity!) is not null);

    private async Task<(DirectoryTables Tables, AccessRules Rules, AccessTarget Target)> AsOfAsync(NodeRef node, AccessTarget present, DateTime? asOf, CancellationToken cancellation)
    {
        if (asOf is not { } at || at >= Now) return (directory.Tables, governance.Rules, present);
        var tables = await directory.AsOfAsync(at, cancellation).ConfigureAwait(false);
        governance.TryDescribe(node, tables, at, out var target);
        return (tables, RulesOf(tables, at), target);
    }

    private AccessRules RulesOf(DirectoryTables tables, DateTime at) => AccessRules.Compile(AccessRefresh.PolicyOf(tables), governance.Numbers, at);

    // Not in the place of an agreement between others, whose loss would show what they do with it.
    private bool MayTry(string caller, PolicyProposal proposal) => proposal.Agreement is { Terms: var terms } document && AgreementLifecycle.OtherParty(terms, caller) is not null
        && (!directory.Agreements.TryGetValue(document.Id, out var known) || (known.Terms.Grantor == terms.Grantor && known.Terms.Grantee == terms.Grantee));

    // Of what the grantee did, the grantee sees all, and the grantor what was done with its own.
    private bool IsOwnAffair(string caller, PolicyProposal proposal, RecordedAccess access)
    {
        var terms = proposal.Agreement!.Terms;
        return access.Subject.Entity == terms.Grantee && (caller == terms.Grantee || access.Target.Owner == governance.Numbers.Party(caller));
    }

    private static PolicyDocument With(DirectoryTables tables, PolicyProposal proposal)
    {
        var policy = AccessRefresh.PolicyOf(tables);
        var replaced = proposal.Rules.Select(static rule => rule.Id).ToHashSet(StringComparer.Ordinal);
        IEnumerable<Agreement> agreements = policy.Agreements;
        if (proposal.Agreement is { } document)
            agreements = agreements.Where(agreement => agreement.Id != document.Id).Append(new Agreement { Id = document.Id, Terms = document.Terms, Status = AgreementStatus.Active, Acts = [], ChangedAt = default });
        return new PolicyDocument([.. policy.Rules.Where(rule => !replaced.Contains(rule.Id)), .. proposal.Rules], [.. agreements]);
    }

    // What belongs to no data class, or to no device, is decided by what surrounds it or by roles alone.
    private Decision ByNode(AccessContext who, in NodeRef node, Operations operation)
    {
        var isAllowed = IsAllowed(who, node, operation);
        var by = node.Source is FleetNodes ? "it is seen by whoever sees anything of the same device" : "the roles of the session and the node itself decide";
        return new Decision(isAllowed, null, null, isAllowed ? $"allowed: {by}" : $"refused: {by}", DateTime.MaxValue, []);
    }

    private StatusCode Check(AccessContext who, in NodeId nodeId, Operations operation)
    {
        if (!ua.Model.AddressSpace.TryResolve(nodeId, out var node) || !IsAllowed(who, node, Operations.Browse)) return StatusCodes.BadNodeIdUnknown;
        return IsAllowed(who, node, operation) ? StatusCodes.Good : StatusCodes.BadUserAccessDenied;
    }

    private bool IsAllowed(AccessContext who, in NodeRef node, Operations operation)
    {
        // To be told of changes it takes Read, and more: see IAccessPolicy.MayObserve.
        var wanted = FleetDecisions.PermissionsOf(operation == Operations.Subscribe ? Operations.Read : operation);
        return (ua.Access.PermissionsOf(who, node) & wanted) == wanted && (operation != Operations.Subscribe || governance.MayObserve(who, node));
    }

    private static bool IsOne(Operations operation) => byte.IsPow2((byte)operation) && (operation & Operations.All) != 0;
}
