namespace OpcPortal.Ua.Server;

/// <summary>FindServers: this server knows itself. Part 4 5.5.2.</summary>
public sealed class FindServersService(EndpointCatalog endpoints) : Service<FindServersRequest, FindServersResponse>
{
    public override SessionState Requires => SessionState.None;

    protected override ValueTask<FindServersResponse> InvokeAsync(ServiceContext context, FindServersRequest request)
    {
        var own = endpoints.DescribeServer(request.EndpointUrl);
        var isWanted = request.ServerUris is null or { Length: 0 } || request.ServerUris.Contains(own.ApplicationUri);
        return ValueTask.FromResult(new FindServersResponse { Servers = isWanted ? [own] : [] });
    }
}
