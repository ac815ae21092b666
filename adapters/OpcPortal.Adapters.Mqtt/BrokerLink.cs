using System.Collections.Frozen;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Packets;
using OpcPortal.Models;

namespace OpcPortal.Adapters.Mqtt;

/// <summary>The broker cannot be reached, refuses us, or was lost.</summary>
internal sealed class BrokerException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>One connection to a broker, from connect to loss.</summary>
internal sealed partial class BrokerLink : IAsyncDisposable
{
    /// <summary>How long a farewell may take before the connection is dropped without one.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly ConnectionSettings _settings;
    private readonly FrozenDictionary<string, TopicRoute> _routes;
    private readonly AdapterContext _context;
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private MqttClientTlsOptions? _tls;
    private volatile string? _lost;

    public BrokerLink(ConnectionSettings settings, FrozenDictionary<string, TopicRoute> routes, AdapterContext context)
    {
        _settings = settings;
        _routes = routes;
        _context = context;
        Inbox = new Inbox(context.Time);
        _client.ApplicationMessageReceivedAsync += ReceiveAsync;
        _client.DisconnectedAsync += DisconnectedAsync;
    }

    public Inbox Inbox { get; }

    /// <summary>Why it was lost.</summary>
    public string LostReason => _lost ?? "the connection to the broker was closed";

