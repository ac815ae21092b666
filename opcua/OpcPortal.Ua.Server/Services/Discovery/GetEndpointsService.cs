namespace OpcPortal.Ua.Server;

/// <summary>GetEndpoints. Part 4 5.5.4.</summary>
public sealed class GetEndpointsService(EndpointCatalog endpoints) : Service<GetEndpointsRequest, GetEndpointsResponse>
{
    public override SessionState Requires => SessionState.None;

    protected override ValueTask<GetEndpointsResponse> InvokeAsync(ServiceContext context, GetEndpointsRequest request)
    {
        var isWanted = request.ProfileUris is null or { Length: 0 } || request.ProfileUris.Contains(EndpointCatalog.TransportProfile);
        return ValueTask.FromResult(new GetEndpointsResponse { Endpoints = isWanted ? endpoints.Describe(request.EndpointUrl) : [] });
    }
}
