using System.Runtime.CompilerServices;

namespace OpcPortal.Ua.Client;

// The services that nearly every client uses, in a form that suits it. Everything else: InvokeAsync.
public sealed partial class UaSession
{
    private string[] _namespaceUris = [NamespaceTable.OpcUa];

    /// <summary>The server's namespaces by index, as read when the session was made or last made anew. Part 5 6.3.1.</summary>
    public IReadOnlyList<string> NamespaceUris => Volatile.Read(ref _namespaceUris);

    /// <summary>The index of a namespace at this server.</summary>
    public bool TryGetNamespaceIndex(string uri, out ushort index)
    {
        var found = Array.IndexOf(Volatile.Read(ref _namespaceUris), uri);
        index = (ushort)Math.Max(found, 0);
        return found >= 0;
    }

    /// <summary>Reads NamespaceArray again.</summary>
    /// <exception cref="UaException">The server does not give it.</exception>
    public async Task ReadNamespacesAsync(CancellationToken cancellation = default)
    {
        TakeNamespaces(await ReadValueAsync(VariableIds.Server_NamespaceArray, cancellation).ConfigureAwait(false));
    }

    private void TakeNamespaces(in DataValue value)
    {
        if (value.Value.AsArray<string?>() is not { Length: > 0 and <= NamespaceTable.MaxNamespaces } uris) throw new UaException(StatusCodes.BadUnknownResponse, $"The server's NamespaceArray is {value}.");
        Volatile.Write(ref _namespaceUris, Array.ConvertAll(uris, uri => uri ?? ""));
    }

    // How many items a call of the server takes; a longer list is sent in parts.
    internal CallLimits Limits { get; private set; } = CallLimits.Usual;

    // What is known of a server from the first, in one call.
    private async Task ReadFactsAsync(CancellationToken cancellation)
    {
        var request = new ReadRequest { NodesToRead = [new ReadValueId { NodeId = VariableIds.Server_NamespaceArray, AttributeId = AttributeIds.Value }, .. CallLimits.Nodes] };
        var response = await InvokeAsync<ReadResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        var facts = Expect(response.Results, request.NodesToRead.Length);
        TakeNamespaces(facts[0]);
        Limits = CallLimits.From(facts.AsSpan(1));
    }

    /// <summary>Reads attributes; each result says whether it could be read. Part 4 5.11.2.</summary>
    /// <exception cref="UaException">The service failed as a whole.</exception>
    public async Task<DataValue[]> ReadAsync(IReadOnlyList<ReadValueId> items, TimestampsToReturn timestamps = TimestampsToReturn.Both, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var values = new DataValue[items.Count];
        var done = 0;
        foreach (var batch in items.Chunk(Limits.Read))
        {
            var request = new ReadRequest { TimestampsToReturn = timestamps, NodesToRead = batch };
            var response = await InvokeAsync<ReadResponse>(request, cancellation: cancellation).ConfigureAwait(false);
            Expect(response.Results, batch.Length).CopyTo(values, done);
            done += batch.Length;
        }

        return values;
    }

    /// <summary>Reads the values of variables, structures of any DataType decoded.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public async Task<DataValue[]> ReadValuesAsync(IReadOnlyList<NodeId> nodes, CancellationToken cancellation = default)
    {
        var items = nodes.Select(id => new ReadValueId { NodeId = id, AttributeId = AttributeIds.Value }).ToArray();
        var values = await ReadAsync(items, cancellation: cancellation).ConfigureAwait(false);
        for (var i = 0; i < values.Length; i++)
            if (TypeLoader.IsOpaque(values[i].Value)) values[i] = values[i] with { Value = await Types.DecodeAsync(values[i].Value, cancellation).ConfigureAwait(false) };
        return values;
    }

    /// <summary>Reads the value of a variable.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public async Task<DataValue> ReadValueAsync(NodeId node, CancellationToken cancellation = default) => (await ReadValuesAsync([node], cancellation).ConfigureAwait(false))[0];

