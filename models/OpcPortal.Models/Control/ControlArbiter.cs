namespace OpcPortal.Models;

/// <summary>An entity's claim to a function of a device.</summary>
/// <param name="Request">The request's id.</param>
/// <param name="Primacy">The lower one holds.</param>
/// <param name="CreatedAt">UTC.</param>
public readonly record struct ControlClaim(Guid Request, string Entity, byte Primacy, DateTime CreatedAt, DateTime Start, DateTime End)
{
    /// <summary>Whether it holds in place of another: by primacy, of one primacy the later one, as IEEE 2030.5 has it; of one instant that with the greater id, so that all agree on it.</summary>
    public bool Supersedes(in ControlClaim other)
    {
        if (Primacy != other.Primacy) return Primacy < other.Primacy;
        return CreatedAt != other.CreatedAt ? CreatedAt > other.CreatedAt : Request.CompareTo(other.Request) > 0;
    }

    public bool Holds(DateTime at) => Start <= at && at < End;
}

/// <summary>Who has a device: one at a time. Pure.</summary>
public static class ControlArbiter
{
    /// <summary>Chooses the claim that holds at an instant.</summary>
    /// <param name="claims">Those of a function of a device that are not over; none of them left by the customer.</param>
    /// <param name="running">The index of that which the device does now; -1: none.</param>
    /// <param name="grace">So long after another's request was made the one that runs is left to come to its end: its entity was told.</param>
    /// <returns>The index of the holder, -1 where none is due; and when to ask again, <see cref="DateTime.MaxValue"/> where time changes nothing.</returns>
    public static (int Holder, DateTime Again) Choose(ReadOnlySpan<ControlClaim> claims, int running, TimeSpan grace, DateTime now)
    {
        var best = -1;
        var again = DateTime.MaxValue;
        for (var i = 0; i < claims.Length; i++)
        {
            ref readonly var claim = ref claims[i];
            if (claim.Start > now) again = Earlier(again, claim.Start);
            if (!claim.Holds(now)) continue;
            again = Earlier(again, claim.End);
            if (best < 0 || claim.Supersedes(claims[best])) best = i;
        }

        if (best < 0 || running < 0 || running == best || !claims[running].Holds(now)) return (best, again);
        var until = GraceOf(claims, running, grace, now);
        return until > now ? (running, Earlier(again, until)) : (best, again);
    }

    // The first of those that hold in its place and told it so ends it; then the best of them has the device.
    private static DateTime GraceOf(ReadOnlySpan<ControlClaim> claims, int running, TimeSpan grace, DateTime now)
    {
        var until = DateTime.MaxValue;
        foreach (ref readonly var claim in claims)
        {
            if (!claim.Holds(now) || !claim.Supersedes(claims[running])) continue;
            until = Earlier(until, claim.Entity == claims[running].Entity ? now : claim.CreatedAt + grace);
        }

        return until;
    }

    /// <summary>Whether a claim will never hold, because another does all the time until its end: its entity is told at once.</summary>
    public static bool IsHopeless(in ControlClaim claim, ReadOnlySpan<ControlClaim> others)
    {
        foreach (ref readonly var other in others)
            if (other.Request != claim.Request && other.Start <= claim.Start && other.End >= claim.End && other.Supersedes(claim)) return true;
        return false;
    }

    private static DateTime Earlier(DateTime one, DateTime other) => one < other ? one : other;
}
