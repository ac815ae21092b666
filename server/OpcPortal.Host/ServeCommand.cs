using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OpcPortal.Adapters;

namespace OpcPortal.Host;

/// <summary>Runs the server until it is told to end: by Ctrl+C, SIGTERM or its caller.</summary>
internal static class ServeCommand
{
    /// <summary>What cannot start, by the convention of sysexits.h: a configuration error.</summary>
    public const int CannotStart = 78;

    /// <param name="file">The configuration; null runs the demonstration.</param>
    public static async Task<int> RunAsync(string? file, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.UseUtcTimestamp = true;
        })
            // Kestrel and its host speak of HTTP, which is not served.
            .AddFilter("Microsoft", LogLevel.Warning)
            // Why it cannot start is told once, in one line, below.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).SetMinimumLevel(LogLevel.Information));
        try
        {
            if (file is null) await DemoCommand.RunAsync(output, loggers, stop.Token).ConfigureAwait(false);
            else await ServeAsync(file, loggers, stop.Token).ConfigureAwait(false);
            return 0;
        }
        catch (Exception wrong) when (wrong is ConfigurationException or StartupException)
        {
            await errors.WriteLineAsync($"opcportal: {wrong.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
            return CannotStart;
        }

        void Stop(PosixSignalContext signal)
        {
            // Ending is ours: connections are told and adapters drained.
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task ServeAsync(string file, ILoggerFactory loggers, CancellationToken stop)
    {
        var configuration = HostConfigurationReader.Read(file);
        await using var portal = await RunningPortal.StartAsync(configuration, loggers, TimeProvider.System).ConfigureAwait(false);
        await Stopped(stop).ConfigureAwait(false);
    }

    /// <summary>Completes when the token is cancelled.</summary>
    public static Task Stopped(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stop.Register(() => stopped.TrySetResult());
        return stopped.Task;
    }
}
