using System.CommandLine.Parsing;
using OpcPortal.Host;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>What the demonstration tells a newcomer to type works as it stands.</summary>
public sealed class DemoTextTests(DemoFixture demo) : IClassFixture<DemoFixture>, IDisposable
{
    private const string Marker = "clients/OpcPortal.Cli -- ";
    private readonly string _pki = Directory.CreateTempSubdirectory("opcportal-cli-").FullName;

    public void Dispose() => Directory.Delete(_pki, recursive: true);

    [Fact]
    public async Task Every_command_of_the_text_works()
    {
        var lines = DemoText.Of(demo.Demo).Split('\n').Where(line => line.Contains(Marker, StringComparison.Ordinal)).ToList();
        Assert.Equal(["browse", "watch", "cert", "write", "call", "browse", "agreement"], lines.Select(line => Arguments(line)[0]));
        foreach (var line in lines)
        {
            var (code, output) = await RunAsync(Arguments(line));
            Assert.True(code == 0, $"{line.Trim()}: exit {code}: {output}");
        }
    }

    [Fact]
    public void It_says_aloud_what_it_allows()
    {
        var text = DemoText.Of(demo.Demo);
        Assert.Contains("NOT FOR REAL DATA", text, StringComparison.Ordinal);
        Assert.Contains("UNPROTECTED (SecurityPolicy None) AND ANONYMOUS", text, StringComparison.Ordinal);
        Assert.All(demo.Demo.Portal.Addresses, address => Assert.True(System.Net.IPAddress.IsLoopback(address.Address)));
    }

    private static string[] Arguments(string line) => [.. CommandLineParser.SplitCommandLine(line[(line.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)..])];

    private Task<(int Code, string Output)> RunAsync(string[] arguments) => TypedCommand.RunAsync(arguments, demo.Url, _pki, TestContext.Current.CancellationToken);
}
