using System.Text.Json;
using OpcPortal.Ua.Security;

namespace OpcPortal.Cli.Tests;

/// <summary>How client and server come to trust each other, one command after the other, as the errors say.</summary>
public sealed class TrustTests : IAsyncDisposable
{
    private readonly CliServer _server = new();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_first_run_makes_a_certificate_and_each_error_gives_the_command_that_mends_it()
    {
        var first = await _server.RunAsync("read", "ns=1;s=Fixed");
        Assert.Equal(ExitCodes.NotTrusted, first.ExitCode);
        Assert.Contains("Made a certificate for this client", first.Error);
        var thumbprint = _server.Certificate.Certificate.Thumbprint;
        Assert.Contains($"opcportal cert trust {thumbprint}", first.Error);

        Assert.Equal(0, (await _server.RunAsync("cert", "trust", thumbprint)).ExitCode);
        var second = await _server.RunAsync("read", "ns=1;s=Fixed");
        Assert.Equal(ExitCodes.NotTrusted, second.ExitCode);
        Assert.DoesNotContain("Made a certificate", second.Error);
        Assert.Contains("opcportal cert show", second.Error);

        var shown = JsonDocument.Parse((await _server.RunAsync("cert", "show", "--json")).Output).RootElement;
        _server.ServerTrust.Trust(System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(shown.GetProperty("pem").GetString()));
        var third = await _server.RunAsync("read", "ns=1;s=Fixed", "--json");
        Assert.True(third.ExitCode == 0, third.Error);
    }

    [Fact]
    public async Task A_certificate_is_found_by_the_beginning_of_its_thumbprint_and_can_be_untrusted_again()
    {
        await _server.IntroduceAsync();
        Assert.Equal(0, (await _server.RunAsync("read", "ns=1;s=Fixed")).ExitCode);
        var prefix = _server.Certificate.Certificate.Thumbprint[..8].ToLowerInvariant();
        Assert.Equal(0, (await _server.RunAsync("cert", "untrust", prefix)).ExitCode);
        Assert.Equal(ExitCodes.NotTrusted, (await _server.RunAsync("read", "ns=1;s=Fixed")).ExitCode);
        Assert.Equal("rejected", JsonDocument.Parse((await _server.RunAsync("cert", "list", "--json")).Output).RootElement[0].GetProperty("list").GetString());
        Assert.Equal(0, (await _server.RunAsync("cert", "trust", prefix)).ExitCode);
        Assert.Equal(0, (await _server.RunAsync("read", "ns=1;s=Fixed")).ExitCode);
    }

    [Theory]
    [InlineData("123")]
    [InlineData("not-a-thumbprint")]
    [InlineData("0123456789ABCDEF")]
    public async Task What_is_no_certificate_there_is_not_trusted(string which)
    {
        var run = await _server.RunAsync("cert", "trust", which);
        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("opcportal cert list", run.Error);
    }

    [Fact]
    public async Task A_host_that_the_certificate_does_not_name_is_refused_with_one_that_it_names()
    {
        await _server.IntroduceAsync();
        var run = await _server.RunAsync("read", "ns=1;s=Fixed", "--url", "opc.tcp://elsewhere:4840");
        Assert.Equal(ExitCodes.NotTrusted, run.ExitCode);
        Assert.Contains("--url opc.tcp://localhost:4840", run.Error);
    }

    [Fact]
    public async Task A_user_is_let_in_with_the_password_from_a_file_and_refused_with_a_wrong_one()
    {
        await _server.IntroduceAsync();
        var file = Path.Combine(_server.Folder, "password");
        await File.WriteAllTextAsync(file, "right\n");
        Assert.Equal(0, (await _server.RunAsync("read", "i=2259", "--user", "operator", "--password-file", file)).ExitCode);
        var wrong = await _server.RunAsync("read", "i=2259", "--user", "operator", "--password", "wrong");
        Assert.Equal(ExitCodes.NotTrusted, wrong.ExitCode);
        Assert.DoesNotContain("wrong", wrong.Error);
        var nobody = await _server.RunAsync("read", "i=2259", "--user", "operator");
        Assert.Equal(ExitCodes.Usage, nobody.ExitCode);
        Assert.Contains("--password-file", nobody.Error);
    }

    [Fact]
    public async Task A_certificate_is_replaced_only_when_that_is_meant()
    {
        Assert.Equal(0, (await _server.RunAsync("cert", "create")).ExitCode);
        var first = new TrustListStore(_server.Pki, TimeProvider.System).LoadOwn()!.Certificate.Thumbprint;
        Assert.Equal(ExitCodes.Usage, (await _server.RunAsync("cert", "create")).ExitCode);
        Assert.Equal(first, new TrustListStore(_server.Pki, TimeProvider.System).LoadOwn()!.Certificate.Thumbprint);
        Assert.Equal(0, (await _server.RunAsync("cert", "create", "--force")).ExitCode);
        Assert.NotEqual(first, new TrustListStore(_server.Pki, TimeProvider.System).LoadOwn()!.Certificate.Thumbprint);
    }
}
