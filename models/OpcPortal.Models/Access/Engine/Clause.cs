namespace OpcPortal.Models;

/// <summary>A rule or an agreement that holds now, as decisions use it: no names, no dates.</summary>
internal sealed class Clause
{
    public required string Id { get; init; }
    public required PolicyLayer Layer { get; init; }
    public required RuleEffect Effect { get; init; }
    public required Operations Operations { get; init; }
    public required CompiledScope Scope { get; init; }

    /// <summary>Any of these; None: no matter how the subject stands.</summary>
    public Relation Relations { get; init; }

    /// <summary>None of these.</summary>
    public Relation Without { get; init; }

    public QualityLevel MinimumQuality { get; init; }

    /// <summary>Null: without bound.</summary>
    public TimeSpan? HistoryDepth { get; init; }

    /// <summary>Set: it says nothing of a single point, only of sums.</summary>
    public AggregationFloor? Floor { get; init; }

    /// <summary>Those who pass it on, on the way from its owner: what they may not see they cannot pass on.</summary>
    public int[] PassedOnBy { get; init; } = [];

    /// <summary>What it says of the target: those operations that it allows or denies.</summary>
    /// <param name="standing">How the subject stands to the target.</param>
    public Operations About(in AccessTarget target, Relation standing) =>
        Stands(standing) && Scope.Misfit(target) == Dimension.None ? Scope.Narrow(Operations, target) : Operations.None;

    public bool Stands(Relation standing) => (Relations == Relation.None || (Relations & standing) != 0) && (Without & standing) == 0;

    /// <summary>What binds readings that it allows.</summary>
    public Bounds BoundsOn(in AccessTarget target, Relation standing)
    {
        var since = SinceByRelation(target, standing);
        if (Scope.NamesOwners && target.OwnedSince > since) since = target.OwnedSince;
        if ((Scope.NamesCustomers || IsForOccupant(target, standing)) && target.CustomerSince > since) since = target.CustomerSince;
        return new Bounds(MinimumQuality, since, HistoryDepth ?? TimeSpan.MaxValue);
    }

    // A new occupant never sees what was the former one's, whoever offers it; a mandate or the house may have its reasons.
    private bool IsForOccupant(in AccessTarget target, Relation standing)
    {
        if (Layer <= PolicyLayer.Operator) return false;
        if (standing == Relation.Customer) return true;
        foreach (var party in PassedOnBy)
        {
            if (SubjectRules.Standing(party, target) == Relation.Customer) return true;
        }

        return false;
    }

    // Custodians and operators answer for the thing itself, whoever owned it; owners and customers have what was in their time.
    private DateTime SinceByRelation(in AccessTarget target, Relation standing)
    {
        var by = Relations & standing;
        if (by == Relation.None || (by & (Relation.Custodian | Relation.Operator)) != 0) return DateTime.MinValue;
        if (by == Relation.Owner) return target.OwnedSince;
        return by == Relation.Customer || target.CustomerSince < target.OwnedSince ? target.CustomerSince : target.OwnedSince;
    }
}
