using System.Diagnostics;
using System.Globalization;
using OpcPortal.KillControl;
using OpcPortal.Models;

namespace OpcPortal.Server.Tests;

/// <summary>
/// A process that carries requests out is killed at every step that it takes: before and after what it decides is kept, before a device is told, after the device was told and before its answer came, and
/// after. Whatever the step, the next process brings all to its end, and no device is told anything twice.
/// </summary>
public sealed class ControlKillTests(ITestOutputHelper output)
{
    // Of the machine: each mostly waits.
    private const int AtOnce = 8;

    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_any_step_nothing_is_told_twice_and_nothing_is_forgotten()
    {
        var kills = 0;
        for (var first = 1; ; first += AtOnce)
        {
            var killed = await Task.WhenAll(Enumerable.Range(first, AtOnce).Select(KillAtAsync));
            kills += killed.Count(was => was);
            if (killed.Contains(false)) break;
        }

        output.WriteLine($"{kills} kills");
        // Two requests for four devices: each is asked for, told and answered twice or once.
        Assert.InRange(kills, 20, 100);
    }

    /// <returns>False: it came to its end before so many steps.</returns>
    private async Task<bool> KillAtAsync(int step)
    {
        var folder = Directory.CreateTempSubdirectory("opcportal-control-").FullName;
        try
        {
            var (isKilled, taken) = await RunAsync(folder, step);
            if (isKilled) Assert.False((await RunAsync(folder, 0)).IsKilled, $"step {step}");
            await CheckAsync(folder, taken, $"killed at step {step}");
            return isKilled;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(bool IsKilled, int Taken)> RunAsync(string folder, int step)
    {
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "KillControl.dll"), folder, step.ToString(CultureInfo.InvariantCulture)];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        var lines = (await process.StandardOutput.ReadToEndAsync(Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal("", await errors);
        return (process.ExitCode != 0, lines.Length);
    }

    private static async Task CheckAsync(string folder, int taken, string what)
    {
        await using var database = new SqliteDatabase(Path.Combine(folder, "portal.db"));
        var store = await SqlControlStore.OpenAsync(database, Cancellation);
        Assert.Empty(await store.LoadAsync(Cancellation));
        var told = FileField.Read(Path.Combine(folder, "told")).ToLookup(line => line.Device, line => line.Output.Value);
        var requests = new[] { Requests.Shed(default).Id, Requests.Disconnect(default).Id };
        for (var i = 0; i < requests.Length; i++)
        {
            var found = await store.FindAsync(requests[i], Cancellation);
            Assert.True(found is not null || i >= taken, $"{what}: request {i} was taken and is forgotten");
            if (found is not { } kept) continue;
            for (var place = 0; place < kept.Request.Devices.Count; place++)
            {
                var progress = OrderProgress.New with { IsOnce = !kept.Request.Request.HasEnd };
                foreach (var kind in kept.Steps.Where(step => step.Order == place && step.What != OrderEvent.None)) Assert.True(progress.TryApply(kind.What, out progress));
                var device = int.Parse(kept.Request.Devices[place].AsSpan(4, 1), CultureInfo.InvariantCulture);
                var said = string.Join(", ", told[device]);
                // On a slow machine its time may be over before the next process begins: then it was never told, or is told once that it is over.
                string[] right = progress.Status == ControlStatus.Expired ? [""] : progress.IsOnce ? ["0"] : ["0, 1", "1"];
                Assert.True(progress.Status is ControlStatus.Completed or ControlStatus.Expired && right.Contains(said), $"{what}: {kept.Request.Devices[place]} is {progress.Status} and was told {said}");
            }
        }
    }
}
