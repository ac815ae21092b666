namespace OpcPortal.Ua.Server;

/// <summary>The Views of all rooms, and who may browse with them. Thread-safe. Part 4 5.9.2, 7.44.</summary>
public sealed class ViewTable(AccessController access)
{
    // Part 6 5.2.2.5: how a time that is not given arrives.
    private static readonly DateTime NoTime = new(1601, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly Lock _gate = new();
    private IViewCatalog[] _catalogs = [];

    /// <summary>Adds the Views of a room. Its nodes may come and go later.</summary>
    public void Add(IViewCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        lock (_gate) Volatile.Write(ref _catalogs, [.. _catalogs, catalog]);
    }

    /// <summary>The part of the address space that a Browse is about.</summary>
    /// <param name="scope">Null: all of it.</param>
    /// <returns>Good, BadViewIdUnknown, BadViewParameterMismatch, BadViewTimestampInvalid or BadViewVersionInvalid.</returns>
    internal StatusCode TryOpen(AccessContext who, ViewDescription view, out ViewScope? scope)
    {
        scope = null;
        if (view.ViewId.IsNull) return StatusCodes.Good;
        if (Find(who, view.ViewId, out var version) is not { } catalog) return StatusCodes.BadViewIdUnknown;
        var isAtTime = view.Timestamp > NoTime;
        // Part 4 7.44: either may be set, not both.
        if (isAtTime && view.ViewVersion != 0) return StatusCodes.BadViewParameterMismatch;
        if (isAtTime && view.Timestamp < version.Since) return StatusCodes.BadViewTimestampInvalid;
        if (view.ViewVersion != 0 && view.ViewVersion != version.Number) return StatusCodes.BadViewVersionInvalid;
        scope = new ViewScope(this, catalog, view.ViewId, isAtTime || view.ViewVersion != 0 ? version : null);
        return StatusCodes.Good;
    }

    /// <summary>Finds who has a View that this user may see; null where there is no such View.</summary>
    internal IViewCatalog? Find(AccessContext who, in NodeId viewId, out ViewVersion version)
    {
        version = default;
        if (access.Resolve(who, viewId, PermissionType.Browse, out var grant).IsBad || grant.Node.NodeClass != NodeClass.View) return null;
        foreach (var catalog in Volatile.Read(ref _catalogs))
            if (catalog.TryGet(viewId, out version)) return catalog;
        return null;
    }
}

/// <summary>A View that is browsed with, for the length of a Browse and its pages.</summary>
internal sealed class ViewScope(ViewTable views, IViewCatalog catalog, NodeId viewId, ViewVersion? wanted)
{
    public bool Contains(in NodeRef node) => catalog.Contains(viewId, node) || (node.NodeClass == NodeClass.View && node.NodeId == viewId);

    /// <summary>Between two pages a View may go, change, or be closed to the user.</summary>
    /// <returns>Good, BadViewIdUnknown, or BadViewVersionInvalid where a certain version was asked for.</returns>
    public StatusCode Recheck(AccessContext who)
    {
        if (!ReferenceEquals(views.Find(who, viewId, out var version), catalog)) return StatusCodes.BadViewIdUnknown;
        return wanted is { } asked && asked != version ? StatusCodes.BadViewVersionInvalid : StatusCodes.Good;
    }
}
