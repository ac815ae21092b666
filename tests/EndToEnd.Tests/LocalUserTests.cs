using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Host;
using OpcPortal.Server;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>A user and a rule that an administrator added over OPC UA are there after a restart of the server that runs from a configuration. Part 18 4, 5.</summary>
public sealed class LocalUserTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-users-").FullName;
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_local_user_and_its_role_outlive_a_restart()
    {
        var client = new TrustListStore(Path.Combine(_folder, "client"), TimeProvider.System);
        using var certificate = client.SaveOwn(new CertificateFactory(TimeProvider.System).CreateSelfSigned(new CertificateSubject { Name = "test", ApplicationUri = "urn:test:client", Hosts = ["localhost"] }));
        var pki = new TrustListStore(Path.Combine(_folder, "pki"), TimeProvider.System);
        pki.Trust(certificate.Certificate);
        var file = Path.Combine(_folder, "opcportal.json");
        await File.WriteAllTextAsync(file, $$"""
            {
              "endpoints": { "urls": ["opc.tcp://localhost:4840"], "listen": ["127.0.0.1:0"] },
              "users": [ { "name": "sue", "passwordHash": "{{PasswordHash.Create("open sesame"u8).Write()}}", "roles": ["SecurityAdmin"] } ]
            }
            """, _cancellation);
        var options = new UaClientOptions { ApplicationUri = "urn:test:client", Certificate = certificate, Validator = new CertificateValidator(client, TimeProvider.System) };

        await using (var portal = await StartAsync(file))
        {
            using (var server = pki.LoadOwn()!) client.Trust(server.Certificate);
            await using var admin = await ConnectAsync(portal, options, "sue", "open sesame");
            Assert.Equal(StatusCodes.Good, await Call(admin, ObjectIds.UserManagement, MethodIds.UserManagement_AddUser, "carol", "a long pass phrase", 0u, "reads meters"));
            // The configuration's users are not managed here, nor is their name free.
            Assert.Equal(StatusCodes.BadAlreadyExists, await Call(admin, ObjectIds.UserManagement, MethodIds.UserManagement_AddUser, "sue", "a long pass phrase", 0u, ""));
            var rule = new IdentityMappingRuleType { CriteriaType = IdentityCriteriaType.UserName, Criteria = "carol" };
            Assert.Equal(StatusCodes.Good, await Call(admin, ObjectIds.WellKnownRole_Observer, MethodIds.RoleType_AddIdentity, Variant.From(rule)));
            // Another manager is a matter of two.
            Assert.Equal(StatusCodes.BadRequestNotComplete, await Call(admin, ObjectIds.WellKnownRole_SecurityAdmin, MethodIds.RoleType_AddIdentity, Variant.From(rule)));
        }

        await using var again = await StartAsync(file);
        await using var carol = await ConnectAsync(again, options, "carol", "a long pass phrase");
        var access = again.Server.Ua.Sessions.All.Single(static session => session.Access?.UserName == "carol").Access!;
        Assert.True(access.HasAnyRole(1UL << Ua.Server.RoleTable.Observer));
        Assert.False(access.HasAnyRole(1UL << Ua.Server.RoleTable.SecurityAdmin));
        await Assert.ThrowsAsync<UaException>(() => ConnectAsync(again, options, "carol", "another pass phrase"));
    }

    private static Task<RunningPortal> StartAsync(string file) => RunningPortal.StartAsync(HostConfigurationReader.Read(file), NullLoggerFactory.Instance, TimeProvider.System);

    private Task<UaSession> ConnectAsync(RunningPortal portal, UaClientOptions options, string user, string password) => new UaClient(options).ConnectAsync(
        $"opc.tcp://localhost:{portal.Addresses[0].Port}", EndpointChoice.Strongest with { Policy = SecurityPolicy.Basic256Sha256, Mode = MessageSecurityMode.SignAndEncrypt }, UserIdentity.Password(user, password), _cancellation);

    private async Task<uint> Call(UaSession session, NodeId target, NodeId method, params Variant[] arguments)
    {
        try
        {
            return (await session.CallAsync(target, method, arguments, _cancellation)).StatusCode.Code;
        }
        catch (UaException refused)
        {
            return refused.Status.Code;
        }
    }
}
