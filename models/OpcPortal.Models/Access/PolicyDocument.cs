namespace OpcPortal.Models;

/// <summary>All that decisions rest on at one time.</summary>
/// <param name="Rules">Of every layer but that of agreements.</param>
/// <param name="Agreements">In whatever status.</param>
public sealed record PolicyDocument(IReadOnlyList<AccessRule> Rules, IReadOnlyCollection<Agreement> Agreements);

/// <summary>What a subject may do with a target, all operations at once.</summary>
/// <param name="Allowed">What it may do; the rest is denied.</param>
/// <param name="Terms">What binds readings; null where nothing does.</param>
public readonly record struct Permit(Operations Allowed, ReadTerms? Terms);

/// <summary>A decision with its reason.</summary>
/// <param name="IsAllowed">False: denied.</param>
/// <param name="Layer">The layer that decided; null where none spoke: the default is deny.</param>
/// <param name="Rule">The id of the rule or agreement that decided; null by default.</param>
/// <param name="Reason">For people: "refused by rule X (citation)", "allowed by agreement 17 until 2027-01-01".</param>
/// <param name="Until">When this answer may change, UTC.</param>
/// <param name="Considered">Every rule and agreement that was looked at for the subject, with what became of it.</param>
public sealed record Decision(bool IsAllowed, PolicyLayer? Layer, string? Rule, string Reason, DateTime Until, IReadOnlyList<Consideration> Considered);

/// <param name="Outcome">Such as "does not fit: portal" or "allows".</param>
public sealed record Consideration(PolicyLayer Layer, string Rule, string Outcome);
