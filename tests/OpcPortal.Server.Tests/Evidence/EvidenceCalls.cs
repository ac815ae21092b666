using OpcPortal.Models;
using OpcPortal.Ua;
using OpcPortal.Ua.Server;
using OpcPortal.Ua.Server.Tests;

namespace OpcPortal.Server.Tests;

/// <summary>The methods of evidence as a client calls them.</summary>
internal static class EvidenceCalls
{
    private const uint AuditLogObject = 5070;
    private const uint DisclosureLogObject = 5071;
    private const uint SecurityReportsObject = 5072;

    public static Task<CallMethodResult> ReadRowsAsync(this WireClient client, GovernedServer server, string @class, long after = 0, uint most = 0) =>
        client.CallAsync(server, AuditLogObject, 7090, @class, after, most);

    public static Task<CallMethodResult> VerifyAsync(this WireClient client, GovernedServer server, string @class, params string[] anchors) =>
        client.CallAsync(server, AuditLogObject, 7098, @class, new Variant(anchors));

    public static async Task<string[]> AnchorsAsync(this WireClient client, GovernedServer server) =>
        (await client.CallAsync(server, AuditLogObject, 7091)).OutputArguments![0].AsArray<string>()!;

    public static Task<CallMethodResult> ReadDisclosuresAsync(this WireClient client, GovernedServer server, DateTime from = default, DateTime until = default, uint most = 0, string? continuation = null) =>
        client.CallAsync(server, DisclosureLogObject, 7092, new Variant(from), new Variant(until), most, continuation);

    /// <param name="method">7093 failed log-ins, 7094 denied access, 7095 expiring certificates, 7096 expiring agreements, 7097 dormant identities.</param>
    public static Task<CallMethodResult> ReportAsync(this WireClient client, GovernedServer server, uint method, DateTime from = default, DateTime until = default) =>
        client.CallAsync(server, SecurityReportsObject, method, new Variant(from), new Variant(until));

    private static async Task<CallMethodResult> CallAsync(this WireClient client, GovernedServer server, uint target, uint method, params Variant[] arguments)
    {
        var portal = server.Portal.Ua.Model.Namespaces.GetOrAdd(ModelLoader.PortalUri);
        var response = await client.CallAsync<CallResponse>(new CallRequest
        {
            MethodsToCall = [new CallMethodRequest { ObjectId = new NodeId(target, portal), MethodId = new NodeId(method, portal), InputArguments = arguments }],
        });
        return response.Results![0];
    }

    /// <summary>The structures of the first output argument, field by field as the DataTypeDefinition of their type names them.</summary>
    public static List<Dictionary<string, object?>> Entries(this CallMethodResult result, GovernedServer server)
    {
        Assert.True(result.StatusCode.IsGood, result.StatusCode.ToString());
        return [.. (result.OutputArguments![0].AsArray<ExtensionObject?>() ?? []).Select(entry => Decode(entry!, server.Portal.Ua.Model))];
    }

    private static Dictionary<string, object?> Decode(ExtensionObject entry, ServerModel model)
    {
        Assert.True(model.Namespaces.TryGetUri(entry.TypeId.NodeId.NamespaceIndex, out var uri) && model.DataTypes.Namespaces.TryGetIndex(uri, out var index));
        model.DataTypes.Namespaces.TryGetIndex(uri, out index);
        Assert.True(model.DataTypes.TryGetByEncoding(entry.TypeId.NodeId.WithNamespace(index), out var type));
        var fields = new Dictionary<string, object?>();
        var body = entry.Binary!.Value;
        var decoder = new BinaryDecoder(body.Span, CodecContext.Default);
        foreach (var field in Assert.IsType<StructureDefinition>(type.Definition).Fields!)
            fields[field.Name!] = decoder.ReadBuiltIn(model.Types.BuiltInTypeOf(field.DataType)).ToObject();
        Assert.Equal(body.Length, decoder.Position);
        return fields;
    }

    /// <summary>The rows that a client read.</summary>
    public static List<EvidenceRow> Rows(this CallMethodResult result) =>
        [.. (result.OutputArguments?[0].AsArray<string>() ?? []).Select(line => EvidenceText.TryRead(line, out var row) ? row! : throw new InvalidOperationException(line))];
}
