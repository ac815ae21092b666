using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using OpcPortal.Ua.Channel;

namespace OpcPortal.Ua.Server;

/// <summary>
/// Takes a request from its bytes to its response: finds the service, decodes, finds the session and sees that it may, runs the service, turns what goes
/// wrong into a ServiceFault. The one place for all of it. Part 4 5.3, 7.35.
/// </summary>
public sealed partial class RequestDispatcher(IEnumerable<Service> services, SessionTable sessions, CodecContext codec, TimeProvider time, ILogger<RequestDispatcher> logger)
{
    private readonly FrozenDictionary<NodeId, Service> _services = services.ToFrozenDictionary(s => s.RequestEncodingId);

    /// <summary>The services offered, by the id of their request's encoding.</summary>
    public IReadOnlyDictionary<NodeId, Service> Services => _services;

    /// <summary>Serves one request. What completes at once is answered before this returns; else the task goes on and answers later.</summary>
    /// <param name="message">The whole message; not used after this returns.</param>
    /// <returns>The work that is still going on; null where all is done.</returns>
    /// <exception cref="ChannelException">The bytes are no request: the channel ends.</exception>
    internal PendingRequest? Dispatch(IServerChannel channel, IResponder responder, uint requestId, ReadOnlySpan<byte> message)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var request = Decode(message, out var service);
        if (service is null)
        {
            responder.Respond(requestId, Fault(request.RequestHeader, StatusCodes.BadServiceUnsupported, now));
            return null;
        }

        ServiceContext? context = null;
        StatusCode status;
        try
        {
            context = new ServiceContext(time) { Channel = channel, Session = SessionOf(channel, service, request.RequestHeader, now), RequestHeader = request.RequestHeader, Now = now };
            var pending = service.InvokeAsync(context, request);
            if (!pending.IsCompleted) return PendingRequest.Start(this, responder, requestId, context, pending);
            Respond(responder, requestId, request.RequestHeader, pending.GetAwaiter().GetResult());
            context.Dispose();
            return null;
        }
        catch (Exception failure)
        {
            status = StatusOf(failure, context, service);
        }

        context?.Dispose();
        responder.Respond(requestId, Fault(request.RequestHeader, status, now));
        return null;
    }

    private IServiceRequest Decode(ReadOnlySpan<byte> message, out Service? service)
    {
        try
        {
            var decoder = new BinaryDecoder(message, codec);
            if (!_services.TryGetValue(decoder.ReadNodeId(), out service)) return new UnknownRequest(decoder.ReadStructure<RequestHeader>());
            var request = service.Decode(ref decoder);
            return decoder.Remaining == 0 ? request : throw new CodecException(StatusCodes.BadDecodingError, $"{decoder.Remaining} bytes follow the request.");
        }
        catch (CodecException malformed)
        {
            throw new ChannelException(malformed.Status, $"A request cannot be decoded: {malformed.Message}");
        }
    }

    private Session? SessionOf(IServerChannel channel, Service service, RequestHeader header, DateTime now)
    {
        if (service.Requires == SessionState.None) return null;
        if (!sessions.TryGet(header.AuthenticationToken, out var session)) throw new ServiceException(StatusCodes.BadSessionIdInvalid);
        // CVE class 16: a token is good on the channel that its session belongs to, and only there.
        if (service.Requires != SessionState.Any && !ReferenceEquals(session.Channel, channel)) throw new ServiceException(service.WrongChannelStatus);
        if (service.Requires == SessionState.Activated && session.Access is null) throw new ServiceException(StatusCodes.BadSessionNotActivated);
        session.Touch(now);
        return session;
    }

    internal void Respond(IResponder responder, uint requestId, RequestHeader header, IServiceResponse response)
    {
        response.ResponseHeader.RequestHandle = header.RequestHandle;
        response.ResponseHeader.Timestamp = time.GetUtcNow().UtcDateTime;
        responder.Respond(requestId, response);
    }

    internal void RespondFault(IResponder responder, uint requestId, ServiceContext context, Exception failure) =>
        responder.Respond(requestId, Fault(context.RequestHeader, StatusOf(failure, context, null), time.GetUtcNow().UtcDateTime));

    internal static ServiceFault Fault(RequestHeader header, StatusCode status, DateTime now) =>
        new() { ResponseHeader = new ResponseHeader { RequestHandle = header.RequestHandle, ServiceResult = status, Timestamp = now } };

    private StatusCode StatusOf(Exception failure, ServiceContext? context, Service? service)
    {
        switch (failure)
        {
            case ServiceException refused: return refused.Status;
            case OperationCanceledException when context is not null: return context.CancellationReason;
            case CodecException unencodable: return unencodable.Status;
            default:
                LogFailed(service?.GetType().Name ?? "service", failure);
                return StatusCodes.BadInternalError;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Service} failed")]
    private partial void LogFailed(string service, Exception failure);

    // Of a service that is not offered, the header is all that is read: the answer names its handle.
    private sealed class UnknownRequest(RequestHeader header) : IServiceRequest
    {
        public RequestHeader RequestHeader { get; set; } = header;
        public NodeId DataTypeId => default;
        public NodeId BinaryEncodingId => default;
        public void Encode(ref BinaryEncoder encoder) => throw new NotSupportedException();
    }
}

/// <summary>Where responses go. Thread-safe.</summary>
internal interface IResponder
{
    /// <summary>Encodes and sends a response, or in its place a fault where it is too large for the peer. Never throws for what the peer did.</summary>
    void Respond(uint requestId, IServiceResponse response);

    /// <summary>Pushes out what was written by a request that finished on a thread of its own.</summary>
    void Flush();
}

/// <summary>A request whose service waits for something.</summary>
internal sealed class PendingRequest
{
    private PendingRequest(ServiceContext context, Task completion)
    {
        Context = context;
        Completion = completion;
    }

    public ServiceContext Context { get; }

    /// <summary>Ends when the response was sent; never fails.</summary>
    public Task Completion { get; }

    public static PendingRequest Start(RequestDispatcher dispatcher, IResponder responder, uint requestId, ServiceContext context, ValueTask<IServiceResponse> pending) =>
        new(context, CompleteAsync(dispatcher, responder, requestId, context, pending));

    private static async Task CompleteAsync(RequestDispatcher dispatcher, IResponder responder, uint requestId, ServiceContext context, ValueTask<IServiceResponse> pending)
    {
        try
        {
            dispatcher.Respond(responder, requestId, context.RequestHeader, await pending.ConfigureAwait(false));
        }
        catch (Exception failure)
        {
            dispatcher.RespondFault(responder, requestId, context, failure);
        }

        responder.Flush();
    }
}
