using System.Text.Json;
using OpcPortal.Ua;
using Spectre.Console.Testing;

namespace OpcPortal.Cli.Tests;

/// <summary>Each command against a server in the same process.</summary>
public sealed class CommandTests : IAsyncDisposable
{
    private readonly CliServer _server = new();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    // Most tests are not about trust.
    private Task<CliRun> RunAsync(params string[] arguments) => _server.RunAsync([.. arguments, "--policy", "None"]);

    private async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var run = await RunAsync([.. arguments, "--json"]);
        Assert.True(run.ExitCode == 0, run.Error);
        return JsonDocument.Parse(run.Output).RootElement;
    }

    [Fact]
    public async Task Endpoints_lists_what_is_offered_and_needs_no_certificate()
    {
        var run = await _server.RunAsync("endpoints");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Aes256_Sha256_RsaPss", run.Output);
        Assert.Contains("SignAndEncrypt", run.Output);
        Assert.False(Directory.Exists(_server.Pki));
        var modes = JsonDocument.Parse((await _server.RunAsync("endpoints", "--json")).Output).RootElement.GetProperty("endpoints").EnumerateArray().Select(e => e.GetProperty("mode").GetString());
        Assert.Equal(["None", "SignAndEncrypt"], modes.Order());
    }

    [Fact]
    public async Task Browse_shows_a_tree_to_its_depth_and_what_the_filter_lets_through()
    {
        var run = await RunAsync("browse", "/Objects", "--depth", "2", "--filter", "level");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("1:Plant", run.Output);
        Assert.Contains("1:Level", run.Output);
        Assert.DoesNotContain("1:Fixed", run.Output);
        var children = (await JsonAsync("browse", "/Objects/1:Plant", "--values")).GetProperty("children").EnumerateArray().ToDictionary(c => c.GetProperty("browseName").GetString()!);
        Assert.Equal(42, children["1:Fixed"].GetProperty("value").GetInt32());
        Assert.Equal("Method", children["1:Raise"].GetProperty("nodeClass").GetString());
    }

    [Theory]
    [InlineData("ns=1;s=Fixed")]
    [InlineData("nsu=urn:opcportal:cli-tests:server;s=Fixed")]
    [InlineData("/Objects/1:Plant/1:Fixed")]
    [InlineData("/Objects/Plant/Fixed")]
    public async Task A_node_may_be_written_in_several_ways(string node)
    {
        var read = (await JsonAsync("read", node))[0];
        Assert.Equal("ns=1;s=Fixed", read.GetProperty("nodeId").GetString());
        Assert.Equal(42, read.GetProperty("value").GetInt32());
    }

    [Fact]
    public async Task Read_shows_values_by_their_type_and_fails_where_one_of_several_is_bad()
    {
        var run = await RunAsync("read", "ns=1;s=State", "ns=1;s=Row", "ns=1;s=Nowhere");
        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Contains("Suspended (3)", run.Output);
        Assert.Contains("[1, 2, 3]", run.Output);
        Assert.Contains("BadNodeIdUnknown", run.Output);
        Assert.Equal(0, (await RunAsync("read", "ns=1;s=State", "ns=1;s=Row")).ExitCode);
    }

    [Theory]
    [InlineData("ns=1;s=Level", "22.5", "22.5")]
    [InlineData("ns=1;s=Row", "[4, 5]", "[4,5]")]
    [InlineData("ns=1;s=State", "Failed", "1")]
    public async Task Write_types_the_value_by_the_node(string node, string text, string expected)
    {
        Assert.Equal(0, (await RunAsync("write", node, text)).ExitCode);
        Assert.Equal(expected, (await JsonAsync("read", node))[0].GetProperty("value").GetRawText().Replace(" ", "").ReplaceLineEndings(""));
    }

    [Theory]
    [InlineData("ns=1;s=Level", "22,5", ExitCodes.Usage, "'22,5' is not a value of type Double")]
    [InlineData("ns=1;s=Level", "warm", ExitCodes.Usage, "'warm' is not a value of type Double")]
    [InlineData("ns=1;s=State", "Sleepy", ExitCodes.Usage, "one of Running, Failed")]
    [InlineData("ns=1;s=Fixed", "1", ExitCodes.Refused, "BadNotWritable")]
    [InlineData("/Objects/Plant/Nope", "1", ExitCodes.Refused, "opcportal browse /Objects/Plant")]
    public async Task What_cannot_be_written_says_why(string node, string text, int exitCode, string said)
    {
        var run = await RunAsync("write", node, text);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(said, run.Error);
        Assert.Equal(1.5, _server.Level);
    }

    [Fact]
    public async Task Call_runs_a_method_named_by_path_or_behind_its_object()
    {
        Assert.Equal(2.5, (await JsonAsync("call", "/Objects/Plant/Raise", "1")).GetProperty("outputs").GetProperty("level").GetDouble());
        Assert.Equal(3.0, (await JsonAsync("call", "ns=1;s=Plant", "1:Raise", "0.5")).GetProperty("outputs").GetProperty("level").GetDouble());
        var run = await RunAsync("call", "ns=1;s=Plant", "ns=1;s=Raise");
        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("by: Double", run.Error);
    }

    [Fact]
    public async Task Watch_prints_a_line_for_each_change_and_goes_on_over_a_lost_connection()
    {
        var (output, error) = (new Lines(), new Lines());
        var watching = _server.StartAsync(output.Console, error.Console, ["watch", "ns=1;s=Level", "--json", "-n", "3", "-i", "0.05", "--policy", "None"]);
        Assert.Equal(1.5, Value(await output.NextAsync()));
        _server.Level = 2;
        Assert.Equal(2.0, Value(await output.NextAsync()));
        _server.Cut();
        await error.UntilAsync("Connected again");
        _server.Level = 3;
        Assert.Equal(3.0, Value(await output.NextAsync()));
        Assert.Equal(0, await watching.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static double Value(string line) => JsonDocument.Parse(line).RootElement.GetProperty("value").GetDouble();

    [Fact]
    public async Task Watch_draws_a_table_with_the_trend_where_somebody_looks()
    {
        var (output, error) = (new TestConsole().Width(160), new TestConsole());
        Assert.Equal(0, await _server.StartAsync(output, error, ["watch", "ns=1;s=Level", "ns=1;s=State", "-n", "2", "--policy", "None"], isLive: true).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("connected", output.Output);
        Assert.Contains("▅", output.Output);
        Assert.Contains("Suspended (3)", output.Output);
    }

    [Fact]
    public void Notices_are_held_below_a_live_table_the_last_three_and_said_at_once_elsewhere()
    {
        var error = new TestConsole();
        var context = new CliContext { Output = new TestConsole(), Error = error };
        var held = new Notices(context, isHeld: true);
        foreach (var text in (string[])["first", "second", "third", "fourth"]) held.Add(text);
        Assert.Equal(["second", "third", "fourth"], held.Last.Select(l => l.Split(' ')[^1]));
        Assert.Equal("", error.Output);
        new Notices(context, isHeld: false).Add("now");
        Assert.Contains("now", error.Output);
    }

    [Fact]
    public async Task Watching_what_cannot_be_watched_fails_and_says_so()
    {
        var run = await RunAsync("watch", "ns=1;s=Nowhere", "-n", "1");
        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Contains("BadNodeIdUnknown", run.Error);
    }

    [Fact]
    public async Task A_watch_that_is_stopped_from_the_keyboard_ends_well()
    {
        var (output, error) = (new Lines(), new Lines());
        using var stop = new CancellationTokenSource();
        var watching = _server.StartAsync(output.Console, error.Console, ["watch", "ns=1;s=Level", "--policy", "None"], stop.Token);
        Assert.Contains("ns=1;s=Level  1.5  Good", await output.NextAsync());
        await stop.CancelAsync();
        Assert.Equal(0, await watching.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData("bla", "A node is written")]
    [InlineData("nsu=urn:nobody;s=x", "opcportal read i=2255")]
    public async Task A_node_that_is_none_says_how_nodes_are_written(string node, string next)
    {
        var run = await RunAsync("read", node);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(next, run.Error);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_in_one_line_with_what_to_do()
    {
        var (output, error) = (new Lines(), new Lines());
        var context = new CliContext { Output = output.Console, Error = error.Console, Environment = name => name == "OPCPORTAL_PKI" ? _server.Pki : null };
        // Port 1 of the loopback: nobody listens there.
        Assert.Equal(ExitCodes.NotConnected, await CommandLine.RunAsync(context, ["endpoints", "--url", "opc.tcp://127.0.0.1:1"]));
        Assert.Contains("Cannot connect to 127.0.0.1:1", error.Console.Output);
        Assert.Contains("--url opc.tcp://host:4840", error.Console.Output);
        Assert.Equal(2, error.Console.Output.TrimEnd().Split('\n').Length);
    }

    [Theory]
    [InlineData("read")]
    [InlineData("nonsense")]
    [InlineData("read", "i=1", "--policy", "Basic256")]
    [InlineData("read", "i=1", "--url", "http://localhost")]
    public async Task A_command_line_that_is_wrong_ends_with_1(params string[] arguments) => Assert.Equal(ExitCodes.Usage, (await _server.RunAsync(arguments)).ExitCode);
}
