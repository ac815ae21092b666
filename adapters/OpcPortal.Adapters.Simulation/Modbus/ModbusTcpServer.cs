using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using OpcPortal.Adapters.Modbus;

namespace OpcPortal.Adapters.Simulation.Modbus;

/// <summary>A Modbus TCP server on loopback for simulated units, with faults to order. It may be stopped and started again.</summary>
public sealed class ModbusTcpServer : IAsyncDisposable
{
    /// <summary>Connections at once: real gateways take between 4 and 64.</summary>
    public const int MaxConnections = 64;

    private const int Backlog = 16;
    private static readonly byte[] Garbage = "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray();

    private readonly IReadOnlyDictionary<byte, IModbusUnit> _units;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<byte, ModbusFault> _faults = new();
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private CancellationTokenSource? _stop;
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private long _requests;

    public ModbusTcpServer(IReadOnlyDictionary<byte, IModbusUnit> units, TimeProvider time)
    {
        _units = units;
        _time = time;
    }

    /// <summary>Requests taken since it was made.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Connections open now.</summary>
    public int Connections => _connections.Count;

    /// <summary>Lets a unit misbehave from now on; <c>default</c> heals it.</summary>
    public void Inject(byte unit, ModbusFault fault) => _faults[unit] = fault;

    /// <summary>Listens on loopback.</summary>
    /// <param name="port">0 for any that is free.</param>
    /// <returns>The port.</returns>
    /// <exception cref="SocketException">The port is in use.</exception>
    public int Start(int port = 0)
    {
        if (_listener is not null) throw new InvalidOperationException("It listens already.");
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen(Backlog);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        _stop = new CancellationTokenSource();
        _listener = listener;
        _accepting = AcceptAsync(listener, _stop.Token);
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    /// <summary>Closes all connections and listens no more.</summary>
    public async Task StopAsync()
    {
        if (_listener is null) return;
        await _stop!.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        foreach (var socket in _connections.Keys) socket.Dispose();
        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        _stop.Dispose();
        _listener = null;
    }

    private async Task AcceptAsync(Socket listener, CancellationToken stop)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(stop).ConfigureAwait(false);
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            if (_connections.Count >= MaxConnections)
            {
                socket.Dispose();
                continue;
            }

            socket.NoDelay = true;
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _connections[socket] = ServeAsync(socket, begun.Task, stop);
            begun.SetResult();
        }
    }

    private async Task ServeAsync(Socket socket, Task registered, CancellationToken stop)
    {
        await registered.ConfigureAwait(false);
        var received = new byte[MbapFrame.MaxLength * 2];
        var answer = new byte[MbapFrame.MaxLength];
        var filled = 0;
        try
        {
            while (true)
            {
                var count = await socket.ReceiveAsync(received.AsMemory(filled), stop).ConfigureAwait(false);
                if (count == 0) return;
                filled += count;
                var read = 0;
                while (TryRead(received, read, filled, out var header, out var length))
                {
                    if (!await AnswerAsync(socket, header, received.AsMemory(read + MbapFrame.HeaderLength, length), answer, stop).ConfigureAwait(false)) return;
                    read += MbapFrame.HeaderLength + length;
                }

                received.AsSpan(read, filled - read).CopyTo(received);
                filled -= read;
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException or ModbusProtocolException)
        {
            // The connection's end, whichever side brought it.
        }
        finally
        {
            socket.Dispose();
            _connections.TryRemove(socket, out _);
        }
    }

    private static bool TryRead(byte[] received, int from, int to, out MbapHeader header, out int length)
    {
        var found = MbapFrame.TryRead(received.AsSpan(from, to - from), out header, out var pdu);
        length = pdu.Length;
        return found;
    }

    private async ValueTask<bool> AnswerAsync(Socket socket, MbapHeader header, ReadOnlyMemory<byte> pdu, byte[] answer, CancellationToken stop)
    {
        Interlocked.Increment(ref _requests);
        var fault = _faults.GetValueOrDefault(header.Unit);
        switch (fault.Kind)
        {
            case ModbusFaultKind.Silence:
                return true;
            case ModbusFaultKind.Disconnect:
                return false;
            case ModbusFaultKind.Garbage:
                await socket.SendAsync(Garbage, stop).ConfigureAwait(false);
                return true;
            case ModbusFaultKind.Delay:
                await Task.Delay(fault.Delay, _time, stop).ConfigureAwait(false);
                break;
        }

        var length = fault.Kind switch
        {
            ModbusFaultKind.Exception => ModbusResponse.EncodeException(answer.AsSpan(MbapFrame.HeaderLength), pdu.Span[0], fault.Exception),
            ModbusFaultKind.WrongAnswer => WriteWrong(answer.AsSpan(MbapFrame.HeaderLength), pdu.Span[0]),
            _ => Answer(header.Unit, pdu, answer.AsSpan(MbapFrame.HeaderLength)),
        };
        var frame = answer.AsMemory(0, MbapFrame.WriteHeader(answer, header, length));
        await socket.SendAsync(frame, stop).ConfigureAwait(false);
        return true;
    }

    // One register whatever was asked.
    private static int WriteWrong(Span<byte> pdu, byte function)
    {
        ReadOnlySpan<byte> wrong = [function, 1, 0xFF];
        wrong.CopyTo(pdu);
        return wrong.Length;
    }

    private int Answer(byte unit, ReadOnlyMemory<byte> pdu, Span<byte> answer)
    {
        // MODBUS Messaging on TCP/IP 4.4.2.3: a gateway answers so for a unit that it cannot reach.
        if (!_units.TryGetValue(unit, out var served)) return ModbusResponse.EncodeException(answer, pdu.Span[0], ExceptionCode.GatewayTargetFailedToRespond);
        var exception = ModbusRequest.Decode(pdu, out var request);
        if (exception == ExceptionCode.None)
        {
            var reads = request.IsRead || request.Function == FunctionCode.ReadWriteMultipleRegisters;
            var data = reads ? answer.Slice(2, ModbusResponse.ReadBytes(request)) : [];
            data.Clear();
            exception = served.Handle(request, data);
            if (exception == ExceptionCode.None) return reads ? ModbusResponse.EncodeRead(answer, request) : ModbusResponse.EncodeWritten(answer, request);
        }

        return ModbusResponse.EncodeException(answer, pdu.Span[0], exception);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);
}
