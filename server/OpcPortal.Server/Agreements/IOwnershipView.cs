using OpcPortal.Models;

namespace OpcPortal.Server;

/// <summary>What agreements need to know of who owns what in the fleet, now.</summary>
public interface IOwnershipView
{
    /// <summary>Whether an entity owns anything that lies within a scope: of these portals, at the premises of these customers, of these data classes; the other lists are not looked at.</summary>
    bool OwnsAny(string entity, AccessScope scope);
}
