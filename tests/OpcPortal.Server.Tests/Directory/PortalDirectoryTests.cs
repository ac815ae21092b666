using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>What is applied is there, at once and after a restart; what is not applied is not.</summary>
public sealed class PortalDirectoryTests
{
    private readonly MemoryRecordStore _store = new();
    private readonly FakeTimeProvider _time = new(Parties.Start);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<PortalDirectory> OpenAsync(ILogger? logger = null) => PortalDirectory.OpenAsync(_store, _time, null, logger, Token);

    [Fact]
    public async Task The_kinds_and_data_classes_of_the_mission_are_known_from_the_start()
    {
        var directory = await OpenAsync();
        Assert.Equal(0, directory.Version);
        Assert.Equal(EntityKind.WellKnown.Select(kind => kind.Id).Order(), directory.Kinds.Keys.Order());
        // DataClassEnumeration of NodeSet.xml.
        Assert.Equal(["Energy 1", "PowerQuality 2", "LoadState 3", "Diagnostics 4", "Communication 5"], directory.DataClasses.Values.OrderBy(known => known.Number).Select(known => $"{known.Name} {known.Number}"));
    }

    [Fact]
    public async Task What_is_applied_is_found_by_all_its_names_and_after_a_restart_too()
    {
        var directory = await OpenAsync();
        var application = Parties.Application("app", "river");
        var person = Parties.Certified("dana", "river") with { UserName = "dana" };
        var steward = new Stewardship { Id = "s", Portal = "p1", Owner = "river", Period = ActivePeriod.Always };
        var change = await directory.ApplyAsync([Parties.Utility, Parties.Ann, application, person, Parties.Tenancy("t", "p1", "ann"), steward, new Premises { Portal = "p1", Flags = ["life-support"] }, Parties.Rule("r")], "ann", "first", Token);
        Assert.Equal((1, 8), (change.Version, change.Changes.Count));
        foreach (var opened in (PortalDirectory[])[directory, await OpenAsync()])
        {
            Assert.Equal(1, opened.Version);
            Assert.Equal(Parties.Utility, opened.Entities["river"]);
            Assert.Equal("app", opened.Tables.ApplicationOfCertificate(application.Thumbprint)?.Id);
            Assert.Equal("dana", opened.Tables.IndividualOfCertificate(person.Thumbprint)?.Id);
            Assert.Equal("dana", opened.Tables.IndividualOfUserName("dana")?.Id);
            Assert.Equal("t", Assert.Single(opened.Tables.TenanciesOf("p1")).Id);
            Assert.Equal(steward, Assert.Single(opened.Tables.StewardshipsOf("p1")));
            Assert.Equal("life-support", Assert.Single(opened.Premises["p1"].Flags));
            Assert.Equal("PUC order 12-345", opened.Rules["r"].Citation);
            Assert.Empty(opened.Tables.TenanciesOf("p2"));
            Assert.Null(opened.Tables.ApplicationOfCertificate(null));
        }
    }

    [Fact]
    public async Task What_is_so_already_is_no_change()
    {
        var directory = await OpenAsync();
        var told = 0;
        await directory.ApplyAsync([Parties.Utility, Parties.Rule("r")], "ann", "first", Token);
        directory.Changed += _ => told++;
        var change = await directory.ApplyAsync([Parties.Utility with { Name = "River " + "Power" }, Parties.Rule("r")], "ann", "again", Token);
        Assert.Empty(change.Changes);
        Assert.Equal((1, 0), (directory.Version, told));
        await directory.ApplyAsync([Parties.Utility with { Name = "River" }], "ann", "renamed", Token);
        Assert.Equal((2, 1), (directory.Version, told));
    }

    [Fact]
    public async Task A_change_is_applied_whole_or_not_at_all()
    {
        var directory = await OpenAsync();
        var refused = await Assert.ThrowsAsync<DirectoryException>(() => directory.ApplyAsync([Parties.Utility, Parties.Retailer with { Kind = "no-such" }], "ann", "first", Token));
        Assert.Equal("entity 'bright': there is no kind 'no-such'", refused.Message);
        Assert.Empty(directory.Entities);
        Assert.Empty(_store.Records);
        await directory.ApplyAsync([Parties.Utility, Parties.Retailer], "ann", "first", Token);
        Assert.Equal(2, directory.Entities.Count);
    }

