using System.Security.Cryptography.X509Certificates;
using OpcPortal.Host;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>What <c>opcportal agreement</c> does with keys, and what it refuses, beside what docs/guide-agreements.md shows.</summary>
public sealed class AgreementCommandTests(DemoFixture demo) : IClassFixture<DemoFixture>, IDisposable
{
    private const string Agreement = "voltwell-bob";

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_key_of_a_file_signs_for_its_party_and_no_other_key_does()
    {
        // Who connects is Bob each time; who signs is who has the key.
        await RefusedAsync("BadSecurityChecksFailed", "agreement", "suspend", Agreement, "--key", Pem(DemoEntities.Ann), "--party", "bob", "--signer", "bob-app");
        await DoneAsync("agreement", "suspend", Agreement, "--key", Pem(DemoEntities.Bob), "--party", "bob", "--signer", "bob-app");
        await DoneAsync("agreement", "resume", Agreement);
    }

    [Fact]
    public async Task Nobody_acts_for_another_party()
    {
        await RefusedAsync("BadUserAccessDenied", "agreement", "suspend", Agreement, "--key", Pem(DemoEntities.Voltwell), "--party", "voltwell", "--signer", "voltwell-app");
        await DoneAsync("agreement", "show", Agreement);
    }

    [Fact]
    public async Task An_agreement_of_others_does_not_exist()
    {
        await RefusedAsync("There is no agreement flexpool-ann", "agreement", "show", "flexpool-ann");
        await RefusedAsync("There is no agreement flexpool-ann", "agreement", "revoke", "flexpool-ann");
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_before_anything_is_signed() => await RefusedAsync("It is Active", "agreement", "accept", Agreement);

    private async Task DoneAsync(params string[] arguments)
    {
        var (code, output) = await RunAsync(arguments);
        Assert.True(code == 0, output);
    }

    private async Task RefusedAsync(string reason, params string[] arguments)
    {
        var (code, output) = await RunAsync(arguments);
        Assert.True(code == 4, $"exit {code}: {output}");
        Assert.Contains(reason, output.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    private Task<(int Code, string Output)> RunAsync(string[] arguments) =>
        TypedCommand.RunAsync([.. arguments, .. arguments[1] == "show" ? Array.Empty<string>() : ["--yes"], "--pki", demo.Demo.Certificates.FolderOf(DemoEntities.Bob)], demo.Url, _folder, TestContext.Current.CancellationToken);

    private string Pem(string entity)
    {
        using var own = demo.Demo.Certificates.Load(entity);
        using var key = own.Certificate.GetRSAPrivateKey()!;
        var file = Path.Combine(_folder, $"{entity}.pem");
        File.WriteAllText(file, $"{own.Certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return file;
    }
}
