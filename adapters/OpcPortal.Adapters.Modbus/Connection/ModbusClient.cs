namespace OpcPortal.Adapters.Modbus;

/// <summary>What a device said.</summary>
/// <param name="Exception">None, or why it refuses.</param>
/// <param name="Length">Bytes of data in the caller's buffer.</param>
internal readonly record struct ModbusAnswer(ExceptionCode Exception, int Length);

/// <summary>
/// One connection: requests go out, answers come back to whoever asked, matched by transaction and unit. An answer that comes after its time-out is counted and dropped: its
/// transaction is forgotten, so it can never be taken for the answer to a later request. Thread-safe.
/// </summary>
internal sealed class ModbusClient : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly RequestSlots _slots;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _sendBuffer = new byte[MbapFrame.MaxLength];
    private readonly Lock _lock = new();
    private readonly Dictionary<ushort, Pending> _pending = [];
    private Exception? _lost;
    private ushort _transaction;
    private long _unexpected;
    private long _answered;

    /// <param name="stream">Is closed with the client.</param>
    /// <param name="timeout">How long an answer may take.</param>
    /// <param name="maxOutstanding">Requests under way at once.</param>
    /// <param name="time">The only clock.</param>
    public ModbusClient(Stream stream, TimeSpan timeout, int maxOutstanding, TimeProvider time)
    {
        _stream = stream;
        _timeout = timeout;
        _time = time;
        _slots = new RequestSlots(maxOutstanding);
    }

    /// <summary>Answers that nobody waited for: late, or to nothing that was asked.</summary>
    public long Unexpected => Interlocked.Read(ref _unexpected);

    /// <summary>Answers that were matched.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Whether the connection is lost: every further request fails.</summary>
    public bool IsLost
    {
        get
        {
            lock (_lock) return _lost is not null;
        }
    }

    /// <summary>Reads answers until the connection ends, which it does by an exception.</summary>
    /// <exception cref="ModbusProtocolException">The device speaks no Modbus.</exception>
    /// <exception cref="IOException">The connection is lost.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception ended)
        {
            Lose(ended is ObjectDisposedException ? new IOException("The connection was closed.", ended) : ended);
            if (ended is ObjectDisposedException) throw new IOException("The connection was closed.", ended);
            throw;
        }
    }

    /// <summary>Waits for the turn to ask; whoever got it asks by <see cref="TransactAsync"/> and gives it back by <see cref="Leave"/>.</summary>
    public ValueTask EnterAsync(bool urgent, CancellationToken cancellation) => _slots.EnterAsync(urgent, cancellation);

    public void Leave() => _slots.Release();

    /// <summary>Waits for the turn, asks, and waits for the answer.</summary>
    /// <inheritdoc cref="TransactAsync"/>
    public async ValueTask<ModbusAnswer> SendAsync(byte unit, ModbusRequest request, Memory<byte> data, bool urgent, CancellationToken cancellation)
    {
        await EnterAsync(urgent, cancellation).ConfigureAwait(false);
        try
        {
            return await TransactAsync(unit, request, data, cancellation).ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Asks, and waits for the answer. Whoever calls has entered.</summary>
    /// <param name="unit">The device.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="data">Gets what was read.</param>
    /// <param name="cancellation">Gives up waiting; the connection stays sound.</param>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    /// <exception cref="ModbusProtocolException">The answer is none to this.</exception>
    /// <exception cref="IOException">The connection is lost.</exception>
    public async ValueTask<ModbusAnswer> TransactAsync(byte unit, ModbusRequest request, Memory<byte> data, CancellationToken cancellation)
    {
        var pending = new Pending(unit, request, data);
        var transaction = Register(pending);
        try
        {
            await WriteAsync(new MbapHeader(transaction, unit), request, cancellation).ConfigureAwait(false);
            return await pending.Task.WaitAsync(_timeout, _time, cancellation).ConfigureAwait(false);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException && pending.Task.IsCompleted)
        {
            // The answer, or the end of the connection, came in the same moment: it counts.
            return await pending.Task.ConfigureAwait(false);
        }
        finally
        {
            // After this the reader no longer touches the caller's buffer.
            lock (_lock) _pending.Remove(transaction);
        }
    }

    private ushort Register(Pending pending)
    {
        lock (_lock)
        {
            if (_lost is not null) throw new IOException(_lost.Message, _lost);
            do _transaction++;
            while (_pending.ContainsKey(_transaction));
            _pending.Add(_transaction, pending);
            return _transaction;
        }
    }

    // Cancelled in the middle, a frame would be cut and the stream lost: who waits may give up, the frame goes out whole.
    private async ValueTask WriteAsync(MbapHeader header, ModbusRequest request, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var length = MbapFrame.WriteHeader(_sendBuffer, header, request.Encode(_sendBuffer.AsSpan(MbapFrame.HeaderLength)));
            var writing = _stream.WriteAsync(_sendBuffer.AsMemory(0, length), CancellationToken.None);
            if (!writing.IsCompletedSuccessfully) await writing.AsTask().WaitAsync(_timeout, _time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is TimeoutException or ObjectDisposedException)
        {
            // A peer that does not take 260 bytes within the time-out takes nothing: the connection is given up.
            var lost = new IOException("The connection takes nothing more.", failed);
            Lose(lost);
            await _stream.DisposeAsync().ConfigureAwait(false);
            throw lost;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        var buffer = new byte[MbapFrame.MaxLength * 2];
        var filled = 0;
        while (true)
        {
            var count = await _stream.ReadAsync(buffer.AsMemory(filled), cancellation).ConfigureAwait(false);
            if (count == 0) throw new IOException("The device has closed the connection.");
            filled += count;
            var read = 0;
            while (MbapFrame.TryRead(buffer.AsSpan(read, filled - read), out var header, out var pdu))
            {
                Take(header, pdu);
                read += MbapFrame.HeaderLength + pdu.Length;
            }

            buffer.AsSpan(read, filled - read).CopyTo(buffer);
            filled -= read;
        }
    }

    private void Take(MbapHeader header, ReadOnlySpan<byte> pdu)
    {
        lock (_lock)
        {
            if (!_pending.Remove(header.Transaction, out var pending))
            {
                _unexpected++;
                return;
            }

            try
            {
                if (header.Unit != pending.Unit) throw new ModbusProtocolException($"Unit {header.Unit} has answered; unit {pending.Unit} was asked.");
                var exception = ModbusResponse.Decode(pending.Request, pdu, out var data);
                data.CopyTo(pending.Data.Span);
                _answered++;
                pending.SetResult(new ModbusAnswer(exception, data.Length));
            }
            catch (ModbusProtocolException wrong)
            {
                pending.SetException(wrong);
            }
        }
    }

    private void Lose(Exception reason)
    {
        lock (_lock)
        {
            _lost ??= reason;
            foreach (var pending in _pending.Values) pending.TrySetException(Again(reason));
            _pending.Clear();
        }
    }

    // An exception belongs to one who throws it: each who waits gets one of their own.
    private static Exception Again(Exception reason) => reason is ModbusProtocolException ? new ModbusProtocolException(reason.Message) : new IOException(reason.Message, reason);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Lose(new IOException("The connection was closed."));
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class Pending(byte unit, ModbusRequest request, Memory<byte> data) : TaskCompletionSource<ModbusAnswer>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public byte Unit => unit;
        public ModbusRequest Request => request;
        public Memory<byte> Data => data;
    }
}
