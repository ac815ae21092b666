// A server that is there to be killed: it keeps durable subscriptions in a folder, and sets its variables to what its input says, one "index value" a line, answering each when it is queued.
//   KillHost FOLDER PORT VALUE...
// In the folder are the certificates (pki), the server's own among them. Each VALUE is a variable's first.
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;

var time = TimeProvider.System;
var folder = args[0];
var port = int.Parse(args[1], CultureInfo.InvariantCulture);
var trust = new TrustListStore(Path.Combine(folder, "pki"), time);
using var certificate = trust.LoadOwn()!;
using var store = new FileSubscriptionStore(Path.Combine(folder, "subscriptions"), new FileSubscriptionStoreOptions(), time, NullLogger<FileSubscriptionStore>.Instance);
var endpoints = new EndpointOptions { Urls = [$"opc.tcp://localhost:{port}"], ApplicationUri = certificate.ApplicationUri!, AllowAnonymous = true };
var parts = new UaServerParts { Certificate = certificate, Applications = trust, SubscriptionStore = store, Time = time };
await using var server = new UaServer(new UaServerOptions { Endpoints = endpoints }, parts);
var variables = Enumerable.Range(0, args.Length - 2).Select(i => new NodeId($"v{i}", 1)).ToArray();
server.Model.Nodes.Add([.. variables.Select((id, i) => new NodeRecord
{
    NodeId = id,
    NodeClass = NodeClass.Variable,
    BrowseName = new QualifiedName($"v{i}", 1),
    DataType = DataTypeIds.Int64,
    ValueRank = -1,
    Value = long.Parse(args[i + 2], CultureInfo.InvariantCulture),
})]);
await using var listener = await server.ListenAsync(null, new IPEndPoint(IPAddress.Loopback, port));
Console.WriteLine("ready");
while (await Console.In.ReadLineAsync() is { } line)
{
    var words = line.Split(' ');
    server.Model.Nodes.SetValue(variables[int.Parse(words[0], CultureInfo.InvariantCulture)], new DataValue(long.Parse(words[1], CultureInfo.InvariantCulture), StatusCodes.Good, time.GetUtcNow().UtcDateTime));
    Console.WriteLine(words[1]);
}
