using Microsoft.Extensions.Logging.Abstractions;
using OpcPortal.Host;
using OpcPortal.Models;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>A demonstration that is started again in its folder goes on where it was.</summary>
public sealed class DemoRestartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-restart-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_parties_and_managers_did_stays_and_certificates_stay_while_passwords_are_new()
    {
        string thumbprint, password;
        IReadOnlyList<SignedAct> acts;
        await using (var first = await StartAsync())
        {
            (thumbprint, password) = (ThumbprintOf(first), PasswordOf(first));
            acts = ActsOf(first, "flexpool-ann");
            // Ann moves out; a start must not move her in again.
            var tenancy = first.Portal.Storage!.Directory.Tenancies["maple-1-ann"];
            await first.Portal.Storage.Directory.ApplyAsync([tenancy with { Period = tenancy.Period with { Until = TimeProvider.System.GetUtcNow().UtcDateTime } }], "test", "Ann moves out", TestContext.Current.CancellationToken);
        }

        await using var second = await StartAsync();
        Assert.Equal(thumbprint, ThumbprintOf(second));
        Assert.NotEqual(password, PasswordOf(second));
        Assert.Equal(acts.Select(act => act.Nonce), ActsOf(second, "flexpool-ann").Select(act => act.Nonce));
        Assert.NotEqual(DateTime.MaxValue, second.Portal.Storage!.Directory.Tenancies["maple-1-ann"].Period.Until);
        Assert.Equal(AgreementStatus.Proposed, second.Portal.Storage.Directory.Agreements[DemoAgreements.Open].Status);
    }

    [Fact]
    public async Task Every_agreement_that_the_demonstration_makes_is_signed_by_both_its_parties()
    {
        await using var demo = await StartAsync();
        Assert.All(demo.Portal.Storage!.Directory.Agreements.Values, agreement =>
        {
            Assert.Null(AgreementSignature.FlawOf(agreement));
            Assert.Equal(agreement.Id == DemoAgreements.Open ? 1 : 2, agreement.Acts.Select(act => act.Certificate).Distinct().Count());
        });
        Assert.Equal(DemoAgreements.At(DateTime.UnixEpoch).Count, demo.Portal.Storage.Directory.Agreements.Count);
    }

    private Task<RunningDemo> StartAsync() => DemoCommand.StartAsync(_folder, port: 0, NullLoggerFactory.Instance, TimeProvider.System);

    private static string ThumbprintOf(RunningDemo demo) => demo.Portal.Storage!.Directory.Applications[DemoEntities.ApplicationOf(DemoEntities.Ann)].Thumbprint;

    private static string PasswordOf(RunningDemo demo) => demo.Users.Passwords.First(user => user.Name == "security").Password;

    private static IReadOnlyList<SignedAct> ActsOf(RunningDemo demo, string agreement) => demo.Portal.Storage!.Directory.Agreements[agreement].Acts;
}
