using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Interop.NodeOpcuaServer;

/// <summary>Stands between client and server, and cuts or swallows what passes when a test says so.</summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly ConcurrentBag<Task> _copies = [];
    private readonly Task _accepting;

    public TcpRelay(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Whether what the server sends is swallowed instead of passed on.</summary>
    public volatile bool SwallowsAnswers;

    /// <summary>Cuts all connections.</summary>
    public void Cut()
    {
        foreach (var socket in _sockets.Keys) socket.Dispose();
        _sockets.Clear();
        SwallowsAnswers = false;
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, _stop.Token);
                client.NoDelay = true;
                _sockets[client] = _sockets[server] = true;
                _copies.Add(CopyAsync(client, server, isAnswer: false));
                _copies.Add(CopyAsync(server, client, isAnswer: true));
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException)
            {
                // The relay was closed, or one of the two is gone.
            }
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool isAnswer)
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer, _stop.Token);
                if (read == 0) break;
                if (isAnswer && SwallowsAnswers) continue;
                await to.SendAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }

        from.Dispose();
        to.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Cut();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_copies);
        _stop.Dispose();
    }
}
