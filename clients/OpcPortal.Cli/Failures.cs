using System.Security.Cryptography;
using OpcPortal.Billing;
using OpcPortal.Cli.Connecting;
using OpcPortal.Ua;
using OpcPortal.Ua.Client;
using OpcPortal.Ua.Security;
using Spectre.Console;

namespace OpcPortal.Cli;

/// <summary>What a failure means to who typed the command, and what they can do about it.</summary>
internal static class Failures
{
    public static CliException Explain(Exception failed, ConnectionSettings? settings) => failed switch
    {
        CliException told => told,
        ServerCertificateException refused => Explain(refused, settings!),
        UaConnectionException lost when IsTrust(lost.Status) => NotTrustedByServer(lost, settings!),
        UaConnectionException lost => new(ExitCodes.NotConnected, lost.Message, NextForConnection(lost, settings)),
        UaException refused => Explain(refused, settings),
        BillingExportException refused => new(ExitCodes.Refused, refused.Message),
        CryptographicException or IOException or UnauthorizedAccessException or FormatException or ArgumentException => new(ExitCodes.Usage, failed.Message),
        _ => new(ExitCodes.Mistake, $"opcportal made a mistake: {failed.GetType().Name}: {failed.Message}", "Please report it with the command that you typed."),
    };

    public static void Tell(CliContext context, CliException told)
    {
        context.Error.MarkupLine($"[red]error:[/] {Markup.Escape(told.Message.ReplaceLineEndings(" "))}");
        if (told.NextStep is { } next) context.Error.MarkupLine($"[yellow]next:[/]  {Markup.Escape(next)}");
    }

    private static CliException Explain(ServerCertificateException refused, ConnectionSettings settings)
    {
        if (!CertificateChain.TryParse(refused.Certificate, out var chain)) return new(ExitCodes.NotTrusted, refused.Message);
        var leaf = chain.Leaf;
        if (refused.Status.CodeBits == StatusCodes.BadCertificateUntrusted)
        {
            return new(
                ExitCodes.NotTrusted, $"The server's certificate is not trusted: {leaf.Subject}, thumbprint {leaf.Thumbprint}.",
                $"If that is the server you mean: opcportal cert trust {leaf.Thumbprint}{settings.PkiArgument}");
        }

        if (refused.Status.CodeBits == StatusCodes.BadCertificateHostNameInvalid)
        {
            var hosts = CertificateFields.Hosts(leaf);
            return new(
                ExitCodes.NotTrusted, $"The server's certificate does not name the host {settings.Url.DnsSafeHost}; it names {(hosts.Count == 0 ? "none" : string.Join(", ", hosts))}.",
                hosts.Count == 0 ? "The server needs a certificate that names its host." : $"Use one of those names: --url opc.tcp://{hosts[0]}:{settings.Url.Port}");
        }

        return new(ExitCodes.NotTrusted, refused.Message, "The server's operator must give it a valid certificate.");
    }

    private static CliException Explain(UaException refused, ConnectionSettings? settings) => refused.Status.CodeBits switch
    {
        StatusCodes.BadSecurityModeRejected => new(ExitCodes.NotTrusted, refused.Message, "Choose one that the server offers: --policy and --mode (see: opcportal endpoints)."),
        StatusCodes.BadIdentityTokenRejected or StatusCodes.BadIdentityTokenInvalid or StatusCodes.BadUserAccessDenied =>
            new(ExitCodes.NotTrusted, $"The server does not let {settings?.UserName ?? "an anonymous user"} in or does not allow this: {refused.Status}.", "Say who you are: --user NAME (and --password-file FILE), or --user-cert FILE."),
        StatusCodes.BadTcpEndpointUrlInvalid => new(ExitCodes.Usage, refused.Message, "Give the server's address: --url opc.tcp://host:4840"),
        StatusCodes.BadRequestTimeout => new(ExitCodes.NotConnected, refused.Message, "Give it more time: --timeout SECONDS"),
        _ when IsTrust(refused.Status) && settings is not null => NotTrustedByServer(refused, settings),
        _ => new(ExitCodes.Refused, refused.Message, NextForRefusal(refused.Status)),
    };

    private static CliException NotTrustedByServer(UaException refused, ConnectionSettings settings) => new(
        ExitCodes.NotTrusted, $"The server refuses the secure channel: {refused.Status}.",
        $"It may not trust this client yet. Its operator can: opcportal cert show{settings.PkiArgument} prints the certificate to trust.");

    private static bool IsTrust(StatusCode status) => status.CodeBits is StatusCodes.BadSecurityChecksFailed or StatusCodes.BadCertificateUntrusted
        or StatusCodes.BadCertificateInvalid or StatusCodes.BadCertificateUriInvalid or StatusCodes.BadCertificateUseNotAllowed or StatusCodes.BadCertificateChainIncomplete
        or StatusCodes.BadCertificateTimeInvalid or StatusCodes.BadCertificateRevoked or StatusCodes.BadCertificatePolicyCheckFailed;

    private static string? NextForConnection(UaConnectionException lost, ConnectionSettings? settings) => lost.Status.CodeBits switch
    {
        StatusCodes.BadNotConnected => $"Is the server running at {settings?.Url.OriginalString}? Another address: --url opc.tcp://host:4840",
        StatusCodes.BadTimeout => "Give it more time: --timeout SECONDS",
        _ => null,
    };

    private static string? NextForRefusal(StatusCode status) => status.CodeBits switch
    {
        StatusCodes.BadNodeIdUnknown or StatusCodes.BadNoMatch => "Look for it: opcportal browse / --depth 3",
        StatusCodes.BadNodeIdInvalid => "A node is written ns=2;s=name, nsu=uri;s=name or /Objects/2:Name.",
        _ => null,
    };
}
