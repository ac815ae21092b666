using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Adapters;

/// <summary>Limits of an <see cref="AdapterHost"/>.</summary>
public sealed record AdapterHostOptions
{
    /// <summary>The first pause before an adapter that failed is made anew.</summary>
    public TimeSpan RestartMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest: a defect that always strikes costs one attempt a minute, and a repaired one is back within it.</summary>
    public TimeSpan RestartMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an adapter has run before its next failure counts as a first one.</summary>
    public TimeSpan Steady { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long an adapter may take to end before it is left behind, told as an error: a stop must not hang on a peer.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What becomes of readings that the server cannot take.</summary>
    public StoreAndForwardOptions StoreAndForward { get; init; } = new();
}

/// <summary>
/// Runs adapters side by side: one that fails is made anew after a pause, its devices told as offline meanwhile, and the others run on. Routes commands to the adapter of their device.
/// Adapters may come while others run. Thread-safe.
/// </summary>
public sealed class AdapterHost : IAsyncDisposable
{
    private readonly AdapterHostOptions _options;
    private readonly AdapterContext _context;
    private readonly ILoggerFactory _loggers;
    private readonly IOutageSink? _outages;
    private readonly DrainPace _pace;
    private readonly Lock _gate = new();
    private readonly List<AdapterRun> _runs = [];
    private readonly ConcurrentDictionary<int, AdapterRun> _byDevice = [];
    private readonly CancellationTokenSource _stop = new();
    private Task? _stopped;
    private int _startedRuns;

    /// <param name="options">Limits.</param>
    /// <param name="sink">Where readings go.</param>
    /// <param name="health">Where the state of devices is told.</param>
    /// <param name="time">The only clock.</param>
    /// <param name="loggers">Each adapter has a logger of its file's name.</param>
    /// <param name="random">The jitter of pauses; a test gives one with a seed.</param>
    /// <param name="outages">Where outages of devices are told; null: nobody wants to know.</param>
    /// <param name="answers">Where answers to commands are told that nobody waits for any more; null: nobody wants to know.</param>
    public AdapterHost(
        AdapterHostOptions options, IReadingSink sink, IAdapterHealth health, TimeProvider time, ILoggerFactory loggers, Random? random = null, IOutageSink? outages = null, ICommandAnswers? answers = null)
    {
        _options = options;
        _loggers = loggers;
        _outages = outages;
        _pace = new DrainPace(options.StoreAndForward.DrainPerSecond, time);
        _context = new AdapterContext(sink, health, time, loggers.CreateLogger<AdapterHost>()) { Random = random ?? Random.Shared, Answers = answers ?? new UnheardAnswers() };
    }

    /// <summary>Adds an adapter, which runs from the next <see cref="Start"/> on.</summary>
    /// <exception cref="ConfigurationException">The factory refuses the configuration: it is not added.</exception>
    /// <exception cref="InvalidOperationException">One of its devices has an adapter already, or the host has stopped.</exception>
    public void Add(AdapterConfiguration configuration, IAdapterFactory factory)
    {
        var logger = _loggers.CreateLogger($"OpcPortal.Adapters.{factory.Protocol}.{Path.GetFileNameWithoutExtension(configuration.File)}");
        lock (_gate)
        {
            if (_stopped is not null) throw new InvalidOperationException("The adapters have been stopped.");
            if (configuration.Devices.FirstOrDefault(device => _byDevice.ContainsKey(device.Number)) is { } taken) throw new InvalidOperationException($"The device {taken.Id} has an adapter already.");
            var run = new AdapterRun(configuration, factory, _context with { Logger = logger }, _options, _outages, _pace);
            _runs.Add(run);
            foreach (var device in configuration.Devices) _byDevice[device.Number] = run;
        }
    }

    /// <summary>Whether an adapter could be made of a configuration: one is, and never run.</summary>
    /// <exception cref="ConfigurationException">The factory refuses it.</exception>
    public async Task CheckAsync(AdapterConfiguration configuration, IAdapterFactory factory)
    {
        var adapter = factory.Create(configuration, _context);
        await adapter.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Starts those that do not run yet, in the order of adding; returns at once.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_stopped is not null) return;
            for (; _startedRuns < _runs.Count; _startedRuns++) _runs[_startedRuns].Start(_stop.Token);
        }
    }

    /// <summary>Carries a command to the adapter of its device.</summary>
    /// <returns>What the adapter says; BadConfigurationError where no adapter has the device, BadNotConnected where its adapter is down.</returns>
    public async ValueTask<ReadingStatus> ExecuteAsync(DeviceCommand command, CancellationToken cancellation) => (await CarryOutAsync(command, cancellation).ConfigureAwait(false)).Status;

    /// <summary>Carries a command to the adapter of its device; one whose deadline has passed is not handed on.</summary>
    /// <returns>What the adapter says; with the statuses of <see cref="ExecuteAsync"/> where there is none.</returns>
    public ValueTask<CommandOutcome> CarryOutAsync(DeviceCommand command, CancellationToken cancellation)
    {
        if (!_byDevice.TryGetValue(command.Device, out var run)) return ValueTask.FromResult(CommandOutcome.Failed(ReadingStatus.BadConfigurationError, "no adapter has the device"));
        if (command.Id is { Length: 0 or > DeviceCommand.MaxIdLength }) return ValueTask.FromResult(CommandOutcome.Failed(ReadingStatus.BadOutOfRange, $"an id has 1 to {DeviceCommand.MaxIdLength} characters"));
        return command.Deadline <= _context.Time.GetUtcNow().UtcDateTime ? ValueTask.FromResult(CommandOutcome.Expired) : run.CarryOutAsync(command, cancellation);
    }

    /// <summary>Ends all, the last added first: what was built upon goes after what builds on it.</summary>
    public Task StopAsync()
    {
        lock (_gate) return _stopped ??= StopAllAsync();
    }

    private async Task StopAllAsync()
    {
        for (var i = _runs.Count - 1; i >= 0; i--) _runs[i].RequestStop();
        for (var i = _runs.Count - 1; i >= 0; i--) await _runs[i].StopAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}