    /// <summary>Writes attributes; each result says whether it was written. Part 4 5.11.4.</summary>
    /// <exception cref="UaException">The service failed as a whole.</exception>
    public async Task<StatusCode[]> WriteAsync(IReadOnlyList<WriteValue> items, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var results = new StatusCode[items.Count];
        var done = 0;
        foreach (var batch in items.Chunk(Limits.Write))
        {
            var response = await InvokeAsync<WriteResponse>(new WriteRequest { NodesToWrite = batch }, cancellation: cancellation).ConfigureAwait(false);
            Expect(response.Results, batch.Length).CopyTo(results, done);
            done += batch.Length;
        }

        return results;
    }

    /// <summary>Writes the value of a variable, without status and times: servers refuse those more often than not.</summary>
    /// <inheritdoc cref="WriteAsync"/>
    public async Task<StatusCode> WriteValueAsync(NodeId node, Variant value, CancellationToken cancellation = default) =>
        (await WriteAsync([new WriteValue { NodeId = node, AttributeId = AttributeIds.Value, Value = new DataValue(value) }], cancellation).ConfigureAwait(false))[0];

    /// <summary>The references of a node, to the last, however many calls that takes. Part 4 5.9.2, 5.9.3.</summary>
    /// <param name="referenceType">With its subtypes; null NodeId for all.</param>
    /// <param name="nodeClasses">A bit mask of <see cref="NodeClass"/>; 0 for all.</param>
    /// <exception cref="UaException">The node cannot be browsed.</exception>
    public async IAsyncEnumerable<ReferenceDescription> BrowseAsync(
        NodeId node, NodeId referenceType = default, BrowseDirection direction = BrowseDirection.Forward, uint nodeClasses = 0, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var description = new BrowseDescription
        {
            NodeId = node,
            BrowseDirection = direction,
            ReferenceTypeId = referenceType,
            IncludeSubtypes = true,
            NodeClassMask = nodeClasses,
            ResultMask = (uint)BrowseResultMask.All,
        };
        var response = await InvokeAsync<BrowseResponse>(new BrowseRequest { NodesToBrowse = [description] }, cancellation: cancellation).ConfigureAwait(false);
        var result = Expect(response.Results, 1)[0];
        try
        {
            while (true)
            {
                if (result.StatusCode.IsBad) throw new UaException(result.StatusCode, $"{node} cannot be browsed: {result.StatusCode}.");
                foreach (var reference in result.References ?? []) yield return reference;
                if (result.ContinuationPoint.IsNullOrEmpty) yield break;
                var point = result.ContinuationPoint;
                result = new BrowseResult();
                result = await BrowseNextAsync(point, release: false, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            // Whoever stops early leaves nothing behind at the server.
            if (!result.ContinuationPoint.IsNullOrEmpty && Channel.IsOpen) await BrowseNextAsync(result.ContinuationPoint, release: true, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<BrowseResult> BrowseNextAsync(ByteString point, bool release, CancellationToken cancellation)
    {
        var request = new BrowseNextRequest { ReleaseContinuationPoints = release, ContinuationPoints = [point] };
        var response = await InvokeAsync<BrowseNextResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        return release ? new BrowseResult() : Expect(response.Results, 1)[0];
    }

    /// <summary>Follows a browse path of hierarchical references. Part 4 5.9.4.</summary>
    /// <returns>The targets in this server.</returns>
    /// <exception cref="UaException">BadNoMatch, and whatever else the server has against the path.</exception>
    public async Task<IReadOnlyList<NodeId>> TranslateBrowsePathAsync(NodeId start, IEnumerable<QualifiedName> path, CancellationToken cancellation = default)
    {
        var elements = path.Select(name => new RelativePathElement { ReferenceTypeId = ReferenceTypeIds.HierarchicalReferences, IncludeSubtypes = true, TargetName = name }).ToArray();
        var request = new TranslateBrowsePathsToNodeIdsRequest { BrowsePaths = [new BrowsePath { StartingNode = start, RelativePath = new RelativePath { Elements = elements } }] };
        var response = await InvokeAsync<TranslateBrowsePathsToNodeIdsResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        var result = Expect(response.Results, 1)[0];
        if (result.StatusCode.IsBad) throw new UaException(result.StatusCode, $"No node is at {string.Join('/', elements.Select(e => e.TargetName))} from {start}: {result.StatusCode}.");
        // Part 4 5.9.4.2: a path that is not wholly followed ends at another server.
        return [.. (result.Targets ?? []).Where(t => t.RemainingPathIndex == uint.MaxValue && t.TargetId.IsLocal).Select(t => t.TargetId.NodeId)];
    }

    /// <summary>Calls a method. Part 4 5.12.2.</summary>
    /// <returns>The output arguments, structures decoded, and the method's own status, which is not bad.</returns>
    /// <exception cref="UaException">The method was not called or failed; where an argument is at fault the message names it.</exception>
    public async Task<CallMethodResult> CallAsync(NodeId target, NodeId method, IEnumerable<Variant>? arguments = null, CancellationToken cancellation = default)
    {
        var request = new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = target, MethodId = method, InputArguments = [.. arguments ?? []] }] };
        // Part 4 7.32: AdditionalInfo of the operation, in which a server may say why it refused.
        request.RequestHeader.ReturnDiagnostics = 0x80;
        var response = await InvokeAsync<CallResponse>(request, cancellation: cancellation).ConfigureAwait(false);
        var result = Expect(response.Results, 1)[0];
        if (result.StatusCode.IsBad) throw new UaException(result.StatusCode, $"The method answers {result.StatusCode}{DescribeArguments(result)}{DescribeReason(response)}.");
        for (var i = 0; i < result.OutputArguments?.Length; i++) result.OutputArguments[i] = await Types.DecodeAsync(result.OutputArguments[i], cancellation).ConfigureAwait(false);
        return result;
    }

    private static string DescribeReason(CallResponse response) => response.DiagnosticInfos is [{ AdditionalInfo: { Length: > 0 } reason }, ..] ? $": {reason.TrimEnd('.')}" : "";

    private static string DescribeArguments(CallMethodResult result)
    {
        var bad = (result.InputArgumentResults ?? []).Index().Where(r => r.Item.IsBad).Select(r => $"argument {r.Index + 1}: {r.Item}").ToArray();
        return bad.Length == 0 ? "" : $" ({string.Join(", ", bad)})";
    }

    /// <summary>The arguments of a method, in order; none where the server says nothing of them. Part 3 5.7.</summary>
    /// <exception cref="UaException">The method cannot be browsed.</exception>
    public async Task<(Argument[] Inputs, Argument[] Outputs)> ReadMethodSignatureAsync(NodeId method, CancellationToken cancellation = default)
    {
        Argument[] inputs = [], outputs = [];
        await foreach (var property in BrowseAsync(method, ReferenceTypeIds.HasProperty, cancellation: cancellation).ConfigureAwait(false))
        {
            if (property.BrowseName is not { NamespaceIndex: 0, Name: "InputArguments" or "OutputArguments" }) continue;
            var value = await ReadValueAsync(property.NodeId.NodeId, cancellation).ConfigureAwait(false);
            var arguments = (value.Value.AsArray<ExtensionObject?>() ?? []).Select(a => a?.Structure).OfType<Argument>().ToArray();
            if (property.BrowseName.Name == "InputArguments") inputs = arguments;
            else outputs = arguments;
        }

        return (inputs, outputs);
    }

    // Part 4: the results of a service are as many as what was asked for, in its order.
    private static T[] Expect<T>(T[]? results, int count) =>
        results?.Length == count ? results : throw new UaException(StatusCodes.BadUnknownResponse, $"The server gives {results?.Length ?? 0} results where {count} were asked for.");
}
