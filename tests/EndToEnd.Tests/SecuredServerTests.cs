using OpcPortal.Adapters.Simulation.Modbus;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>What a secured server lets through and what it does not, and what bad files and mad devices do to the others: nothing.</summary>
public sealed class SecuredServerTests(SecuredServer server) : IClassFixture<SecuredServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_right_file_runs_beside_the_broken_one_which_is_named_by_line()
    {
        Assert.Contains("b-broken.json:3: ", Assert.Single(server.Portal.Server.Refused).Message, StringComparison.Ordinal);
        await using var session = await server.ConnectAsync(MessageSecurityMode.SignAndEncrypt);
        await UntilAsync(session, "site/good/ActivePower", value => value.StatusCode.IsGood);
    }

    [Fact]
    public async Task Data_of_owners_goes_over_encrypted_channels_only()
    {
        await using var signed = await server.ConnectAsync(MessageSecurityMode.Sign);
        // Part 3 8.56 (EncryptionRequired), Part 4 5.11.2.4: BadSecurityModeInsufficient.
        Assert.Equal(StatusCodes.BadSecurityModeInsufficient, (await signed.ReadValueAsync(server.Node("site/good/ActivePower"), _cancellation)).StatusCode.Code);
        Assert.True((await signed.ReadValueAsync(new NodeId(VariableIds.Server_ServerStatus_State), _cancellation)).StatusCode.IsGood);
    }

    [Fact]
    public async Task The_namespace_of_an_owner_is_described_with_what_roles_may_do_in_it()
    {
        await using var session = await server.ConnectAsync(MessageSecurityMode.SignAndEncrypt);
        var index = server.Portal.Server.Ua.Model.Namespaces.GetOrAdd(SecuredServer.Owner);
        Assert.Equal(SecuredServer.Owner, (await session.ReadValueAsync(new NodeId(VariableIds.Server_NamespaceArray), _cancellation)).Value.AsArray<string>()![index]);
        var metadata = $"Namespaces/{SecuredServer.Owner}";
        Assert.Equal(SecuredServer.Owner, (await session.ReadValueAsync(new NodeId($"{metadata}/NamespaceUri", 1), _cancellation)).Value.AsString());
        // Part 5 6.3.13, Part 3 8.56: SigningRequired and EncryptionRequired.
        Assert.Equal(3, (await session.ReadValueAsync(new NodeId($"{metadata}/DefaultAccessRestrictions", 1), _cancellation)).Value.AsUInt16());
        var permissions = (await session.ReadValueAsync(new NodeId($"{metadata}/DefaultRolePermissions", 1), _cancellation)).Value.AsArray<ExtensionObject?>()!.Select(p => (RolePermissionType)p!.Structure!).ToDictionary(p => p.RoleId, p => p.Permissions);
        Assert.True(permissions[ObjectIds.WellKnownRole_Operator].HasFlag(PermissionType.Write | PermissionType.Call));
        Assert.False(permissions[ObjectIds.WellKnownRole_Observer].HasFlag(PermissionType.Write));
        Assert.DoesNotContain(ObjectIds.WellKnownRole_AuthenticatedUser, permissions.Keys);
    }

    [Fact]
    public async Task A_user_comes_in_by_certificate_with_the_roles_of_its_thumbprint()
    {
        var client = new UaClient(server.Options);
        await using var session = await client.ConnectAsync(server.Url, EndpointChoice.Strongest, UserIdentity.Certificate(server.UserCertificate), _cancellation);
        await UntilAsync(session, "site/good/ActivePower", value => value.StatusCode.IsGood);
        // The client application is trusted as an application; as a user it is a stranger.
        await Assert.ThrowsAnyAsync<UaException>(() => client.ConnectAsync(server.Url, EndpointChoice.Strongest, UserIdentity.Certificate(server.ClientCertificate), _cancellation));
    }

    [Fact]
    public async Task Nobody_comes_in_unprotected_or_anonymous()
    {
        var client = new UaClient(server.Options);
        await Assert.ThrowsAnyAsync<UaException>(() => client.ConnectAsync(server.Url, EndpointChoice.Unprotected, cancellation: _cancellation));
        await Assert.ThrowsAnyAsync<UaException>(() => client.ConnectAsync(server.Url, EndpointChoice.Strongest, UserIdentity.Anonymous, _cancellation));
    }

    [Fact]
    public async Task A_device_that_talks_nonsense_is_bad_for_its_own_points_and_heals()
    {
        await using var session = await server.ConnectAsync(MessageSecurityMode.SignAndEncrypt);
        await UntilAsync(session, "site/mad/Volume", value => value.StatusCode.IsGood);
        server.Field.Server.Inject(2, new ModbusFault(ModbusFaultKind.Garbage));
        var bad = await UntilAsync(session, "site/mad/Volume", value => value.StatusCode.IsBad);
        Assert.Contains(bad.StatusCode.CodeBits, (uint[])[StatusCodes.BadCommunicationError, StatusCodes.BadDecodingError, StatusCodes.BadTimeout, StatusCodes.BadNoCommunication, StatusCodes.BadNotConnected]);
        await UntilAsync(session, "site/good/ActivePower", value => value.StatusCode.IsGood);
        server.Field.Server.Inject(2, default);
        await UntilAsync(session, "site/mad/Volume", value => value.StatusCode.IsGood);
    }

    private async Task<DataValue> UntilAsync(UaSession session, string point, Predicate<DataValue> wanted)
    {
        using var late = new CancellationTokenSource(Patience);
        while (true)
        {
            var value = await session.ReadValueAsync(server.Node(point), _cancellation);
            if (wanted(value)) return value;
            Assert.False(late.IsCancellationRequested, $"{point} stays {value}");
        }
    }
}
