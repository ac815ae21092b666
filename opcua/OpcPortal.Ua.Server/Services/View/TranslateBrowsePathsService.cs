namespace OpcPortal.Ua.Server;

/// <summary>TranslateBrowsePathsToNodeIds. Part 4 5.9.4. Every hop is checked: a path leads nowhere that the user could not browse to.</summary>
public sealed class TranslateBrowsePathsService(ReferenceBrowser browser, OperationLimits limits)
    : Service<TranslateBrowsePathsToNodeIdsRequest, TranslateBrowsePathsToNodeIdsResponse>
{
    protected override ValueTask<TranslateBrowsePathsToNodeIdsResponse> InvokeAsync(ServiceContext context, TranslateBrowsePathsToNodeIdsRequest request)
    {
        var results = new BrowsePathResult[OperationLimits.Check(request.BrowsePaths, limits.MaxNodesPerTranslateBrowsePathsToNodeIds)];
        for (var i = 0; i < results.Length; i++) results[i] = Translate(context.Access, request.BrowsePaths![i]);
        return ValueTask.FromResult(new TranslateBrowsePathsToNodeIdsResponse { Results = results });
    }

    private BrowsePathResult Translate(AccessContext who, BrowsePath path)
    {
        var elements = path.RelativePath.Elements ?? [];
        var status = Check(elements);
        NodeRef start = default;
        if (status.IsGood) status = browser.TryStart(who, path.StartingNode, out start);
        return status.IsBad ? new BrowsePathResult { StatusCode = status } : new PathWalk(browser, who, limits).Follow(start, elements);
    }

    private StatusCode Check(RelativePathElement[] elements)
    {
        if (elements.Length == 0) return StatusCodes.BadNothingToDo;
        if (elements.Length > limits.MaxBrowsePathElements) return StatusCodes.BadQueryTooComplex;
        // Part 4 7.31: the last element alone may go without a name.
        for (var i = 0; i < elements.Length - 1; i++)
            if (string.IsNullOrEmpty(elements[i].TargetName.Name)) return StatusCodes.BadBrowseNameInvalid;
        return StatusCodes.Good;
    }

    private sealed class PathWalk(ReferenceBrowser browser, AccessContext who, OperationLimits limits)
    {
        private readonly List<BrowsePathTarget> _targets = [];
        private int _followed;

        public BrowsePathResult Follow(in NodeRef start, RelativePathElement[] elements)
        {
            Dictionary<NodeId, NodeRef> reached = new() { [start.NodeId] = start };
            for (var i = 0; i < elements.Length && reached.Count > 0; i++)
            {
                var status = Step(reached, elements, i, out var next);
                if (status.IsBad) return new BrowsePathResult { StatusCode = status };
                reached = next;
            }

            foreach (var nodeId in reached.Keys) _targets.Add(new BrowsePathTarget { TargetId = nodeId, RemainingPathIndex = uint.MaxValue });
            if (_targets.Count == 0) return new BrowsePathResult { StatusCode = StatusCodes.BadNoMatch };
            return _targets.Count > limits.MaxTargetsPerBrowsePath
                ? new BrowsePathResult { StatusCode = StatusCodes.BadTooManyMatches }
                : new BrowsePathResult { Targets = [.. _targets] };
        }

        private StatusCode Step(Dictionary<NodeId, NodeRef> reached, RelativePathElement[] elements, int index, out Dictionary<NodeId, NodeRef> next)
        {
            next = [];
            var element = elements[index];
            var direction = element.IsInverse ? BrowseDirection.Inverse : BrowseDirection.Forward;
            // A reference type that does not exist is followed nowhere: the path has no match.
            if (browser.TryFilter(direction, element.ReferenceTypeId, element.IncludeSubtypes, out var filter).IsBad) return StatusCodes.Good;
            foreach (var node in reached.Values)
            {
                var cursor = default(ReferenceCursor);
                while (browser.TryNext(who, node, filter, ref cursor, out var reference, out var target))
                {
                    if (++_followed > limits.MaxReferencesPerBrowsePath) return StatusCodes.BadQueryTooComplex;
                    if (target.IsNone) _targets.Add(new BrowsePathTarget { TargetId = reference.Target, RemainingPathIndex = (uint)(index + 1) });
                    else if (Matches(element.TargetName, target)) next.TryAdd(reference.Target.NodeId, target);
                }
            }

            return StatusCodes.Good;
        }

        private static bool Matches(in QualifiedName wanted, in NodeRef node) =>
            string.IsNullOrEmpty(wanted.Name) || node.Source.BrowseNameOf(node) == wanted;
    }
}
