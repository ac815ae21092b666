using System.Diagnostics;
using System.Globalization;
using OpcPortal.Adapters.Simulation.Mqtt;
using OpcPortal.KillField;

namespace OpcPortal.EndToEnd.Tests;

/// <summary>
/// A server between a broker and its store is killed (SIGKILL) again and again, in some of its lives while its own store takes nothing and its adapter keeps what comes: whatever the device has sent is stored
/// in the end, once, with its time. OPCPORTAL_FIELD_KILLS sets how often.
/// </summary>
public sealed class FieldKillTests(ITestOutputHelper output)
{
    // A life takes about a second.
    private const int DefaultKills = 12;
    private const long Begin = 1_772_582_400;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_message_that_a_device_has_sent_is_stored_once_with_its_time_however_often_the_server_was_killed()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("OPCPORTAL_FIELD_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var set) ? set : DefaultKills;
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var folder = Directory.CreateTempSubdirectory("opcportal-field-kill-").FullName;
        await using var broker = new EmbeddedBroker();
        var subscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        broker.Subscribed += _ => subscribed.TrySetResult();
        var port = await broker.StartAsync();
        try
        {
            var sent = 0;
            for (var kill = 0; kill < kills; kill++) sent = await LiveAsync(broker, folder, port, sent, kill == 0 ? subscribed.Task : null, random);
            output.WriteLine($"{sent} messages, {kills} kills");
            Assert.True(sent > kills * 10, "Hardly anything was sent.");
            await CheckAsync(folder, port, sent);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <returns>Messages sent so far.</returns>
    private static async Task<int> LiveAsync(EmbeddedBroker broker, string folder, int port, int sent, Task? subscribed, Random random)
    {
        var mode = random.Next(3) == 0 ? "deaf" : "well";
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "KillField.dll"), folder, port.ToString(CultureInfo.InvariantCulture), mode];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(Token);
        Assert.True(await process.StandardOutput.ReadLineAsync(Token) == "ready", $"It does not start: {(process.HasExited ? await errors : "")}");
        // Before a session exists nobody keeps anything for it.
        if (subscribed is not null) await subscribed.WaitAsync(Patience, Token);
        using (new Timer(_ => process.Kill(), null, 50 + random.Next(400), Timeout.Infinite))
        {
            // Sent also while nobody listens.
            while (!process.HasExited || random.Next(20) > 0)
            {
                sent++;
                await broker.PublishAsync(FieldServer.Topic, string.Create(CultureInfo.InvariantCulture, $$"""{ "t": {{Begin + sent}}, "p": {{sent}} }"""));
                await Task.Yield();
                if (sent % 20 == 0 && !process.HasExited) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            }
        }

        await process.WaitForExitAsync(Token);
        Assert.Equal("", await errors);
        return sent;
    }

    private static async Task CheckAsync(string folder, int port, int sent)
    {
        await using var server = await FieldServer.StartAsync(folder, port, isDeaf: false);
        using var confirmed = new SemaphoreSlim(0);
        server.Confirmed += () => confirmed.Release();
        var stored = await server.ReadAsync();
        while (stored.Count < sent)
        {
            Assert.True(await confirmed.WaitAsync(Patience, Token), $"{stored.Count} of {sent} are stored, and nothing comes any more.");
            stored = await server.ReadAsync();
        }

        Assert.Equal(Enumerable.Range(1, sent).Select(number => (DateTime.UnixEpoch.AddSeconds(Begin + number), (long)number)), stored.Select(reading => (reading.SourceTime, reading.Value.AsSigned())));
    }
}
