using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;
using OpcPortal.Ua;

namespace OpcPortal.Server.Tests;

/// <summary>Who may change what of the directory, and with whose approval. portal-model.md: "nobody may both write a policy and grant by it; a change of policy wants two approvals".</summary>
public sealed class DirectoryAdministrationTests
{
    private static readonly Manager System1 = new("sys", ManagerPower.System);
    private static readonly Manager System2 = new("sys2", ManagerPower.System);
    private static readonly Manager Security1 = new("sec", ManagerPower.Security);
    private static readonly Manager Security2 = new("sec2", ManagerPower.Security);
    private static readonly Manager Network = new("net", ManagerPower.Network);

    private const string Rule = """{ "rules": [ { "id": "r1", "layer": "Mandate", "effect": "Allow", "operations": ["Read"], "citation": "PUC order 1" } ] }""";
    private const string Person = """{ "individuals": [ { "id": "dana", "entity": "river", "name": "Dana", "userName": "dana" } ] }""";
    private const string Company = """{ "entities": [ { "id": "bright", "kind": "retailer", "name": "Bright", "namespace": "urn:bright" } ] }""";

    private readonly FakeTimeProvider _time = new(Parties.Start);
    private readonly MemoryRecordStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<(DirectoryAdministration Administration, PortalDirectory Directory)> OpenAsync()
    {
        var directory = await PortalDirectory.OpenAsync(_store, _time, cancellation: Token);
        if (directory.Version == 0)
        {
            await directory.ApplyAsync(
                [
                    Parties.Utility, Parties.House, Parties.Ann, Parties.Bob, .. ((Manager[])[System1, System2, Security1, Security2, Network]).Select(manager => Parties.Named(manager.Individual, "house", manager.Power)),
                ],
                "test", "parties", Token);
        }

        return (new DirectoryAdministration(directory, _time), directory);
    }

