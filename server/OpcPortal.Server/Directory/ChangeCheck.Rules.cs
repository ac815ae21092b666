using OpcPortal.Models;

namespace OpcPortal.Server;

internal sealed partial class ChangeCheck
{
    /// <summary>Hours of a week in which a rule holds: each day and a few exceptions.</summary>
    private const int MaxWindows = 64;

    private void CheckRule(AccessRule rule)
    {
        if (rule.Layer is not (PolicyLayer.Mandate or PolicyLayer.Operator or PolicyLayer.Owner or PolicyLayer.Class)) throw Wrong("a rule is of the layer Mandate, Operator, Owner or Class: agreements are signed, not written");
        if (rule.Effect is not (RuleEffect.Allow or RuleEffect.Deny)) throw Wrong("it allows or denies");
        if (rule.Operations == Operations.None) throw Wrong("it names no operation");
        if (string.IsNullOrWhiteSpace(rule.Citation) || rule.Citation.Length > 1024) throw Wrong("it cites what it rests on, in 1 to 1024 characters");
        CheckPeriod(rule.Period);
        CheckWords(rule.Jurisdictions, "jurisdictions");
        CheckWords(rule.Commodities, "commodities");
        CheckWords(rule.PremisesFlags, "premises flags");
        CheckSubjects(rule.Subjects);
        CheckScope(rule.Scope);
        CheckConditions(rule.Conditions);
    }

    private void CheckSubjects(RuleSubjects subjects)
    {
        CheckWords(subjects.Entities, "entities");
        CheckWords(subjects.Kinds, "kinds");
        foreach (var entity in subjects.Entities) EntityOf(entity);
        foreach (var kind in subjects.Kinds)
            if (!after.Kinds.ContainsKey(kind)) throw Wrong($"there is no kind '{kind}'");
    }

    // Portals, device types and points may come later than the rule; a name that nothing has fits nothing.
    private void CheckScope(AccessScope scope)
    {
        foreach (var list in (ReadOnlySpan<IReadOnlyList<string>>)[scope.Customers, scope.CustomerClasses, scope.Portals, scope.DeviceTypes, scope.FunctionGroups, scope.Points, scope.Owners, scope.DataClasses])
            CheckWords(list, "scope");
        foreach (var customer in scope.Customers) EntityOf(customer);
        foreach (var owner in scope.Owners) EntityOf(owner);
        foreach (var dataClass in scope.DataClasses)
            if (!after.DataClasses.ContainsKey(dataClass)) throw Wrong($"there is no data class '{dataClass}'");
    }

    private static void CheckConditions(AccessConditions conditions)
    {
        if (!Enum.IsDefined(conditions.MinimumQuality)) throw Wrong("its minimum quality is none");
        if (conditions.HistoryDepth is { } depth && depth <= TimeSpan.Zero) throw Wrong("its history depth is nothing");
        if (conditions.Windows.Count > MaxWindows) throw Wrong($"at most {MaxWindows} windows are wanted");
        foreach (var window in conditions.Windows)
        {
            if (window.Days is 0 or > 0b0111_1111) throw Wrong("a window has one to seven days");
            if (!IsTimeOfDay(window.From) || !IsTimeOfDay(window.Until)) throw Wrong("a window goes from one time of the day to another");
        }

        if (conditions.Floor is { } floor && (floor.MinCustomers < 1 || floor.MaxShare is not (> 0 and <= 1))) throw Wrong("an aggregation floor has at least one customer and a share above 0, up to 1");
    }

    private static bool IsTimeOfDay(TimeSpan time) => time >= TimeSpan.Zero && time < TimeSpan.FromDays(1);

    // Its life cycle and signatures are judged by whoever applies its acts; here, that what is evidence stays.
    private void CheckAgreement(Agreement agreement, Agreement? old)
    {
        EntityOf(agreement.Terms.Grantor);
        EntityOf(agreement.Terms.Grantee);
        CheckPeriod(agreement.Terms.Period);
        if (old is null) return;
        if (agreement.Revision < old.Revision || agreement.Acts.Count < old.Acts.Count) throw Wrong("what was done with it stays recorded");
        for (var i = 0; i < old.Acts.Count; i++)
            if (agreement.Acts[i] != old.Acts[i]) throw Wrong("what was done with it stays as it was");
    }
}
