using Microsoft.Extensions.Time.Testing;
using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server.Tests;

/// <summary>For whom a session acts, and who is turned away. portal-model.md: Who.</summary>
public sealed class PortalAdmissionTests
{
    private static readonly Lazy<ServerModel> Model = new(() => new ServerModel("urn:test", ModelLoader.Read(ModelLoader.PortalFile)));

    private readonly FakeTimeProvider _time = new(Parties.Start);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<(PortalAdmission Admission, PortalDirectory Directory)> OpenAsync(params object[] records)
    {
        var directory = await PortalDirectory.OpenAsync(new MemoryRecordStore(), _time, cancellation: Token);
        await directory.ApplyAsync([Parties.Utility, Parties.Retailer, Parties.House, .. records], "test", "parties", Token);
        var admission = new PortalAdmission(directory, _time);
        admission.Bind(Model.Value);
        return (admission, directory);
    }

    private static AccessContext Through(EntityApplication? application, ulong roles = 3) => new()
    {
        Roles = roles,
        SecurityMode = MessageSecurityMode.SignAndEncrypt,
        ApplicationCertificateThumbprint = application?.Thumbprint,
    };

    private static UserIdentity Named(string name) => new(UserTokenType.UserName, name);

    private static UserIdentity Certified(Individual individual) => new(UserTokenType.Certificate, "CN=x", "SHA1", individual.Thumbprint);

    private static AccessSubject SubjectOf(AccessContext context) => Assert.IsType<AccessSubject>(context.Subject);

    private static void Refused(PortalAdmission admission, AccessContext context, UserIdentity user) =>
        Assert.Equal(StatusCodes.BadUserAccessDenied, Assert.Throws<ServiceException>(() => admission.Admit(context, user)).Status.Code);

    [Fact]
    public async Task An_anonymous_session_of_a_registered_application_acts_for_its_entity()
    {
        var app = Parties.Application("app", "river") with { Purposes = ["billing"] };
        var (admission, _) = await OpenAsync(app);
        var subject = SubjectOf(admission.Admit(Through(app), UserIdentity.Anonymous));
        Assert.Equal(new AccessSubject("river", EntityKind.DistributionCompany, "app"), subject);
        Assert.Equal(["billing"], subject.Purposes);
    }

    [Fact]
    public async Task Individuals_act_for_their_entity_by_name_or_certificate_through_its_application_or_one_that_nobody_knows()
    {
        var app = Parties.Application("app", "river");
        var (named, certified) = (Parties.Named("dana", "river"), Parties.Certified("carl", "river"));
        var (admission, _) = await OpenAsync(app, named, certified);
        Assert.Equal(new AccessSubject("river", EntityKind.DistributionCompany, "app", "dana"), SubjectOf(admission.Admit(Through(app), Named("dana"))));
        Assert.Equal(new AccessSubject("river", EntityKind.DistributionCompany, null, "dana"), SubjectOf(admission.Admit(Through(null), Named("dana"))));
        Assert.Equal(new AccessSubject("river", EntityKind.DistributionCompany, null, "dana"), SubjectOf(admission.Admit(Through(Parties.Application("unregistered", "x")), Named("dana"))));
        Assert.Equal(new AccessSubject("river", EntityKind.DistributionCompany, "app", "carl"), SubjectOf(admission.Admit(Through(app), Certified(certified))));
    }

    [Fact]
    public async Task Who_belongs_to_no_entity_has_just_its_roles()
    {
        var (admission, _) = await OpenAsync();
        foreach (var user in (UserIdentity[])[UserIdentity.Anonymous, Named("visitor")])
        {
            var admitted = admission.Admit(Through(null, roles: 5), user);
            Assert.Equal((AccessSubject.Nobody, 5UL), (SubjectOf(admitted), admitted.Roles));
        }
    }

    [Fact]
    public async Task The_individual_of_one_entity_does_not_act_through_the_application_of_another()
    {
        var (own, foreign) = (Parties.Application("app", "river"), Parties.Application("other", "bright"));
        var (admission, _) = await OpenAsync(own, foreign, Parties.Named("dana", "river"));
        Refused(admission, Through(foreign), Named("dana"));
        Assert.Equal("river", SubjectOf(admission.Admit(Through(own), Named("dana"))).Entity);
    }

