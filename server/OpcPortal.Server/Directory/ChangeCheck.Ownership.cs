using OpcPortal.Models;

namespace OpcPortal.Server;

internal sealed partial class ChangeCheck
{
    /// <summary>Flags of premises: a set of them is 64 bits in decisions.</summary>
    private const int MaxFlags = 64;

    private HashSet<string>? _flags;

    private void CheckStewardship(Stewardship stewardship)
    {
        CheckPortal(stewardship.Portal);
        if (stewardship.Device is { } device && !RecordNames.IsId(device)) throw Wrong($"'{device}' cannot name a device");
        CheckPeriod(stewardship.Period);
        if (stewardship.DataClass is { } dataClass && !after.DataClasses.ContainsKey(dataClass)) throw Wrong($"there is no data class '{dataClass}'");
        if (stewardship.Owner is null && stewardship.Custodian is null && stewardship.Operator is null) throw Wrong("an owner, a custodian or an operator is wanted");
        foreach (var party in (ReadOnlySpan<string?>)[stewardship.Owner, stewardship.Custodian, stewardship.Operator])
            if (party is not null) EntityOf(party);
        foreach (var other in after.StewardshipsOf(stewardship.Portal))
        {
            if (other.Id == stewardship.Id || other.Device != stewardship.Device || other.DataClass != stewardship.DataClass || !other.Period.Overlaps(stewardship.Period)) continue;
            throw Wrong($"'{other.Id}' says of the same thing whose it is in a part of that time");
        }
    }

    private void CheckTenancy(Tenancy tenancy)
    {
        CheckPortal(tenancy.Portal);
        CheckPeriod(tenancy.Period);
        if (EntityOf(tenancy.Customer).CustomerClass is null) throw Wrong($"'{tenancy.Customer}' is no customer");
        foreach (var other in after.TenanciesOf(tenancy.Portal))
            if (other.Id != tenancy.Id && other.Period.Overlaps(tenancy.Period)) throw Wrong($"the premises of {tenancy.Portal} are those of '{other.Customer}' in a part of that time ('{other.Id}')");
    }

    private void CheckPremises(Premises premises)
    {
        CheckPortal(premises.Portal);
        if (premises.Jurisdiction is { Length: 0 or > RecordNames.MaxLength }) throw Wrong($"a jurisdiction has at most {RecordNames.MaxLength} characters");
        CheckWords(premises.Flags, "flags");
        if (premises.Flags.Count == 0) return;
        _flags ??= [.. before.Premises.Values.SelectMany(known => known.Flags)];
        _flags.UnionWith(premises.Flags);
        if (_flags.Count > MaxFlags) throw Wrong($"there would be {_flags.Count} different flags of premises; {MaxFlags} are known at most");
    }
}
