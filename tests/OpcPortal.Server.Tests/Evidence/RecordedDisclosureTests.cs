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
}
