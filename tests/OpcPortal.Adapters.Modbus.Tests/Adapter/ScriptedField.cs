using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;

namespace OpcPortal.Adapters.Modbus.Tests;

/// <summary>A request that the adapter has sent, for the test to answer: at once, late, wrong or never.</summary>
internal sealed record ReceivedRequest(ScriptedConnection Connection, MbapHeader Header, ModbusRequest Request, byte[] Pdu, DateTimeOffset At)
{
    public Task AnswerRegistersAsync(params ushort[] registers) =>
        AnswerAsync([(byte)Request.Function, (byte)(registers.Length * 2), .. registers.SelectMany(register => new[] { (byte)(register >> 8), (byte)register })]);

    public Task RefuseAsync(ExceptionCode code) => AnswerAsync([(byte)(Pdu[0] | 0x80), (byte)code]);

    /// <summary>The answer to a write repeats it, functions 15 and 16 without their data.</summary>
    public Task ConfirmAsync() => AnswerAsync(Request.Function is FunctionCode.WriteMultipleCoils or FunctionCode.WriteMultipleRegisters ? Pdu[..5] : Pdu);

    public Task AnswerAsync(byte[] pdu, byte? unit = null, ushort? transaction = null)
    {
        var frame = new byte[MbapFrame.MaxLength];
        pdu.CopyTo(frame, MbapFrame.HeaderLength);
        var length = MbapFrame.WriteHeader(frame, new MbapHeader(transaction ?? Header.Transaction, unit ?? Header.Unit), pdu.Length);
        return Connection.SendAsync(frame[..length]);
    }
}

/// <summary>One connection in memory, seen from the device.</summary>
internal sealed class ScriptedConnection(Stream toAdapter)
{
    public async Task SendAsync(byte[] bytes)
    {
        await toAdapter.WriteAsync(bytes);
        await toAdapter.FlushAsync();
    }

    public void Close() => toAdapter.Dispose();
}

/// <summary>A field in memory: requests are answered by a rule where there is one, else queued for the test.</summary>
internal sealed class ScriptedField : IModbusDialer
{
    private readonly Channel<ReceivedRequest> _requests = Channel.CreateUnbounded<ReceivedRequest>();
    private readonly ConcurrentBag<ScriptedConnection> _connections = [];
    private int _ignored;

    /// <summary>Answers a request; returns false to leave it to the test.</summary>
    public Func<ReceivedRequest, Task<bool>> Rule { get; set; } = _ => Task.FromResult(false);

    /// <summary>What a connection attempt does before it succeeds.</summary>
    public Func<CancellationToken, Task> Dialling { get; set; } = _ => Task.CompletedTask;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>When connections were asked for.</summary>
    public ConcurrentQueue<DateTimeOffset> Dials { get; } = new();

    public ConcurrentQueue<ReceivedRequest> Seen { get; } = new();

    /// <summary>Requests that will never be answered and have not timed out yet.</summary>
    public int Ignored => Volatile.Read(ref _ignored);

    /// <summary>Requests that were ignored time out.</summary>
    public void Forget(int requests) => Interlocked.Add(ref _ignored, -requests);

    /// <summary>A rule: no answer, ever.</summary>
    public Task<bool> Ignore(ReceivedRequest received)
    {
        _ = received;
        Interlocked.Increment(ref _ignored);
        return Task.FromResult(true);
    }

    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        Volatile.Write(ref _ignored, 0);
        Dials.Enqueue(Time.GetUtcNow());
        await Dialling(cancellation);
        var toDevice = new Pipe();
        var toAdapter = new Pipe();
        var connection = new ScriptedConnection(toAdapter.Writer.AsStream());
        _connections.Add(connection);
        _ = ServeAsync(connection, toDevice.Reader);
        return new DuplexStream(toAdapter.Reader.AsStream(), toDevice.Writer.AsStream());
    }

    /// <summary>The next request that no rule has answered.</summary>
    public Task<ReceivedRequest> NextAsync() => _requests.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public bool HasNext => _requests.Reader.TryPeek(out _);

    private async Task ServeAsync(ScriptedConnection connection, PipeReader reader)
    {
        while (true)
        {
            var read = await reader.ReadAsync();
            var buffer = read.Buffer.FirstSpan.ToArray();
            if (buffer.Length == 0 && read.IsCompleted) return;
            if (!Take(connection, buffer, out var received, out var length))
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            reader.AdvanceTo(read.Buffer.GetPosition(length));
            Seen.Enqueue(received);
            if (!await Rule(received)) _requests.Writer.TryWrite(received);
        }
    }

    private bool Take(ScriptedConnection connection, byte[] buffer, out ReceivedRequest received, out int length)
    {
        (received, length) = (null!, 0);
        if (!MbapFrame.TryRead(buffer, out var header, out var pdu)) return false;
        Assert.Equal(ExceptionCode.None, ModbusRequest.Decode(pdu.ToArray(), out var request));
        received = new ReceivedRequest(connection, header, request, pdu.ToArray(), Time.GetUtcNow());
        length = MbapFrame.HeaderLength + pdu.Length;
        return true;
    }

    private sealed class DuplexStream(Stream reading, Stream writing) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => reading.ReadAsync(buffer, cancellationToken);
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => writing.WriteAsync(buffer, cancellationToken);
        public override void Flush() => writing.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            writing.Dispose();
            base.Dispose(disposing);
        }
    }
}
