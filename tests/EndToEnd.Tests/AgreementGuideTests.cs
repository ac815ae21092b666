using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>docs/guide-agreements.md as a newcomer follows it: each document is written, each command typed, in their order.</summary>
public sealed partial class AgreementGuideTests(DemoFixture demo) : IClassFixture<DemoFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opcportal-guide-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_command_of_the_guide_does_what_the_guide_says()
    {
        var guide = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "guide-agreements.md"), TestContext.Current.CancellationToken);
        var typed = 0;
        foreach (Match block in Blocks().Matches(guide))
        {
            var (info, text) = (block.Groups["info"].Value, block.Groups["text"].Value);
            if (info.StartsWith("json ", StringComparison.Ordinal)) await File.WriteAllTextAsync(Path.Combine(_folder, info["json ".Length..]), text, TestContext.Current.CancellationToken);
            else typed += await TypeAsync(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        Assert.InRange(typed, 20, 100);
    }

    private async Task<int> TypeAsync(string[] lines)
    {
        foreach (var line in lines)
        {
            var parts = line.Split("  # exit ");
            var expected = parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            var (code, output) = await RunAsync(parts[0]);
            // A device may not have been read yet: that its point may be read is what counts here.
            Assert.True(code == expected || (expected == 0 && output.Contains("BadWaitingForInitialData", StringComparison.Ordinal)), $"{line}: exit {code}: {output}");
        }

        return lines.Length;
    }

    private Task<(int Code, string Output)> RunAsync(string line)
    {
        var arguments = CommandLineParser.SplitCommandLine(line.Replace("$DEMO", Path.GetDirectoryName(demo.Demo.Certificates.FolderOf("ann")), StringComparison.Ordinal)).ToArray();
        Assert.Equal("opcportal", arguments[0]);
        arguments = [.. arguments[1..].Select(argument => File.Exists(Path.Combine(_folder, argument)) ? Path.Combine(_folder, argument) : argument)];
        return TypedCommand.RunAsync(arguments, demo.Url, Path.Combine(_folder, "pki"), TestContext.Current.CancellationToken);
    }

    [GeneratedRegex("^```(?<info>[^\n]*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
