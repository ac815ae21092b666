using System.Collections.Concurrent;
using CsCheck;

namespace OpcPortal.Models.Tests.Access;

/// <summary>What holds of every decision, shown on policies made at random. CsCheck prints the seed of whatever fails.</summary>
public sealed class DecisionProperties
{
    private static readonly Operations[] Each = [Operations.Browse, Operations.Read, Operations.Subscribe, Operations.ReadHistory, Operations.Write, Operations.ReceiveEvents, Operations.Call, Operations.EditHistory];

    private static readonly Operations[] Readings = [Operations.Read, Operations.Subscribe, Operations.ReadHistory];

    private static readonly Gen<(PolicyDocument Policy, AccessSubject Who, Place Place)> Case = Made.Case;

    // Otherwise the properties might hold of nothing.
    [Fact]
    public void What_is_made_at_random_is_decided_by_every_layer_both_ways()
    {
        var seen = new ConcurrentDictionary<(PolicyLayer?, bool), int>();
        var passedOn = 0;
        Case.Sample((policy, who, place) =>
        {
            foreach (var operation in Each)
            {
                var told = Compile(policy).Explain(who, operation, place.ToTarget());
                seen.AddOrUpdate((told.Layer, told.IsAllowed), 1, (_, n) => n + 1);
                if (told.Layer == PolicyLayer.Agreement && policy.Agreements.Single(a => a.Id == told.Rule).Terms.BasedOn is not null) Interlocked.Increment(ref passedOn);
            }
        }, iter: Iterations);
        Assert.All(Enum.GetValues<PolicyLayer>(), layer => Assert.InRange(seen.GetValueOrDefault((layer, true)), 10, int.MaxValue));
        Assert.All(Enum.GetValues<PolicyLayer>().Except([PolicyLayer.Agreement]), layer => Assert.InRange(seen.GetValueOrDefault((layer, false)), 10, int.MaxValue));
        Assert.InRange(passedOn, 10, int.MaxValue);
    }

    [Fact]
    public void The_fast_decision_is_what_the_text_says() => Case.Sample((policy, who, place) =>
    {
        var permit = Compile(policy).For(who).Permit(place.ToTarget());
        var reference = new ReferenceDecision(policy, World.Now);
        return Each.All(operation => reference.Ask(who, operation, place) is var answer && answer.IsAllowed == Allows(permit, operation)
            && (!answer.IsAllowed || !Readings.Contains(operation) || Same(answer.Terms, TermsOf(permit, operation))));
    }, iter: Iterations);

    [Fact]
    public void The_decision_that_is_told_is_the_one_that_is_made() => Case.Sample((policy, who, place) =>
    {
        var rules = Compile(policy);
        var permit = rules.For(who).Permit(place.ToTarget());
        var reference = new ReferenceDecision(policy, World.Now);
        return Each.All(operation => rules.Explain(who, operation, place.ToTarget()) is var told && told.IsAllowed == Allows(permit, operation)
            && told.Layer == reference.Ask(who, operation, place).Layer && told.Reason.StartsWith(told.IsAllowed ? "allowed by" : "refused", StringComparison.Ordinal)
            && (told.Rule is null ? told.Layer is null : told.Reason.Contains(told.Rule, StringComparison.Ordinal) && told.Considered.Any(c => c.Rule == told.Rule && c.Outcome is "allows" or "denies")));
    }, iter: Iterations);

    [Fact]
    public void The_terms_of_all_readings_together_are_never_looser_than_those_of_one() => Case.Sample((policy, who, place) =>
    {
        var permit = Compile(policy).For(who).Permit(place.ToTarget());
        return permit.Terms is not { } all || Readings.Where(operation => Allows(permit, operation)).All(operation => IsAtLeast(all.For(operation), all with { HistoryDepth = operation == Operations.ReadHistory ? all.HistoryDepth : null }));
    }, iter: Iterations);

    [Fact]
    public void Nobody_gains_by_the_loss_of_an_agreement() => Gen.Select(Case, Gen.Int[0, 7]).Sample((@case, lost) =>
    {
        var (policy, who, place) = @case;
        var less = policy with { Agreements = [.. policy.Agreements.Where((_, i) => i != lost)] };
        return IsWithin(Permit(less, who, place), Permit(policy, who, place));
    }, iter: Iterations);

    [Fact]
    public void A_denial_more_never_gives_anything() => Gen.Select(Case, Made.Rule).Sample((@case, rule) =>
    {
        var (policy, who, place) = @case;
        var more = policy with { Rules = [.. policy.Rules, rule with { Id = "more", Effect = RuleEffect.Deny }] };
        return IsWithin(Permit(more, who, place), Permit(policy, who, place));
    }, iter: Iterations);

    [Fact]
    public void What_an_earlier_layer_decided_no_later_one_overrules() => Gen.Select(Case, Made.Policy).Sample((@case, other) =>
    {
        var (policy, who, place) = @case;
        var rules = Compile(policy);
        return Each.All(operation => rules.Explain(who, operation, place.ToTarget()) is not { Layer: { } layer } told
            || Compile(Mixed(policy, other, layer)).Explain(who, operation, place.ToTarget()).IsAllowed == told.IsAllowed);
    }, iter: Iterations / 4);

