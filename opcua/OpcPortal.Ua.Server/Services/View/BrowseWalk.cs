namespace OpcPortal.Ua.Server;

/// <summary>A Browse of one node: where it stands between two pages. Part 4 5.9.2.</summary>
internal sealed class BrowseWalk
{
    private readonly ReferenceBrowser _browser;
    private readonly ViewScope? _view;
    private readonly NodeId _nodeId;
    private readonly ReferenceFilter _filter;
    private readonly uint _classMask;
    private readonly BrowseResultMask _resultMask;
    private readonly int _pageSize;
    private NodeRef _node;
    private ReferenceCursor _cursor;
    private (NodeReferenceTarget Reference, NodeRef Target)? _next;
    private bool _isBegun;
    private bool _isFinished;

    private BrowseWalk(ReferenceBrowser browser, ViewScope? view, in NodeRef node, in ReferenceFilter filter, BrowseDescription wanted, int pageSize)
    {
        _browser = browser;
        _view = view;
        _node = node;
        _nodeId = wanted.NodeId;
        _filter = filter;
        _classMask = wanted.NodeClassMask;
        _resultMask = (BrowseResultMask)wanted.ResultMask;
        _pageSize = pageSize;
    }

    /// <param name="view">What alone is shown; null: all.</param>
    /// <returns>Good with a walk, or why the node cannot be browsed so.</returns>
    public static StatusCode TryStart(ReferenceBrowser browser, AccessContext who, ViewScope? view, BrowseDescription wanted, int pageSize, out BrowseWalk? walk)
    {
        walk = null;
        var status = browser.TryStart(who, wanted.NodeId, out var node);
        if (status.IsBad) return status;
        if (view?.Contains(node) == false) return StatusCodes.BadNodeNotInView;
        status = browser.TryFilter(wanted.BrowseDirection, wanted.ReferenceTypeId, wanted.IncludeSubtypes, out var filter);
        if (status.IsGood) walk = new BrowseWalk(browser, view, node, filter, wanted, pageSize);
        return status;
    }

    /// <summary>Whether there may be something after the pages given so far.</summary>
    public bool HasMore => !_isFinished;

    /// <param name="room">How many references the response can still take; at least one is given.</param>
    /// <param name="budget">Where it is spent the page ends early, perhaps empty.</param>
    /// <returns>Good; BadNodeIdUnknown where the node is no longer there for this user; BadNodeNotInView and what befell the View itself.</returns>
    public StatusCode TryNextPage(AccessContext who, int room, ReferenceBudget budget, out ReferenceDescription[] page)
    {
        page = [];
        if (_isBegun && Recheck(who) is { IsBad: true } gone) return gone;
        _isBegun = true;
        if (_next is null) Step(who, budget);
        var limit = Math.Max(1, Math.Min(_pageSize, room));
        var references = new List<ReferenceDescription>(Math.Min(limit, 32));
        while (_next is { } next && references.Count < limit)
        {
            references.Add(Describe(who, next.Reference, next.Target));
            Step(who, budget);
        }

        page = [.. references];
        return StatusCodes.Good;
    }

    // Between two pages a node may go and rights may change: what was seen ahead is looked at anew. Attack class 8, 14.
    private StatusCode Recheck(AccessContext who)
    {
        var status = _view?.Recheck(who) ?? StatusCodes.Good;
        if (status.IsGood) status = _browser.TryStart(who, _nodeId, out _node);
        if (status.IsBad) return status;
        if (_view?.Contains(_node) == false) return StatusCodes.BadNodeNotInView;
        if (_next is { } next) _next = _browser.TryReach(who, next.Reference, out var target) && IsShown(target) ? (next.Reference, target) : null;
        return StatusCodes.Good;
    }

    private void Step(AccessContext who, ReferenceBudget budget)
    {
        _next = null;
        while (_browser.TryNext(who, _node, _filter, budget, ref _cursor, out var reference, out var target))
        {
            if (!IsShown(target)) continue;
            _next = (reference, target);
            return;
        }

        _isFinished = !budget.IsSpent;
    }

    // What is on another server is of no class that is known here, and in no View.
    private bool IsShown(in NodeRef target)
    {
        if (target.IsNone) return _view is null;
        return (_classMask == 0 || (_classMask & (uint)target.NodeClass) != 0) && (_view is null || _view.Contains(target));
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
