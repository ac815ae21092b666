using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>
/// Whether a change may be: what is changed is looked at in the light of all there would be with it. What others rest on (the kind of an entity, its namespace, the number of a data
/// class) does not change, so what was right stays right.
/// </summary>
/// <param name="before">The directory without the change.</param>
/// <param name="after">The directory with it.</param>
internal sealed partial class ChangeCheck(DirectoryTables before, DirectoryTables after, DirectoryOptions options)
{
    /// <summary>Characters of a name for people.</summary>
    private const int MaxNameLength = 256;

    /// <summary>Names in a list of a rule: more than these want a customer class or a kind.</summary>
    private const int MaxListed = 10_000;

    /// <exception cref="DirectoryException">It may not be; the message names the record and says why.</exception>
    public void Check(IReadOnlyList<RecordChange> changes)
    {
        foreach (var change in changes)
        {
            if (change.After is not null) CheckOne(change);
        }
    }

    private void CheckOne(RecordChange change)
    {
        try
        {
            switch (change.After)
            {
                case EntityKind kind: CheckKind(kind, (EntityKind?)change.Before); break;
                case DataClassDefinition dataClass: CheckDataClass(dataClass, (DataClassDefinition?)change.Before); break;
                case Entity entity: CheckEntity(entity, (Entity?)change.Before); break;
                case EntityApplication application: CheckApplication(application, (EntityApplication?)change.Before); break;
                case Individual individual: CheckIndividual(individual, (Individual?)change.Before); break;
                case Stewardship stewardship: CheckStewardship(stewardship); break;
                case Tenancy tenancy: CheckTenancy(tenancy); break;
                case Premises premises: CheckPremises(premises); break;
                case AccessRule rule: CheckRule(rule); break;
                case Agreement agreement: CheckAgreement(agreement, (Agreement?)change.Before); break;
                default: break;
            }
        }
        catch (DirectoryException wrong)
        {
            throw new DirectoryException($"{change.Kind} '{change.Id}': {wrong.Message}", wrong.InnerException) { Record = (change.Kind, change.Id) };
        }
    }

    private void CheckKind(EntityKind kind, EntityKind? old)
    {
        if (!kind.Id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')) throw Wrong("lower-case letters, digits and '-' name a kind");
        CheckName(kind.Name);
        if (old is not null && EntityKind.WellKnown.Any(known => known.Id == kind.Id)) throw Wrong("the kinds of the mission do not change");
        if (old is not null && old.IsNaturalPerson != kind.IsNaturalPerson) throw Wrong("whether such entities are natural persons does not change: their namespaces rest on it");
    }

    private void CheckDataClass(DataClassDefinition dataClass, DataClassDefinition? old)
    {
        if (!dataClass.Name.All(char.IsAsciiLetterOrDigit)) throw Wrong("letters and digits name a data class");
        if (dataClass.Number is < 1 or > DataClassDefinition.MaxNumber) throw Wrong($"its number is {dataClass.Number}; 1 to {DataClassDefinition.MaxNumber} is wanted");
        if (old is not null && old.Number != dataClass.Number) throw Wrong("its number does not change: the points of NodeSets have it");
        foreach (var other in after.DataClasses.Values)
            if (other.Number == dataClass.Number && other.Name != dataClass.Name) throw Wrong($"the number {dataClass.Number} is that of {other.Name}");
    }

    private Entity EntityOf(string id) => after.Entities.TryGetValue(id, out var entity) ? entity : throw Wrong($"there is no entity '{id}'");

    private static void CheckName(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxNameLength) throw Wrong($"a name of 1 to {MaxNameLength} characters is wanted");
    }

    private static void CheckPeriod(ActivePeriod period)
    {
        if (period.IsEmpty) throw Wrong("its period ends before it begins");
        if (period.From.Kind == DateTimeKind.Local || period.Until.Kind == DateTimeKind.Local) throw Wrong("its period is given in local time; UTC is wanted");
    }

    private static void CheckPortal(string portal)
    {
        if (!RecordNames.IsId(portal)) throw Wrong($"'{portal}' cannot name a portal");
    }

    private static void CheckWords(IReadOnlyList<string> words, string what)
    {
        if (words.Count > MaxListed) throw Wrong($"{what}: at most {MaxListed} are wanted");
        foreach (var word in words)
            if (string.IsNullOrWhiteSpace(word) || word.Length > MaxNameLength) throw Wrong($"{what}: texts of 1 to {MaxNameLength} characters are wanted");
    }

    private static DirectoryException Wrong(string reason) => new(reason);
}
