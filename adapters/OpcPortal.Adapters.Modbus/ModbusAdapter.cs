using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Modbus;

/// <summary>One connection and the devices behind it. Devices are polled side by side, each by a loop of its own; requests take turns.</summary>
internal sealed partial class ModbusAdapter : IAdapter
{
    private readonly ModbusConnectionSettings _settings;
    private readonly IModbusDialer _dialer;
    private readonly AdapterContext _context;
    private readonly List<Device> _devices = [];
    private readonly Dictionary<int, Device> _byNumber = [];
    private readonly Backoff _backoff;
    private ModbusClient? _client;

    public ModbusAdapter(ModbusConnectionSettings settings, IEnumerable<ModbusDeviceSettings> devices, IModbusDialer dialer, AdapterContext context)
    {
        _settings = settings;
        _dialer = dialer;
        _context = context;
        _backoff = new Backoff(settings.ReconnectMin, settings.ReconnectMax, context.Random);
        var lanes = new Dictionary<byte, UnitLane>();
        foreach (var device in devices)
        {
            if (!lanes.TryGetValue(device.Unit, out var lane)) lanes.Add(device.Unit, lane = new UnitLane(device.Unit, context.Time));
            var state = new DeviceState(device, context);
            var profiles = device.Profiles.Select(profile => new ProfileReader(settings, device, profile, lane, state, context)).ToArray();
            var added = new Device(lane, state, new DevicePoller(settings, device, lane, state, context), profiles, new DeviceCommander(device, lane, state, context.Time));
            _devices.Add(added);
            _byNumber.Add(device.Number, added);
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await ConnectAndPollAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (ModbusStatus.IsFieldFault(fault))
            {
                if (cancellation.IsCancellationRequested) return;
                var pause = _backoff.Next();
                LogLost(_context.Logger, fault.Message, pause);
                await Task.Delay(pause, _context.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ConnectAndPollAsync(CancellationToken cancellation)
    {
        Stream stream;
        try
        {
            stream = await ConnectAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (ModbusStatus.IsFieldFault(fault))
        {
            await TellOfflineAsync(ReadingStatus.BadNotConnected, fault.Message, all: true, cancellation).ConfigureAwait(false);
            throw;
        }

        await using var client = new ModbusClient(stream, _settings.Timeout, _settings.MaxOutstanding, _context.Time);
        try
        {
            Volatile.Write(ref _client, client);
            await PollAsync(client, cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (ModbusStatus.IsFieldFault(fault))
        {
            if (client.Answered > 0) _backoff.Reset();
            await TellOfflineAsync(ReadingStatus.BadCommunicationError, fault.Message, all: false, cancellation).ConfigureAwait(false);
            throw;
        }
        finally
        {
            Volatile.Write(ref _client, null);
        }
    }

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_settings.Timeout, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return await _dialer.ConnectAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{_settings.Host}:{_settings.Port} cannot be reached within {_settings.Timeout}.");
        }
    }

    /// <summary>Ends when the connection does, by its fault; all that was started has ended then.</summary>
    private async Task PollAsync(ModbusClient client, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var tasks = new List<Task>(_devices.Count + 1) { client.RunAsync(stop.Token) };
        foreach (var device in _devices)
        {
            tasks.Add(device.Poller.RunAsync(client, stop.Token));
            foreach (var profile in device.Profiles) tasks.Add(profile.RunAsync(client, stop.Token));
        }

        var first = await Task.WhenAny(tasks).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        await first.ConfigureAwait(false);
    }

    private async ValueTask TellOfflineAsync(ReadingStatus status, string reason, bool all, CancellationToken cancellation)
    {
        foreach (var device in _devices)
        {
            await device.Lane.EnterAsync(cancellation).ConfigureAwait(false);
            try
            {
                if (!all && device.Poller.Garbage is { } garbage) await device.State.RecordOfflineAsync(ReadingStatus.BadDecodingError, garbage, cancellation).ConfigureAwait(false);
                else if (all || !device.State.IsOffline) await device.State.RecordOfflineAsync(status, reason, cancellation).ConfigureAwait(false);
            }
            finally
            {
                device.Lane.Leave();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ReadingStatus> ExecuteAsync(DeviceCommand command, CancellationToken cancellation) => (await CarryOutAsync(command, cancellation).ConfigureAwait(false)).Status;

    /// <inheritdoc/>
    public ValueTask<CommandOutcome> CarryOutAsync(DeviceCommand command, CancellationToken cancellation)
    {
        if (!_byNumber.TryGetValue(command.Device, out var device)) return ValueTask.FromResult(CommandOutcome.Failed(ReadingStatus.BadConfigurationError));
        return Volatile.Read(ref _client) is { } client
            ? device.Commander.CarryOutAsync(client, command, cancellation) : ValueTask.FromResult(CommandOutcome.Failed(ReadingStatus.BadNotConnected));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Volatile.Read(ref _client)?.DisposeAsync() ?? ValueTask.CompletedTask;

    private sealed record Device(UnitLane Lane, DeviceState State, DevicePoller Poller, ProfileReader[] Profiles, DeviceCommander Commander);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The connection ended ({Reason}); it is tried again in {Pause}.")]
    private static partial void LogLost(ILogger logger, string reason, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Unit {Unit}: {Reason}")]
    internal static partial void LogGarbage(ILogger logger, byte unit, string reason);
}
