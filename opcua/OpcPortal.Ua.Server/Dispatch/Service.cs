namespace OpcPortal.Ua.Server;

/// <summary>How far a client must have come before it may use a service.</summary>
public enum SessionState
{
    /// <summary>A secure channel suffices: discovery, CreateSession.</summary>
    None,

    /// <summary>A session, whatever channel it belongs to: ActivateSession alone, which may move it.</summary>
    Any,

    /// <summary>A session that belongs to the channel: CloseSession.</summary>
    Created,

    /// <summary>An activated session that belongs to the channel.</summary>
    Activated,
}

/// <summary>One service of Part 4, one class, one file. The dispatcher decodes, checks the session, and turns exceptions into faults.</summary>
public abstract class Service
{
    /// <summary>The id of the request's binary encoding, by which the dispatcher finds the service.</summary>
    public abstract NodeId RequestEncodingId { get; }

    public virtual SessionState Requires => SessionState.Activated;

    /// <summary>The answer where the session belongs to another channel.</summary>
    public virtual StatusCode WrongChannelStatus => StatusCodes.BadSecureChannelIdInvalid;

    /// <summary>Decodes the request from behind its type id.</summary>
    public abstract IServiceRequest Decode(ref BinaryDecoder decoder);

    public abstract ValueTask<IServiceResponse> InvokeAsync(ServiceContext context, IServiceRequest request);

    /// <summary>Reports what an auditor must see of a request as a whole, once it is done or refused. Part 4 6.5.</summary>
    /// <param name="action">Who asked, and how it ended.</param>
    /// <param name="response">Null where it failed.</param>
    internal virtual void Audit(IAuditor auditor, in AuditedAction action, ServiceContext context, IServiceRequest request, IServiceResponse? response) { }
}

/// <inheritdoc />
public abstract class Service<TRequest, TResponse> : Service
    where TRequest : class, IServiceRequest, IStructure<TRequest>, new()
    where TResponse : class, IServiceResponse
{
    private static readonly NodeId EncodingId = new TRequest().BinaryEncodingId;

    public sealed override NodeId RequestEncodingId => EncodingId;

    public sealed override IServiceRequest Decode(ref BinaryDecoder decoder) => TRequest.Decode(ref decoder);

    public sealed override ValueTask<IServiceResponse> InvokeAsync(ServiceContext context, IServiceRequest request)
    {
        var pending = InvokeAsync(context, (TRequest)request);
        return pending.IsCompletedSuccessfully ? new ValueTask<IServiceResponse>(pending.Result) : Await(pending);
    }

    private static async ValueTask<IServiceResponse> Await(ValueTask<TResponse> pending) => await pending.ConfigureAwait(false);

    /// <summary>Completes at once wherever nothing needs waiting for. The dispatcher fills in the response header.</summary>
    /// <exception cref="ServiceException">The service fails as a whole.</exception>
    protected abstract ValueTask<TResponse> InvokeAsync(ServiceContext context, TRequest request);
}
