using OpcPortal.Ua.NodeSets;
using OpcPortal.Ua.Security;

namespace OpcPortal.Ua.Server.Tests;

/// <summary>A client that manages roles and users over the wire.</summary>
internal static class RoleClient
{
    public const PermissionType May = PermissionType.Browse | PermissionType.Read | PermissionType.Call;

    public static readonly NodeId RoleSetId = ObjectIds.Server_ServerCapabilities_RoleSet;

    public static async Task<WireClient> LogInAsync(
        this TestServer server, string? user = "admin", string password = "right", MessageSecurityMode mode = MessageSecurityMode.SignAndEncrypt, bool isOther = false, string url = "opc.tcp://localhost:4840")
    {
        var client = server.Connect();
        await client.HelloAsync();
        await client.OpenAsync(mode == MessageSecurityMode.None ? SecurityPolicy.None : SecurityPolicy.Basic256Sha256, mode, mode == MessageSecurityMode.None ? null : isOther ? TestPki.OtherClient : TestPki.Client);
        await client.CreateSessionAsync(request => request.EndpointUrl = url);
        await client.ActivateAsync(user is null ? null : client.UserName(user, password));
        return client;
    }

    public static async Task<CallMethodResult> MethodAsync(this WireClient client, NodeId objectId, NodeId methodId, params Variant[] arguments)
    {
        var response = await client.CallAsync<CallResponse>(new CallRequest { MethodsToCall = [new CallMethodRequest { ObjectId = objectId, MethodId = methodId, InputArguments = arguments }] });
        return response.Results![0];
    }

    public static async Task<StatusCode> StatusOfAsync(this WireClient client, NodeId objectId, NodeId methodId, params Variant[] arguments) => (await client.MethodAsync(objectId, methodId, arguments)).StatusCode;

    public static Task<CallMethodResult> AddRoleAsync(this WireClient client, string? name, string? namespaceUri = null) =>
        client.MethodAsync(RoleSetId, MethodIds.Server_ServerCapabilities_RoleSet_AddRole, name, namespaceUri);

    public static Task<StatusCode> RemoveRoleAsync(this WireClient client, NodeId role) => client.StatusOfAsync(RoleSetId, MethodIds.Server_ServerCapabilities_RoleSet_RemoveRole, role);

    // The methods are named by the type: Part 4 5.12.2.2 lets every role be called so.
    public static Task<StatusCode> AddIdentityAsync(this WireClient client, NodeId role, IdentityCriteriaType criteria, string? value) =>
        client.StatusOfAsync(role, MethodIds.RoleType_AddIdentity, Variant.From(new IdentityMappingRuleType { CriteriaType = criteria, Criteria = value }));

    public static Task<StatusCode> RemoveIdentityAsync(this WireClient client, NodeId role, IdentityCriteriaType criteria, string? value) =>
        client.StatusOfAsync(role, MethodIds.RoleType_RemoveIdentity, Variant.From(new IdentityMappingRuleType { CriteriaType = criteria, Criteria = value }));

    public static Task<StatusCode> AddApplicationAsync(this WireClient client, NodeId role, string? uri) => client.StatusOfAsync(role, MethodIds.RoleType_AddApplication, uri);

    public static Task<StatusCode> AddEndpointAsync(this WireClient client, NodeId role, EndpointType endpoint) => client.StatusOfAsync(role, MethodIds.RoleType_AddEndpoint, Variant.From(endpoint));

    public static Task<StatusCode> RemoveEndpointAsync(this WireClient client, NodeId role, EndpointType endpoint) => client.StatusOfAsync(role, MethodIds.RoleType_RemoveEndpoint, Variant.From(endpoint));

    public static async Task<StatusCode> WriteAsync(this WireClient client, NodeId nodeId, Variant value)
    {
        var response = await client.CallAsync<WriteResponse>(new WriteRequest { NodesToWrite = [new WriteValue { NodeId = nodeId, AttributeId = AttributeIds.Value, Value = new DataValue(value) }] });
        return response.Results![0];
    }

    public static NodeId Child(this TestServer server, NodeId parent, string name) => StaticWalk.Child(server.Server.Model.Nodes, server.Server.Model.Types, parent, name);

    /// <summary>The numbers of the roles of a user's one session.</summary>
    public static IEnumerable<int> RolesOf(this TestServer server, string? user) =>
        server.Server.Model.Roles.IndexesOf(server.Server.Sessions.All.Single(s => s.Access?.UserName == user).Access!.Roles);

    public static bool Has(this TestServer server, string? user, int role) => server.RolesOf(user).Contains(role);

    /// <summary>A variable that one role alone may see, by name in the server's own namespace.</summary>
    public static NodeId AddVariable(this TestServer server, string name, NodeId role, PermissionType permissions = May)
    {
        var id = new NodeId(name, 1);
        server.Server.Model.Nodes.Add(
        [
            new NodeRecord
            {
                NodeId = id,
                NodeClass = NodeClass.Variable,
                BrowseName = new QualifiedName(name, 1),
                DataType = DataTypeIds.Double,
                Value = 1.0,
                RolePermissions = [new RolePermission(ObjectIds.WellKnownRole_Anonymous, (uint)PermissionType.Browse), new RolePermission(role, (uint)permissions)],
                References = [new NodeSets.NodeReference(ReferenceTypeIds.HasTypeDefinition, true, (NodeId)VariableTypeIds.BaseDataVariableType)],
            },
        ]);
        return id;
    }
}
