using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>What comes while rules are made is done together afterwards, and all of it is in force when it is said to be.</summary>
public sealed class RefreshTests
{
    [Fact]
    public async Task Changes_in_quick_succession_are_put_in_force_together()
    {
        await using var server = await GovernedServer.StartAsync();
        server.Measure("meter", "ActivePower", 1);
        var client = await server.ConnectAsync("aggregator");
        using var started = new SemaphoreSlim(0);
        using var gate = new SemaphoreSlim(0);
        var rounds = 0;
        server.Admitting = _ =>
        {
            if (Interlocked.Increment(ref rounds) > 1) return;
            started.Release();
            gate.Wait(TimeSpan.FromSeconds(30), CancellationToken.None);
        };
        // The first change is being put in force while fifty more come.
        await server.Directory.ApplyAsync([server.Agreement("a0", "utility", "aggregator", Operations.Browse)], "test", "first", TestContext.Current.CancellationToken);
        Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        for (var i = 1; i <= 50; i++)
            await server.Directory.ApplyAsync([server.Agreement($"a{i}", "utility", "aggregator", i == 50 ? Operations.Browse | Operations.Read : Operations.Browse)], "test", "more", TestContext.Current.CancellationToken);
        var current = server.Portal.Governance!.CurrentAsync();
        gate.Release();
        await current.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(2, rounds);
        Assert.Equal("Good", await client.StatusAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility)));
    }

    // What the fleet does not have gets no number by being named; when it has it, rules that name it hold.
    [Fact]
    public async Task A_rule_that_names_a_flag_holds_for_premises_that_get_it()
    {
        await using var server = await GovernedServer.StartAsync();
        await server.ApplyAsync(new AccessRule
        {
            Id = "life-support",
            Layer = PolicyLayer.Mandate,
            Effect = RuleEffect.Deny,
            Operations = Operations.Call,
            Citation = "PUC rule 11",
            PremisesFlags = ["life-support"],
        });
        var anna = await server.ConnectAsync("anna");
        var open = server.Node("anna@oak-1/heater/Open", GovernedServer.Residents);
        Assert.True((await anna.ReadAsync(open, OpcPortal.Ua.AttributeIds.UserExecutable)).Value.AsBoolean());
        var known = server.Space.Fleet.Words.Count;
        Assert.Equal((-1, -1), (server.Portal.Governance!.Numbers.PremisesFlag("made-up"), server.Portal.Governance.Numbers.Word("made-up")));
        Assert.Equal(known, server.Space.Fleet.Words.Count);
        await server.ApplyAsync(new Premises { Portal = "oak-1", Flags = ["life-support"] });
        Assert.False((await anna.ReadAsync(open, OpcPortal.Ua.AttributeIds.UserExecutable)).Value.AsBoolean());
        await server.ApplyAsync(new Premises { Portal = "oak-1" });
        Assert.True((await anna.ReadAsync(open, OpcPortal.Ua.AttributeIds.UserExecutable)).Value.AsBoolean());
    }

    [Fact]
    public async Task A_rule_that_names_a_portal_holds_for_it_when_it_comes()
    {
        await using var server = await GovernedServer.StartAsync(file: null);
        await server.ApplyAsync(server.Agreement("a1", "utility", "aggregator", Operations.Browse | Operations.Read, new AccessScope { Portals = ["elm-2"] }));
        var client = await server.ConnectAsync("aggregator");
        foreach (var portal in (string[])["elm-2", "elm-3"]) server.Load(FleetFiles.Meter.Replace("oak-1", portal, StringComparison.Ordinal).Replace("urn:owner", GovernedServer.Utility, StringComparison.Ordinal));
        await server.AdvanceAsync(TimeSpan.Zero);
        Assert.Equal("BadWaitingForInitialData", await client.StatusAsync(server.Node("elm-2/meter/ActivePower", GovernedServer.Utility)));
        Assert.Equal("BadNodeIdUnknown", await client.StatusAsync(server.Node("elm-3/meter/ActivePower", GovernedServer.Utility)));
    }

    [Fact]
    public async Task An_entity_that_comes_later_owns_what_was_configured_to_its_namespace()
    {
        await using var server = await GovernedServer.StartAsync();
        server.Load(FleetFiles.Meter.Replace("oak-1", "elm-2", StringComparison.Ordinal));
        await server.AdvanceAsync(TimeSpan.Zero);
        var power = server.Node("elm-2/meter/ActivePower", "urn:owner");
        var byRole = await server.ConnectAsync("by-role");
        Assert.Equal("BadWaitingForInitialData", await byRole.StatusAsync(power));
        await server.ApplyAsync(GovernedServer.Entity("late", EntityKind.DistributionCompany, "urn:owner"));
        Assert.Equal("BadNodeIdUnknown", await byRole.StatusAsync(power));
        var late = await server.ConnectAsync("late");
        Assert.Equal("BadWaitingForInitialData", await late.StatusAsync(power));
        Assert.NotNull(await late.BrowseAsync(server.Node("elm-2", "urn:owner")));
    }
}
