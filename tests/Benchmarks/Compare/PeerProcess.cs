using System.Diagnostics;
using System.Text.Json;

namespace OpcPortal.Benchmarks;

/// <summary>A server in a process of its own that says on its first line of output where it is, and ends when its input does.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _rest;

    private PeerProcess(Process process, JsonElement ready)
    {
        _process = process;
        Url = ready.GetProperty("url").GetString()!;
        Id = ready.GetProperty("pid").GetInt32();
        StartMs = ready.GetProperty("startMs").GetDouble();
        // What else it says is let go: a full pipe would stop it.
        _rest = process.StandardOutput.ReadToEndAsync();
    }

    public string Url { get; }
    public int Id { get; }

    /// <summary>From the start of the process to the first request that could be served.</summary>
    public double StartMs { get; }

    public static async Task<PeerProcess> StartAsync(string file, params IEnumerable<string> arguments)
    {
        var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith('{')) continue;
            return new PeerProcess(process, JsonSerializer.Deserialize<JsonElement>(line));
        }

        throw new InvalidOperationException($"{file} did not start.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _rest;
        _process.Dispose();
    }
}