    [Fact]
    public async Task Nothing_is_told_and_nothing_changes_where_the_store_fails_and_the_next_change_goes_through()
    {
        var directory = await OpenAsync();
        var told = new List<long>();
        directory.Changed += change => told.Add(change.Version);
        _store.NextFailure = new StorageException("the disk is full");
        var refused = await Assert.ThrowsAsync<DirectoryException>(() => directory.ApplyAsync([Parties.Utility], "ann", "first", Token));
        Assert.Contains("the disk is full", refused.Message, StringComparison.Ordinal);
        Assert.Empty(directory.Entities);
        await directory.ApplyAsync([Parties.Utility], "ann", "first", Token);
        Assert.Equal([1], told);
    }

    [Fact]
    public async Task A_commit_that_was_stored_although_it_failed_is_found_out_before_the_next_change()
    {
        var directory = await OpenAsync();
        var told = new List<long>();
        directory.Changed += change => told.Add(change.Version);
        _store.NextLateFailure = new StorageException("the connection broke");
        await Assert.ThrowsAsync<DirectoryException>(() => directory.ApplyAsync([Parties.Utility], "ann", "first", Token));
        Assert.Empty(directory.Entities);
        await directory.ApplyAsync([Parties.Retailer], "ann", "second", Token);
        Assert.Equal([1, 2], told);
        Assert.Equal(["bright", "river"], directory.Entities.Keys.Order());
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_no_half_of_a_change()
    {
        var directory = await OpenAsync();
        using var gaveUp = new CancellationTokenSource();
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => directory.ApplyAsync([Parties.Utility], "ann", "first", gaveUp.Token));
        Assert.Empty(_store.Records);
        await directory.ApplyAsync([Parties.Utility], "ann", "first", Token);
    }

    [Fact]
    public async Task Two_servers_that_write_to_one_store_notice()
    {
        var first = await OpenAsync();
        var second = await OpenAsync();
        await first.ApplyAsync([Parties.Utility], "ann", "first", Token);
        var refused = await Assert.ThrowsAsync<DirectoryException>(() => second.ApplyAsync([Parties.Retailer], "ann", "first", Token));
        Assert.Contains("Another server", refused.Message, StringComparison.Ordinal);
        await first.ApplyAsync([Parties.Retailer], "ann", "second", Token);
    }

