using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using OpcPortal.Ua.Channel;

namespace OpcPortal.Ua.Server;

/// <summary>Where a connection comes in: from Kestrel, or over pipes in tests. Owns its lifetime.</summary>
public sealed class UaConnectionHandler : ConnectionHandler
{
    private readonly ConnectionServices _services;
    private readonly ConnectionTable _connections;

    internal UaConnectionHandler(ConnectionServices services, ConnectionTable connections)
    {
        _services = services;
        _connections = connections;
    }

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        using var served = new UaConnection(connection.Transport, connection.Abort, AddressOf(connection.RemoteEndPoint), _services);
        if (_connections.TryAdd(served) is not { } place)
        {
            await connection.Transport.Output.WriteAsync(ErrorMessage.Create(StatusCodes.BadTcpNotEnoughResources)).ConfigureAwait(false);
            return;
        }

        // Stopping drains: requests under way are answered, then the peer is told.
        await using var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            .Register(served.Stop) ?? default;
        try
        {
            await served.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _connections.Remove(place);
        }
    }

    private static string AddressOf(EndPoint? endPoint) => endPoint is IPEndPoint ip ? ip.Address.ToString() : endPoint?.ToString() ?? "local";
}
