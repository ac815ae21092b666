using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using OpcPortal.Ua.Channel;

namespace OpcPortal.Ua.Server;

/// <summary>
/// Takes a request from its bytes to its response: finds the service, decodes, finds the session and sees that it may, runs the service, turns what goes
/// wrong into a ServiceFault. The one place for all of it. Part 4 5.3, 7.35.
/// </summary>
public sealed partial class RequestDispatcher(IEnumerable<Service> services, SessionTable sessions, IAuditor auditor, RequestCounters counters, CodecContext codec, TimeProvider time, ILogger<RequestDispatcher> logger)
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

        var status = FindSession(channel, service, request.RequestHeader, now, out var session);
        var context = new ServiceContext(time) { Channel = channel, Session = session, RequestHeader = request.RequestHeader, Now = now };
        var work = new RequestInProgress(service, context, request, responder, requestId);
        try
        {
            if (status.IsBad) throw new ServiceException(status);
            var pending = service.InvokeAsync(context, request);
            if (!pending.IsCompleted) return PendingRequest.Start(this, work, pending);
            Finish(work, pending.GetAwaiter().GetResult());
        }
        catch (Exception failure)
        {
            Fail(work, failure);
        }

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

    private StatusCode FindSession(IServerChannel channel, Service service, RequestHeader header, DateTime now, out Session? session)
    {
        session = null;
        if (service.Requires == SessionState.None) return StatusCodes.Good;
        if (!sessions.TryGet(header.AuthenticationToken, out session)) return StatusCodes.BadSessionIdInvalid;
        // Attack class 16: a token is good on the channel that its session belongs to, and only there.
        if (service.Requires != SessionState.Any && !ReferenceEquals(session.Channel, channel)) return service.WrongChannelStatus;
        if (service.Requires == SessionState.Activated && session.Access is null) return StatusCodes.BadSessionNotActivated;
        session.Touch(now);
        return StatusCodes.Good;
    }

    /// <summary>Audits and counts what was done, and answers.</summary>
    internal void Finish(in RequestInProgress work, IServiceResponse response)
    {
        counters.Count(work.Context.Session, work.Service.RequestEncodingId, response.ResponseHeader.ServiceResult);
        work.Service.Audit(auditor, AuditedAction.Of(work.Context, StatusCodes.Good), work.Context, work.Request, response);
        response.ResponseHeader.RequestHandle = work.Request.RequestHeader.RequestHandle;
        response.ResponseHeader.Timestamp = time.GetUtcNow().UtcDateTime;
        work.Responder.Respond(work.RequestId, response);
        work.Context.Dispose();
    }

    /// <summary>Audits and counts what was refused, and answers with a fault.</summary>
    internal void Fail(in RequestInProgress work, Exception failure)
    {
        var status = StatusOf(failure, work);
        counters.Count(work.Context.Session, work.Service.RequestEncodingId, status);
        var action = AuditedAction.Of(work.Context, status, failure.Message) with { CertificateStatus = (failure as UserCertificateException)?.CertificateStatus ?? default };
        work.Service.Audit(auditor, action, work.Context, work.Request, null);
        work.Responder.Respond(work.RequestId, Fault(work.Request.RequestHeader, status, time.GetUtcNow().UtcDateTime));
        work.Context.Dispose();
    }

    private static ServiceFault Fault(RequestHeader header, StatusCode status, DateTime now) =>
        new() { ResponseHeader = new ResponseHeader { RequestHandle = header.RequestHandle, ServiceResult = status, Timestamp = now } };

    private StatusCode StatusOf(Exception failure, in RequestInProgress work)
    {
        switch (failure)
        {
            case ServiceException refused: return refused.Status;
            case OperationCanceledException: return work.Context.CancellationReason;
            case CodecException unencodable: return unencodable.Status;
            default:
                LogFailed(work.Service.GetType().Name, failure);
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

/// <summary>A request between its decoding and its answer.</summary>
internal readonly record struct RequestInProgress(Service Service, ServiceContext Context, IServiceRequest Request, IResponder Responder, uint RequestId);

/// <summary>A request whose service waits for something.</summary>
internal sealed class PendingRequest
{
    private PendingRequest(ServiceContext context, bool isParked, Task completion)
    {
        Context = context;
        IsParked = isParked;
        Completion = completion;
    }

    public ServiceContext Context { get; }

    /// <summary>Whether it waits for something to tell, as Publish does, and not for its own work.</summary>
    public bool IsParked { get; }

    /// <summary>Ends when the response was sent; never fails.</summary>
    public Task Completion { get; }

    public static PendingRequest Start(RequestDispatcher dispatcher, RequestInProgress work, ValueTask<IServiceResponse> pending) =>
        new(work.Context, work.Request is PublishRequest, CompleteAsync(dispatcher, work, pending));

    private static async Task CompleteAsync(RequestDispatcher dispatcher, RequestInProgress work, ValueTask<IServiceResponse> pending)
    {
        try
        {
            dispatcher.Finish(work, await pending.ConfigureAwait(false));
        }
        catch (Exception failure)
        {
            dispatcher.Fail(work, failure);
        }

        work.Responder.Flush();
    }
}
