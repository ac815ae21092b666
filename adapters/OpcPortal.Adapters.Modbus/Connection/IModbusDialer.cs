using System.Net.Sockets;

namespace OpcPortal.Adapters.Modbus;

/// <summary>Makes connections: over TCP, or in memory for tests.</summary>
internal interface IModbusDialer
{
    /// <exception cref="IOException">It cannot be reached.</exception>
    ValueTask<Stream> ConnectAsync(CancellationToken cancellation);
}

/// <summary>Connects over TCP.</summary>
internal sealed class TcpModbusDialer(string host, int port) : IModbusDialer
{
    /// <inheritdoc/>
    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new IOException($"{host}:{port} cannot be reached: {refused.Message}", refused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
