namespace OpcPortal.Models;

/// <summary>
/// A policy made ready for decisions at one instant: the layers in their order (see <see cref="PolicyLayer"/>), deny where none speaks. Never changes: when the policy, the fleet's names or the
/// hour change, another is compiled. Thread-safe where its numbers are.
/// </summary>
public sealed class AccessRules
{
    private readonly IReadOnlyList<AccessRule> _rulesAsWritten;
    private readonly ClauseCompiler _compiler;
    private readonly TermsTable _terms = new();
    private readonly SubjectTable<Clause> _rules = new();
    private readonly Dictionary<string, List<(Agreement Agreement, Clause Clause)>> _byGrantee = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Agreement> _agreements;

    private AccessRules(PolicyDocument policy, IAccessNumbers numbers, DateTime at)
    {
        _rulesAsWritten = policy.Rules;
        At = at;
        _agreements = policy.Agreements.ToDictionary(agreement => agreement.Id, StringComparer.Ordinal);
        _compiler = new ClauseCompiler(numbers, at);
        var until = DateTime.MaxValue;
        foreach (var rule in policy.Rules)
        {
            if (rule.Layer is < PolicyLayer.Mandate or > PolicyLayer.Class) throw new ArgumentException($"Rule {rule.Id} is of no layer.", nameof(policy));
            until = Earlier(until, NextChange(rule.Period, rule.Conditions, at));
            if (_compiler.Compile(rule) is { } clause) _rules.Add(rule.Subjects, clause);
        }

        foreach (var agreement in policy.Agreements)
        {
            if (agreement.Status != AgreementStatus.Active) continue;
            until = Earlier(until, NextChange(agreement.Terms.Period, agreement.Terms.Conditions, at));
            if (_compiler.Compile(agreement, _agreements) is { } clause) AddForGrantee(agreement, clause);
        }

        ValidUntil = until;
    }

    /// <summary>The instant that decisions are made for, UTC.</summary>
    public DateTime At { get; }

    /// <summary>The next instant at which a period begins or ends, or a window opens or closes, UTC: by then another is to be compiled.</summary>
    public DateTime ValidUntil { get; }

    /// <param name="policy">Ids of agreements are unique.</param>
    /// <param name="numbers">Also asked later, for the numbers of subjects.</param>
    /// <param name="at">UTC.</param>
    /// <exception cref="ArgumentException">Two agreements share an id, or a rule is of no layer.</exception>
    public static AccessRules Compile(PolicyDocument policy, IAccessNumbers numbers, DateTime at) => new(policy, numbers, at);

    /// <summary>What concerns the subject, in work and memory proportional to that; to be kept while the subject and these rules last.</summary>
    public SubjectRules For(AccessSubject subject)
    {
        if (subject.Entity is not { } entity) return new SubjectRules(-1, [], _terms);
        var clauses = _rules.For(subject).ToList();
        if (_byGrantee.TryGetValue(entity, out var given)) clauses.AddRange(given.Where(g => IsFor(g.Agreement.Terms, subject)).Select(g => g.Clause));
        return new SubjectRules(_compiler.Party(entity), clauses, _terms);
    }

    /// <summary>The same decision as <see cref="SubjectRules.Permit"/>, slowly and with its reason.</summary>
    /// <param name="subject">Who asks.</param>
    /// <param name="operation">One operation.</param>
    /// <param name="target">What is asked for.</param>
    /// <exception cref="ArgumentException">It is not one operation.</exception>
    public Decision Explain(AccessSubject subject, Operations operation, in AccessTarget target)
    {
        if (!System.Numerics.BitOperations.IsPow2((int)operation) || (operation & Operations.All) == 0) throw new ArgumentException("One operation is explained at a time.", nameof(operation));
        return new Explanation(_rulesAsWritten, _agreements, _compiler, At).Decide(subject, operation, target);
    }

    /// <summary>Whether the agreement is for this application and individual of the grantee, and for what the application is used for.</summary>
    internal static bool IsFor(AgreementTerms terms, AccessSubject subject) => terms.Grantee == subject.Entity
        && (terms.GranteeApplication is null || terms.GranteeApplication == subject.Application)
        && (terms.GranteeIndividual is null || terms.GranteeIndividual == subject.Individual)
        && (subject.Purposes.Count == 0 || subject.Purposes.Contains(terms.Purpose, StringComparer.Ordinal));

    internal static DateTime NextChange(ActivePeriod period, AccessConditions conditions, DateTime at)
    {
        if (period.Until <= at) return DateTime.MaxValue;
        return Earlier(period.NextChange(at), conditions.NextChange(at));
    }

    private static DateTime Earlier(DateTime a, DateTime b) => a < b ? a : b;

    private void AddForGrantee(Agreement agreement, Clause clause)
    {
        if (!_byGrantee.TryGetValue(agreement.Terms.Grantee, out var given)) _byGrantee[agreement.Terms.Grantee] = given = [];
        given.Add((agreement, clause));
    }
}
