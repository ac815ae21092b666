using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>One adapter over its lives: made, run, and made anew when it fails.</summary>
internal sealed partial class AdapterRun
{
    private readonly AdapterConfiguration _configuration;
    private readonly IAdapterFactory _factory;
    private readonly AdapterContext _context;
    private readonly AdapterHostOptions _options;
    private readonly Backoff _backoff;
    private ForwardingSink? _forwarding;
    private CursorFile? _cursors;
    private IAdapter? _adapter;
    private CancellationTokenSource? _stop;
    private Task _task = Task.CompletedTask;

    /// <param name="outages">Null: nobody wants to know.</param>
    /// <param name="pace">At which backlogs are delivered.</param>
    /// <exception cref="ConfigurationException">The factory refuses the configuration.</exception>
    public AdapterRun(AdapterConfiguration configuration, IAdapterFactory factory, AdapterContext context, AdapterHostOptions options, IOutageSink? outages, DrainPace pace)
    {
        _configuration = configuration;
        _factory = factory;
        _options = options;
        _backoff = new Backoff(options.RestartMin, options.RestartMax, context.Random);
        var health = new RunHealth(configuration, context.Health, outages, context.Time);
        _context = OpenDelivery(context with { Health = health }, health, pace);
        try
        {
            _adapter = factory.Create(configuration, _context);
        }
        catch
        {
            // Nothing was started yet: there is nothing to wait for.
            _forwarding?.Abandon();
            _cursors?.Dispose();
            throw;
        }
    }

    // One whose folder cannot be used runs on without: its readings matter more than those that might have been kept.
    private AdapterContext OpenDelivery(AdapterContext context, RunHealth health, DrainPace pace)
    {
        var options = _options.StoreAndForward;
        if (options.Folder is null) return context;
        var folder = Path.Combine(options.Folder, Path.GetFileNameWithoutExtension(_configuration.File));
        try
        {
            var backlog = new ReadingBacklog(folder, new BacklogNames(_configuration), options);
            _forwarding = new ForwardingSink(context.Sink, backlog, options, pace, health, context.Time, context.Logger);
            _cursors = new CursorFile(Path.Combine(folder, "cursors"));
            return context with { Sink = _forwarding, Cursors = _cursors };
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            LogNoDelivery(context.Logger, unusable, folder);
            _forwarding?.Abandon();
            _forwarding = null;
            return context;
        }
    }

    public void Start(CancellationToken stop)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _forwarding?.Start();
        _task = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
    }

    public void RequestStop() => _stop?.Cancel();

    public async Task StopAsync()
    {
        try
        {
            await _task.WaitAsync(_options.StopTimeout, _context.Time).ConfigureAwait(false);
            _stop?.Dispose();
            if (Interlocked.Exchange(ref _adapter, null) is { } neverRun) await neverRun.DisposeAsync().ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogHangs(_context.Logger, _configuration.File, _options.StopTimeout);
        }

        // What one that was left behind still brings is refused.
        if (_forwarding is not null) await _forwarding.DisposeAsync().ConfigureAwait(false);
        _cursors?.Dispose();
    }

    public async ValueTask<CommandOutcome> CarryOutAsync(DeviceCommand command, CancellationToken cancellation)
    {
        if (Volatile.Read(ref _adapter) is not { } adapter) return CommandOutcome.Failed(ReadingStatus.BadNotConnected, "its adapter is down");
        try
        {
            return await adapter.CarryOutAsync(command, cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            LogCommandFailed(_context.Logger, failure, _configuration.File);
            return CommandOutcome.Failed(ReadingStatus.BadCommunicationError, "its adapter failed at it");
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var reason = await LiveAsync(stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested) return;
            var pause = _backoff.Next();
            LogFailed(_context.Logger, _configuration.File, reason, pause);
            try
            {
                await TellOfflineAsync(reason, stop).ConfigureAwait(false);
                await Task.Delay(pause, _context.Time, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <returns>Why this life ended.</returns>
    private async Task<string> LiveAsync(CancellationToken stop)
    {
        var born = _context.Time.GetTimestamp();
        var adapter = _adapter;
        try
        {
            if (adapter is null) Volatile.Write(ref _adapter, adapter = _factory.Create(_configuration, _context));
            await adapter.RunAsync(stop).ConfigureAwait(false);
            return "it ended by itself";
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return "stopped";
        }
        catch (Exception failure)
        {
            LogFault(_context.Logger, failure, _configuration.File);
            return failure.Message.ReplaceLineEndings(" ");
        }
        finally
        {
            if (_context.Time.GetElapsedTime(born) >= _options.Steady) _backoff.Reset();
            Volatile.Write(ref _adapter, null);
            if (adapter is not null) await DisposeAsync(adapter).ConfigureAwait(false);
        }
    }

    private async Task DisposeAsync(IAdapter adapter)
    {
        try
        {
            await adapter.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LogFault(_context.Logger, failure, _configuration.File);
        }
    }

    // No point may go on looking good while nobody reads it.
    private async Task TellOfflineAsync(string reason, CancellationToken stop)
    {
        var now = _context.Time.GetUtcNow().UtcDateTime;
        var batcher = new ReadingBatcher(_context.Sink);
        foreach (var device in _configuration.Devices)
        {
            _context.Health.Report(device.Number, CommunicationState.Offline, $"The adapter failed: {reason}");
            foreach (var point in device.Points)
                await batcher.AddAsync(new Reading(point.Number, PointValue.None, now, ReadingStatus.BadNotConnected), stop).ConfigureAwait(false);
        }

        await batcher.FlushAsync(stop).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File}: the adapter failed ({Reason}); it is started again in {Pause}.")]
    private static partial void LogFailed(ILogger logger, string file, string reason, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{File}: fault of the adapter.")]
    private static partial void LogFault(ILogger logger, Exception failure, string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File}: the adapter threw at a command.")]
    private static partial void LogCommandFailed(ILogger logger, Exception failure, string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File}: the adapter has not ended within {Timeout} and is left behind.")]
    private static partial void LogHangs(ILogger logger, string file, TimeSpan timeout);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Folder} cannot be used: readings that the server does not take are not kept.")]
    private static partial void LogNoDelivery(ILogger logger, Exception failure, string folder);
}
