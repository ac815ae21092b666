namespace OpcPortal.Models;

/// <summary>What one subject may do, ready for decisions. Never changes; thread-safe.</summary>
public sealed class SubjectRules
{
    private readonly ClauseIndex[] _layers;
    private readonly Dictionary<string, AggregatePermit>? _byAgreement;

    internal SubjectRules(int party, IReadOnlyCollection<Clause> clauses, TermsTable terms)
    {
        Party = party;
        Terms = terms;
        var layers = clauses.Where(clause => clause.Floor is null).GroupBy(clause => clause.Layer).OrderBy(layer => layer.Key);
        _layers = [.. layers.Select(layer => new ClauseIndex(layer.Key, layer))];
        Reach = Reach.Of(party, clauses);
        Aggregates = [.. clauses.Where(clause => clause.Floor is not null).Select(clause => new AggregatePermit(this, clause))];
        if (Aggregates.Count > 0) _byAgreement = Aggregates.Where(aggregate => aggregate.Layer == PolicyLayer.Agreement).ToDictionary(aggregate => aggregate.Id, StringComparer.Ordinal);
    }

    /// <summary>What the subject can see anything of, roughly: never too little.</summary>
    public Reach Reach { get; }

    /// <summary>What the subject is given in sums alone: of a single point these give nothing.</summary>
    public IReadOnlyList<AggregatePermit> Aggregates { get; }

    /// <summary>What an agreement gives the subject in sums; null where it gives none now.</summary>
    public AggregatePermit? AggregateOf(string agreement) => _byAgreement?.GetValueOrDefault(agreement);

    internal int Party { get; }

    internal TermsTable Terms { get; }

    /// <summary>
    /// The decision. The first layer that says anything of an operation decides it; deny wins within a layer; where none speaks it is denied. Allocates nothing where the same terms were
    /// given before.
    /// </summary>
    public Permit Permit(in AccessTarget target)
    {
        var verdict = new Verdict();
        var standing = Standing(target);
        foreach (var layer in _layers)
        {
            layer.Speak(ref verdict, target, standing);
            verdict.CloseLayer(layer.Layer);
            if (verdict.IsComplete) break;
        }

        return new Permit(verdict.Allowed, Terms.Of(verdict.BoundsOfReading));
    }

    /// <summary>What the layers down to <paramref name="last"/> deny, and none before allowed.</summary>
    internal Operations DeniedThrough(PolicyLayer last, in AccessTarget target)
    {
        var verdict = new Verdict();
        var standing = Standing(target);
        foreach (var layer in _layers)
        {
            if (layer.Layer > last) break;
            layer.Speak(ref verdict, target, standing);
            verdict.CloseLayer(layer.Layer);
        }

        return verdict.Denied;
    }

    /// <summary>How the subject stands to the target.</summary>
    internal Relation Standing(in AccessTarget target) => Standing(Party, target);

    internal static Relation Standing(int party, in AccessTarget target)
    {
        if (party < 0) return Relation.None;
        return (target.Owner == party ? Relation.Owner : 0) | (target.Custodian == party ? Relation.Custodian : 0)
            | (target.Operator == party ? Relation.Operator : 0) | (target.Customer == party ? Relation.Customer : 0);
    }
}
