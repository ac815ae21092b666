using System.Threading.Tasks.Sources;

namespace OpcPortal.Ua.Client;

/// <summary>A request that waits for its answer.</summary>
internal abstract class PendingRequest
{
    /// <summary>What the response header must repeat. Part 4 7.34.</summary>
    public uint RequestHandle { get; set; }

    /// <summary>When it is overdue, in the clock's timestamps; <see cref="long.MaxValue"/> for never.</summary>
    public long Deadline { get; set; }

    public CancellationTokenRegistration Cancellation { get; set; }

    /// <summary>Decodes the answer and hands it to who waits.</summary>
    public abstract void Complete(ReadOnlySpan<byte> message, CodecContext context);

    public abstract void Fail(Exception reason);
}

/// <summary>A pending request of one response type. Used again and again: whoever takes it out of the table completes it, and who awaits it gives it back.</summary>
internal sealed class PendingRequest<TResponse> : PendingRequest, IValueTaskSource<TResponse>
    where TResponse : class, IServiceResponse, IStructure<TResponse>, new()
{
    // As many as a pipelining load generator has outstanding; more than that is left to the collector.
    private const int MaxIdle = 1024;

    private static readonly NodeId ResponseId = new TResponse().BinaryEncodingId;
    private static readonly Stack<PendingRequest<TResponse>> Idle = new();

    // What awaits a response runs user code: never on the loop that reads the socket.
    private ManualResetValueTaskSourceCore<TResponse> _source = new() { RunContinuationsAsynchronously = true };

    public static PendingRequest<TResponse> Rent()
    {
        lock (Idle)
            if (Idle.TryPop(out var idle)) return idle;
        return new PendingRequest<TResponse>();
    }

    public ValueTask<TResponse> Task => new(this, _source.Version);

    public override void Complete(ReadOnlySpan<byte> message, CodecContext context)
    {
        TResponse response;
        try
        {
            var decoder = new BinaryDecoder(message, context);
            var id = decoder.ReadNodeId();
            if (id.IsStandard(ServiceFaultId))
            {
                var header = ServiceFault.Decode(ref decoder).ResponseHeader;
                Fail(header.RequestHandle == RequestHandle ? Failed(header) : Unexpected($"a fault for request {header.RequestHandle}"));
                return;
            }

            if (id != ResponseId)
            {
                Fail(Unexpected($"a message of type {id}"));
                return;
            }

            response = TResponse.Decode(ref decoder);
        }
        catch (CodecException malformed)
        {
            Fail(new UaException(StatusCodes.BadDecodingError, $"The server's {typeof(TResponse).Name} cannot be decoded: {malformed.Message}", malformed));
            return;
        }

        var result = response.ResponseHeader;
        // Part 4 7.34: the client's handle comes back; one that is another's answer must not pass for this one.
        if (result.RequestHandle != RequestHandle) Fail(Unexpected($"an answer to request {result.RequestHandle}"));
        else if (result.ServiceResult.IsBad) Fail(Failed(result));
        else _source.SetResult(response);
    }

    private static readonly uint ServiceFaultId = new ServiceFault().BinaryEncodingId.Numeric;

    private UaException Unexpected(string what) => new(StatusCodes.BadUnknownResponse, $"The server sent {what} where the {typeof(TResponse).Name} to request {RequestHandle} belongs.");

    private static UaException Failed(ResponseHeader header) =>
        new(header.ServiceResult, $"The server answers {header.ServiceResult} where {typeof(TResponse).Name} was asked for.");

    public override void Fail(Exception reason) => _source.SetException(reason);

    TResponse IValueTaskSource<TResponse>.GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            Cancellation.Unregister();
            Cancellation = default;
            _source.Reset();
            lock (Idle)
                if (Idle.Count < MaxIdle) Idle.Push(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<TResponse>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<TResponse>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
