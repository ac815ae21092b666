using System.Collections.Concurrent;

namespace OpcPortal.Ua.Server;

/// <summary>The methods whose arguments are secrets, so that audit events leave them out. Part 5 6.4.27, Part 12 7.10, 8.5, Part 18 5.2.</summary>
internal sealed class SecretMethods
{
    // In types and in the Server object: a client may name either.
    private readonly ConcurrentDictionary<NodeId, bool> _methods = new(new Dictionary<NodeId, bool>
    {
        [MethodIds.UserManagementType_AddUser] = true,
        [MethodIds.UserManagementType_ModifyUser] = true,
        [MethodIds.UserManagementType_ChangePassword] = true,
        [MethodIds.UserManagement_AddUser] = true,
        [MethodIds.UserManagement_ModifyUser] = true,
        [MethodIds.UserManagement_ChangePassword] = true,
        [MethodIds.ServerConfigurationType_UpdateCertificate] = true,
        [MethodIds.ServerConfiguration_UpdateCertificate] = true,
        [MethodIds.KeyCredentialConfigurationType_UpdateCredential] = true,
        [MethodIds.PubSubKeyServiceType_GetSecurityKeys] = true,
        [MethodIds.PublishSubscribe_GetSecurityKeys] = true,
        [MethodIds.PublishSubscribe_SetSecurityKeys] = true,
    });

    private readonly ConcurrentDictionary<NodeId, bool> _outputs = new();

    public void Add(in NodeId methodId) => _methods[methodId] = true;

    public void AddOutputs(in NodeId methodId) => _outputs[methodId] = true;

    /// <summary>The arguments, or as many nulls where they are secret.</summary>
    public Variant[]? Withhold(in NodeId methodId, Variant[]? arguments) =>
        arguments is not null && _methods.ContainsKey(methodId) ? new Variant[arguments.Length] : arguments;

    /// <inheritdoc cref="Withhold"/>
    public Variant[]? WithholdOutputs(in NodeId methodId, Variant[]? arguments) =>
        arguments is not null && _outputs.ContainsKey(methodId) ? new Variant[arguments.Length] : Withhold(methodId, arguments);
}
