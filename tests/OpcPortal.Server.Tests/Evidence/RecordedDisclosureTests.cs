using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>The disclosure log as what dry runs replay.</summary>
public sealed class RecordedDisclosureTests
{
    [Fact]
    public async Task What_was_granted_lately_can_be_asked_for_again_and_what_left_the_fleet_cannot()
    {
        var store = new MemoryEvidenceStore();
        await using var server = await GovernedServer.StartWithEvidenceAsync(store);
        var utility = await server.ConnectAsync("utility");
        server.Measure("meter", "ActivePower", 5);
        for (var hour = 0; hour < 2; hour++)
        {
            utility = await server.ConnectAsync("utility");
            await utility.ReadAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility));
            server.Time.Advance(TimeSpan.FromHours(1));
        }

        var disclosures = server.Portal.Evidence!.Disclosures;
        await disclosures.FlushAsync(TestContext.Current.CancellationToken);
        var log = server.Portal.Evidence.Log;
        var gone = new DisclosureEntry { At = server.Now, Who = new AccessSubject("utility", EntityKind.DistributionCompany), Customer = "anna", Portal = "elm-9", DataClass = "Energy", Operation = Operations.Read };
        log.TryAdd(new EvidenceEntry(EvidenceClass.Disclosure, server.Now, EvidenceKind.Done, DisclosureEntry.TypeName, "anna", gone.ToBody()));
        await log.FlushAsync(TestContext.Current.CancellationToken);
        var recorded = new List<RecordedAccess>();
        await foreach (var access in new RecordedDisclosures(store, server.Space, server.Portal.Governance!.Numbers, server.Time).ReadAsync(TestContext.Current.CancellationToken)) recorded.Add(access);
        var read = Assert.Single(recorded);
        Assert.Equal(("utility", Operations.Read, 2, "oak-1/meter (Energy)"), (read.Subject.Entity, read.Operation, read.Count, read.Node));
        Assert.True(server.Portal.Governance.Rules.Explain(read.Subject, Operations.Read, read.Target).IsAllowed);
    }

    [Fact]
    public async Task Who_was_refused_shows_as_who_would_gain_and_not_in_the_log_of_whose_it_is()
    {
        var store = new MemoryEvidenceStore();
        await using var server = await GovernedServer.StartWithEvidenceAsync(store);
        var aggregator = await server.ConnectAsync("aggregator");
        await aggregator.StatusAsync(server.Node("oak-1/meter/ActivePower", GovernedServer.Utility));
        await server.Portal.Evidence!.Disclosures.FlushAsync(TestContext.Current.CancellationToken);
        var recorded = new List<RecordedAccess>();
        await foreach (var access in new RecordedDisclosures(store, server.Space, server.Portal.Governance!.Numbers, server.Time).ReadAsync(TestContext.Current.CancellationToken)) recorded.Add(access);
        var before = AccessRefresh.PolicyOf(server.Directory.Tables);
        var after = before with { Agreements = [server.Agreement("a1", "utility", "aggregator", Operations.Browse | Operations.Read)] };
        var comparison = PolicyComparison.Compare(recorded, AccessRules.Compile(before, server.Portal.Governance.Numbers, server.Now), AccessRules.Compile(after, server.Portal.Governance.Numbers, server.Now));
        Assert.Equal(new PolicyTotals("aggregator", Gained: 1, Lost: 0, Widened: 0, Narrowed: 0), Assert.Single(comparison.Totals));
        // anna's log tells who saw; who was turned away is the Security Manager's to know.
        var row = Assert.Single(store.Rows, row => row.Party == "anna");
        Assert.Equal((DisclosureEntry.RefusalTypeName, EvidenceKind.Refused), (row.Type, row.Kind));
    }
}