    [Fact]
    public async Task Changes_are_told_in_order_with_what_was_and_what_is_and_one_listener_that_fails_hinders_none()
    {
        var directory = await OpenAsync();
        var told = new List<DirectoryChange>();
        directory.Changed += _ => throw new InvalidOperationException("mine");
        directory.Changed += told.Add;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => directory.ApplyAsync([Parties.Utility with { Name = $"River {i}" }], "ann", "renamed", Token)));
        Assert.Equal(Enumerable.Range(1, 20).Select(version => (long)version), told.Select(change => change.Version));
        for (var i = 1; i < told.Count; i++) Assert.Equal(told[i - 1].Changes[0].After, told[i].Changes[0].Before);
        Assert.Null(told[0].Changes[0].Before);
        Assert.True(told[0].Touches<Entity>());
        Assert.False(told[0].Touches<AccessRule>());
        Assert.Same(told[^1].Tables, directory.Tables);
    }

    [Fact]
    public async Task Who_holds_the_tables_sees_one_state_whatever_changes()
    {
        var directory = await OpenAsync();
        await directory.ApplyAsync([Parties.Utility], "ann", "first", Token);
        var held = directory.Tables;
        await directory.ApplyAsync([Parties.Utility with { Name = "Other" }, Parties.Retailer], "ann", "second", Token);
        Assert.Equal("River Power", Assert.Single(held.Entities).Value.Name);
        Assert.Equal(2, directory.Tables.Entities.Count);
    }

    [Fact]
    public async Task As_of_a_past_instant_everything_is_as_it_was_recorded_then()
    {
        var directory = await OpenAsync();
        await directory.ApplyAsync([Parties.Utility, Parties.Rule("r")], "ann", "first", Token);
        var before = _time.GetUtcNow().UtcDateTime;
        _time.Advance(TimeSpan.FromHours(1));
        await directory.ApplyAsync([Parties.Utility with { Name = "Other" }, new DirectoryRemoval("rule", "r")], "ann", "second", Token);
        var then = await directory.AsOfAsync(before, Token);
        Assert.Equal("River Power", then.Entities["river"].Name);
        Assert.Contains("r", then.Rules.Keys);
        Assert.Contains(EntityKind.Retailer, then.Kinds.Keys);
        var now = await directory.AsOfAsync(_time.GetUtcNow().UtcDateTime, Token);
        Assert.Equal("Other", now.Entities["river"].Name);
        Assert.Empty(now.Rules);
        Assert.Empty((await directory.AsOfAsync(before.AddTicks(-1), Token)).Entities);
    }

    [Fact]
    public async Task A_record_that_was_removed_may_come_again_as_a_later_version()
    {
        var directory = await OpenAsync();
        await directory.ApplyAsync([Parties.Rule("r")], "ann", "first", Token);
        await directory.ApplyAsync([new DirectoryRemoval("rule", "r")], "ann", "second", Token);
        Assert.Empty((await OpenAsync()).Rules);
        directory = await OpenAsync();
        await directory.ApplyAsync([Parties.Rule("r")], "ann", "third", Token);
        Assert.Equal([1, 2, 3], _store.Records.Where(record => record.Kind == "rule").Select(record => record.Version));
        var missing = await Assert.ThrowsAsync<DirectoryException>(() => directory.ApplyAsync([new DirectoryRemoval("rule", "s")], "ann", "fourth", Token));
        Assert.Contains("no rule 's'", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("entity", "river")]
    [InlineData("agreement", "a")]
    [InlineData("change", "000000000001")]
    public async Task What_others_refer_to_and_what_is_evidence_is_not_removed(string kind, string id)
    {
        var directory = await OpenAsync();
        await directory.ApplyAsync([Parties.Utility, Parties.Rule("r")], "ann", "first", Token);
        await Assert.ThrowsAsync<DirectoryException>(() => directory.ApplyAsync([new DirectoryRemoval(kind, id)], "ann", "second", Token));
        await directory.ApplyAsync([new DirectoryRemoval("rule", "r")], "ann", "second", Token);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_never_makes_later_changes_seem_earlier_and_the_log_says_so()
    {
        var log = new Lines();
        var directory = await OpenAsync(log);
        await directory.ApplyAsync([Parties.Utility], "ann", "first", Token);
        Assert.Empty(log.Written);
        _time.AdjustTime(_time.GetUtcNow().AddDays(-1));
        var change = await directory.ApplyAsync([Parties.Retailer], "ann", "second", Token);
        Assert.Equal(Parties.Start, change.RecordedAt);
        Assert.Contains("set back", Assert.Single(log.Written), StringComparison.Ordinal);
        // Also after a restart.
        directory = await OpenAsync(log);
        Assert.Equal(Parties.Start, (await directory.ApplyAsync([Parties.House], "ann", "third", Token)).RecordedAt);
    }

    [Fact]
    public async Task What_a_newer_server_has_written_is_not_guessed_at()
    {
        await _store.AppendAsync([new StoredRecord("hologram", "h", 1, Parties.Start, "ann", "{}")], Token);
        Assert.Contains("newer", (await Assert.ThrowsAsync<DirectoryException>(() => OpenAsync())).Message, StringComparison.Ordinal);
        var other = new MemoryRecordStore();
        await other.AppendAsync([new StoredRecord("entity", "e", 1, Parties.Start, "ann", """{"id":"e","kind":"retailer","name":"E","namespaceUri":"urn:e","soul":1}""")], Token);
        Assert.Contains("soul", (await Assert.ThrowsAsync<DirectoryException>(() => PortalDirectory.OpenAsync(other, _time, cancellation: Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_changed_it_and_why_is_recorded_with_each_change()
    {
        var directory = await OpenAsync();
        await directory.ApplyAsync([Parties.Utility], "dana", "the first company", Token);
        Assert.All(_store.Records, record => Assert.Equal("dana", record.Author));
        Assert.Contains("the first company", _store.Records.Single(record => record.Kind == "change").Body, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DirectoryException>(() => directory.ApplyAsync([Parties.Retailer], "dana", "", Token));
        await Assert.ThrowsAsync<DirectoryException>(() => directory.ApplyAsync(["no record"], "dana", "why", Token));
        await Assert.ThrowsAsync<DirectoryException>(() => directory.ApplyAsync([Parties.Retailer, Parties.Retailer], "dana", "why", Token));
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Written.Add(formatter(state, exception));
    }
}
