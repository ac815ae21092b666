namespace OpcPortal.Ua.Server;

/// <summary>
/// RegisterNodes: ids that a client means to use often. Every id is found in one look-up here, so the ids come back as they are. Part 4 5.9.5.
/// </summary>
public sealed class RegisterNodesService(OperationLimits limits) : Service<RegisterNodesRequest, RegisterNodesResponse>
{
    protected override ValueTask<RegisterNodesResponse> InvokeAsync(ServiceContext context, RegisterNodesRequest request)
    {
        OperationLimits.Check(request.NodesToRegister, limits.MaxNodesPerRegisterNodes);
        return ValueTask.FromResult(new RegisterNodesResponse { RegisteredNodeIds = request.NodesToRegister });
    }
}

/// <summary>UnregisterNodes: nothing was kept, so nothing is let go. Part 4 5.9.6.</summary>
public sealed class UnregisterNodesService(OperationLimits limits) : Service<UnregisterNodesRequest, UnregisterNodesResponse>
{
    protected override ValueTask<UnregisterNodesResponse> InvokeAsync(ServiceContext context, UnregisterNodesRequest request)
    {
        OperationLimits.Check(request.NodesToUnregister, limits.MaxNodesPerRegisterNodes);
        return ValueTask.FromResult(new UnregisterNodesResponse());
    }
}
