using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>docs/guide-data.md as a newcomer follows it: each command is typed, in their order, and ends as the guide says.</summary>
public sealed partial class DataGuideTests(DemoFixture demo) : IClassFixture<DemoFixture>, IDisposable
{
    // Meters behind slow links bring their load profiles within seconds of the start.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_command_of_the_guide_does_what_the_guide_says()
    {
        await UntilProfilesAreReadAsync();
        var guide = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "guide-data.md"), TestContext.Current.CancellationToken);
        var typed = 0;
        foreach (Match block in Blocks().Matches(guide))
        {
            foreach (var line in block.Groups["text"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var parts = line.Split("  # exit ");
                var expected = parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
                var (code, output) = await RunAsync(parts[0]);
                Assert.True(code == expected, $"{line}: exit {code}: {output}");
                typed++;
            }
        }

        Assert.InRange(typed, 20, 100);
        // What is refused leaves nothing behind.
        Assert.Equal(["all.csv", "maple-1.csv", "maple-1.parquet", "maple-1.xml"], Directory.GetFiles(_folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        // Two points; 23 to 25 hours of quarters, and the head.
        Assert.InRange((await File.ReadAllLinesAsync(Path.Combine(_folder, "maple-1.csv"), TestContext.Current.CancellationToken)).Length, 1 + (2 * 92), 1 + (2 * 100));
    }

    [Fact]
    public async Task What_was_edited_tells_who_did_it_and_why()
    {
        const string Point = "\"nsu=urn:demo:river-power;s=cold-store/meter/IntervalEnergyImport\"";
        await UntilProfilesAreReadAsync();
        var (code, output) = await RunAsync($"opcportal history edit replace {Point} yesterdayT06:00Z 1.25 --reason \"read from the display\" --pki $DEMO/river-power");
        Assert.True(code == 0, output);
        (code, output) = await RunAsync($"opcportal history {Point} --from yesterdayT05:50Z --to yesterdayT06:10Z --chain --json --pki $DEMO/river-power");
        Assert.True(code == 0, output);
        Assert.Contains("\"value\": 1.25", output, StringComparison.Ordinal);
        Assert.Contains("\"reason\": \"read from the display\"", output, StringComparison.Ordinal);
        Assert.Contains("river-power-app", output, StringComparison.Ordinal);
        (code, output) = await RunAsync($"opcportal history {Point} --from yesterdayT05:50Z --to yesterdayT06:10Z --modified --csv --pki $DEMO/river-power");
        Assert.Contains(",Replace,", output, StringComparison.Ordinal);
    }

    private async Task UntilProfilesAreReadAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        foreach (var meter in (string[])["maple-1", "maple-2", "harbour-office", "cold-store"])
        {
            while (true)
            {
                var (code, _) = await RunAsync($"opcportal export \"nsu=urn:demo:river-power;s={meter}/meter\" --from yesterday --out ready.csv --pki $DEMO/river-power");
                if (code == 0) break;
                patience.Token.ThrowIfCancellationRequested();
            }
        }

        File.Delete(Path.Combine(_folder, "ready.csv"));
    }

    private Task<(int Code, string Output)> RunAsync(string line)
    {
        var text = line.Replace("$DEMO", Path.GetDirectoryName(demo.Demo.Certificates.FolderOf("ann")), StringComparison.Ordinal)
            .Replace("$SYSTEM", demo.Demo.Users.Passwords.First(user => user.Name == "system").Password, StringComparison.Ordinal);
        var arguments = CommandLineParser.SplitCommandLine(text).ToArray();
        Assert.Equal("opcportal", arguments[0]);
        arguments = [.. arguments[1..].Select(argument => Path.GetExtension(argument) is ".csv" or ".parquet" or ".xml" ? Path.Combine(_folder, argument) : argument)];
        return TypedCommand.RunAsync(arguments, demo.Url, Path.Combine(_folder, "pki"), TestContext.Current.CancellationToken);
    }

    [GeneratedRegex("^```\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
