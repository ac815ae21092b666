using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>What the directory refuses, each beside what it takes.</summary>
public sealed class DirectoryRefusalTests
{
    private readonly FakeTimeProvider _time = new(Parties.Start);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<PortalDirectory> OpenAsync(DirectoryOptions? options = null)
    {
        var directory = await PortalDirectory.OpenAsync(new MemoryRecordStore(), _time, options, cancellation: Token);
        await directory.ApplyAsync([Parties.Utility, Parties.Retailer, Parties.House, Parties.Ann, Parties.Bob], "test", "parties", Token);
        return directory;
    }

    private static async Task RefusedAsync(PortalDirectory directory, string reason, params object[] records)
    {
        var version = directory.Version;
        var refused = await Assert.ThrowsAsync<DirectoryException>(() => directory.ApplyAsync(records, "test", "to be refused", Token));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(version, directory.Version);
    }

    private static Task TakenAsync(PortalDirectory directory, params object[] records) => directory.ApplyAsync(records, "test", "to be taken", Token);

    [Fact]
    public async Task A_certificate_claimed_by_two_is_refused_in_one_change_in_another_and_as_a_users()
    {
        var directory = await OpenAsync();
        await RefusedAsync(directory, "one certificate belongs to one", Parties.Application("a", "river", "shared"), Parties.Application("b", "bright", "shared"));
        await TakenAsync(directory, Parties.Application("a", "river", "shared"));
        await RefusedAsync(directory, "'a' of 'river'", Parties.Application("b", "bright", "shared"));
        await RefusedAsync(directory, "'a' of 'river'", Parties.Application("c", "river", "shared"));
        await RefusedAsync(directory, "'a' of 'river'", Parties.Certified("eve", "bright", "shared"));
        // The same firm may use one certificate for its program and for whoever runs it.
        await TakenAsync(directory, Parties.Certified("dana", "river", "shared"), Parties.Application("b", "bright", "other"));
    }

    [Fact]
    public async Task A_certificate_may_pass_to_another_application_only_with_the_first_giving_it_up()
    {
        var directory = await OpenAsync();
        await TakenAsync(directory, Parties.Application("a", "river", "old"));
        await TakenAsync(directory, Parties.Application("a", "river", "renewed"), Parties.Application("b", "river", "old"));
        Assert.Equal("b", directory.Tables.ApplicationOfCertificate(Parties.Application("x", "x", "old").Thumbprint)?.Id);
        Assert.Equal("a", directory.Tables.ApplicationOfCertificate(Parties.Application("x", "x", "renewed").Thumbprint)?.Id);
    }

    [Fact]
    public async Task A_certificate_is_one_has_its_own_thumbprint_and_the_ApplicationUri_of_its_application()
    {
        var directory = await OpenAsync();
        var good = Parties.Application("a", "river");
        await RefusedAsync(directory, "thumbprint", good with { Thumbprint = Parties.Application("b", "river", "other").Thumbprint });
        await RefusedAsync(directory, "thumbprint", good with { Thumbprint = good.Thumbprint.ToLowerInvariant() });
        await RefusedAsync(directory, "certificate", good with { Certificate = "AAAA" });
        await RefusedAsync(directory, "certificate", good with { Certificate = "no base64" });
        await RefusedAsync(directory, "urn:test:a", good with { ApplicationUri = "urn:other" });
        await TakenAsync(directory, good);
    }

    [Fact]
    public async Task Applications_and_individuals_stay_with_their_entity()
    {
        var directory = await OpenAsync();
        await TakenAsync(directory, Parties.Application("a", "river"), Parties.Named("dana", "river"));
        await RefusedAsync(directory, "stays there", Parties.Application("a", "bright"));
        await RefusedAsync(directory, "acts for 'river'", Parties.Named("dana", "bright"));
        await RefusedAsync(directory, "no entity 'nowhere'", Parties.Named("eve", "nowhere"));
        await TakenAsync(directory, Parties.Named("dana", "river") with { Name = "Dana" }, Parties.Named("dana2", "bright"));
    }

