using System.Collections.Concurrent;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Security;
using OpcPortal.Ua.Server;
using Spectre.Console.Testing;
using NodeReference = OpcPortal.Ua.NodeSets.NodeReference;

namespace OpcPortal.Cli.Tests;

/// <summary>A server on pipes with a plant of a few nodes, and the command line connected to it.</summary>
internal sealed class CliServer : IAsyncDisposable
{
    public const string Url = "opc.tcp://localhost:4840";
    private const string Uri = "urn:opcportal:cli-tests:server";

    private readonly ConcurrentBag<PipeWriter> _open = [];
    private readonly ConcurrentBag<Task> _served = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-cli-").FullName;
    private readonly UaServer _server;
    private int _connections;

    public CliServer()
    {
        Certificate = new ApplicationCertificate(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "server", ApplicationUri = Uri, Hosts = ["localhost"] }));
        ServerTrust = new TrustListStore(Path.Combine(_folder, "server"), TimeProvider.System);
        var endpoints = new EndpointOptions
        {
            Urls = [Url],
            ApplicationUri = Uri,
            AllowAnonymous = true,
            Security = [new(SecurityPolicy.None, MessageSecurityMode.None), new(SecurityPolicy.Aes256Sha256RsaPss, MessageSecurityMode.SignAndEncrypt)],
        };
        _server = new UaServer(new UaServerOptions { Endpoints = endpoints }, new UaServerParts { Certificate = Certificate, Applications = ServerTrust, Passwords = new Passwords() });
        AddPlant();
        _server.Start();
    }

    public ApplicationCertificate Certificate { get; }
    public TrustListStore ServerTrust { get; }
    public string Pki => Path.Combine(_folder, "client");
    public string Folder => _folder;

    public static NodeId Node(string name) => new(name, 1);

    private void AddPlant()
    {
        const uint All = 0x1FFFF;
        RolePermission[] everybody = [new(ObjectIds.WellKnownRole_Anonymous, All)];
        NodeRecord Record(string name, NodeClass nodeClass, NodeId parent, NodeId reference, NodeId? type) => new()
        {
            NodeId = Node(name),
            NodeClass = nodeClass,
            BrowseName = new QualifiedName(name, 1),
            RolePermissions = everybody,
            References =
            [
                new NodeReference(reference, false, parent),
                .. type is { } definition ? [new NodeReference(ReferenceTypeIds.HasTypeDefinition, true, definition)] : Array.Empty<NodeReference>(),
            ],
        };
        NodeRecord Variable(string name, uint dataType, Variant value, byte access = 3) =>
            Record(name, NodeClass.Variable, Node("Plant"), ReferenceTypeIds.HasComponent, VariableTypeIds.BaseDataVariableType) with { DataType = dataType, Value = value, ValueRank = value.ValueRank, AccessLevelEx = access };
        Argument[] inputs = [new() { Name = "by", DataType = DataTypeIds.Double, ValueRank = -1 }], outputs = [new() { Name = "level", DataType = DataTypeIds.Double, ValueRank = -1 }];
        NodeRecord Arguments(string name, Argument[] arguments) => Record($"Raise.{name}", NodeClass.Variable, Node("Raise"), ReferenceTypeIds.HasProperty, VariableTypeIds.PropertyType) with
        {
            BrowseName = new QualifiedName(name),
            DataType = DataTypeIds.Argument,
            ValueRank = 1,
            Value = Variant.From(arguments),
            AccessLevelEx = 1,
        };
        _server.Model.Nodes.Add(
        [
            Record("Plant", NodeClass.Object, ObjectIds.ObjectsFolder, ReferenceTypeIds.Organizes, ObjectTypeIds.FolderType),
            Variable("Level", DataTypeIds.Double, 1.5),
            Variable("Fixed", DataTypeIds.Int32, 42, access: 1),
            Variable("Row", DataTypeIds.Int32, new Variant([1, 2, 3])),
            Variable("State", DataTypeIds.ServerState, (int)ServerState.Suspended),
            Record("Raise", NodeClass.Method, Node("Plant"), ReferenceTypeIds.HasComponent, type: null),
            Arguments("InputArguments", inputs),
            Arguments("OutputArguments", outputs),
        ]);
        _server.Model.Nodes.BindMethod(Node("Raise"), (call, _) =>
        {
            var level = Level + call.InputArguments[0].AsDouble();
            Level = level;
            return ValueTask.FromResult(new MethodResult(StatusCodes.Good, [level]));
        });
    }

    public double Level
    {
        get => field;
        set
        {
            field = value;
            _server.Model.Nodes.SetValue(Node("Level"), new DataValue(value, sourceTimestamp: TimeProvider.System.GetUtcNow().UtcDateTime));
        }
    } = 1.5;

    /// <summary>A connection as from a socket.</summary>
    public ValueTask<IDuplexPipe> ConnectAsync(Uri url, CancellationToken cancellation)
    {
        var (toServer, toClient) = (new Pipe(), new Pipe());
        var number = Interlocked.Increment(ref _connections);
        var connection = new DefaultConnectionContext($"{number}", new Duplex(toServer.Reader, toClient.Writer), new Duplex(toClient.Reader, toServer.Writer));
        _open.Add(toServer.Writer);
        _served.Add(ServeAsync(connection, toServer.Reader, toClient.Writer));
        return new(new Duplex(toClient.Reader, toServer.Writer));
    }

    private async Task ServeAsync(ConnectionContext connection, PipeReader input, PipeWriter output)
    {
        await _server.Handler.OnConnectedAsync(connection);
        // What a listener does with the socket.
        await input.CompleteAsync();
        await output.CompleteAsync();
    }

    /// <summary>Cuts all connections.</summary>
    public void Cut()
    {
        while (_open.TryTake(out var connection)) connection.Complete();
    }

    /// <summary>Types a command.</summary>
    public async Task<CliRun> RunAsync(params string[] arguments)
    {
        var (output, error) = (new TestConsole().Width(200), new TestConsole().Width(400));
        var code = await StartAsync(output, error, arguments);
        return new CliRun(code, output.Output, error.Output);
    }

    public Task<int> StartAsync(TestConsole output, TestConsole error, string[] arguments, CancellationToken cancellation = default, bool isLive = false)
    {
        var environment = new Dictionary<string, string?> { ["OPCPORTAL_PKI"] = Pki };
        var context = new CliContext { Output = output, Error = error, Connector = ConnectAsync, Environment = environment.GetValueOrDefault, IsLive = isLive };
        return CommandLine.RunAsync(context, arguments, cancellation);
    }

    /// <summary>Both sides trust each other from now on.</summary>
    public async Task IntroduceAsync()
    {
        ServerTrust.Trust(new TrustListStore(Pki, TimeProvider.System).LoadOwn()?.Certificate ?? (await OwnAsync()).Certificate);
        new TrustListStore(Pki, TimeProvider.System).Trust(Certificate.Certificate);
    }

    private async Task<ApplicationCertificate> OwnAsync()
    {
        Assert.Equal(0, (await RunAsync("cert", "create")).ExitCode);
        return new TrustListStore(Pki, TimeProvider.System).LoadOwn()!;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Task.WhenAll(_served).WaitAsync(TimeSpan.FromSeconds(30));
        Certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Passwords : IPasswordVerifier
    {
        public ValueTask<bool> VerifyAsync(string userName, ReadOnlyMemory<byte> password, CancellationToken cancellation) =>
            ValueTask.FromResult(userName == "operator" && password.Span.SequenceEqual("right"u8));
    }
}

internal sealed record CliRun(int ExitCode, string Output, string Error);