    [Fact]
    public async Task A_user_of_no_entity_does_not_act_through_a_registered_application_for_it_could_not_be_told_for_whom()
    {
        var app = Parties.Application("app", "river");
        var (admission, _) = await OpenAsync(app, Parties.Named("dana", "river"));
        Refused(admission, Through(app), Named("visitor"));
        Refused(admission, Through(app), Certified(Parties.Certified("stranger", "river")));
        Assert.Equal("river", SubjectOf(admission.Admit(Through(app), UserIdentity.Anonymous)).Entity);
        Assert.Equal("dana", SubjectOf(admission.Admit(Through(app), Named("dana"))).Individual);
    }

    // A user name is no thumbprint and a certificate no name: what proves one is not taken for the other.
    [Fact]
    public async Task A_name_is_known_by_its_password_and_a_certificate_by_its_key()
    {
        var person = Parties.Certified("carl", "river");
        var (admission, _) = await OpenAsync(person);
        Assert.Equal(AccessSubject.Nobody, SubjectOf(admission.Admit(Through(null), Named(person.Thumbprint!))));
        Assert.Equal(AccessSubject.Nobody, SubjectOf(admission.Admit(Through(null), Named("carl"))));
        Assert.Equal("carl", SubjectOf(admission.Admit(Through(null), Certified(person))).Individual);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(59, true)]
    [InlineData(60, false)]
    public async Task Application_individual_and_entity_are_admitted_from_the_first_instant_of_their_period_to_the_last(int minutes, bool isActive)
    {
        var period = new ActivePeriod(Parties.Start, Parties.Start.AddHours(1));
        var app = Parties.Application("app", "river") with { Active = period };
        var always = Parties.Application("always", "bright");
        var (admission, directory) = await OpenAsync(app, Parties.Named("dana", "river") with { Active = period }, always, Parties.Named("eve", "bright"));
        await directory.ApplyAsync([Parties.Retailer with { Active = period }], "test", "for an hour", Token);
        _time.AdjustTime(Parties.Start.AddMinutes(minutes));
        (AccessContext, UserIdentity)[] sessions = [(Through(app), UserIdentity.Anonymous), (Through(null), Named("dana")), (Through(always), UserIdentity.Anonymous), (Through(null), Named("eve"))];
        foreach (var (context, user) in sessions)
        {
            if (isActive) Assert.NotNull(SubjectOf(admission.Admit(context, user)).Entity);
            else Refused(admission, context, user);
        }
    }

    [Fact]
    public async Task Managers_have_the_role_of_their_power_and_no_other_managers()
    {
        var (admission, _) = await OpenAsync(
            Parties.Named("sys", "house", ManagerPower.System), Parties.Named("sec", "house", ManagerPower.Security), Parties.Named("net", "house", ManagerPower.Network), Parties.Named("tim", "house"));
        var portal = Model.Value.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        var managers = new Dictionary<string, NodeId>
        {
            ["sys"] = new(PortalRoles.SystemManager, portal),
            ["net"] = new(PortalRoles.NetworkManager, portal),
            ["sec"] = ObjectIds.WellKnownRole_SecurityAdmin,
        };
        // Whatever mappings would add: nobody holds two powers.
        var all = managers.Values.Aggregate((1UL << RoleTable.ConfigureAdmin) | (1UL << RoleTable.Observer), (roles, role) => roles | (1UL << Model.Value.Roles.IndexOf(role)));
        foreach (var (name, role) in managers)
        {
            var held = Model.Value.Roles.RolesOf(admission.Admit(Through(null, all), Named(name)).Roles).ToHashSet();
            Assert.Equal(new HashSet<NodeId> { role, ObjectIds.WellKnownRole_Observer }, held);
        }

        Assert.Equal(3UL, admission.Admit(Through(null, 3), Named("tim")).Roles);
    }

    [Fact]
    public async Task What_changes_in_the_directory_holds_at_the_next_look()
    {
        var app = Parties.Application("app", "river");
        var (admission, directory) = await OpenAsync(app);
        admission.Admit(Through(app), UserIdentity.Anonymous);
        await directory.ApplyAsync([app with { Active = new ActivePeriod(DateTime.MinValue, Parties.Start) }], "test", "it ends", Token);
        Refused(admission, Through(app), UserIdentity.Anonymous);
        await directory.ApplyAsync([app], "test", "it goes on", Token);
        admission.Admit(Through(app), UserIdentity.Anonymous);
    }
}
