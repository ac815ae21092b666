using System.Net;
using Microsoft.Extensions.Logging;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>Listens to the devices behind one MQTT broker: 3.1.1 and 5. One loop decodes; commands run beside it.</summary>
internal sealed partial class MqttAdapter : IAdapter
{
    /// <summary>Messages whose readings are handed on together.</summary>
    private const int MaxBatch = 256;

    /// <summary>How often silent devices are looked for: as fine as <c>silentAfter</c> is given.</summary>
    private static readonly TimeSpan SilenceCheck = TimeSpan.FromSeconds(1);

    private readonly ConnectionSettings _settings;
    private readonly FieldMap _map;
    private readonly AdapterContext _context;
    private readonly PendingAnswers _pending;
    private readonly MessageDecoder _decoder;
    private readonly ReadingBatcher _batcher;
    private readonly CommandSender _sender;
    private readonly List<InboxMessage> _decoded = [];
    private long _dropped;

    /// <exception cref="ConfigurationException">A mapping is wrong.</exception>
    public MqttAdapter(ConnectionSettings settings, AdapterConfiguration configuration, AdapterContext context)
    {
        _settings = settings;
        _context = context;
        _map = new FieldMap(configuration.Devices, settings, context.Time, context.Health);
        _pending = new PendingAnswers(context.Answers);
        _decoder = new MessageDecoder(_pending);
        _batcher = new ReadingBatcher(context.Sink);
        _sender = new CommandSender(_map, _pending, settings, context.Time);
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (_settings is { PasswordFile: not null, Tls: null } && !IsLoopback(_settings.Host)) LogPlainPassword(_context.Logger, _settings.Host, _settings.Port);
        var backoff = new Backoff(_settings.ReconnectMin, _settings.ReconnectMax, _context.Random);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var began = _context.Time.GetTimestamp();
            var reason = await ServeAsync(cancellation).ConfigureAwait(false);
            if (_context.Time.GetElapsedTime(began) > _settings.ReconnectMax) backoff.Reset();
            var pause = backoff.Next();
            LogLost(_context.Logger, _settings.Host, _settings.Port, reason, pause);
            await LoseAsync(reason, cancellation).ConfigureAwait(false);
            await Task.Delay(pause, _context.Time, cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ReadingStatus> ExecuteAsync(DeviceCommand command, CancellationToken cancellation) => (await CarryOutAsync(command, cancellation).ConfigureAwait(false)).Status;

    /// <inheritdoc/>
    public ValueTask<CommandOutcome> CarryOutAsync(DeviceCommand command, CancellationToken cancellation) => _sender.CarryOutAsync(command, cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _pending.CompleteAll(ReadingStatus.BadNotConnected);
        return ValueTask.CompletedTask;
    }

    /// <returns>Why it ended.</returns>
    private async Task<string> ServeAsync(CancellationToken cancellation)
    {
        await using var link = new BrokerLink(_settings, _map.Routes, _context);
        try
        {
            await link.ConnectAsync(cancellation).ConfigureAwait(false);
            foreach (var device in _map.Devices) device.Listening();
            await link.SubscribeAsync(cancellation).ConfigureAwait(false);
            await TellRefusalsAsync(cancellation).ConfigureAwait(false);
            LogConnected(_context.Logger, _settings.Host, _settings.Port, _map.Routes.Count);
            _dropped = 0;
            _sender.Link = link;
            using var ticks = _context.Time.CreateTimer(static inbox => ((Inbox)inbox!).Tick(), link.Inbox, SilenceCheck, SilenceCheck);
            await ListenAsync(link, cancellation).ConfigureAwait(false);
            return link.LostReason;
        }
        catch (BrokerException failure)
        {
            return failure.Message;
        }
        finally
        {
            _sender.Link = null;
            _pending.CompleteAll(ReadingStatus.BadNoCommunication);
            _decoded.Clear();
        }
    }

    private async Task ListenAsync(BrokerLink link, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var acknowledger = new Acknowledger(_context.Sink, link, _context.Logger);
        var acknowledging = acknowledger.RunAsync(over.Token);
        try
        {
            await PumpAsync(link.Inbox, acknowledger, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await acknowledging.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PumpAsync(Inbox inbox, Acknowledger acknowledger, CancellationToken cancellation)
    {
        while (await inbox.Messages.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            for (var count = 0; count < MaxBatch && inbox.Messages.TryRead(out var message); count++)
            {
                if (message.Route is null) Tick(inbox);
                else Decode(inbox, message);
                await AddReadingsAsync(cancellation).ConfigureAwait(false);
            }

            await _batcher.FlushAsync(cancellation).ConfigureAwait(false);
            foreach (var message in _decoded) await acknowledger.AddAsync(message, cancellation).ConfigureAwait(false);
            _decoded.Clear();
        }
    }

    private void Decode(Inbox inbox, in InboxMessage message)
    {
        try
        {
            _decoder.Decode(message.Route!, message.Payload.AsSpan(0, message.Length), message.Facts, message.Received);
        }
        finally
        {
            inbox.Return(message);
        }

        if (message.Acknowledge is not null) _decoded.Add(message);
    }

    private async ValueTask AddReadingsAsync(CancellationToken cancellation)
    {
        for (var i = 0; i < _decoder.Readings.Count; i++) await _batcher.AddAsync(_decoder.Readings[i], cancellation).ConfigureAwait(false);
    }

    private async Task TellRefusalsAsync(CancellationToken cancellation)
    {
        var now = _context.Time.GetUtcNow().UtcDateTime;
        foreach (var route in _map.Routes.Values)
        {
            if (route.Refusal == ReadingStatus.Good) continue;
            foreach (var device in route.Devices) device.Undecodable(route.Topic, "the broker refuses the subscription");
            foreach (var value in route.Values)
                if (value.Point != RoutedValue.NoPoint) await _batcher.AddAsync(new Reading(value.Point, PointValue.None, now, route.Refusal), cancellation).ConfigureAwait(false);
        }

        await _batcher.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private void Tick(Inbox inbox)
    {
        if (inbox.Dropped != _dropped)
        {
            LogDropped(_context.Logger, _settings.Host, _settings.Port, inbox.Dropped - _dropped);
            _dropped = inbox.Dropped;
        }

        LoseSilent();
    }

    private void LoseSilent()
    {
        _decoder.Clear();
        foreach (var device in _map.Devices)
        {
            if (!device.IsSilent) continue;
            device.Lost($"it has said nothing for {device.Settings.SilentAfter}");
            _decoder.Lose(device, _context.Time.GetUtcNow().UtcDateTime);
        }
    }

    private async Task LoseAsync(string reason, CancellationToken cancellation)
    {
        _decoder.Clear();
        foreach (var device in _map.Devices)
        {
            if (device.State != CommunicationState.Offline) _decoder.Lose(device, _context.Time.GetUtcNow().UtcDateTime);
            device.Lost(reason);
        }

        await AddReadingsAsync(cancellation).ConfigureAwait(false);
        await _batcher.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private static bool IsLoopback(string host) => host is "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to the broker {Host}:{Port}; {Count} topics.")]
    private static partial void LogConnected(ILogger logger, string host, int port, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Broker {Host}:{Port}: {Reason}; next attempt in {Pause}.")]
    private static partial void LogLost(ILogger logger, string host, int port, string reason, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Broker {Host}:{Port} sends faster than readings are taken: {Count} messages of QoS 0 were dropped.")]
    private static partial void LogDropped(ILogger logger, string host, int port, long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The password for the broker {Host}:{Port} travels unencrypted: configure 'tls'.")]
    private static partial void LogPlainPassword(ILogger logger, string host, int port);
}
