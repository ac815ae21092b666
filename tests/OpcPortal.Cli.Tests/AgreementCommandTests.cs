namespace OpcPortal.Cli.Tests;

/// <summary>What <c>opcportal agreement</c> says where nothing can be agreed on. Against a portal server it is tested in EndToEnd.Tests.</summary>
public sealed class AgreementCommandTests : IAsyncDisposable
{
    private readonly CliServer _server = new();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("list")]
    [InlineData("show", "one")]
    [InlineData("accept", "one", "--party", "ann", "--signer", "ann-app", "--yes")]
    public async Task A_server_without_agreements_is_told_from_one_that_has_none(params string[] arguments)
    {
        var run = await _server.RunAsync(["agreement", .. arguments, "--policy", "None"]);
        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Contains("This server keeps no agreements", run.Error);
    }

    [Fact]
    public async Task Who_signs_must_be_said_and_may_stand_in_a_file_beside_the_certificate()
    {
        var run = await _server.RunAsync("agreement", "accept", "one", "--policy", "None");
        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("--party ENTITY --signer APPLICATION", run.Error);
        Directory.CreateDirectory(_server.Pki);
        await File.WriteAllTextAsync(Path.Combine(_server.Pki, "party.json"), """{ "party": "ann", "signer": "ann-app" }""", TestContext.Current.CancellationToken);
        run = await _server.RunAsync("agreement", "accept", "one", "--policy", "None");
        Assert.Contains("This server keeps no agreements", run.Error);
    }

    [Theory]
    [InlineData("{", "")]
    [InlineData("""{ "id": "a b", "terms": {} }""", "")]
    [InlineData("""{ "id": "one", "terms": { "grantor": "ann", "grantee": "ann", "purpose": "p", "scope": {}, "operations": ["read"], "period": { "from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z" } } }""", "an agreement has two sides")]
    public async Task A_document_that_is_no_agreement_is_refused_before_anything_is_sent(string document, string reason)
    {
        var file = Path.Combine(_server.Folder, "agreement.json");
        await File.WriteAllTextAsync(file, document, TestContext.Current.CancellationToken);
        var run = await _server.RunAsync("agreement", "propose", file, "--party", "ann", "--signer", "ann-app", "--policy", "None");
        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("agreement.json", run.Error);
        Assert.Contains(reason, run.Error);
    }
}
