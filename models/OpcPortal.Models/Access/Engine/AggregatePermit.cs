namespace OpcPortal.Models;

/// <summary>Leave to be told sums over enough customers, from a rule or agreement with an <see cref="AggregationFloor"/>; of a single point it gives nothing.</summary>
public sealed class AggregatePermit
{
    private readonly SubjectRules _subject;
    private readonly Clause _clause;

    internal AggregatePermit(SubjectRules subject, Clause clause)
    {
        _subject = subject;
        _clause = clause;
        Reach = Reach.Of(subject.Party, clause);
    }

    /// <summary>The rule or agreement that gives it.</summary>
    public string Id => _clause.Id;

    public PolicyLayer Layer => _clause.Layer;
    public AggregationFloor Floor => _clause.Floor!;
    public Operations Operations => _clause.Operations;

    /// <summary>Where the points can be that it is about, roughly: never too little.</summary>
    public Reach Reach { get; }

    /// <summary>What may be done with sums that this target takes part in: what the rule or agreement gives of it and neither its own layer nor one above denies.</summary>
    /// <returns>The operations with the terms by which the target's readings enter the sum.</returns>
    public Permit PermitWithin(in AccessTarget target)
    {
        var standing = _subject.Standing(target);
        var allowed = _clause.About(target, standing) & ~_subject.DeniedThrough(Layer, target);
        if (allowed == Operations.None) return default;
        var bounds = _clause.BoundsOn(target, standing);
        return new Permit(allowed, _subject.Terms.Of(new ReadBounds(bounds.WithoutDepth, bounds.WithoutDepth, bounds)));
    }
}
