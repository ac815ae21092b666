namespace OpcPortal.Ua.Server;

/// <summary>A Browse of one node: where it stands between two pages. Part 4 5.9.2.</summary>
internal sealed class BrowseWalk
{
    private readonly ReferenceBrowser _browser;
    private readonly NodeRef _node;
    private readonly ReferenceFilter _filter;
    private readonly uint _classMask;
    private readonly BrowseResultMask _resultMask;
    private readonly int _pageSize;
    private ReferenceCursor _cursor;
    private (NodeReferenceTarget Reference, NodeRef Target)? _next;

    private BrowseWalk(ReferenceBrowser browser, in NodeRef node, in ReferenceFilter filter, BrowseDescription wanted, int pageSize)
    {
        _browser = browser;
        _node = node;
        _filter = filter;
        _classMask = wanted.NodeClassMask;
        _resultMask = (BrowseResultMask)wanted.ResultMask;
        _pageSize = pageSize;
    }

    /// <returns>Good with a walk, or why the node cannot be browsed so.</returns>
    public static StatusCode TryStart(ReferenceBrowser browser, AccessContext who, BrowseDescription wanted, int pageSize, out BrowseWalk? walk)
    {
        walk = null;
        var status = browser.TryStart(who, wanted.NodeId, out var node);
        if (status.IsBad) return status;
        status = browser.TryFilter(wanted.BrowseDirection, wanted.ReferenceTypeId, wanted.IncludeSubtypes, out var filter);
        if (status.IsGood) walk = new BrowseWalk(browser, node, filter, wanted, pageSize);
        return status;
    }

    /// <summary>Whether there is something after the pages given so far.</summary>
    public bool HasMore => _next is not null;

    /// <param name="room">How many references the response can still take; at least one is given.</param>
    public ReferenceDescription[] NextPage(AccessContext who, int room)
    {
        var limit = Math.Max(1, Math.Min(_pageSize, room));
        var page = new List<ReferenceDescription>(Math.Min(limit, 32));
        _next ??= Step(who);
        while (_next is { } next && page.Count < limit)
        {
            page.Add(Describe(who, next.Reference, next.Target));
            _next = Step(who);
        }

        return [.. page];
    }

    private (NodeReferenceTarget, NodeRef)? Step(AccessContext who)
    {
        while (_browser.TryNext(who, _node, _filter, ref _cursor, out var reference, out var target))
            if (_classMask == 0 || target.IsNone || (_classMask & (uint)target.NodeClass) != 0) return (reference, target);
        return null;
    }

    private ReferenceDescription Describe(AccessContext who, in NodeReferenceTarget reference, in NodeRef target)
    {
        var description = new ReferenceDescription { NodeId = reference.Target };
        if (Asks(BrowseResultMask.ReferenceTypeId)) description.ReferenceTypeId = reference.ReferenceTypeId;
        if (Asks(BrowseResultMask.IsForward)) description.IsForward = reference.IsForward;
        if (target.IsNone) return description;
        if (Asks(BrowseResultMask.NodeClass)) description.NodeClass = target.NodeClass;
        if (Asks(BrowseResultMask.BrowseName)) description.BrowseName = target.Source.BrowseNameOf(target);
        if (Asks(BrowseResultMask.DisplayName)) description.DisplayName = target.Source.DisplayNameOf(target, who.Locales);
        if (Asks(BrowseResultMask.TypeDefinition)) description.TypeDefinition = target.Source.TypeDefinitionOf(target);
        return description;
    }

    private bool Asks(BrowseResultMask field) => (_resultMask & field) != 0;
}
