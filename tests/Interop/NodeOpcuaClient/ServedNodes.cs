using System.Text;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;

namespace Interop.NodeOpcuaClient;

/// <summary>The behaviour of the nodes of served.NodeSet2.xml.</summary>
internal sealed class ServedNodes
{
    private readonly UaServer _server;
    private readonly ushort _served;
    private readonly ushort _types;
    private uint _count;

    public ServedNodes(UaServer server)
    {
        _server = server;
        Assert.True(server.Model.Namespaces.TryGetIndex("urn:opcportal:interop:served", out _served));
        Assert.True(server.Model.Namespaces.TryGetIndex("urn:opcportal:interop", out _types));
    }

    public void Bind()
    {
        // Everybody may do everything here: what roles may is the business of other tests.
        _server.Model.Policy.SetDefaults(_served, new RolePermissionSet([new(RoleTable.Anonymous, PermissionType.Browse | PermissionType.Read | PermissionType.Write | PermissionType.Call | PermissionType.ReceiveEvents)]));
        Set("Line", Structure(5002, writer =>
        {
            foreach (var coordinate in (double[])[1, 2, 3, 4]) writer.Write(coordinate);
            writer.Write(2);
            Text(writer, "a");
            Text(writer, "b");
            writer.Write(1);
            writer.Write(5.0);
            writer.Write(6.0);
        }));
        // Part 6 5.2.7: the mask says which optional fields follow.
        Set("ReadingFull", Structure(5003, writer =>
        {
            writer.Write(0b11);
            writer.Write(7);
            writer.Write(1.25);
            Text(writer, "ok");
        }));
        Set("ReadingPart", Structure(5003, writer =>
        {
            writer.Write(0b10);
            writer.Write(8);
            Text(writer, "no energy");
        }));
        // Part 6 5.2.8: the switch counts the fields from 1.
        Set("Choice", Structure(5004, writer =>
        {
            writer.Write(2);
            Text(writer, "chosen");
        }));
        Set("Points", new Variant((ExtensionObject?[])[Point(1, 2), Point(3, 4)]));
        Method("Add", call => new MethodResult(StatusCodes.Good, [call.InputArguments[0].AsDouble() + call.InputArguments[1].AsDouble()]));
        Method("Echo", call => new MethodResult(StatusCodes.Good, [call.InputArguments[0]]));
        Method("Raise", Raise);
        Method("Count", Count);
        new ServedView(_served).AttachTo(_server);
    }

    private MethodResult Count(MethodCall call)
    {
        for (var times = call.InputArguments[0].AsUInt32(); times > 0; times--) Set("Counter", ++_count);
        return new MethodResult(StatusCodes.Good, []);
    }

    private MethodResult Raise(MethodCall call)
    {
        _server.Events.Report(new UaEvent
        {
            EventType = ObjectTypeIds.BaseEventType,
            SourceNode = new NodeId("Served", _served),
            SourceName = "Served",
            Time = TimeProvider.System.GetUtcNow().UtcDateTime,
            Message = new LocalizedText(call.InputArguments[0].AsString() ?? "", "en"),
            Severity = call.InputArguments[1].AsUInt16(),
        });
        return new MethodResult(StatusCodes.Good, []);
    }

    private void Set(string name, Variant value) => _server.Model.Nodes.SetValue(new NodeId(name, _served), new DataValue(value, StatusCodes.Good, TimeProvider.System.GetUtcNow().UtcDateTime, TimeProvider.System.GetUtcNow().UtcDateTime));

    private void Method(string name, Func<MethodCall, MethodResult> run) => _server.Model.Nodes.BindMethod(new NodeId(name, _served), (call, _) => ValueTask.FromResult(run(call)));

    private ExtensionObject Point(double x, double y) => Body(5001, writer =>
    {
        writer.Write(x);
        writer.Write(y);
    });

    private Variant Structure(uint encoding, Action<BinaryWriter> write) => new(Body(encoding, write));

    private ExtensionObject Body(uint encoding, Action<BinaryWriter> write)
    {
        using var bytes = new MemoryStream();
        write(new BinaryWriter(bytes));
        return new ExtensionObject(new NodeId(encoding, _types), new ByteString(bytes.ToArray()));
    }

    private static void Text(BinaryWriter writer, string text)
    {
        writer.Write(Encoding.UTF8.GetByteCount(text));
        writer.Write(Encoding.UTF8.GetBytes(text));
    }
}
