using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server;

/// <summary>The values of an agreement's properties, by their names in NodeSet.xml.</summary>
internal sealed class AgreementValues
{
    private readonly Dictionary<string, Func<Agreement, Variant>> _readers;

    public AgreementValues(AgreementStructures structures) => _readers = new(StringComparer.Ordinal)
    {
        ["Grantor"] = static agreement => agreement.Terms.Grantor,
        ["Grantee"] = static agreement => agreement.Terms.Grantee,
        ["GranteeApplication"] = static agreement => agreement.Terms.GranteeApplication,
        ["GranteeIndividual"] = static agreement => agreement.Terms.GranteeIndividual,
        ["Purpose"] = static agreement => agreement.Terms.Purpose,
        ["Scope"] = agreement => structures.Of(agreement.Terms.Scope),
        ["Operations"] = static agreement => (byte)agreement.Terms.Operations,
        ["Conditions"] = agreement => structures.Of(agreement.Terms.Conditions),
        ["ValidFrom"] = static agreement => agreement.Terms.Period.From,
        ["ValidUntil"] = static agreement => agreement.Terms.Period.Until,
        ["BasedOn"] = static agreement => agreement.Terms.BasedOn,
        ["MayDelegate"] = static agreement => agreement.Terms.MayDelegate,
        ["FinishesCommands"] = static agreement => agreement.Terms.FinishesCommands,
        ["Status"] = static agreement => (int)agreement.Status,
        ["Revision"] = static agreement => (uint)agreement.Revision,
        ["ChangedAt"] = static agreement => agreement.ChangedAt,
        ["SuspendedBy"] = static agreement => agreement.SuspendedBy,
        ["Acts"] = agreement => structures.Of(agreement.Acts),
        ["Document"] = static agreement => AgreementDocument.Write(agreement),
    };

    /// <summary>How the value of a property is read; null where there is no such property.</summary>
    public Func<Agreement, Variant>? ReaderOf(string property) => _readers.GetValueOrDefault(property);
}
