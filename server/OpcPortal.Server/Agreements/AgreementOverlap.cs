using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>Whether two agreements are about something in common. Overlapping ones are allowed, for each stands for itself; the parties are told.</summary>
internal static class AgreementOverlap
{
    public static bool Overlap(AgreementTerms one, AgreementTerms other) =>
        one.Grantor == other.Grantor && one.Grantee == other.Grantee && one.Period.Overlaps(other.Period) && (one.Operations & other.Operations) != 0 && Overlap(one.Scope, other.Scope);

    // Names of device types are not compared: one may be a subtype of the other.
    private static bool Overlap(AccessScope one, AccessScope other) =>
        Meet(one.Customers, other.Customers) && Meet(one.CustomerClasses, other.CustomerClasses) && Meet(one.Portals, other.Portals) && Meet(one.DataClasses, other.DataClasses) && Meet(one.Points, other.Points);

    private static bool Meet(IReadOnlyList<string> one, IReadOnlyList<string> other) => one.Count == 0 || other.Count == 0 || one.Intersect(other, StringComparer.Ordinal).Any();
}
