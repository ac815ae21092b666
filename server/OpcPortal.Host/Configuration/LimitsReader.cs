using OpcPortal.Adapters;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Channel;
using OpcPortal.Ua.Server;

namespace OpcPortal.Host;

/// <summary>Reads <c>limits</c>: each setting is one limit of a part of the server, whose default and reason stand where it is declared.</summary>
internal static class LimitsReader
{
    /// <returns>What makes the server's options of its endpoints.</returns>
    public static Func<EndpointOptions, UaServerOptions> Read(ConfigElement? limits, out CommandOptions commands, out int ingestCapacity)
    {
        var transport = TransportLimits.Default;
        var connections = new ConnectionLimits();
        var sessions = new SessionLimits();
        var operations = new OperationLimits();
        commands = new CommandOptions();
        ingestCapacity = ReadingChannel.DefaultCapacity;
        if (limits is not null)
        {
            transport = transport with { MaxMessageSize = (uint)Whole("maxMessageSize", 64 * 1024, 1024 * 1024 * 1024, (int)transport.MaxMessageSize) };
            connections = connections with
            {
                MaxConnections = Whole("maxConnections", 2, 100_000, connections.MaxConnections),
                HandshakeTimeout = Time("handshakeTimeout", 1, 300, connections.HandshakeTimeout),
                MessageTimeout = Time("messageTimeout", 1, 600, connections.MessageTimeout),
                MinTokenLifetime = Time("minTokenLifetime", 1, 3600, connections.MinTokenLifetime),
                MaxTokenLifetime = Time("maxTokenLifetime", 60, 86_400, connections.MaxTokenLifetime),
            };
            sessions = sessions with
            {
                MaxSessions = Whole("maxSessions", 1, 100_000, sessions.MaxSessions),
                MinTimeout = Time("minSessionTimeout", 1, 3600, sessions.MinTimeout),
                MaxTimeout = Time("maxSessionTimeout", 10, 86_400, sessions.MaxTimeout),
            };
            operations = operations with
            {
                MaxNodesPerRead = (uint)Whole("maxNodesPerRead", 1, 1_000_000, (int)operations.MaxNodesPerRead),
                MaxNodesPerWrite = (uint)Whole("maxNodesPerWrite", 1, 1_000_000, (int)operations.MaxNodesPerWrite),
                MaxNodesPerBrowse = (uint)Whole("maxNodesPerBrowse", 1, 1_000_000, (int)operations.MaxNodesPerBrowse),
                MaxNodesPerMethodCall = (uint)Whole("maxNodesPerMethodCall", 1, 100_000, (int)operations.MaxNodesPerMethodCall),
                MaxMonitoredItemsPerCall = (uint)Whole("maxMonitoredItemsPerCall", 1, 1_000_000, (int)operations.MaxMonitoredItemsPerCall),
                MaxBrowseContinuationPoints = (ushort)Whole("maxBrowseContinuationPoints", 1, 10_000, operations.MaxBrowseContinuationPoints),
            };
            commands = commands with
            {
                Deadline = Time("commandDeadline", 1, 600, commands.Deadline),
                MaxUnderWay = Whole("maxCommandsUnderWay", 1, 1_000_000, commands.MaxUnderWay),
                MaxPerDevice = Whole("maxCommandsPerDevice", 1, 1_000, commands.MaxPerDevice),
            };
            ingestCapacity = Whole("readingsUnderWay", 1_024, 16 * 1024 * 1024, ingestCapacity);
            limits.RefuseUnread();
            if (sessions.MinTimeout > sessions.MaxTimeout) throw limits.Wrong("minSessionTimeout is longer than maxSessionTimeout");
            if (connections.MinTokenLifetime > connections.MaxTokenLifetime) throw limits.Wrong("minTokenLifetime is longer than maxTokenLifetime");
        }

        return endpoints => new UaServerOptions { Endpoints = endpoints, Transport = transport, Connections = connections, Sessions = sessions, Operations = operations };

        int Whole(string name, int min, int max, int otherwise) => limits!.Find(name)?.Integer(min, max) ?? otherwise;

        TimeSpan Time(string name, int minSeconds, int maxSeconds, TimeSpan otherwise) =>
            limits!.Find(name)?.Duration(TimeSpan.FromSeconds(minSeconds), TimeSpan.FromSeconds(maxSeconds)) ?? otherwise;
    }
}
