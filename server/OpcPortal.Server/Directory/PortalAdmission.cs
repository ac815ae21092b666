using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// Says for whom a session acts: the entity of its application, of its user, or of both where they agree. Who belongs to no entity has just the roles of the server's mappings; who
/// cannot be told, or is not active, is turned away.
/// </summary>
public sealed class PortalAdmission(PortalDirectory directory, TimeProvider time) : ISubjectAdmission
{
    // Of the managers' powers, and of roles that would add to one: nobody holds two.
    private const ulong StandardManagerRoles = (1UL << RoleTable.SecurityAdmin) | (1UL << RoleTable.ConfigureAdmin);

    private ulong _system;
    private ulong _network;

    /// <summary>Learns the numbers of the managers' roles, once the models are loaded and before the first session.</summary>
    public void Bind(ServerModel model)
    {
        var portal = model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        _system = 1UL << model.Roles.IndexOf(new NodeId(PortalRoles.SystemManager, portal));
        _network = 1UL << model.Roles.IndexOf(new NodeId(PortalRoles.NetworkManager, portal));
    }

    /// <inheritdoc/>
    public AccessContext Admit(AccessContext context, UserIdentity user)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var tables = directory.Tables;
        var application = tables.ApplicationOfCertificate(context.ApplicationCertificateThumbprint);
        var individual = IndividualOf(tables, user);
        if (application is null && individual is null) return context with { Subject = AccessSubject.Nobody };
        if (application is not null && !application.Active.Contains(now)) throw Refused("the application is not active");
        if (individual is not null && !individual.Active.Contains(now)) throw Refused("the individual is not active");
        // Two parties would answer for it: the application's entity, and whoever the user is.
        if (application is not null && individual is null && user.TokenType != UserTokenType.Anonymous) throw Refused("the user is none of the application's entity");
        if (application is not null && individual is not null && application.Entity != individual.Entity) throw Refused("application and individual are of two entities");
        if (!tables.Entities.TryGetValue(individual?.Entity ?? application!.Entity, out var entity) || !entity.Active.Contains(now)) throw Refused("the entity is not active");
        return Admitted(context, entity, application, individual);
    }

    private static Individual? IndividualOf(DirectoryTables tables, UserIdentity user) => user.TokenType switch
    {
        UserTokenType.UserName => tables.IndividualOfUserName(user.Name),
        UserTokenType.Certificate => tables.IndividualOfCertificate(user.CertificateHash),
        _ => null,
    };

    private AccessContext Admitted(AccessContext context, Entity entity, EntityApplication? application, Individual? individual)
    {
        var power = individual?.Power ?? ManagerPower.None;
        var subject = new AccessSubject(entity.Id, entity.Kind, application?.Id, individual?.Id, power) { Purposes = application?.Purposes ?? [] };
        var roles = power switch
        {
            ManagerPower.None => context.Roles,
            ManagerPower.System => WithoutManagers(context.Roles) | _system,
            ManagerPower.Security => WithoutManagers(context.Roles) | (1UL << RoleTable.SecurityAdmin),
            ManagerPower.Network => WithoutManagers(context.Roles) | _network,
            _ => WithoutManagers(context.Roles),
        };
        return context with { Subject = subject, Roles = roles };
    }

    private ulong WithoutManagers(ulong roles) => roles & ~(StandardManagerRoles | _system | _network);

    // The same for all: who tries shall not learn what is known of whom. The text is for the log.
    private static ServiceException Refused(string reason) => new(StatusCodes.BadUserAccessDenied, reason);
}

/// <summary>The roles of NodeSet.xml that are the managers' powers.</summary>
public static class PortalRoles
{
    public const uint SystemManager = 5041;
    public const uint NetworkManager = 5042;
}