    [Fact]
    public async Task User_names_are_unique_and_nobody_has_two_passwords()
    {
        var directory = await OpenAsync(new DirectoryOptions { ConfiguredUsers = new HashSet<string> { "eve" } });
        var hash = PasswordHash.Create("secret"u8).Write();
        await TakenAsync(directory, Parties.Named("dana", "river"));
        await RefusedAsync(directory, "'dana'", Parties.Named("other", "bright") with { UserName = "dana" });
        await RefusedAsync(directory, "configuration", Parties.Named("eve", "bright") with { PasswordHash = hash });
        await TakenAsync(directory, Parties.Named("eve", "bright"), Parties.Named("fay", "bright") with { PasswordHash = hash });
        // A name that one gives up, another may have.
        await TakenAsync(directory, Parties.Named("dana", "river") with { UserName = "dana1" }, Parties.Named("other", "bright") with { UserName = "dana" });
        Assert.Equal("other", directory.Tables.IndividualOfUserName("dana")?.Id);
        Assert.Equal("dana", directory.Tables.IndividualOfUserName("dana1")?.Id);
    }

    [Fact]
    public async Task An_individual_has_a_credential_and_a_password_is_a_hash()
    {
        var directory = await OpenAsync();
        var nameless = new Individual { Id = "eve", Entity = "river", Name = "Eve" };
        await RefusedAsync(directory, "user name or a certificate", nameless);
        await RefusedAsync(directory, "hash-password", nameless with { UserName = "eve", PasswordHash = "hunter2" });
        await RefusedAsync(directory, "thumbprint", Parties.Certified("eve", "river") with { Thumbprint = null });
        await TakenAsync(directory, Parties.Certified("eve", "river"));
    }

    [Fact]
    public async Task Only_the_house_has_managers_and_nobody_holds_two_powers()
    {
        var directory = await OpenAsync();
        await RefusedAsync(directory, "only individuals of the house", Parties.Named("dana", "river", ManagerPower.System));
        await TakenAsync(directory, Parties.Named("sam", "house", ManagerPower.System), Parties.Named("tim", "house"));
        await RefusedAsync(directory, "nobody holds two", Parties.Named("sam", "house", ManagerPower.Security));
        await TakenAsync(directory, Parties.Named("sam", "house"), Parties.Named("tim", "house", ManagerPower.Security));
    }

    [Theory]
    [InlineData("http://opcfoundation.org/UA/")]
    [InlineData("http://opcfoundation.org/UA/DI/")]
    [InlineData("http://opcportal.org/UA/Portal/")]
    [InlineData("urn:server")]
    [InlineData("urn:river")]
    [InlineData("urn:residential")]
    [InlineData("no uri")]
    public async Task An_organisation_has_a_namespace_of_its_own(string uri)
    {
        var directory = await OpenAsync(new DirectoryOptions { ReservedNamespaces = new HashSet<string> { "urn:server" } });
        await RefusedAsync(directory, "namespace", new Entity { Id = "new", Kind = EntityKind.Aggregator, Name = "New", NamespaceUri = uri });
        await TakenAsync(directory, new Entity { Id = "new", Kind = EntityKind.Aggregator, Name = "New", NamespaceUri = "urn:new" });
    }

    [Fact]
    public async Task Natural_persons_share_the_namespace_of_their_class_and_no_other()
    {
        var directory = await OpenAsync();
        await RefusedAsync(directory, "residential customers", Parties.Customer("cleo") with { CustomerClass = "commercial" });
        await RefusedAsync(directory, "organisation 'river'", Parties.Customer("cleo") with { NamespaceUri = "urn:river" });
        await RefusedAsync(directory, "customer class", Parties.Customer("cleo") with { CustomerClass = null });
        await TakenAsync(directory, Parties.Customer("cleo"), Parties.Customer("dora") with { CustomerClass = "commercial", NamespaceUri = "urn:commercial" });
    }

    [Fact]
    public async Task Kind_and_namespace_of_an_entity_do_not_change_nor_does_what_the_mission_names()
    {
        var directory = await OpenAsync();
        await RefusedAsync(directory, "stays one", Parties.Utility with { Kind = EntityKind.Retailer });
        await RefusedAsync(directory, "namespace does not change", Parties.Utility with { NamespaceUri = "urn:new" });
        await RefusedAsync(directory, "do not change", new EntityKind(EntityKind.Retailer, "Merchant"));
        await RefusedAsync(directory, "number does not change", new DataClassDefinition("Energy", 9));
        await TakenAsync(directory, Parties.Utility with { Name = "River" }, new EntityKind("community-cooperative", "Community energy cooperative"), new DataClassDefinition("SharedStorage", 9));
        await RefusedAsync(directory, "that of SharedStorage", new DataClassDefinition("Other", 9));
        await RefusedAsync(directory, "natural persons", new EntityKind("community-cooperative", "Cooperative", IsNaturalPerson: true));
    }