    private static async Task RefusedAsync(uint status, string reason, Func<Task> act)
    {
        var refused = await Assert.ThrowsAsync<AdministrationException>(act);
        Assert.Equal(new StatusCode(status), refused.Status);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entities_and_ownership_are_the_System_Managers_own()
    {
        var (administration, directory) = await OpenAsync();
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "System Manager", () => administration.ProposeAsync(Security1, Company, "new", Token));
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "System Manager", () => administration.ProposeAsync(Network, Company, "new", Token));
        Assert.True((await administration.ProposeAsync(System1, Company, "new", Token)).IsApplied);
        Assert.Contains("bright", directory.Entities.Keys);
        Assert.Empty(administration.Pending);
        await RefusedAsync(StatusCodes.BadNothingToDo, "already", () => administration.ProposeAsync(System1, Company, "again", Token));
    }

    [Fact]
    public async Task A_change_of_policy_wants_two_who_did_not_propose_it()
    {
        var (administration, directory) = await OpenAsync();
        var (id, isApplied) = await administration.ProposeAsync(System1, Rule, "the commission asks", Token);
        Assert.False(isApplied);
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "Who proposed", () => administration.ApproveAsync(System1, id, Token));
        Assert.False(await administration.ApproveAsync(Security1, id, Token));
        await RefusedAsync(StatusCodes.BadInvalidState, "approved it already", () => administration.ApproveAsync(Security1, id, Token));
        Assert.Empty(directory.Rules);
        Assert.True(await administration.ApproveAsync(System2, id, Token));
        Assert.Contains("r1", directory.Rules.Keys);
        Assert.Empty(administration.Pending);
        await RefusedAsync(StatusCodes.BadNotFound, id, () => administration.ApproveAsync(Security2, id, Token));
    }

    [Fact]
    public async Task One_of_the_two_is_of_Security()
    {
        var (administration, directory) = await OpenAsync();
        var (id, _) = await administration.ProposeAsync(System1, Rule, "the commission asks", Token);
        Assert.False(await administration.ApproveAsync(System2, id, Token));
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "of Security", () => administration.ApproveAsync(Network, id, Token));
        Assert.Empty(directory.Rules);
        Assert.True(await administration.ApproveAsync(Security1, id, Token));
        Assert.Contains("r1", directory.Rules.Keys);
    }

    [Fact]
    public async Task Security_alone_writes_no_policy_and_System_alone_gives_no_identities()
    {
        var (administration, directory) = await OpenAsync();
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "System Manager", () => administration.ProposeAsync(Security1, Rule, "mine", Token));
        var (id, isApplied) = await administration.ProposeAsync(System1, Person, "new", Token);
        Assert.False(isApplied);
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "Security Manager approves", () => administration.ApproveAsync(System2, id, Token));
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "Security Manager approves", () => administration.ApproveAsync(Network, id, Token));
        Assert.True(await administration.ApproveAsync(Security1, id, Token));
        Assert.Contains("dana", directory.Individuals.Keys);
    }

    [Fact]
    public async Task A_Security_Manager_proposes_identities_that_another_one_approves()
    {
        var (administration, directory) = await OpenAsync();
        var (id, _) = await administration.ProposeAsync(Security1, Person, "new", Token);
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "Who proposed", () => administration.ApproveAsync(Security1, id, Token));
        Assert.True(await administration.ApproveAsync(Security2, id, Token));
        Assert.Contains("dana", directory.Individuals.Keys);
    }

    [Theory]
    [InlineData("""{ "kinds": [ { "id": "cooperative", "name": "Cooperative" } ] }""")]
    [InlineData("""{ "dataClasses": [ { "name": "SharedStorage", "number": 9 } ] }""")]
    [InlineData("""{ "entities": [ { "id": "cleo", "kind": "customer", "name": "Cleo", "namespace": "urn:farms", "customerClass": "farm" } ] }""")]
    [InlineData("""{ "individuals": [ { "id": "eve", "entity": "house", "name": "Eve", "userName": "eve", "power": "Security" } ] }""")]
    [InlineData("""{ "individuals": [ { "id": "net", "entity": "house", "name": "No manager now", "userName": "net" } ] }""")]
    [InlineData("""{ "premises": [ { "portal": "p1" } ], "rules": [ { "id": "r1", "layer": "Class", "effect": "Allow", "operations": ["Read"], "citation": "ours" } ] }""")]
    public async Task Kinds_data_classes_customer_classes_and_managers_are_policy_and_so_is_what_comes_with_it(string document)
    {
        var (administration, directory) = await OpenAsync();
        var (id, _) = await administration.ProposeAsync(System1, document, "new", Token);
        Assert.Equal(ChangeWeight.Policy, Assert.Single(administration.Pending).Weight);
        var version = directory.Version;
        Assert.False(await administration.ApproveAsync(Security1, id, Token));
        Assert.True(await administration.ApproveAsync(Security2, id, Token));
        Assert.Equal(version + 2, directory.Version);
    }

    [Fact]
    public async Task A_customer_of_a_known_class_is_ordinary_and_one_who_changes_class_is_policy()
    {
        var (administration, _) = await OpenAsync();
        const string Cleo = """{ "entities": [ { "id": "cleo", "kind": "customer", "name": "Cleo", "namespace": "urn:residential", "customerClass": "residential" } ] }""";
        Assert.True((await administration.ProposeAsync(System1, Cleo, "new", Token)).IsApplied);
        Assert.False((await administration.ProposeAsync(System1, Cleo.Replace("residential", "farm", StringComparison.Ordinal), "moved", Token)).IsApplied);
    }

    [Fact]
    public async Task Whose_own_record_it_changes_does_not_approve_it()
    {
        var (administration, directory) = await OpenAsync();
        var (id, _) = await administration.ProposeAsync(System1, """{ "individuals": [ { "id": "sec", "entity": "house", "name": "Sec the First", "userName": "sec", "power": "Security" } ] }""", "married", Token);
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "own record", () => administration.ApproveAsync(Security1, id, Token));
        Assert.False(await administration.ApproveAsync(Security2, id, Token));
        Assert.True(await administration.ApproveAsync(Network, id, Token));
        Assert.Equal("Sec the First", directory.Individuals["sec"].Name);
    }

    [Fact]
    public async Task What_waits_survives_a_restart_with_its_approvals_and_what_was_decided_is_gone()
    {
        var (administration, _) = await OpenAsync();
        var (id, _) = await administration.ProposeAsync(System1, Rule, "the commission asks", Token);
        await administration.ApproveAsync(Security1, id, Token);
        PortalDirectory directory;
        (administration, directory) = await OpenAsync();
        Assert.Equal("sec", Assert.Single(Assert.Single(administration.Pending).Approvals).Manager);
        Assert.True(await administration.ApproveAsync(System2, id, Token));
        Assert.Contains("r1", directory.Rules.Keys);
        (administration, directory) = await OpenAsync();
        Assert.Empty(administration.Pending);
        Assert.Contains("r1", directory.Rules.Keys);
        // Both approvals and both reasons stand in the store.
        Assert.Contains("sys2", _store.Records.Last(record => record.Kind == "pending-change").Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_approval_and_what_it_applies_are_stored_at_once_or_not_at_all()
    {
        var (administration, directory) = await OpenAsync();
        var (id, _) = await administration.ProposeAsync(System1, Rule, "the commission asks", Token);
        await administration.ApproveAsync(Security1, id, Token);
        _store.NextFailure = new StorageException("the disk is full");
        await RefusedAsync(StatusCodes.BadResourceUnavailable, "disk", () => administration.ApproveAsync(System2, id, Token));
        Assert.Empty(directory.Rules);
        Assert.Single(Assert.Single(administration.Pending).Approvals);
        Assert.True(await administration.ApproveAsync(System2, id, Token));
    }

    [Fact]
    public async Task Nothing_is_applied_over_what_another_changed_meanwhile()
    {
        var (administration, directory) = await OpenAsync();
        var (id, _) = await administration.ProposeAsync(System1, """{ "individuals": [ { "id": "net", "entity": "house", "name": "Net", "userName": "net", "power": "Network" } ] }""", "renamed", Token);
        await administration.ApproveAsync(Security1, id, Token);
        await administration.LockOutAsync(Security2, "net", "lost his token", Token);
        await RefusedAsync(StatusCodes.BadInvalidState, "meanwhile", () => administration.ApproveAsync(System2, id, Token));
        Assert.Equal(Parties.Start, directory.Individuals["net"].Active.Until);
        await administration.RejectAsync(System2, id, "out of date", Token);
        Assert.Empty(administration.Pending);
    }

    [Fact]
    public async Task A_proposal_is_forgotten_by_nobody_but_not_approved_after_a_month()
    {
        var (administration, _) = await OpenAsync();
        var (id, _) = await administration.ProposeAsync(System1, Rule, "the commission asks", Token);
        _time.Advance(DirectoryAdministration.MaxPendingTime);
        Assert.False(await administration.ApproveAsync(Security1, id, Token));
        _time.Advance(TimeSpan.FromTicks(1));
        await RefusedAsync(StatusCodes.BadInvalidState, "30 days", () => administration.ApproveAsync(System2, id, Token));
    }

    [Fact]
    public async Task Whoever_may_approve_may_reject_and_whoever_proposed_may_take_back()
    {
        var (administration, directory) = await OpenAsync();
        var (rule, _) = await administration.ProposeAsync(System1, Rule, "the commission asks", Token);
        var (person, _) = await administration.ProposeAsync(System1, Person, "new", Token);
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "Security Manager decides", () => administration.RejectAsync(Network, person, "no", Token));
        await RefusedAsync(StatusCodes.BadInvalidArgument, "reason", () => administration.RejectAsync(Security1, person, "", Token));
        await administration.RejectAsync(Security1, person, "nobody knows her", Token);
        await administration.RejectAsync(System1, rule, "a mistake", Token);
        Assert.Empty(administration.Pending);
        Assert.DoesNotContain("dana", directory.Individuals.Keys);
    }

    [Theory]
    [InlineData("", "document")]
    [InlineData("{}", "no records")]
    [InlineData("{ \"rules\": [ {} ] }", "document:1")]
    [InlineData("""{ "entities": [ { "id": "x", "kind": "wizard", "name": "X", "namespace": "urn:x" } ] }""", "no kind")]
    [InlineData("""{ "rules": [ { "id": "r", "layer": "Mandate", "effect": "Allow", "operations": ["Read"], "citation": "c", "scope": { "dataClasses": ["Gossip"] } } ] }""", "data class")]
    [InlineData("""{ "remove": [ { "kind": "rule", "id": "nowhere" } ] }""", "no rule")]
    public async Task A_document_that_could_not_be_applied_is_refused_when_it_is_proposed(string document, string reason)
    {
        var (administration, _) = await OpenAsync();
        await RefusedAsync(StatusCodes.BadInvalidArgument, reason, () => administration.ProposeAsync(System1, document, "why", Token));
        await RefusedAsync(StatusCodes.BadInvalidArgument, "reason", () => administration.ProposeAsync(System1, Company, " ", Token));
        Assert.True((await administration.ProposeAsync(System1, Company, "why", Token)).IsApplied);
    }

    [Fact]
    public async Task Ownership_passes_at_its_date_and_history_before_stays_with_the_former_owner()
    {
        var (administration, directory) = await OpenAsync();
        await administration.ProposeAsync(System1, Company, "new", Token);
        await directory.ApplyAsync([new Stewardship { Id = "s1", Portal = "p1", Device = "meter", Owner = "river", Custodian = "house", Period = ActivePeriod.Always }], "test", "owned", Token);
        var date = Parties.Start.AddDays(30);
        await RefusedAsync(StatusCodes.BadInvalidArgument, "in the past", () => administration.TransferAsync(System1, "p1", "meter", null, "bright", Parties.Start.AddTicks(-1), Token));
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "System Manager", () => administration.TransferAsync(Security1, "p1", "meter", null, "bright", date, Token));
        await RefusedAsync(StatusCodes.BadInvalidArgument, "no entity", () => administration.TransferAsync(System1, "p1", "meter", null, "nowhere", date, Token));
        await administration.TransferAsync(System1, "p1", "meter", null, "bright", date, Token);
        var (before, after) = (directory.Tables.StewardshipsOf("p1").Single(s => s.Owner == "river"), directory.Tables.StewardshipsOf("p1").Single(s => s.Owner == "bright"));
        Assert.Equal((DateTime.MinValue, date, date, DateTime.MaxValue), (before.Period.From, before.Period.Until, after.Period.From, after.Period.Until));
        Assert.Equal("house", after.Custodian);
        await RefusedAsync(StatusCodes.BadNothingToDo, "already", () => administration.TransferAsync(System1, "p1", "meter", null, "bright", date, Token));
        // One that is settled for later stays: what comes now ends where it begins.
        await administration.TransferAsync(System1, "p1", "meter", null, "house", null, Token);
        Assert.Equal(new ActivePeriod(Parties.Start, date), directory.Tables.StewardshipsOf("p1").Single(s => s.Owner == "house").Period);
        await administration.TransferAsync(System1, "p1", "meter", "PowerQuality", "bright", null, Token);
        Assert.Equal(ActivePeriod.Since(Parties.Start), directory.Tables.StewardshipsOf("p1").Single(s => s.DataClass == "PowerQuality").Period);
    }

    [Fact]
    public async Task Tenancies_follow_each_other_without_a_gap_or_an_overlap()
    {
        var (administration, directory) = await OpenAsync();
        await administration.ChangeTenancyAsync(System1, "p1", "ann", null, Token);
        _time.Advance(TimeSpan.FromDays(1));
        var moved = Parties.Start.AddDays(10);
        await administration.ChangeTenancyAsync(System1, "p1", "bob", moved, Token);
        await RefusedAsync(StatusCodes.BadInvalidArgument, "no customer", () => administration.ChangeTenancyAsync(System1, "p1", "river", moved.AddDays(1), Token));
        Assert.Equal([("ann", new ActivePeriod(Parties.Start, moved)), ("bob", ActivePeriod.Since(moved))], directory.Tables.TenanciesOf("p1").OrderBy(t => t.Period.From).Select(t => (t.Customer, t.Period)));
        await administration.ChangeTenancyAsync(System1, "p1", null, moved.AddDays(5), Token);
        Assert.Equal(new ActivePeriod(moved, moved.AddDays(5)), directory.Tables.TenanciesOf("p1").Single(t => t.Customer == "bob").Period);
        // Who was to come and does not, never was there.
        await administration.ChangeTenancyAsync(System1, "p1", null, moved, Token);
        Assert.Equal("ann", Assert.Single(directory.Tables.TenanciesOf("p1")).Customer);
    }

    [Fact]
    public async Task A_Security_Manager_locks_out_at_once_and_alone()
    {
        var (administration, directory) = await OpenAsync();
        await directory.ApplyAsync([Parties.Application("app", "river"), Parties.Named("late", "river") with { Active = ActivePeriod.Since(Parties.Start.AddDays(1)) }], "test", "identities", Token);
        await RefusedAsync(StatusCodes.BadUserAccessDenied, "Security Manager", () => administration.LockOutAsync(System1, "app", "stolen", Token));
        await RefusedAsync(StatusCodes.BadNotFound, "'nobody'", () => administration.LockOutAsync(Security1, "nobody", "stolen", Token));
        await administration.LockOutAsync(Security1, "app", "stolen", Token);
        Assert.False(directory.Applications["app"].Active.Contains(Parties.Start));
        Assert.True(directory.Applications["app"].Active.Contains(Parties.Start.AddTicks(-1)));
        await RefusedAsync(StatusCodes.BadNothingToDo, "already", () => administration.LockOutAsync(Security1, "app", "stolen", Token));
        await administration.LockOutAsync(Security1, "late", "never was hers", Token);
        Assert.False(directory.Individuals["late"].Active.Contains(Parties.Start.AddDays(2)));
    }

    [Fact]
    public void A_shown_document_says_that_there_is_a_password_and_not_its_hash()
    {
        var shown = AdministrationNodes.WithoutHashes("""{ /* new */ "individuals": [ { "id": "a", "passwordHash": "$argon2id$secret" }, { "id": "b" }, ] }""");
        Assert.DoesNotContain("secret", shown, StringComparison.Ordinal);
        Assert.Contains("\"passwordHash\": \"...\"", shown, StringComparison.Ordinal);
        Assert.Equal(Rule, AdministrationNodes.WithoutHashes(Rule));
    }
}
