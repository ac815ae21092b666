namespace OpcPortal.Ua.Server;

/// <summary>
/// Views of a room of the server: nodes of class View below the Views folder, which the room's source makes, and what each contains. Who may browse a View, may browse with it. Thread-safe.
/// Part 3 5.4, Part 4 7.44.
/// </summary>
public interface IViewCatalog
{
    /// <summary>Whether the View is this room's, and its present version.</summary>
    bool TryGet(in NodeId viewId, out ViewVersion version);

    /// <summary>
    /// Whether a View contains a node: asked for every target of a Browse with it, beside the user's own rights, so it returns at once. The View's own node need not be said to be contained.
    /// </summary>
    bool Contains(in NodeId viewId, in NodeRef node);
}

/// <summary>The version of what a View contains. Only the present one can be browsed.</summary>
/// <param name="Number">As its property ViewVersion shows it; 0 where it has none.</param>
/// <param name="Since">When this version began, UTC.</param>
public readonly record struct ViewVersion(uint Number, DateTime Since);