    /// <exception cref="BrokerException">It cannot be reached, or refuses us: why.</exception>
    public async Task ConnectAsync(CancellationToken cancellation)
    {
        MqttClientConnectResult result;
        try
        {
            result = await _client.ConnectAsync(CreateOptions(), cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            throw new BrokerException($"the broker {_settings.Host}:{_settings.Port} cannot be reached: {Innermost(failure)}", failure);
        }

        if (result.ResultCode != MqttClientConnectResultCode.Success)
            throw new BrokerException($"the broker {_settings.Host}:{_settings.Port} refuses the connection: {result.ResultCode} {result.ReasonString}".TrimEnd());
    }

    /// <summary>Subscribes to every topic, many in one request; a topic that the broker refuses says so itself.</summary>
    /// <exception cref="BrokerException">The connection was lost.</exception>
    public async Task SubscribeAsync(CancellationToken cancellation)
    {
        foreach (var chunk in _routes.Values.Chunk(_settings.MaxTopicsPerSubscribe))
        {
            var request = new MqttClientSubscribeOptions { TopicFilters = [.. chunk.Select(route => new MqttTopicFilter { Topic = route.Topic, QualityOfServiceLevel = route.Qos })] };
            try
            {
                var result = await _client.SubscribeAsync(request, cancellation).ConfigureAwait(false);
                foreach (var item in result.Items) _routes[item.TopicFilter.Topic].Refusal = RefusalOf(item.ResultCode);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
            {
                throw new BrokerException($"subscribing failed: {Innermost(failure)}", failure);
            }
        }
    }

    /// <summary>Gives the connection up: what was not acknowledged is sent again with the next, where the broker keeps the session.</summary>
    public void GiveUp(string reason)
    {
        _lost ??= reason;
        Inbox.Complete();
    }

    /// <summary>Sends a message and waits until the broker has it.</summary>
    /// <returns>Good where the broker has taken it; BadNoData where it says that nobody listens there.</returns>
    public async Task<ReadingStatus> PublishAsync(MqttApplicationMessage message, CancellationToken cancellation)
    {
        try
        {
            var result = await _client.PublishAsync(message, cancellation).ConfigureAwait(false);
            return result.ReasonCode switch
            {
                MqttClientPublishReasonCode.Success => ReadingStatus.Good,
                MqttClientPublishReasonCode.NoMatchingSubscribers => ReadingStatus.BadNoCommunication,
                MqttClientPublishReasonCode.NotAuthorized => ReadingStatus.BadUserAccessDenied,
                MqttClientPublishReasonCode.QuotaExceeded => ReadingStatus.BadResourceUnavailable,
                _ => ReadingStatus.BadCommunicationError,
            };
        }
        catch (MqttCommunicationTimedOutException)
        {
            return ReadingStatus.BadTimeout;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            LogPublishFailed(_context.Logger, failure, message.Topic);
            return ReadingStatus.BadCommunicationError;
        }
    }

    /// <summary>Says goodbye where that is quick, and lets go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected)
        {
            using var patience = new CancellationTokenSource(Farewell, _context.Time);
            try
            {
                await _client.DisconnectAsync(new MqttClientDisconnectOptions(), patience.Token).WaitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                LogFarewell(_context.Logger, failure);
            }
        }

        Inbox.Complete();
        while (Inbox.Messages.TryRead(out var message)) Inbox.Return(message);
        _client.Dispose();
        (_tls?.ClientCertificatesProvider as IDisposable)?.Dispose();
    }

    private MqttClientOptions CreateOptions()
    {
        var builder = new MqttClientOptionsBuilder()
            .WithTcpServer(_settings.Host, _settings.Port)
            .WithProtocolVersion(_settings.Version)
            .WithClientId(_settings.ClientId)
            .WithKeepAlivePeriod(_settings.KeepAlive)
            .WithTimeout(_settings.Timeout)
            .WithCleanSession(_settings.CleanSession);
        if (_settings.Version == MQTTnet.Formatter.MqttProtocolVersion.V500)
        {
            builder = builder.WithSessionExpiryInterval((uint)_settings.SessionExpiry.TotalSeconds).WithReceiveMaximum(Inbox.ReceiveMaximum)
                // The header's share: topic and properties (MQTT 5.0 3.1.2.11.4).
                .WithMaximumPacketSize((uint)_settings.MaxPayloadBytes + (64 * 1024));
        }

        if (_settings.User is { } user) builder = builder.WithCredentials(user, ReadPassword());
        if (_settings.Tls is { } tls) builder = builder.WithTlsOptions(_tls = tls.CreateOptions(_settings.Host, _context.Time));
        return builder.Build();
    }

    // The first line of the file, as the usual tools write it.
    private string? ReadPassword() => _settings.PasswordFile is { } file ? File.ReadLines(file).FirstOrDefault() : null;

    private async Task ReceiveAsync(MqttApplicationMessageReceivedEventArgs args)
    {
        args.AutoAcknowledge = false;
        if (!_routes.TryGetValue(args.ApplicationMessage.Topic, out var route))
        {
            // A session that the broker kept may know topics of an older configuration.
            if (args.ApplicationMessage.QualityOfServiceLevel != MQTTnet.Protocol.MqttQualityOfServiceLevel.AtMostOnce) await args.AcknowledgeAsync(CancellationToken.None).ConfigureAwait(false);
            return;
        }

        if (Inbox.TryAdd(route, args, _settings.MaxPayloadBytes)) return;
        GiveUp("the broker sent more messages than it may before they are acknowledged");
    }

    private Task DisconnectedAsync(MqttClientDisconnectedEventArgs args)
    {
        _lost ??= args.ReasonString ?? (args.Exception is { } failure ? Innermost(failure) : args.Reason switch
        {
            MqttClientDisconnectReason.SessionTakenOver => $"another client uses the client identifier '{_settings.ClientId}'",
            MqttClientDisconnectReason.NormalDisconnection => null,
            var reason => $"the broker closed the connection: {reason}",
        });
        Inbox.Complete();
        return Task.CompletedTask;
    }

    private static ReadingStatus RefusalOf(MqttClientSubscribeResultCode code) => code switch
    {
        MqttClientSubscribeResultCode.GrantedQoS0 or MqttClientSubscribeResultCode.GrantedQoS1 or MqttClientSubscribeResultCode.GrantedQoS2 => ReadingStatus.Good,
        // MQTT 3.1.1 3.9.3 has one failure code, and brokers give it where the user may not.
        MqttClientSubscribeResultCode.NotAuthorized or MqttClientSubscribeResultCode.UnspecifiedError => ReadingStatus.BadUserAccessDenied,
        MqttClientSubscribeResultCode.QuotaExceeded => ReadingStatus.BadResourceUnavailable,
        _ => ReadingStatus.BadConfigurationError,
    };

    private static string Innermost(Exception failure)
    {
        while (failure.InnerException is { } inner) failure = inner;
        return failure is OperationCanceledException or TimeoutException ? "it does not answer" : failure.Message.ReplaceLineEndings(" ");
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Publishing to {Topic} failed.")]
    private static partial void LogPublishFailed(ILogger logger, Exception failure, string topic);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The broker was left without a farewell.")]
    private static partial void LogFarewell(ILogger logger, Exception failure);
}
