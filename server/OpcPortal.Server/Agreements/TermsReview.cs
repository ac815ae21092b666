using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Whether terms rest on something: parties that are there, a scope that the grantor owns, or what it was given and may pass on. What is a party's own is looked at when that party signs, and
/// each of them does before an agreement is in force: so nobody learns by a proposal what another owns, where somebody lives, or what two others have agreed.
/// </summary>
/// <param name="id">The agreement that has the terms, or would have.</param>
/// <param name="party">Who signs.</param>
internal sealed class TermsReview(string id, AgreementTerms terms, string party, DirectoryTables tables, IOwnershipView ownership, DateTime now)
{
    /// <exception cref="AgreementException">They do not; the message names what does not hold.</exception>
    public void Check()
    {
        CheckParty(terms.Grantor);
        CheckParty(terms.Grantee);
        foreach (var dataClass in terms.Scope.DataClasses)
            if (!tables.DataClasses.ContainsKey(dataClass)) throw Refused($"There is no data class {dataClass}.");
        if (party == terms.Grantee) CheckGrantee();
        else if (terms.BasedOn is null) CheckOwnership();
        else CheckDelegation();
    }

    private void CheckGrantee()
    {
        if (terms.GranteeApplication is { } application && tables.Applications.GetValueOrDefault(application)?.Entity != terms.Grantee) throw Refused($"{terms.Grantee} has no application {application}.");
        if (terms.GranteeIndividual is { } individual && tables.Individuals.GetValueOrDefault(individual)?.Entity != terms.Grantee) throw Refused($"{terms.Grantee} has no individual {individual}.");
    }

    private void CheckParty(string entity)
    {
        if (!tables.Entities.TryGetValue(entity, out var known) || !known.Active.Contains(now)) throw Refused($"{entity} is no entity that is active now.");
    }

    // Each name by itself, and then with all that the other lists leave: one that the grantor owns must not cover for one that it does not.
    private void CheckOwnership()
    {
        CheckNames(new AccessScope());
        CheckNames(new AccessScope { Portals = terms.Scope.Portals, Customers = terms.Scope.Customers, DataClasses = terms.Scope.DataClasses });
    }

    private void CheckNames(AccessScope within)
    {
        foreach (var portal in terms.Scope.Portals) CheckOwned("at portal", portal, within with { Portals = [portal] });
        foreach (var customer in terms.Scope.Customers) CheckOwned("at the premises of", customer, within with { Customers = [customer] });
        foreach (var dataClass in terms.Scope.DataClasses) CheckOwned("of the data class", dataClass, within with { DataClasses = [dataClass] });
    }

    private void CheckOwned(string where, string name, AccessScope scope)
    {
        if (!ownership.OwnsAny(terms.Grantor, scope)) throw Refused($"The scope exceeds what {terms.Grantor} owns: it owns nothing that it names {where} {name}.");
    }

    // The same chain that decisions follow: see the engine's delegation. Here it is refused before anybody relies on it.
    private void CheckDelegation()
    {
        var child = terms;
        var way = new List<string> { id };
        while (child.BasedOn is { } basis)
        {
            if (way.Contains(basis)) throw Refused($"It would be based on itself, by way of {string.Join(", ", way.Append(basis))}.");
            if (way.Count > AgreementLimits.MaxDelegationLinks) throw Refused($"What is passed on goes through {AgreementLimits.MaxDelegationLinks} hands at most.");
            if (tables.Agreements.GetValueOrDefault(basis) is not { } parent || !IsKnownTo(parent, child.Grantor)) throw Refused($"It is based on {basis}, which gives nothing to {child.Grantor}.");
            if (parent.Status is not (AgreementStatus.Active or AgreementStatus.Suspended)) throw Refused($"It is based on {basis}, which is {parent.Status}.");
            if (!parent.Terms.MayDelegate) throw Refused($"It is based on {basis}, which may not be passed on.");
            if (ExcessOf(child, parent.Terms) is { } excess) throw Refused($"It is based on {basis}, which does not give {excess}.");
            way.Add(basis);
            child = parent.Terms;
        }
    }

    // Whoever is no party of an agreement learns nothing of it, not even that it is there.
    private static bool IsKnownTo(Agreement parent, string grantor) => parent.Terms.Grantee == grantor;

    private static string? ExcessOf(AgreementTerms child, AgreementTerms parent)
    {
        if (child.Purpose != parent.Purpose) return $"for {child.Purpose}";
        if ((child.Operations & ~parent.Operations) is not Operations.None and var more) return $"to {more}";
        return Beyond(child.Scope.Portals, parent.Scope.Portals) ?? Beyond(child.Scope.Customers, parent.Scope.Customers) ?? Beyond(child.Scope.CustomerClasses, parent.Scope.CustomerClasses)
            ?? Beyond(child.Scope.DataClasses, parent.Scope.DataClasses) ?? Beyond(child.Scope.FunctionGroups, parent.Scope.FunctionGroups) ?? Beyond(child.Scope.Points, parent.Scope.Points);
    }

    // Where the child names nothing, it has what the parent leaves.
    private static string? Beyond(IReadOnlyList<string> child, IReadOnlyList<string> parent) =>
        parent.Count == 0 ? null : child.FirstOrDefault(name => !parent.Contains(name, StringComparer.Ordinal));

    private static AgreementException Refused(string reason) => new(AgreementRefusal.Terms, reason);
}