    [Fact]
    public void Deny_wins_within_a_layer() => Case.Sample((policy, who, place) =>
    {
        var rules = Compile(policy);
        return Each.All(operation => rules.Explain(who, operation, place.ToTarget()) is var told
            && (!told.IsAllowed || told.Considered.All(c => c.Layer != told.Layer || c.Outcome != "denies")));
    }, iter: Iterations);

    [Fact]
    public void An_agreement_gives_only_what_its_first_grantor_owns() => Gen.Select(Made.Agreements, Made.Subject, Made.Place).Sample((agreements, who, place) =>
    {
        var owner = place.Owner;
        var without = agreements.Where(agreement => agreement.Terms.BasedOn is not null || agreement.Terms.Grantor != owner).ToList();
        return Permit(new PolicyDocument([], without), who, place).Allowed == Operations.None;
    }, iter: Iterations);

    [Fact]
    public void What_is_passed_on_never_exceeds_what_was_given() => Gen.Select(Made.Agreements, Made.Place, Gen.Int[1, 7]).Sample((agreements, place, which) =>
    {
        // The passing party may use what it was given in full: with its application, its person, and for the purpose.
        if (which >= agreements.Count || agreements[which].Terms.BasedOn is not { } id || agreements.FirstOrDefault(a => a.Id == id) is not { } parent) return true;
        var child = Permit(new PolicyDocument([], [.. agreements]), Holder(agreements[which]), place, agreements[which]);
        return IsWithin(child, Permit(new PolicyDocument([], [.. agreements]), Holder(parent), place, parent));
    }, iter: Iterations);

    [Fact]
    public void By_default_nobody_gets_anything() => Gen.Select(Made.Subject, Made.Place).Sample((who, place) =>
        Permit(new PolicyDocument([], []), who, place) == default && Permit(new PolicyDocument([], []), AccessSubject.Nobody, place) == default);

    [Fact]
    public void Whoever_is_nobody_gets_nothing_from_any_policy() => Gen.Select(Made.Policy, Made.Place).Sample((policy, place) =>
        Permit(policy, AccessSubject.Nobody with { Kind = EntityKind.House, Power = ManagerPower.System }, place) == default);

    [Fact]
    public void Until_the_instant_that_it_names_a_snapshot_decides_as_one_made_later() => Gen.Select(Case, Gen.Double[0, 1]).Sample((@case, part) =>
    {
        var (policy, who, place) = @case;
        var now = Compile(policy);
        var ticks = (long)((now.ValidUntil - World.Now).Ticks * part * 0.999);
        var later = AccessRules.Compile(policy, new WorldNumbers(), World.Now.AddTicks(ticks));
        return now.For(who).Permit(place.ToTarget()) == later.For(who).Permit(place.ToTarget());
    }, iter: Iterations);

    [Fact]
    public void Whatever_may_be_browsed_lies_within_reach() => Case.Sample((policy, who, place) =>
    {
        var rules = Compile(policy).For(who);
        return !Allows(rules.Permit(place.ToTarget()), Operations.Browse) || rules.Reach.Includes(place.ToTarget());
    }, iter: Iterations);

    // Some 50 us each. Every mutant that these properties kill they kill within it: see docs/decisions/0003.
    private const long Iterations = 1_500;

    private static AccessRules Compile(PolicyDocument policy) => AccessRules.Compile(policy, new WorldNumbers(), World.Now);

    private static Permit Permit(PolicyDocument policy, AccessSubject who, Place place) => Compile(policy).For(who).Permit(place.ToTarget());

    // By that agreement alone, though others bear it.
    private static Permit Permit(PolicyDocument policy, AccessSubject who, Place place, Agreement only) => Permit(
        policy with { Agreements = [.. policy.Agreements.Select(a => a.Id == only.Id || a.Terms.Grantee != who.Entity ? a : a with { Terms = a.Terms with { GranteeApplication = "another" } })] }, who, place);

    private static AccessSubject Holder(Agreement agreement) => new(agreement.Terms.Grantee, null, agreement.Terms.GranteeApplication, agreement.Terms.GranteeIndividual) { Purposes = [agreement.Terms.Purpose] };

    private static PolicyDocument Mixed(PolicyDocument policy, PolicyDocument other, PolicyLayer layer) => new(
        [.. policy.Rules.Where(rule => rule.Layer <= layer), .. other.Rules.Where(rule => rule.Layer > layer)],
        layer < PolicyLayer.Agreement ? other.Agreements : policy.Agreements);

    private static bool Allows(Permit permit, Operations operation) => (permit.Allowed & operation) != 0;

    private static ReadTerms TermsOf(Permit permit, Operations operation) => permit.Terms?.For(operation) ?? ReadTerms.Unbound;

    private static bool IsWithin(Permit less, Permit more) => (less.Allowed & ~more.Allowed) == 0
        && Readings.Where(operation => Allows(less, operation)).All(operation => IsAtLeast(TermsOf(more, operation), TermsOf(less, operation)));

    // Whether the first shows all that the second does.
    private static bool IsAtLeast(ReadTerms more, ReadTerms less) => more.MinimumQuality <= less.MinimumQuality && more.NotBefore <= less.NotBefore
        && (more.HistoryDepth is null || more.HistoryDepth >= less.HistoryDepth);

    private static bool Same(ReadTerms a, ReadTerms b) => IsAtLeast(a, b) && IsAtLeast(b, a);
}
