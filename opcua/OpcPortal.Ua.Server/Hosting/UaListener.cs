using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OpcPortal.Ua.Server;

/// <summary>Kestrel's sockets for a server.</summary>
public static class UaListener
{
    // Requests are served on the thread that read them from the socket: nothing that the connection loop does waits or takes long, and a change of thread costs
    // more than a Read.
    private static void AddUaTransport(this IServiceCollection services) =>
        services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.NoDelay = true;
        });

    /// <summary>Starts the server at addresses of this machine, until the listener is disposed.</summary>
    /// <returns>The running listener and the addresses bound (port 0 gives a free one).</returns>
    /// <exception cref="IOException">An address is in use.</exception>
    public static async Task<RunningListener> ListenAsync(this UaServer server, ILoggerFactory? loggers, params IPEndPoint[] addresses)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Logging.ClearProviders();
        if (loggers is not null) builder.Services.AddSingleton(loggers);
        builder.Services.AddUaTransport();
        var bound = new List<ListenOptions>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var address in addresses)
                kestrel.Listen(address, listen =>
                {
                    listen.Use(_ => server.Handler.OnConnectedAsync);
                    bound.Add(listen);
                });
        });
        var app = builder.Build();
        server.Start();
        await app.StartAsync().ConfigureAwait(false);
        return new RunningListener(app, [.. bound.Select(b => b.IPEndPoint!)]);
    }
}

/// <summary>A listener that accepts connections until it is disposed.</summary>
public sealed class RunningListener(IHost host, IReadOnlyList<IPEndPoint> addresses) : IAsyncDisposable
{
    /// <summary>The addresses bound, in the order asked for.</summary>
    public IReadOnlyList<IPEndPoint> Addresses => addresses;

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync().ConfigureAwait(false);
        host.Dispose();
    }
}
