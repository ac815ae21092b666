using System.CommandLine.Parsing;
using System.Text;
using OpcPortal.Cli;
using OpcPortal.Host;
using Spectre.Console;

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
        Assert.Equal(["browse", "watch", "cert", "write", "call"], lines.Select(line => Arguments(line)[0]));
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

    private async Task<(int Code, string Output)> RunAsync(string[] arguments)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        enough.CancelAfter(TimeSpan.FromMinutes(1));
        using var output = new Listening(arguments[0] == "watch" ? enough : null);
        using var errors = new StringWriter();
        var context = new CliContext
        {
            Output = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }),
            Error = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(errors) }),
            Environment = name => name switch
            {
                "OPCPORTAL_URL" => demo.Url,
                "OPCPORTAL_PKI" => _pki,
                _ => null,
            },
        };
        var code = await CommandLine.RunAsync(context, arguments, enough.Token);
        return (code, output + Environment.NewLine + errors);
    }

    /// <summary>Ends a command that goes on for ever, when it has shown a good value.</summary>
    private sealed class Listening(CancellationTokenSource? enough) : StringWriter
    {
        public override void Write(char value) => Look(() => base.Write(value));

        public override void Write(string? value) => Look(() => base.Write(value));

        public override void WriteLine(string? value) => Look(() => base.WriteLine(value));

        public override Encoding Encoding => Encoding.UTF8;

        private void Look(Action write)
        {
            lock (this)
            {
                write();
                if (enough is not null && ToString().Contains("Good", StringComparison.Ordinal)) enough.Cancel();
            }
        }
    }
}
