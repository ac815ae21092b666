namespace OpcPortal.Ua.Server;

/// <summary>TranslateBrowsePathsToNodeIds. Part 4 5.9.4. Every hop is checked: a path leads nowhere that the user could not browse to.</summary>
public sealed class TranslateBrowsePathsService(ReferenceBrowser browser, OperationLimits limits)
    : Service<TranslateBrowsePathsToNodeIdsRequest, TranslateBrowsePathsToNodeIdsResponse>
{
    protected override ValueTask<TranslateBrowsePathsToNodeIdsResponse> InvokeAsync(ServiceContext context, TranslateBrowsePathsToNodeIdsRequest request)
    {
        var results = new BrowsePathResult[OperationLimits.Check(request.BrowsePaths, limits.MaxNodesPerTranslateBrowsePathsToNodeIds)];
        var budget = new ReferenceBudget(limits.MaxReferencesPerRequest);
        for (var i = 0; i < results.Length; i++) results[i] = Translate(context.Access, request.BrowsePaths![i], budget);
        return ValueTask.FromResult(new TranslateBrowsePathsToNodeIdsResponse { Results = results });
    }

    private BrowsePathResult Translate(AccessContext who, BrowsePath path, ReferenceBudget budget)
    {
        var elements = path.RelativePath.Elements ?? [];
        var status = Check(elements);
        NodeRef start = default;
        if (status.IsGood) status = browser.TryStart(who, path.StartingNode, out start);
        return status.IsBad ? new BrowsePathResult { StatusCode = status } : new PathWalk(browser, who, limits, budget).Follow(start, elements);
    }

    private StatusCode Check(RelativePathElement[] elements)
    {
        if (elements.Length == 0) return StatusCodes.BadNothingToDo;
        if (elements.Length > limits.MaxBrowsePathElements) return StatusCodes.BadQueryTooComplex;
        // Part 4 5.9.4.2: here the last element too must have a name, other than in a RelativePath elsewhere.
        return Array.Exists(elements, static e => string.IsNullOrEmpty(e.TargetName.Name)) ? StatusCodes.BadBrowseNameInvalid : StatusCodes.Good;
    }

    private sealed class PathWalk(ReferenceBrowser browser, AccessContext who, OperationLimits limits, ReferenceBudget budget)
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

            // Part 4 5.9.4.4: a client is told that it must go on with another server.
            var isElsewhere = _targets.Count > 0;
            foreach (var nodeId in reached.Keys) _targets.Add(new BrowsePathTarget { TargetId = nodeId, RemainingPathIndex = uint.MaxValue });
            if (_targets.Count == 0) return new BrowsePathResult { StatusCode = StatusCodes.BadNoMatch };
            if (_targets.Count > limits.MaxTargetsPerBrowsePath) return new BrowsePathResult { StatusCode = StatusCodes.BadTooManyMatches };
            return new BrowsePathResult { StatusCode = isElsewhere ? StatusCodes.UncertainReferenceOutOfServer : StatusCodes.Good, Targets = [.. _targets] };
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
                while (browser.TryNext(who, node, filter, budget, ref cursor, out var reference, out var target))
                {
                    if (++_followed > limits.MaxReferencesPerBrowsePath) return StatusCodes.BadQueryTooComplex;
                    if (target.IsNone) _targets.Add(new BrowsePathTarget { TargetId = reference.Target, RemainingPathIndex = Remaining(elements, index) });
                    else if (Matches(element.TargetName, target)) next.TryAdd(reference.Target.NodeId, target);
                }

                if (budget.IsSpent) return StatusCodes.BadQueryTooComplex;
            }

            return StatusCodes.Good;
        }

        // Part 4 5.9.4.2: the first element that was not processed, or the greatest UInt32 where all were.
        private static uint Remaining(RelativePathElement[] elements, int index) => index + 1 < elements.Length ? (uint)(index + 1) : uint.MaxValue;

        private static bool Matches(in QualifiedName wanted, in NodeRef node) => node.Source.BrowseNameOf(node) == wanted;
    }
}
