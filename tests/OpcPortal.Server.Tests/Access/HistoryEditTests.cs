using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>
/// Edits of stored readings. Part 11 6.9 (HistoryUpdate); portal-model.md, Data and its quality: "The chain only grows", "HistoryUpdate replace is an edit and appends to the chain", "Raw stays beside edited",
/// "edited GoodLocalOverride".
/// </summary>
public sealed class HistoryEditTests
{
    private static readonly QualityCode Validated = new(QualityOrigin.MeterDataManagement, QualityCode.Valid, 1);

    [Fact]
    public async Task An_edit_takes_the_place_of_the_value_which_stays_beside_it()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var at = server.Now.AddDays(-1);
        await server.MeasureAsync("meter", "ActivePower", 10, at);
        var (utility, power) = (await server.ConnectAsync("utility"), server.Node("oak-1/meter/ActivePower", GovernedServer.Utility));

        Assert.Equal("GoodEntryReplaced", await utility.UpdateAsync(power, PerformUpdateType.Replace, (at, 11.0)));
        Assert.Equal("GoodEntryReplaced", await utility.UpdateAsync(power, PerformUpdateType.Update, (at, 12.0)));

        var best = Assert.Single((await utility.HistoryAsync(power, at, at.AddSeconds(1))).Values);
        Assert.Equal(12.0, best.Value.AsDouble());
        Assert.Equal(StatusCodes.GoodLocalOverride, best.StatusCode.CodeBits);
        // Part 11 6.5.3.2: that there is more of that time is told with the value.
        Assert.Equal(AggregateBits.ExtraData, best.StatusCode.AggregateBits);
        foreach (var perPage in new uint[] { 0, 1 })
        {
            var (_, values, modifications) = await utility.ModifiedAsync(power, at, at.AddSeconds(1), perPage);
            // Part 11 6.5.3.3: the newest of one time first, and the oldest where time flows backward.
            Assert.Equal([11.0, 10.0], values.Select(value => value.Value.AsDouble()));
            Assert.Equal([10.0, 11.0], (await utility.ModifiedAsync(power, at.AddSeconds(1), at.AddSeconds(-1), perPage)).Values.Select(value => value.Value.AsDouble()));
            Assert.All(modifications, modification => Assert.Equal((HistoryUpdateType.Replace, "utility"), (modification.UpdateType, modification.UserName)));
        }
    }

    [Fact]
    public async Task Each_value_of_a_request_is_judged_by_what_is_there_and_what_those_before_it_made()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var at = server.Now.AddDays(-1);
        await server.MeasureAsync("meter", "ActivePower", 10, at);
        var (utility, power) = (await server.ConnectAsync("utility"), server.Node("oak-1/meter/ActivePower", GovernedServer.Utility));
        var next = at.AddMinutes(1);

        Assert.Equal("BadEntryExists GoodEntryInserted BadEntryExists", await utility.UpdateAsync(power, PerformUpdateType.Insert, (at, 1.0), (next, 2.0), (next, 3.0)));
        Assert.Equal("BadNoEntryExists GoodEntryReplaced", await utility.UpdateAsync(power, PerformUpdateType.Replace, (at.AddMinutes(2), 1.0), (next, 4.0)));
        Assert.Equal("10 4", await utility.ValuesAsync(power, at, server.Now));
        Assert.Equal("GoodEntryReplaced GoodEntryInserted", await utility.UpdateAsync(power, PerformUpdateType.Update, (at, 5.0), (at.AddMinutes(2), 6.0)));
        Assert.Equal("5 4 6", await utility.ValuesAsync(power, at, server.Now));
    }

    [Fact]
    public async Task What_is_no_value_of_the_point_or_of_no_possible_time_is_refused()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var at = server.Now.AddDays(-1);
        var (utility, power) = (await server.ConnectAsync("utility"), server.Node("oak-1/meter/ActivePower", GovernedServer.Utility));

        Assert.Equal("BadTypeMismatch", await utility.UpdateAsync(power, PerformUpdateType.Insert, (at, "many")));
        Assert.Equal("BadOutOfRange BadOutOfRange", await utility.UpdateAsync(power, PerformUpdateType.Insert, (at, double.NaN), (at, double.PositiveInfinity)));
        Assert.Equal("BadInvalidTimestamp", await utility.UpdateAsync(power, PerformUpdateType.Insert, (server.Now.AddHours(1), 1.0)));
        Assert.Equal("GoodEntryInserted", await utility.UpdateAsync(power, PerformUpdateType.Insert, (at, 1.0)));
    }

    [Fact]
    public async Task What_is_deleted_is_kept_as_modified_and_that_cannot_be_deleted()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var at = server.Now.AddDays(-1);
        for (var minute = 0; minute < 4; minute++) await server.MeasureAsync("meter", "ActivePower", minute, at.AddMinutes(minute));
        var (utility, power) = (await server.ConnectAsync("utility"), server.Node("oak-1/meter/ActivePower", GovernedServer.Utility));

        Assert.Equal("Good", await utility.DeleteAsync(power, at, at.AddMinutes(2)));
        Assert.Equal("2 3", await utility.ValuesAsync(power, at, server.Now));
        Assert.Equal("BadNoEntryExists Good BadNoEntryExists", await utility.DeleteAtAsync(power, at, at.AddMinutes(3), at.AddMinutes(3)));
        Assert.Equal("2", await utility.ValuesAsync(power, at, server.Now));
        Assert.Equal("BadNoData", await utility.DeleteAsync(power, at, at.AddMinutes(2)));
        Assert.Equal("BadHistoryOperationUnsupported", await utility.DeleteAsync(power, at, server.Now, modified: true));
        var (_, values, modifications) = await utility.ModifiedAsync(power, at, server.Now);
        Assert.Equal([0.0, 1.0, 3.0], values.Select(value => value.Value.AsDouble()));
        Assert.All(modifications, modification => Assert.Equal(HistoryUpdateType.Delete, modification.UpdateType));
        Assert.Equal("GoodEntryInserted", await utility.UpdateAsync(power, PerformUpdateType.Insert, (at, 7.0)));
        Assert.Equal("7 2", await utility.ValuesAsync(power, at, server.Now));
    }

    [Fact]
    public async Task Each_notes_what_it_wants_of_a_time_and_changes_its_own_note_alone()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var at = server.Now.AddDays(-1);
        await server.MeasureAsync("meter", "ActivePower", 1, at);
        await server.ApplyAsync(server.Agreement("a1", "utility", "aggregator", Operations.Browse | Operations.ReadHistory | Operations.EditHistory));
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var (utility, aggregator) = (await server.ConnectAsync("utility"), await server.ConnectAsync("aggregator"));

        Assert.Equal("GoodEntryInserted BadEntryExists", await utility.AnnotateAsync(power, PerformUpdateType.Insert, (at, "read by hand"), (at, "again")));
        Assert.Equal("BadNoEntryExists", await aggregator.AnnotateAsync(power, PerformUpdateType.Replace, (at, "no")));
        Assert.Equal("BadNoEntryExists", await aggregator.AnnotateAsync(power, PerformUpdateType.Remove, (at, null)));
        Assert.Equal("GoodEntryInserted", await aggregator.AnnotateAsync(power, PerformUpdateType.Update, (at, "doubtful")));
        Assert.Equal("GoodEntryReplaced", await utility.AnnotateAsync(power, PerformUpdateType.Replace, (at, "read by Ann")));
        Assert.Equal("BadOutOfRange BadOutOfRange", await utility.AnnotateAsync(power, PerformUpdateType.Update, (at, ""), (at, new string('x', 4097))));
        Assert.Equal(
            [("aggregator", "doubtful"), ("utility", "read by Ann")], (await utility.AnnotationsAsync(power, at)).Select(note => (note.UserName!, note.Message!)).OrderBy(note => note.Item1, StringComparer.Ordinal));
        Assert.Equal("Good", await utility.AnnotateAsync(power, PerformUpdateType.Remove, (at, null)));
        Assert.Equal(["doubtful"], (await utility.AnnotationsAsync(power, at)).Select(note => note.Message));
        // Part 11 5.1.2: the property gives the same.
        var ofProperty = (await utility.HistoryAsync(server.Node("oak-1/meter/ActivePower/Annotations", GovernedServer.Utility), at, server.Now)).Values;
        Assert.Equal("doubtful", ((Annotation)Assert.Single(ofProperty).Value.AsExtensionObject()!.Structure!).Message);
    }

    // Issue 4: "Editing somebody else's data needs EditHistory by agreement"; by default owner and custodian alone.
    [Fact]
    public async Task Who_only_reads_changes_nothing_and_whom_the_owner_lets_does()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync(null, GovernedServer.Entity("mdm", EntityKind.Retailer, "urn:mdm"));
        var at = server.Now.AddDays(-1);
        await server.MeasureAsync("meter", "ActivePower", 1, at);
        await server.ApplyAsync(
            server.Agreement("a1", "utility", "aggregator", Operations.Browse | Operations.Read | Operations.ReadHistory),
            new Stewardship { Id = "s", Portal = "oak-1", Device = "meter", Custodian = "mdm", Period = ActivePeriod.Always });
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var (anna, aggregator) = (await server.ConnectAsync("anna"), await server.ConnectAsync("aggregator"));
        foreach (var reader in new[] { anna, aggregator })
        {
            Assert.Equal("1", await reader.ValuesAsync(power, at, server.Now));
            Assert.Equal("BadUserAccessDenied", await reader.UpdateAsync(power, PerformUpdateType.Update, (at, 2.0)));
            Assert.Equal("BadUserAccessDenied", await reader.DeleteAsync(power, at, server.Now));
            Assert.Equal("BadUserAccessDenied", await reader.AnnotateAsync(power, PerformUpdateType.Insert, (at, "no")));
        }

        Assert.Equal("GoodEntryReplaced", await (await server.ConnectAsync("mdm")).UpdateAsync(power, PerformUpdateType.Update, (at, 3.0)));
        await server.ApplyAsync(server.Agreement("a1", "utility", "aggregator", Operations.Browse | Operations.Read | Operations.ReadHistory | Operations.EditHistory));
        Assert.Equal("GoodEntryReplaced", await aggregator.UpdateAsync(power, PerformUpdateType.Update, (at, 4.0)));
        Assert.Equal("4", await anna.ValuesAsync(power, at, server.Now));
    }

    [Fact]
    public async Task Readings_of_another_owners_time_are_not_edited()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync(null, GovernedServer.Entity("grid", EntityKind.DistributionCompany, "urn:grid"));
        var change = server.Now.AddDays(-2);
        await server.MeasureAsync("meter", "ActivePower", 1, change.AddHours(-1));
        await server.MeasureAsync("meter", "ActivePower", 2, change.AddHours(1));
        await server.ApplyAsync(new Stewardship { Id = "s", Portal = "oak-1", Device = "meter", Owner = "grid", Custodian = "utility", Period = new ActivePeriod(change, DateTime.MaxValue) });
        var power = server.Node("oak-1/meter/ActivePower", "urn:grid");

        // The custodian too, who had it before.
        foreach (var entity in new[] { "grid", "utility" })
        {
            var client = await server.ConnectAsync(entity);
            // The same whether there is something or not.
            Assert.Equal("BadUserAccessDenied BadUserAccessDenied GoodEntryReplaced", await client.UpdateAsync(power, PerformUpdateType.Update, (change.AddHours(-1), 5.0), (change.AddHours(-2), 5.0), (change.AddHours(1), 5.0)));
            Assert.Equal("BadUserAccessDenied", await client.DeleteAsync(power, change.AddHours(-1), server.Now));
            Assert.Equal("BadUserAccessDenied", await client.DeleteAtAsync(power, change.AddHours(-1)));
            Assert.Equal("BadUserAccessDenied", await client.AnnotateAsync(power, PerformUpdateType.Insert, (change.AddHours(-1), "no")));
        }
    }

    [Fact]
    public async Task The_current_value_and_who_watches_it_follow_an_edit()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var at = server.Now.AddMinutes(-1);
        await server.MeasureAsync("meter", "ActivePower", 10, at, Validated);
        var (utility, power) = (await server.ConnectAsync("utility"), server.Node("oak-1/meter/ActivePower", GovernedServer.Utility));
        var seen = new System.Collections.Concurrent.ConcurrentQueue<StoredReading>();
        using var watching = server.Space.Store.Watch(server.Space.Registry.Point("oak-1", "meter", "ActivePower"), new Seen(seen));

        await utility.UpdateAsync(power, PerformUpdateType.Replace, (at, 11.0));
        await server.Portal.RevisedAsync().WaitAsync(TimeSpan.FromSeconds(30));
        var current = await utility.ReadAsync(power);
        Assert.Equal((11.0, (uint)StatusCodes.GoodLocalOverride), (current.Value.AsDouble(), current.StatusCode.CodeBits));
        Assert.Equal(PointValue.From(11.0), Assert.Single(seen).Value);

        await utility.UpdateAsync(power, PerformUpdateType.Replace, (at.AddDays(-1), 1.0));
        await utility.UpdateAsync(power, PerformUpdateType.Insert, (at.AddSeconds(1), 12.0));
        await server.Portal.RevisedAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(12.0, (await utility.ReadAsync(power)).Value.AsDouble());

        await utility.DeleteAtAsync(power, at.AddSeconds(1));
        await server.Portal.RevisedAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("BadNoData", await utility.StatusAsync(power));
    }

    [Fact]
    public async Task The_chain_tells_who_said_what_and_persons_to_owner_and_custodian_alone()
    {
        await using var server = await GovernedServer.StartWithHistoryAsync();
        var at = server.Now.AddMinutes(-1);
        await server.MeasureAsync("meter", "ActivePower", 10, at, new QualityCode(QualityOrigin.EndDevice, QualityCode.Diagnostics, 1));
        var point = server.Space.Registry.Point("oak-1", "meter", "ActivePower");
        var note = new QualityNote(new QualityCode(QualityOrigin.MeterDataManagement, QualityCode.Edited, 0), new QualityAuthor("utility", "mdm-app", "eve"), "read by hand", "utility");
        await server.Portal.History!.ReviseAsync([new ReadingRevision(point, at, RevisionKind.Replace, server.Now, note) { Value = PointValue.From(12.0) }], TestContext.Current.CancellationToken);
        await server.Portal.RevisedAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await server.ApplyAsync(server.Agreement("a1", "utility", "aggregator", Operations.Browse | Operations.Read | Operations.ReadHistory));
        var power = server.Node("oak-1/meter/ActivePower", GovernedServer.Utility);
        var quality = server.Node("oak-1/meter/ActivePower/Quality", GovernedServer.Utility);

        foreach (var (user, author) in new[] { ("utility", "utility/mdm-app/eve"), ("aggregator", "utility/mdm-app"), ("anna", "utility/mdm-app") })
        {
            var client = await server.ConnectAsync(user);
            // Beside the current value, and in history.
            foreach (var value in new[] { (await client.ReadAsync(quality)).Value, Assert.Single((await client.HistoryAsync(quality, at, server.Now)).Values).Value })
            {
                var (code, entries) = QualityValues.Read(value);
                Assert.Equal("3.7.0", code);
                Assert.Equal([("1.1.1", null, null, null), ("3.7.0", author, "read by hand", "utility")], entries.Select(entry => (entry.Code, entry.SetBy, entry.Reason, entry.Responsible)));
            }

            Assert.Equal([author], (await client.ModifiedAsync(power, at, server.Now)).Modifications.Select(modification => modification.UserName));
        }
    }

    private sealed class Seen(System.Collections.Concurrent.ConcurrentQueue<StoredReading> seen) : PointWatcher
    {
        public override void OnReading(in StoredReading reading) => seen.Enqueue(reading);
    }
}
