using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;

namespace OpcPortal.Cli.Connecting;

/// <summary>Opens what the commands need, as the command line says.</summary>
internal static class Connector
{
    public static UaClient Client(CliContext context, ConnectionSettings settings)
    {
        var store = ClientIdentity.OpenStore(context, settings);
        return new UaClient(new UaClientOptions
        {
            ApplicationName = "opcportal",
            Certificate = ClientIdentity.Own(context, store),
            Validator = new CertificateValidator(store, context.Time),
            ConnectTimeout = settings.Timeout,
            RequestTimeout = settings.Timeout,
            Connector = context.Connector,
            Time = context.Time,
        });
    }

    public static async Task<UaSession> ConnectAsync(CliContext context, ConnectionSettings settings, CancellationToken cancellation)
    {
        var client = Client(context, settings);
        var user = ClientIdentity.User(context, settings);
        var choice = new EndpointChoice { Policy = settings.Policy, Mode = settings.Mode };
        return await client.ConnectAsync(settings.Url.OriginalString, choice, user, cancellation);
    }

    /// <summary>Says when the connection is lost and when it is back, for commands that go on over it.</summary>
    public static void TellAboutConnection(Notices notices, UaSession session) => session.StateChanged += (_, change) =>
    {
        if (change is { State: SessionState.Reconnecting, Attempt: 0 }) notices.Add("The connection is lost; trying again ...");
        else if (change is { State: SessionState.Reconnecting, Attempt: 1, Reason: { } reason }) notices.Add($"Not yet: {reason.Message.ReplaceLineEndings(" ")}");
        else if (change.State == SessionState.Connected) notices.Add("Connected again.");
    };
}
