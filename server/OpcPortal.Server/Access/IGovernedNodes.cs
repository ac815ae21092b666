using OpcPortal.Ua.Server;

namespace OpcPortal.Server;

/// <summary>
/// A source whose nodes roles alone do not govern, such as agreements that each party sees its own of: <see cref="PortalAccessPolicy"/> asks it. Implemented by a <see cref="NodeSource"/>.
/// </summary>
public interface IGovernedNodes
{
    /// <summary>What a user may do with a node of the source. Called for every item of every request: no allocation, no waiting.</summary>
    /// <param name="who">Its <see cref="AccessContext.Subject"/> is an <see cref="Models.AccessSubject"/> where a directory is kept.</param>
    /// <param name="byRoles">What the standard's policy says: the face to start from.</param>
    NodeAccess AccessTo(AccessContext who, in NodeRef node, NodeAccess byRoles);

    /// <summary>Whether a user who may read a node of the source may also be told of its changes. The same rules.</summary>
    bool MayObserve(AccessContext who, in NodeRef node) => true;
}
