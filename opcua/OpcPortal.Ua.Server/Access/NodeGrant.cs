namespace OpcPortal.Ua.Server;

/// <summary>
/// Leave to do certain things with one node, made by the <see cref="AccessController"/> alone: it cannot be constructed
/// elsewhere, so that the compiler refuses unchecked access to a value, a method or an event.
/// </summary>
public readonly struct NodeGrant
{
    private NodeGrant(NodeRef node, PermissionType permissions, object? terms, AccessContext? who)
    {
        Node = node;
        Permissions = permissions;
        Terms = terms;
        Who = who;
    }

    public NodeRef Node { get; }

    /// <summary>What was granted; never more than was asked for.</summary>
    public PermissionType Permissions { get; }

    /// <summary>What binds the values that are shown, as the policy and the node's source understand each other; null: nothing.</summary>
    public object? Terms { get; }

    /// <summary>Whom it was granted to; null where the server grants it to itself.</summary>
    public AccessContext? Who { get; }

    /// <summary>The only way to a grant: <see cref="AccessController"/> derives from it, and an architecture test sees that nothing else does.</summary>
    public abstract class Issuer
    {
        private protected Issuer() { }

        private protected static NodeGrant Grant(in NodeRef node, PermissionType permissions, object? terms, AccessContext? who) => new(node, permissions, terms, who);
    }
}
