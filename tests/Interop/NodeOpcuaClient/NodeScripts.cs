using System.Diagnostics;
using System.Text.Json;

namespace Interop.NodeOpcuaClient;

/// <summary>One checked item of a script.</summary>
internal sealed record NodeCheck(string Name, bool IsOk, string Detail);

/// <summary>Runs scripts of tests/Interop/node/client: each prints one JSON line for an item that it checked, and ends with how many there were.</summary>
internal static class NodeScripts
{
    private const string Missing = "node-opcua is not installed. Install it with: npm ci --prefix tests/Interop/node";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static string Folder { get; } = FindFolder();

    private static string Node => Path.Combine(Folder, "node_modules", "node", "bin", OperatingSystem.IsWindows() ? "node.exe" : "node");

    /// <summary>Skips the test where the peer is not installed; fails it where it must be.</summary>
    public static void Require()
    {
        if (File.Exists(Node)) return;
        if (Environment.GetEnvironmentVariable("OPCPORTAL_REQUIRE_INTEROP") == "1") Assert.Fail(Missing);
        Assert.Skip(Missing);
    }

    /// <summary>Runs a script to its end; every item must be ok.</summary>
    /// <param name="least">Items that it must have checked at least: a script that checks nothing proves nothing.</param>
    public static async Task<IReadOnlyList<NodeCheck>> RunAsync(string script, object arguments, int least)
    {
        var start = new ProcessStartInfo(Node, [Path.Combine("client", script), JsonSerializer.Serialize(arguments)])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var late = new CancellationTokenSource(Patience);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(late.Token);
            var (checks, claimed) = await ReadAsync(process.StandardOutput, late.Token);
            await process.WaitForExitAsync(late.Token);
            var wrong = checks.Where(check => !check.IsOk).Select(check => $"{check.Name}: {check.Detail}").ToList();
            Assert.True(wrong.Count == 0, $"{script}: {wrong.Count} of {checks.Count} items failed:\n{string.Join('\n', wrong.Take(40))}");
            Assert.True(claimed == checks.Count && process.ExitCode == 0, $"{script} ended early, after {checks.Count} items: {Tail(await errors)}");
            Assert.True(checks.Count >= least, $"{script} checked {checks.Count} items, fewer than {least}.");
            return checks;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static async Task<(List<NodeCheck> Checks, int Claimed)> ReadAsync(StreamReader output, CancellationToken late)
    {
        var checks = new List<NodeCheck>();
        var claimed = -1;
        while (await output.ReadLineAsync(late) is { } line)
        {
            // node-opcua prints warnings of its own.
            if (!line.StartsWith('{')) continue;
            var item = JsonDocument.Parse(line).RootElement;
            if (item.TryGetProperty("checks", out var count)) claimed = count.GetInt32();
            else checks.Add(new NodeCheck(item.GetProperty("check").GetString()!, item.GetProperty("ok").GetBoolean(), item.GetProperty("detail").ToString()));
        }

        return (checks, claimed);
    }

    private static string Tail(string text) => text.Length > 4000 ? text[^4000..] : text;

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OpcPortal.sln"))) return Path.Combine(folder.FullName, "tests", "Interop", "node");
        throw new DirectoryNotFoundException("OpcPortal.sln lies in no folder above the tests.");
    }
}
