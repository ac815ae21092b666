namespace OpcPortal.Models;

/// <summary>What a cap counts.</summary>
public enum PowerCapScope : byte
{
    /// <summary>The megawatts of one request.</summary>
    Request,

    /// <summary>Those that one entity moves at a time.</summary>
    Entity,

    /// <summary>Those that everybody moves within a window.</summary>
    Window,
}

/// <summary>How many megawatts may be moved.</summary>
/// <param name="Rule">Its id, for who is refused.</param>
/// <param name="MegaWatts">More is refused.</param>
/// <param name="ApprovalAbove">More wants the approval of a second person.</param>
/// <param name="Entity">Whose; null: everybody's, each for itself where the scope is an entity.</param>
/// <param name="Window">Of the scope <see cref="PowerCapScope.Window"/>: requests that begin within so long of each other count together.</param>
public sealed record PowerCap(string Rule, PowerCapScope Scope, double MegaWatts, double ApprovalAbove, string? Entity = null, TimeSpan Window = default);

/// <summary>What a request moves.</summary>
/// <param name="MegaWatts">Estimated when it was taken.</param>
public readonly record struct PowerClaim(Guid Request, string Entity, DateTime Start, DateTime End, double MegaWatts);

/// <summary>Judges requests by caps. Pure.</summary>
public static class PowerJudge
{
    /// <param name="claims">Those that are not over, without this one.</param>
    /// <param name="isApproved">Whether a second person has approved it.</param>
    /// <returns>Null: it may be. Else <see cref="ControlRefusalKind.AboveCap"/>, <see cref="ControlRefusalKind.NeedsApproval"/>, or <see cref="ControlRefusalKind.OutOfRange"/>.</returns>
    public static ControlRefusal? Find(IReadOnlyList<PowerCap> caps, IEnumerable<PowerClaim> claims, in PowerClaim claim, bool isApproved)
    {
        // What nobody could estimate is not little, and what one gives back lets nobody else take more.
        if (!double.IsFinite(claim.MegaWatts) || claim.MegaWatts < 0) return new ControlRefusal(ControlRefusalKind.OutOfRange, $"{claim.MegaWatts} MW are no estimate.");
        var standing = claims.ToArray();
        ControlRefusal? approval = null;
        foreach (var cap in caps)
        {
            if (cap.Entity is not null && cap.Entity != claim.Entity) continue;
            var total = claim.MegaWatts + Beside(cap, standing, claim);
            if (total > cap.MegaWatts) return new ControlRefusal(ControlRefusalKind.AboveCap, $"It makes {total:0.###} MW, and {cap.MegaWatts:0.###} MW are the most.", cap.Rule);
            if (total > cap.ApprovalAbove && !isApproved) approval ??= new ControlRefusal(ControlRefusalKind.NeedsApproval, $"It makes {total:0.###} MW: above {cap.ApprovalAbove:0.###} MW a second person approves it.", cap.Rule);
        }

        return approval;
    }

    private static double Beside(PowerCap cap, PowerClaim[] standing, PowerClaim claim) => cap.Scope switch
    {
        PowerCapScope.Request => 0,
        PowerCapScope.Entity => standing.Where(other => other.Entity == claim.Entity && other.Start < claim.End && claim.Start < other.End).Sum(other => other.MegaWatts),
        _ => standing.Where(other => (cap.Entity is null || other.Entity == cap.Entity) && (other.Start - claim.Start).Duration() < cap.Window).Sum(other => other.MegaWatts),
    };
}
