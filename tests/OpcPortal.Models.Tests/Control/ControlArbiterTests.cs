namespace OpcPortal.Models.Tests;

/// <summary>Competing requests for one device.</summary>
public sealed class ControlArbiterTests(ITestOutputHelper output)
{
    private static readonly DateTime Now = new(2026, 7, 1, 16, 0, 0, DateTimeKind.Utc);
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    private static ControlClaim Claim(int id, string entity, byte primacy, double createdMinutes, double fromMinutes, double untilMinutes) =>
        new(new Guid(id, 0, 0, new byte[8]), entity, primacy, Now.AddMinutes(createdMinutes), Now.AddMinutes(fromMinutes), Now.AddMinutes(untilMinutes));

    [Fact]
    public void The_lower_primacy_holds_and_of_one_primacy_the_later_request()
    {
        var (utility, early, late) = (Claim(1, "utility", 1, -30, 0, 60), Claim(2, "brightline", 2, -20, 0, 60), Claim(3, "retailer", 2, -10, 0, 60));
        Assert.Equal(0, ControlArbiter.Choose([utility, early, late], -1, Grace, Now).Holder);
        Assert.Equal(1, ControlArbiter.Choose([early, late], -1, Grace, Now).Holder);
        // Two of one instant: all agree on one of them, whichever is asked first.
        var (one, other) = (Claim(4, "a", 2, -10, 0, 60), Claim(5, "b", 2, -10, 0, 60));
        Assert.Equal(1, ControlArbiter.Choose([one, other], -1, Grace, Now).Holder);
        Assert.Equal(0, ControlArbiter.Choose([other, one], -1, Grace, Now).Holder);
    }

    [Fact]
    public void What_is_not_due_does_not_hold_and_its_time_is_told()
    {
        Assert.Equal((-1, Now.AddMinutes(5)), ControlArbiter.Choose([Claim(1, "a", 1, 0, 5, 60)], -1, Grace, Now));
        Assert.Equal((-1, DateTime.MaxValue), ControlArbiter.Choose([Claim(1, "a", 1, 0, -9, 0)], -1, Grace, Now));
        Assert.Equal((0, Now.AddMinutes(60)), ControlArbiter.Choose([Claim(1, "a", 1, 0, 0, 60)], -1, Grace, Now));
    }

    [Fact]
    public void Who_runs_has_grace_beside_others_and_none_beside_its_own()
    {
        var running = Claim(1, "brightline", 2, -60, -30, 60);
        Assert.Equal((0, Now.AddMinutes(3)), ControlArbiter.Choose([running, Claim(2, "utility", 1, -2, -1, 30)], 0, Grace, Now));
        Assert.Equal(1, ControlArbiter.Choose([running, Claim(2, "utility", 1, -5, -1, 30)], 0, Grace, Now).Holder);
        Assert.Equal(1, ControlArbiter.Choose([running, Claim(2, "brightline", 2, -2, -1, 30)], 0, Grace, Now).Holder);
        // Grace ends where it ends itself.
        Assert.Equal(1, ControlArbiter.Choose([running with { End = Now }, Claim(2, "utility", 1, -2, -1, 30)], 0, Grace, Now).Holder);
    }

    [Fact]
    public void Who_will_never_hold_is_known_at_once()
    {
        var weak = Claim(1, "brightline", 2, 0, 10, 20);
        Assert.True(ControlArbiter.IsHopeless(weak, [weak, Claim(2, "utility", 1, 0, 10, 20)]));
        Assert.False(ControlArbiter.IsHopeless(weak, [Claim(2, "utility", 1, 0, 11, 20)]));
        Assert.False(ControlArbiter.IsHopeless(weak, [Claim(2, "utility", 1, 0, 10, 19)]));
        Assert.False(ControlArbiter.IsHopeless(weak, [Claim(2, "utility", 3, 0, 10, 20)]));
    }

    // Whatever is claimed: the choice is one of those that are due, none that is due and better waits for longer than grace, and asking at the told instants misses no change.
    [Fact]
    public void Asked_when_it_says_it_never_misses_a_change()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 2_000; round++)
        {
            var claims = Enumerable.Range(0, random.Next(1, 6)).Select(i =>
            {
                var from = random.Next(0, 60);
                return Claim(i, $"e{random.Next(3)}", (byte)random.Next(3), random.Next(-10, from + 1), from, from + random.Next(1, 60));
            }).ToArray();
            var (running, again) = (-1, Now);
            for (var minute = 0; minute < 130; minute++)
            {
                var at = Now.AddMinutes(minute);
                // Nobody who does not exist yet is asked about.
                var known = claims.Select(claim => claim.CreatedAt <= at ? claim : claim with { Start = DateTime.MaxValue, End = DateTime.MaxValue }).ToArray();
                var (holder, next) = ControlArbiter.Choose(known, running, Grace, at);
                if (holder != running && minute > 0) Assert.True(again <= at || known.Any(claim => claim.CreatedAt == at), $"round {round}, minute {minute}: changed before {again}");
                if (holder < 0) Assert.DoesNotContain(known, claim => claim.Holds(at));
                else
                {
                    Assert.True(known[holder].Holds(at));
                    if (holder != running) Assert.DoesNotContain(known, claim => claim.Holds(at) && claim.Supersedes(known[holder]));
                    else Assert.DoesNotContain(known, claim => claim.Holds(at) && claim.Supersedes(known[holder]) && claim.Entity != known[holder].Entity && claim.CreatedAt + Grace <= at);
                }

                (running, again) = (holder, next);
            }
        }
    }
}
