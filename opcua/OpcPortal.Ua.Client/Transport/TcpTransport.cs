using System.IO.Pipelines;
using System.Net.Sockets;

namespace OpcPortal.Ua.Client;

/// <summary>
/// Makes the stream of bytes to a server. What it returns is closed with the channel: by <see cref="IAsyncDisposable"/> where it has it. Tests give
/// in-memory pipes, others a proxy or a TLS tunnel.
/// </summary>
/// <exception cref="UaConnectionException">Nobody is there.</exception>
public delegate ValueTask<IDuplexPipe> UaConnector(Uri endpointUrl, CancellationToken cancellation);

/// <summary>A TCP connection. Part 6 7.2.</summary>
public sealed class TcpTransport : IDuplexPipe, IAsyncDisposable
{
    /// <summary>The port where a URL names none. Part 6 7.2.</summary>
    public const int DefaultPort = 4840;

    // A read or write call moves a whole chunk of the default size.
    private const int BufferSize = 64 * 1024;

    private readonly NetworkStream _stream;

    private TcpTransport(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        Input = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: BufferSize, minimumReadSize: BufferSize / 8, leaveOpen: true));
        Output = PipeWriter.Create(_stream, new StreamPipeWriterOptions(minimumBufferSize: BufferSize, leaveOpen: true));
    }

    /// <inheritdoc/>
    public PipeReader Input { get; }

    /// <inheritdoc/>
    public PipeWriter Output { get; }

    /// <summary>Connects to the host and port of an opc.tcp URL: the <see cref="UaConnector"/> that is used where none is given.</summary>
    /// <exception cref="UaConnectionException">The name is unknown, or nobody listens there.</exception>
    public static async ValueTask<IDuplexPipe> ConnectAsync(Uri endpointUrl, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(endpointUrl);
        var port = endpointUrl.Port > 0 ? endpointUrl.Port : DefaultPort;
        // Requests are gathered before they are flushed: a segment that waits for another would only be late.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpointUrl.DnsSafeHost, port, cancellation).ConfigureAwait(false);
            return new TcpTransport(socket);
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new UaConnectionException(StatusCodes.BadNotConnected, $"Cannot connect to {endpointUrl.DnsSafeHost}:{port}: {refused.Message}", refused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
    }
}
