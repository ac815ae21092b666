namespace OpcPortal.Ua.Server;

/// <summary>Which type is a subtype of which. Part 3 7.10 (HasSubtype).</summary>
public interface ITypeTree
{
    /// <summary>Whether the type is the base or one of its subtypes, however far down. An unknown type has no base but itself.</summary>
    bool IsSubtypeOf(NodeId type, NodeId baseType);
}