    [Fact]
    public async Task Premises_have_one_occupant_at_a_time_and_occupants_are_customers()
    {
        var directory = await OpenAsync();
        var noon = Parties.Start;
        await TakenAsync(directory, Parties.Tenancy("t1", "p1", "ann", until: noon));
        await RefusedAsync(directory, "'ann'", Parties.Tenancy("t2", "p1", "bob", noon.AddTicks(-1)));
        await RefusedAsync(directory, "no customer", Parties.Tenancy("t2", "p1", "river", noon));
        await RefusedAsync(directory, "ends before it begins", Parties.Tenancy("t2", "p1", "bob", noon, noon));
        await TakenAsync(directory, Parties.Tenancy("t2", "p1", "bob", noon), Parties.Tenancy("t3", "p2", "ann"));
        Assert.Equal(2, directory.Tables.TenanciesOf("p1").Count);
    }

    [Fact]
    public async Task A_thing_is_said_to_be_whose_it_is_once_at_a_time()
    {
        var directory = await OpenAsync();
        var noon = Parties.Start;
        var device = new Stewardship { Id = "s1", Portal = "p1", Device = "meter", Owner = "river", Period = new ActivePeriod(DateTime.MinValue, noon) };
        await TakenAsync(directory, device);
        await RefusedAsync(directory, "'s1'", device with { Id = "s2", Owner = "bright", Period = ActivePeriod.Since(noon.AddTicks(-1)) });
        await RefusedAsync(directory, "data class", device with { Id = "s2", DataClass = "Gossip" });
        await RefusedAsync(directory, "no entity", device with { Id = "s2", DataClass = "Energy", Owner = "nowhere" });
        await RefusedAsync(directory, "wanted", device with { Id = "s2", DataClass = "Energy", Owner = null });
        await TakenAsync(directory, device with { Id = "s2", Owner = "bright", Period = ActivePeriod.Since(noon) }, device with { Id = "s3", DataClass = "Energy" }, device with { Id = "s4", Device = null });
    }

    [Fact]
    public async Task A_rule_cites_something_and_names_what_there_is()
    {
        var directory = await OpenAsync();
        var rule = Parties.Rule("r");
        await RefusedAsync(directory, "signed, not written", rule with { Layer = PolicyLayer.Agreement });
        await RefusedAsync(directory, "cites", rule with { Citation = " " });
        await RefusedAsync(directory, "operation", rule with { Operations = Operations.None });
        await RefusedAsync(directory, "no kind", rule with { Subjects = new RuleSubjects { Kinds = ["wizard"] } });
        await RefusedAsync(directory, "no entity", rule with { Subjects = new RuleSubjects { Entities = ["nowhere"] } });
        await RefusedAsync(directory, "data class", rule with { Scope = new AccessScope { DataClasses = ["Gossip"] } });
        await RefusedAsync(directory, "window", rule with { Conditions = new AccessConditions { Windows = [new WeeklyWindow(0, TimeSpan.Zero, TimeSpan.FromHours(1))] } });
        await RefusedAsync(directory, "floor", rule with { Conditions = new AccessConditions { Floor = new AggregationFloor(15, 1.5) } });
        await TakenAsync(directory, rule with { Subjects = new RuleSubjects { Kinds = [EntityKind.Government] }, Scope = new AccessScope { DataClasses = ["Energy"] }, Conditions = new AccessConditions { Floor = new AggregationFloor(15, 0.15) } });
    }

    [Fact]
    public async Task There_are_no_more_flags_of_premises_than_a_decision_can_hold()
    {
        var directory = await OpenAsync();
        await TakenAsync(directory, [.. Enumerable.Range(0, 64).Select(i => new Premises { Portal = $"p{i}", Flags = [$"flag{i}"] })]);
        await RefusedAsync(directory, "64", new Premises { Portal = "q", Flags = ["one more"] });
        await TakenAsync(directory, new Premises { Portal = "q", Flags = ["flag1", "flag2"] });
    }

    [Theory]
    [InlineData("a@b")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task An_id_is_one_that_can_stand_in_a_NodeId(string id)
    {
        var directory = await OpenAsync();
        await RefusedAsync(directory, "cannot name", Parties.Customer("x") with { Id = id });
        await TakenAsync(directory, Parties.Customer("a.b-c_1"));
    }
}
